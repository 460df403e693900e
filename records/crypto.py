"""Identity at rest: sealing with a data key per patient, blind indexes, and the HMACs behind links and codes.

Ciphertext = key id (1 byte length + ASCII) ‖ nonce (12 bytes) ‖ AES-256-GCM data, authenticated with table, column and
public id, so that a value moved to another row or column does not open. The master keys live outside the database.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

INDEX_VERSION = 1


class KeyMissing(RuntimeError):
    """No master key is loaded, or the one that sealed this value is not in the key file."""


class SealBroken(RuntimeError):
    """The ciphertext was changed, or moved from another row or column."""


class Sealed(bytes):
    """Bytes that `seal` made."""


@dataclass(frozen=True)
class Keyring:
    """Master keys by id (32 bytes each), oldest first, and the id in use for new values.

    The oldest makes indexes, links and codes for as long as it is there: a key added beside it must not make patients
    unfindable, nor break the links in their telephones. `generated` marks a demonstration key.
    """

    keys: dict[str, bytes] = field(repr=False)
    current: str
    generated: bool = False

    def derive(self, purpose: str, key_id: str | None = None) -> bytes:
        return _derive(self.keys[key_id or self.current], purpose)

    @property
    def oldest(self) -> str:
        return next(iter(self.keys))


def _derive(key: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"vigidom:" + purpose.encode()).derive(key)


_in_use: Keyring | None = None
_derived: dict[str, bytes] = {}


def use(keyring: Keyring) -> None:
    """Make `keyring` the one of this process."""
    global _in_use
    _in_use = keyring
    _derived.clear()


def keyring() -> Keyring:
    if _in_use is None:
        raise KeyMissing("no master key is loaded: set VIGIDOM_KEY_FILE")
    return _in_use


def generate_key_file(path: Path, *, demonstration: bool = True) -> None:
    """Write a new master key, readable by its owner only. Raises FileExistsError rather than overwrite one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    key = base64.b64encode(os.urandom(32)).decode()
    document = {"current": "k1", "generated": demonstration, "keys": {"k1": key}}
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(orjson.dumps(document))


def load_key_file(path: Path) -> Keyring:
    """Read `{"current": id, "keys": {id: base64 of 32 bytes}}`; a new key is added behind the others.

    Raises KeyMissing saying what to mend when the file is absent, unreadable or holds a key of another size.
    """
    try:
        document = orjson.loads(path.read_bytes())
        keys = {name: base64.b64decode(value) for name, value in document["keys"].items()}
        current = document["current"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise KeyMissing(f"the key file cannot be read ({type(error).__name__}): check VIGIDOM_KEY_FILE") from error
    if current not in keys or any(len(key) != 32 for key in keys.values()):
        raise KeyMissing("the key file needs keys of 32 bytes in base64 and a 'current' that names one of them")
    return Keyring(keys, current, bool(document.get("generated", False)))


def _purpose(name: str) -> bytes:
    if name not in _derived:
        _derived[name] = keyring().derive(name, keyring().oldest)
    return _derived[name]


def _context(table: str, column: str, public_id: uuid.UUID) -> bytes:
    return f"{table}.{column}:{public_id}".encode()


def _encrypt(key: bytes, key_id: str, plain: bytes, context: bytes) -> Sealed:
    nonce = os.urandom(12)
    name = key_id.encode()
    return Sealed(bytes([len(name)]) + name + nonce + AESGCM(key).encrypt(nonce, plain, context))


def _decrypt(key: bytes, sealed: bytes, context: bytes) -> bytes:
    start = 1 + sealed[0]
    try:
        return AESGCM(key).decrypt(sealed[start : start + 12], sealed[start + 12 :], context)
    except InvalidTag as error:
        raise SealBroken("this value does not open here: it was changed or belongs elsewhere") from error


def _key_id(sealed: bytes) -> str:
    return sealed[1 : 1 + sealed[0]].decode("ascii", "replace")


def new_data_key(owner: uuid.UUID) -> tuple[bytes, Sealed]:
    """A fresh data key for one patient, and the same wrapped by the current master key for storage."""
    ring = keyring()
    plain = os.urandom(32)
    return plain, _encrypt(ring.derive("wrap"), ring.current, plain, _context("patient_keys", "wrapped", owner))


def unwrap_data_key(wrapped: Sealed, owner: uuid.UUID) -> bytes:
    ring, key_id = keyring(), _key_id(wrapped)
    if key_id not in ring.keys:
        raise KeyMissing(f"master key {key_id!r} is not in the key file")
    return _decrypt(ring.derive("wrap", key_id), wrapped, _context("patient_keys", "wrapped", owner))


def seal(text: str, data_key: bytes, *, table: str, column: str, public_id: uuid.UUID) -> Sealed:
    """Seal `text` with a patient's data key, bound to its place."""
    return _encrypt(data_key, "d", text.encode(), _context(table, column, public_id))


def unseal(sealed: Sealed, data_key: bytes, *, table: str, column: str, public_id: uuid.UUID) -> str:
    return _decrypt(data_key, sealed, _context(table, column, public_id)).decode()


def seal_by_master(text: str, *, table: str, column: str, public_id: uuid.UUID) -> Sealed:
    """Seal what is no patient's (a telephone of the staff) with the current master key, bound to its place."""
    ring = keyring()
    return _encrypt(ring.derive("own"), ring.current, text.encode(), _context(table, column, public_id))


def unseal_by_master(sealed: Sealed, *, table: str, column: str, public_id: uuid.UUID) -> str:
    ring, key_id = keyring(), _key_id(sealed)
    if key_id not in ring.keys:
        raise KeyMissing(f"master key {key_id!r} is not in the key file")
    return _decrypt(ring.derive("own", key_id), sealed, _context(table, column, public_id)).decode()


def blind_index(kind: str, normalised: str) -> bytes:
    """A keyed digest (16 bytes) by which an exact normalised value can be found without being stored."""
    return hmac.digest(_purpose(f"index:{INDEX_VERSION}"), f"{kind}:{normalised}".encode(), hashlib.sha256)[:16]


def token_mac(purpose: str, payload: bytes) -> bytes:
    """16 bytes that prove that this service made `payload` for `purpose`."""
    return hmac.digest(_purpose(f"token:{purpose}"), payload, hashlib.sha256)[:16]


def digest_token(token: str) -> bytes:
    """How a random secret (session, device, set-up link) is stored: its SHA-256, never itself."""
    return hashlib.sha256(token.encode()).digest()
