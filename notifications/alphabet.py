"""How a text travels: in the letters of GSM, 160 to a message, or in UCS-2, 70; a longer one goes in segments."""

from __future__ import annotations

import unicodedata

GSM_SINGLE, GSM_SEGMENT, GSM_MOST = 160, 153, 2
UCS2_SINGLE, UCS2_SEGMENT, UCS2_MOST = 70, 67, 3
TWICE = frozenset("^{}\\[~]|")
"""Letters of ASCII that take two places in GSM."""
# Outside the GSM alphabet one letter makes every segment shrink from 153 to 67 characters.
PLAIN = str.maketrans(
    {"\u202f": " ", "\u00a0": " ", "’": "'", "‘": "'", "«": '"', "»": '"', "–": "-", "—": "-", "…": ".", "œ": "oe"}
)
KEPT = frozenset("àäåèéìñòöùüÀÄÅÉÑÖÜÇßæøÆØ")


def for_phones(text: str) -> str:
    """`text` in GSM letters when it is written in Latin ones, else as it is: no Arabic letter has a nearest one."""
    return in_gsm(text) if is_latin(text) else text


def fits(text: str) -> bool:
    """Whether what `for_phones` made takes no more segments than a text may: two in GSM, three in UCS-2."""
    if is_latin(text):
        return _segments(len(text) + sum(letter in TWICE for letter in text), GSM_SINGLE, GSM_SEGMENT) <= GSM_MOST
    return _segments(len(text.encode("utf-16-be")) // 2, UCS2_SINGLE, UCS2_SEGMENT) <= UCS2_MOST


def is_latin(text: str) -> bool:
    return all(unicodedata.name(letter, "").startswith("LATIN") for letter in text if letter.isalpha())


def in_gsm(text: str) -> str:
    """`text` with every letter that the GSM alphabet lacks replaced by the nearest: ê by e, a narrow space by one."""
    plain = text.translate(PLAIN)
    return "".join(letter if letter in KEPT or letter.isascii() else _nearest(letter) for letter in plain)


def _nearest(letter: str) -> str:
    return unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode() or "?"


def _segments(places: int, single: int, segment: int) -> int:
    return 1 if places <= single else -(-places // segment)
