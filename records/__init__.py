"""Who is followed, who cares for them and what was done: the floor that every other room stands on."""
