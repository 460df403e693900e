"""Passwords of staff: strength, hashing, and the same work for an e-mail that nobody has."""

from __future__ import annotations

import secrets
import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from zxcvbn import zxcvbn

from records.fields import Fields
from records.refusals import Sentence

SHORTEST, LONGEST, STRONG = 12, 200, 3
TOO_SHORT = Sentence("Choose a password of at least %(least)d characters.", {"least": SHORTEST})
TOO_LONG = Sentence("Choose a password of at most %(most)d characters.", {"most": LONGEST})
ABOUT_YOU = Sentence("The password must not contain your name or your e-mail address.")
GUESSABLE = Sentence("This password is easy to guess. Put four or more unrelated words together.")

# What zxcvbn, made for English keyboards, does not know to be easy.
FRENCH_HABITS = ["azertyuiop", "qsdfghjklm", "wxcvbn", "motdepasse", "bonjour", "vigidom", "covidom", "covid"]

STANDARD = PasswordHasher()
_hasher = STANDARD


def use(hasher: PasswordHasher) -> None:
    """Make `hasher` the one of this process. For test suites, which hash hundreds of times; nothing else calls this."""
    global _hasher
    _hasher = hasher
    _nobodys_hash.cache_clear()


def check(password: str, *, name: str, email: str) -> None:
    """Raises FieldErrors on `password` when it is short, about its owner, or easy to guess."""
    fields = Fields()
    about = _about(name, email)
    if len(password) < SHORTEST:
        fields.refuse("password", TOO_SHORT)
    elif len(password) > LONGEST:
        fields.refuse("password", TOO_LONG)
    elif any(word in password.casefold() for word in about):
        fields.refuse("password", ABOUT_YOU)
    elif zxcvbn(password[:72], user_inputs=[*about, *FRENCH_HABITS])["score"] < STRONG:
        fields.refuse("password", GUESSABLE)
    fields.raise_any()


def _about(name: str, email: str) -> list[str]:
    mailbox = email.split("@")[0]
    words = [email, mailbox, *name.split(), *mailbox.replace("-", ".").split(".")]
    return [word.casefold() for word in words if len(word) > 2]


def hash_password(password: str) -> str:
    """argon2id's own string, with its salt and parameters."""
    return _hasher.hash(_composed(password))


def fits(password: str, stored: str | None) -> bool:
    """Whether `password` is the one hashed in `stored`; without one, the same work is done for nothing."""
    try:
        return _hasher.verify(stored or _nobodys_hash(), _composed(password)) and stored is not None
    except VerificationError:
        return False


def is_outdated(stored: str) -> bool:
    return _hasher.check_needs_rehash(stored)


def _composed(password: str) -> str:
    """Two keyboards may type the same é differently."""
    return unicodedata.normalize("NFKC", password[: LONGEST * 2])


@lru_cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe(32))
