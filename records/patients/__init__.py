"""Patients: who they are (sealed), how they are found (blind indexes), how they are made and changed."""

from records.patients.checking import Typing, years_between
from records.patients.identity import Identity, data_key, reveal, reveal_row, reveal_text, seal_for
from records.patients.keeping import amend, create
from records.patients.search import Duplicate, by_phone, digests, likely_duplicates, search

__all__ = [
    "Duplicate",
    "Identity",
    "Typing",
    "amend",
    "by_phone",
    "create",
    "data_key",
    "digests",
    "likely_duplicates",
    "reveal",
    "reveal_row",
    "reveal_text",
    "seal_for",
    "search",
    "years_between",
]
