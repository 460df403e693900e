"""What was searched for, carried in an address that any log may keep: sealed, and to be opened by who typed it."""

from __future__ import annotations

import base64
import uuid
from typing import Any

from records import crypto
from records.crypto import SealBroken, Sealed

LONGEST = 200


def hidden(text: str, *, by: uuid.UUID) -> str:
    """`text` sealed for one member of staff, in the letters of an address; empty for an empty one."""
    text = text[:LONGEST].strip()
    return base64.urlsafe_b64encode(crypto.seal(text, _key(), **_place(by))).decode() if text else ""


def shown(sealed: str, *, by: uuid.UUID) -> str:
    """What `hidden` was given; empty for anything that it did not make for this person."""
    try:
        return crypto.unseal(Sealed(base64.urlsafe_b64decode(sealed.encode())), _key(), **_place(by))
    except (SealBroken, ValueError, IndexError):
        return ""


def _key() -> bytes:
    return crypto.keyring().derive("searches")


def _place(by: uuid.UUID) -> dict[str, Any]:
    return {"table": "patients", "column": "search", "public_id": by}
