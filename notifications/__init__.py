"""Messages derived from facts: what is owed, sent once, followed to its end."""
