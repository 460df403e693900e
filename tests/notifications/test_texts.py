"""What leaves the house: short, without a name, without a word about health, and readable by every phone."""

from __future__ import annotations

import pytest

from notifications import texts
from notifications.models import Purpose
from notifications.texts import Content

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("^{}\\[~]|€")
LONGEST_URL = "https://suivi-a-domicile.hopitaux-universitaires.example.fr"
ABOUT_HEALTH = ("covid", "malad", "symptom", "fever", "fièvre", "santé", "health", "hôpital", "hospital", "patient")


def segments(text: str) -> int:
    """How many SMS a text takes in the GSM alphabet; fails on a letter that the alphabet lacks."""
    missing = set(text) - GSM_BASIC - GSM_EXTENDED
    assert not missing, f"not in the GSM alphabet: {missing}"
    septets = sum(2 if letter in GSM_EXTENDED else 1 for letter in text)
    return 1 if septets <= 160 else -(-septets // 153)


def written(purpose: Purpose, language: str) -> str:
    link = f"{LONGEST_URL}/q/{'Zz_-' * 11}"
    return texts.body(
        Content(purpose, language, "+33 1 99 00 12 34", link, site=f"{LONGEST_URL}/enter", code="ABCD-EFGH")
    )


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("purpose", list(Purpose))
def test_every_text_fits_in_two_segments_with_the_longest_link(purpose: Purpose, language: str) -> None:
    body = written(purpose, language)
    assert segments(body) <= 2
    assert f"{LONGEST_URL}/q/{'Zz_-' * 11} " in body
    assert "+33 1 99 00 12 34" in body
    assert "%" not in body


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("purpose", list(Purpose))
def test_no_text_tells_what_it_is_about(purpose: Purpose, language: str) -> None:
    said = written(purpose, language).lower().replace(LONGEST_URL, "")
    assert said.startswith("vigidom - ")
    assert [word for word in ABOUT_HEALTH if word in said] == []


@pytest.mark.parametrize("language", ["fr", "en"])
def test_only_the_invitation_carries_the_typed_code_and_the_way_out(language: str) -> None:
    assert [purpose for purpose in Purpose if "ABCD-EFGH" in written(purpose, language)] == [Purpose.INVITATION]
    assert "STOP" in written(Purpose.INVITATION, language)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_every_text_is_translated(purpose: Purpose) -> None:
    assert written(purpose, "fr") != written(purpose, "en")


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("reply", [texts.stopped, texts.started, texts.helped])
def test_every_reply_fits_in_one_or_two_segments(reply: object, language: str) -> None:
    said = reply(language, "+33 1 99 00 12 34")  # type: ignore[operator]
    assert segments(said) <= 2
    assert "+33 1 99 00 12 34" in said
    assert said != reply("fr" if language == "en" else "en", "+33 1 99 00 12 34")  # type: ignore[operator]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_whoever_writes_is_told_that_nobody_reads_and_to_call_15(language: str) -> None:
    assert "15" in texts.helped(language, None)


@pytest.mark.parametrize(
    ("text", "plain"),
    [("prêt\u202f: œuf, ça", "pret : oeuf, ca"), ("l’été «\u00a0là\u00a0»", 'l\'été " là "'), ("àéèùç", "àéèùc")],
)
def test_letters_outside_the_gsm_alphabet_become_their_nearest(text: str, plain: str) -> None:
    assert texts.in_gsm(text) == plain


def test_a_language_without_texts_falls_back_to_the_services_own() -> None:
    assert written(Purpose.CHECKIN, "xx") == written(Purpose.CHECKIN, "fr")
