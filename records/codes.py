"""The typed entrance: eight characters that can be read out and copied by hand."""

from __future__ import annotations

import re
import secrets

from records import crypto

# Neither 0 O 1 I L nor letters that are read or heard as another sign: B 8, S 5, Z 2, U V.
ALPHABET = "ACDEFGHJKMNPQRTVWXY23456789"
LENGTH = 8
FILLING = re.compile(r"[\s\-‐‑–—_.]+")


def new() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def shown(code: str) -> str:
    """As it is printed: XXXX-XXXX."""
    return f"{code[:4]}-{code[4:]}"


def normalised(typed: str) -> str | None:
    """The code in `typed` (case, spaces and hyphens do not matter), or None when it cannot be one."""
    if len(typed) > 40:
        return None
    code = FILLING.sub("", typed).upper()
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else None


def digest(code: str) -> bytes:
    """By what a code is found without being stored in clear."""
    return crypto.blind_index("code", code)
