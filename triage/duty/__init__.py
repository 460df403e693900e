"""Who answers for the queue at which hour: the rota, whom a late call reaches, and that they look after it."""
