"""Browsers in which somebody has signed in before: strangers' wrong passwords do not lock those out.

Without this, anybody who knows an e-mail address, or shares the hospital's network address, could keep its owner from
signing in. A mark opens nothing; it only gives its browser a count of tries of its own.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets

from records import crypto

MOST = 8
NONCE, PROOF = 12, 12


def mark(marks: str | None, *, email: str) -> str:
    """The cookie for a browser in which the owner of `email` has just signed in; it keeps those of colleagues."""
    if known(marks, email=email) is not None:
        return marks or ""
    nonce = secrets.token_bytes(NONCE)
    made = base64.urlsafe_b64encode(nonce + _proof(nonce, email)).decode()
    return ".".join([made, *filter(None, (marks or "").split("."))][:MOST])


def known(marks: str | None, *, email: str) -> str | None:
    """What to count this browser's tries for `email` under; None for a browser that is not known for it."""
    for one in (marks or "")[:1000].split(".")[:MOST]:
        try:
            raw = base64.b64decode(one.encode("ascii"), altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            continue
        if len(raw) == NONCE + PROOF and hmac.compare_digest(raw[NONCE:], _proof(raw[:NONCE], email)):
            return f"browser:{raw.hex()}"
    return None


def _proof(nonce: bytes, email: str) -> bytes:
    return crypto.token_mac("staff-browser", nonce + email.encode())[:PROOF]
