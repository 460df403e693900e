"""The known name that a misspelt one most resembles, for findings."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str:
    """One close name, or all of them when none is close."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    return close[0] if close else ", ".join(names)
