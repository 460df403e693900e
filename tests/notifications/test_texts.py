"""What leaves the house: short, without a name, without a word about health, and readable by every phone.

French and English go in the GSM alphabet, two segments at most; Arabic in UCS-2, three at most.
"""

from __future__ import annotations

import re

import pytest

from notifications import alphabet, texts
from notifications.models import Purpose
from notifications.texts import Content

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("^{}\\[~]|€")
LONGEST_URL = "https://suivi-a-domicile.hopitaux-universitaires.example.fr"
USUAL_URL = "https://suivi.example.fr"
ABOUT_HEALTH = (
    *("covid", "malad", "symptom", "fever", "fièvre", "santé", "health", "hôpital", "hospital", "patient"),
    *("كوفيد", "مرض", "مريض", "أعراض", "حمّى", "حرارة", "صحة", "صحت", "مستشفى", "طبيب"),
)
MOST_SEGMENTS = {"fr": 2, "en": 2, "ar": 3}
LANGUAGES = list(MOST_SEGMENTS)
ELSEWHERE = {Purpose.CALL_ANNOUNCED, Purpose.CALL_TRIED, Purpose.OUTSIDE_HOURS, Purpose.STAFF_PAGE}
"""Without a link; see the tests of the texts about calls, and of the pages of the staff."""
PURPOSES = [purpose for purpose in Purpose if purpose not in ELSEWHERE]
WITH_LINK = [purpose for purpose in PURPOSES if purpose is not Purpose.CODE]


def segments(text: str, language: str) -> int:
    """How many SMS a text takes; fails on a French or English letter that the GSM alphabet lacks."""
    if language == "ar":
        assert max(text) <= "\uffff", "each letter takes one place"
        return 1 if len(text) <= 70 else -(-len(text) // 67)
    missing = set(text) - GSM_BASIC - GSM_EXTENDED
    assert not missing, f"not in the GSM alphabet: {missing}"
    septets = sum(2 if letter in GSM_EXTENDED else 1 for letter in text)
    return 1 if septets <= 160 else -(-septets // 153)


def written(purpose: Purpose, language: str, url: str = LONGEST_URL) -> str:
    link = f"{url}/q/{'Zz_-' * 11}"
    return texts.body(Content(purpose, language, "+33 1 99 00 12 34", link, site=f"{url}/enter", code="ABCD-EFGH"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", PURPOSES)
def test_every_text_fits_in_its_segments_with_the_longest_link(purpose: Purpose, language: str) -> None:
    body = written(purpose, language)
    assert segments(body, language) <= MOST_SEGMENTS[language]
    assert (f"{LONGEST_URL}/q/{'Zz_-' * 11} " in body) is (purpose in WITH_LINK)
    assert "+33 1 99 00 12 34" in body
    assert "%" not in body


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", PURPOSES)
def test_no_text_tells_what_it_is_about(purpose: Purpose, language: str) -> None:
    said = written(purpose, language).lower().replace(LONGEST_URL, "")
    assert re.match("vigidom - |(من|متابعة) vigidom: ", said), "who writes; in Arabic a first letter that runs left"
    assert [word for word in ABOUT_HEALTH if word in said] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_the_invitation_carries_the_typed_code_and_the_way_out(language: str) -> None:
    assert [purpose for purpose in WITH_LINK if "ABCD-EFGH" in written(purpose, language)] == [Purpose.INVITATION]
    assert "STOP" in written(Purpose.INVITATION, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_code_before_the_history_travels_without_any_address(language: str) -> None:
    said = written(Purpose.CODE, language)
    assert "ABCD-EFGH" in said
    assert "http" not in said


@pytest.mark.parametrize("purpose", PURPOSES)
def test_every_text_is_translated(purpose: Purpose) -> None:
    assert len({written(purpose, language) for language in LANGUAGES}) == 3


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("url", [USUAL_URL, LONGEST_URL])
def test_the_invitation_names_the_site_for_the_code_wherever_that_fits(url: str, language: str) -> None:
    named = f"{url}/enter" in written(Purpose.INVITATION, language, url)
    assert named is not (language == "ar" and url == LONGEST_URL)


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("url", [USUAL_URL, LONGEST_URL])
def test_an_arabic_text_keeps_telephone_and_code_in_order_and_touches_no_address(purpose: Purpose, url: str) -> None:
    body = written(purpose, "ar", url)
    assert "\u2068+33 1 99 00 12 34\u2069" in body
    assert ("\u2068ABCD-EFGH\u2069" in body) is (purpose in (Purpose.INVITATION, Purpose.CODE))
    assert all(re.fullmatch(r"https://[!-~]+", word) for word in body.split(" ") if "http" in word), "a phone links it"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reply", [texts.stopped, texts.started, texts.helped])
def test_every_reply_fits_in_one_or_two_segments(reply: object, language: str) -> None:
    said = reply(language, "+33 1 99 00 12 34")  # type: ignore[operator]
    assert segments(said, language) <= 2
    assert "+33 1 99 00 12 34" in said
    assert said != reply("fr" if language == "en" else "en", "+33 1 99 00 12 34")  # type: ignore[operator]


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_writes_is_told_that_nobody_reads_and_to_call_15(language: str) -> None:
    assert "15" in texts.helped(language, None)


@pytest.mark.parametrize(
    ("text", "plain"),
    [("prêt\u202f: œuf, ça", "pret : oeuf, ca"), ("l’été «\u00a0là\u00a0»", 'l\'été " là "'), ("àéèùç", "àéèùc")],
)
def test_letters_outside_the_gsm_alphabet_become_their_nearest(text: str, plain: str) -> None:
    assert alphabet.in_gsm(text) == alphabet.for_phones(text) == plain


@pytest.mark.parametrize(
    ("letter", "most"), [("a", 306), ("[", 153), ("ê", 306), ("م", 201)], ids=["GSM", "twice", "folded", "UCS-2"]
)
def test_two_segments_of_gsm_or_three_of_ucs_2_fit_and_one_letter_more_does_not(letter: str, most: int) -> None:
    assert alphabet.fits(alphabet.for_phones(letter * most))
    assert not alphabet.fits(alphabet.for_phones(letter * (most + 1)))


def test_a_language_without_texts_falls_back_to_the_services_own() -> None:
    assert written(Purpose.CHECKIN, "xx") == written(Purpose.CHECKIN, "fr")
