"""Blind indexes: how a patient is found without the database knowing names, birth dates or numbers."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from records import crypto
from records.patients.identity import Identity

LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
APOSTROPHES = re.compile(r"['’‘ʼʹ`´]")
BETWEEN_WORDS = re.compile(r"[\s\-‐‑‒–—_.,;:/]+")
PARTICLES = frozenset({"de", "du", "des", "la", "le", "les", "el", "al", "ben", "van", "von", "der", "di", "da", "dos"})

Digest = tuple[str, bytes]


def plain(text: str) -> str:
    """Casefolded, without accents, and without the invisible marks that come along when a name is copied."""
    folded = unicodedata.normalize("NFKD", text).casefold().translate(LETTERS)
    decomposed = unicodedata.normalize("NFKD", folded)
    return "".join(
        character
        for character in decomposed
        if not unicodedata.combining(character) and unicodedata.category(character) != "Cf"
    )


def words(text: str) -> list[str]:
    """What somebody who searches types: words between spaces and hyphens, an apostrophe joining (n'diaye → ndiaye)."""
    spoken = (APOSTROPHES.sub("", word) for word in BETWEEN_WORDS.split(plain(text)))
    return [word for word in spoken if word]


def tokens(name: str) -> set[str]:
    """Everything by which a name can be found: its words, and the parts around an apostrophe too."""
    apart = APOSTROPHES.sub(" ", plain(name))
    return set(words(name)) | {part for part in BETWEEN_WORDS.split(apart) if part}


def telling(names: set[str]) -> set[str]:
    """The tokens that say something of who it is: no initials, no particles."""
    return {token for token in names if len(token) > 1 and token not in PARTICLES}


def name_digest(token: str) -> Digest:
    return "name", crypto.blind_index("name", token)


def birth_digest(born: date) -> Digest:
    return "birth", crypto.blind_index("birth", born.isoformat())


def phone_digest(e164: str) -> Digest:
    return "phone", crypto.blind_index("phone", e164)


def email_digest(email: str) -> Digest:
    return "email", crypto.blind_index("email", email.strip().lower())


def digests(identity: Identity) -> set[Digest]:
    """Every index row of an identity."""
    found = {name_digest(token) for token in tokens(identity.family_name) | tokens(identity.given_name)}
    found.add(birth_digest(identity.birth_date))
    if identity.phone:
        found.add(phone_digest(identity.phone))
    if identity.email:
        found.add(email_digest(identity.email))
    return found
