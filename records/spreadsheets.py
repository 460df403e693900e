"""Text that people open in a spreadsheet."""

from __future__ import annotations

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet would run, or what hides it."""


def no_formula(text: str) -> str:
    """`text` as a cell that no spreadsheet runs."""
    return f"'{text}" if text.startswith(FORMULA) else text


def written(text: str) -> bytes:
    """UTF-8 with its mark, without which spreadsheets take the accents of a name for something else."""
    return text.encode("utf-8-sig")
