"""From an answer to a person who calls."""
