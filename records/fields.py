"""Checking typed text, field by field, so that a form hears of everything at once."""

from __future__ import annotations

import re
import unicodedata

from records.refusals import FieldErrors, Sentence

MISSING = Sentence("This is needed.")
UNREADABLE = Sentence("This holds characters that cannot be read. Type it again.")
NO_LETTER = Sentence("A name needs at least one letter.")
BAD_EMAIL = Sentence("This is not an e-mail address. Type it as in name@example.org.")

DIRECTION_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;.]+(\.[^@\s<>,;.]+)+")
LONGEST_EMAIL = 254


def too_long(limit: int) -> Sentence:
    return Sentence("This is too long: at most %(limit)d characters.", {"limit": limit})


def is_readable(text: str, *, lines: bool = False) -> bool:
    """No control characters, lone surrogates, unassigned code points or direction overrides that hide what is said."""
    allowed = "\n\r" if lines else ""
    return not any(
        (unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn") and character not in allowed)
        or character in DIRECTION_OVERRIDES
        for character in text
    )


class Fields:
    """Collects the refusals of one form; `raise_any` raises FieldErrors when there are some."""

    def __init__(self) -> None:
        self.errors: dict[str, Sentence] = {}

    def refuse(self, name: str, sentence: Sentence) -> None:
        self.errors.setdefault(name, sentence)

    def raise_any(self) -> None:
        if self.errors:
            raise FieldErrors(self.errors)

    def line(self, name: str, text: str | None, limit: int, *, required: bool = True) -> str:
        """One line of text: composed, trimmed, with single spaces."""
        raw = text or ""
        if len(raw) > limit * 4:
            self.refuse(name, too_long(limit))
            return ""
        if not is_readable(raw):
            self.refuse(name, UNREADABLE)
        cleaned = " ".join(unicodedata.normalize("NFC", raw).split())
        return self._sized(name, cleaned, limit, required)

    def lines(self, name: str, text: str | None, limit: int, *, required: bool = False) -> str:
        """Several lines of text; line ends are made one kind."""
        raw = (text or "").replace("\r\n", "\n").replace("\r", "\n")
        if not is_readable(raw, lines=True):
            self.refuse(name, UNREADABLE)
        return self._sized(name, unicodedata.normalize("NFC", raw).strip(), limit, required)

    def name(self, name: str, text: str | None, limit: int = 100) -> str:
        cleaned = self.line(name, text, limit)
        if cleaned and not any(character.isalpha() for character in cleaned):
            self.refuse(name, NO_LETTER)
        return cleaned

    def email(self, name: str, text: str | None, *, required: bool = False) -> str | None:
        cleaned = self.line(name, text, LONGEST_EMAIL, required=required).lower()
        if cleaned and not EMAIL.fullmatch(cleaned):
            self.refuse(name, BAD_EMAIL)
        return cleaned or None

    def _sized(self, name: str, cleaned: str, limit: int, required: bool) -> str:
        if required and not cleaned:
            self.refuse(name, MISSING)
        if len(cleaned) > limit:
            self.refuse(name, too_long(limit))
        return cleaned
