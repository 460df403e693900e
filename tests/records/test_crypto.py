"""Keys: added without losing anything, and never mixed up between places."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from records import crypto, doors
from records.crypto import Keyring

PATIENT = uuid.uuid4()
PLACE = {"table": "patients", "column": "phone", "public_id": PATIENT}


@pytest.fixture(autouse=True)
def before() -> Iterator[None]:
    """The suite's own keys are put back."""
    kept = crypto._in_use
    yield
    if kept is not None:
        crypto.use(kept)


def test_a_key_added_later_breaks_no_link_no_index_and_no_seal() -> None:
    old, new = os.urandom(32), os.urandom(32)
    crypto.use(Keyring({"k1": old}, "k1"))
    link, index = doors.make_link("invite", PATIENT), crypto.blind_index("name", "durand")
    key, wrapped = crypto.new_data_key(PATIENT)

    crypto.use(Keyring({"k1": old, "k2": new}, "k2"))

    assert doors.read_link(link) == ("invite", PATIENT)
    assert crypto.blind_index("name", "durand") == index
    assert crypto.unwrap_data_key(wrapped, PATIENT) == key
    assert crypto.new_data_key(PATIENT)[1].startswith(b"\x02k2"), "new values are sealed with the new key"


def test_one_value_sealed_twice_is_never_the_same_and_opens_in_its_own_place_only(migrated_app: object) -> None:
    key, _ = crypto.new_data_key(PATIENT)
    first, second = (crypto.seal("+33612345678", key, **PLACE) for _ in range(2))

    assert first != second
    for elsewhere in ({"column": "email"}, {"table": "enrolments"}, {"public_id": uuid.uuid4()}):
        with pytest.raises(crypto.SealBroken):
            crypto.unseal(first, key, **(PLACE | elsewhere))


def test_every_patient_has_a_key_of_their_own(migrated_app: object) -> None:
    assert len({crypto.new_data_key(PATIENT)[0] for _ in range(3)}) == 3


def test_a_data_key_does_not_open_for_another_patient(migrated_app: object) -> None:
    _, wrapped = crypto.new_data_key(PATIENT)

    with pytest.raises(crypto.SealBroken):
        crypto.unwrap_data_key(wrapped, uuid.uuid4())


def test_a_key_file_is_its_owners_alone_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    crypto.generate_key_file(path)

    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        crypto.generate_key_file(path)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"current": "k1", "keys": {"k1": "YQ=="}}', '{"current": 1, "keys": 2}']
)
def test_a_key_file_that_is_none_is_refused_without_telling_what_it_holds(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content)

    with pytest.raises(crypto.KeyMissing) as refused:
        crypto.load_key_file(path)
    assert "YQ" not in str(refused.value)
