"""Conditions of rules: typed shapes, read from a document and compiled to closures."""
