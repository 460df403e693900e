"""Chance that repeats itself."""

from __future__ import annotations

from random import Random


def draws(*parts: object) -> Random:
    """A generator of its own for each who and what, so that one person's luck moves nobody else's."""
    return Random(":".join(str(part) for part in parts))  # noqa: S311 - a play is to repeat itself, not to keep secrets
