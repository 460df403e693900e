"""Telephone numbers in any national typing."""

from __future__ import annotations

import contextlib

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from records import phones, texts

MOBILE = "+33612345678"


@pytest.mark.parametrize(
    "typed",
    [
        "06 12 34 56 78",
        "0612345678",
        "06.12.34.56.78",
        "06-12-34-56-78",
        "06/12/34/56/78",
        "+33 6 12 34 56 78",
        "+33612345678",
        "0033 6 12 34 56 78",
        "(0)6 12 34 56 78",
        "+33 (0)6 12 34 56 78",
        " 06 12 34 56 78 ",
        "06\u202f12\u202f34\u202f56\u202f78",
        "٠٦ ١٢ ٣٤ ٥٦ ٧٨",
        "۰۶۱۲۳۴۵۶۷۸",
    ],
)
def test_every_french_typing_of_a_number_is_the_same_number(typed: str) -> None:
    assert phones.parse(typed) == MOBILE


@pytest.mark.parametrize(
    ("typed", "zone", "e164"),
    [
        ("0692 12 34 56", "Indian/Reunion", "+262692123456"),
        ("0692 12 34 56", "Europe/Paris", "+262692123456"),
        ("0694 12 34 56", "America/Cayenne", "+594694123456"),
        ("0690 12 34 56", "America/Guadeloupe", "+590690123456"),
        ("0696 12 34 56", "America/Martinique", "+596696123456"),
        ("75 12 34", "Pacific/Noumea", "+687751234"),
        ("87 12 34 56", "Pacific/Tahiti", "+68987123456"),
        ("0639 01 23 45", "Indian/Mayotte", "+262639012345"),
        ("06 12 34 56 78", "Asia/Tokyo", MOBILE),
        ("0470 12 34 56", "Europe/Brussels", "+32470123456"),
    ],
)
def test_a_national_number_is_read_as_in_the_patients_zone(typed: str, zone: str, e164: str) -> None:
    assert phones.parse(typed, region=phones.region_of(zone)) == e164


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", phones.NOT_A_NUMBER),
        ("hello", phones.NOT_A_NUMBER),
        ("0612345678abc", phones.NOT_A_NUMBER),
        ("0612345678 ext 3", phones.NOT_A_NUMBER),
        ("0612345678#3", phones.HAS_EXTENSION),
        ("12", phones.NOT_IN_USE),
        ("06 12 34 56 7", phones.NOT_IN_USE),
        ("06 12 34 56 78 9", phones.NOT_IN_USE),
        ("+33 06 39 98 12 34", phones.NOT_IN_USE),
        ("06 39 98 12 34", phones.NOT_IN_USE),
        ("+999 123 456 789", phones.NOT_A_NUMBER),
        ("0899 12 34 56", phones.NOT_A_PERSON),
        ("0800 12 34 56", phones.NOT_A_PERSON),
        ("6" * 100, phones.NOT_A_NUMBER),
        ("'; DROP", phones.NOT_A_NUMBER),
    ],
)
def test_what_is_no_persons_number_is_refused_with_what_to_type(typed: str, why: object) -> None:
    with pytest.raises(phones.BadPhone) as refused:
        phones.parse(typed)
    assert refused.value.sentence == why


def test_the_refusal_is_said_in_french() -> None:
    with pytest.raises(phones.BadPhone) as refused:
        phones.parse("bonjour")
    assert refused.value.text(texts.translator("fr")).startswith("Ce n’est pas un numéro de téléphone.")


def test_a_number_kept_for_fiction_passes_in_a_rehearsal_only() -> None:
    assert phones.parse("06 39 98 12 34", rehearsal=True) == "+33639981234"
    with pytest.raises(phones.BadPhone):
        phones.parse("06 39 98 12 34")


def test_fictional_numbers_begin_again_after_ten_thousand() -> None:
    assert phones.fictional(7) == phones.fictional(10_007) == "+33639980007"
    assert phones.is_fictional(phones.fictional(9_999))
    assert not phones.is_fictional(MOBILE)


@pytest.mark.parametrize(
    ("e164", "can"), [(MOBILE, True), ("+33145678901", False), ("+33639980001", True), ("+262692123456", True)]
)
def test_a_landline_cannot_receive_texts(e164: str, can: bool) -> None:
    assert phones.can_receive_texts(e164) is can


@given(st.integers(10_000_000, 99_999_999), st.sampled_from(["INTERNATIONAL", "NATIONAL", "RFC3966", "E164"]))
def test_a_number_survives_any_way_of_writing_it(rest: int, form: str) -> None:
    number = phonenumbers.parse(f"+336{rest}")
    if not phonenumbers.is_valid_number(number):
        return
    written = phonenumbers.format_number(number, getattr(phonenumbers.PhoneNumberFormat, form)).removeprefix("tel:")

    assert phones.parse(written) == f"+336{rest}"
    assert phones.parse(phones.national(f"+336{rest}")) == f"+336{rest}"


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    with contextlib.suppress(phones.BadPhone):
        assert phones.parse(text, rehearsal=True).startswith("+")
