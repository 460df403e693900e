"""What the texts about a call say, in every language and at their longest: when, by which word, how to answer, 15."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from notifications import call_texts
from notifications.call_texts import CallWords
from tests.notifications.test_texts import ABOUT_HEALTH, LANGUAGES, MOST_SEGMENTS, segments

PHONE = "+33 1 99 00 12 34"
AT = datetime.fromisoformat("2026-03-10T09:00:00+00:00")
LONG = "Marie-Bérengère de Villeneuve-Saint-Georges (renfort)"


def words(caller: str = "", days: int = 0, zone: str = "Europe/Paris") -> CallWords:
    from_at = AT + timedelta(days=days, minutes=45)
    return CallWords(from_at, zone, from_at + timedelta(minutes=45), caller, "4821", AT + timedelta(hours=1))


TEXTS = {
    "by name": lambda language: call_texts.announced(language, PHONE, words(LONG), at=AT),
    "today": lambda language: call_texts.announced(language, PHONE, words(), at=AT),
    "tomorrow": lambda language: call_texts.announced(language, PHONE, words(days=1), at=AT),
    "later": lambda language: call_texts.announced(language, PHONE, words(days=3), at=AT),
    "tried": lambda language: call_texts.tried(language, PHONE, words()),
    "tried, no hour": lambda language: call_texts.tried(language, PHONE, CallWords(AT, "Europe/Paris")),
    "worse": lambda language: call_texts.worse(language, PHONE),
    "not later": lambda language: call_texts.later(language, PHONE, after=None, zone="Europe/Paris"),
    "put off": lambda language: call_texts.later(language, PHONE, after=AT, zone="Europe/Paris"),
}
ANNOUNCED = ["by name", "today", "tomorrow", "later"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", TEXTS)
def test_every_text_fits_names_no_illness_and_says_where_help_is(name: str, language: str) -> None:
    said = TEXTS[name](language)
    assert segments(said, language) <= MOST_SEGMENTS[language]
    assert [word for word in ABOUT_HEALTH if word in said.lower()] == []
    assert PHONE in said
    assert "15" in said.replace("10:15", "")
    assert said.startswith(("Vigidom - ", "من Vigidom: "))
    assert "%" not in said
    assert said != TEXTS[name]("fr" if language == "en" else "en"), "translated"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ANNOUNCED)
def test_an_announcement_has_its_hours_its_code_and_both_answers(name: str, language: str) -> None:
    said = TEXTS[name](language)
    for part in ("10:45", "11:30", "4821", "9", "2"):
        assert part in said


@pytest.mark.parametrize(("name", "day"), [("today", ""), ("tomorrow", "tomorrow"), ("later", "13/03")])
def test_the_day_is_told_unless_it_is_today(name: str, day: str) -> None:
    said = TEXTS[name]("en")
    assert day in said
    assert ("tomorrow" in said) is (name == "tomorrow")


def test_hours_are_the_patients_own() -> None:
    said = call_texts.announced("en", PHONE, words(zone="Indian/Reunion"), at=AT)
    assert "between 13:45 and 14:30" in said


def test_a_long_name_is_cut_and_stays_on_one_line() -> None:
    said = call_texts.announced("fr", PHONE, words("Jo\nLe  Goff " + "x" * 80), at=AT)
    assert said.startswith("Vigidom - Jo Le Goff xxx")
    assert "x" * 30 not in said
