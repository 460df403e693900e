"""The invented people: illnesses that look like illnesses, thumbs that type like thumbs, parts shared out by quota."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from questionnaires import library
from questionnaires.answers import value_of
from records import clock
from webapp.rehearsal.agenda import Agenda
from webapp.rehearsal.ailments import MEANT
from webapp.rehearsal.cast import Finale, Habit, cast
from webapp.rehearsal.courses import Condition, Course, Turn, condition, strain
from webapp.rehearsal.thumbs import answered, plainly, slipped, typed

ENDS_AT = datetime(2026, 11, 20, 9, 20, tzinfo=UTC)
ONSET = date(2026, 11, 10)
QUESTIONNAIRE = library.questionnaire()
WELL = Condition(372, 76, 15, 97, "none", "same", "none", "mild", "fine", frozenset())


def people(count: int, seed: int = 1, days: int = 4):
    return cast(count, seed=seed, starts_at=ENDS_AT - timedelta(days=days), ends_at=ENDS_AT, first_phone=0)


def test_a_cast_of_thirty_six_has_some_of_each_part() -> None:
    made = people(36)
    habits, leads = Counter(one.habit for one in made), Counter(one.finale for one in made)

    assert all(habits[habit] >= 2 for habit in Habit)
    assert leads[Finale.RED] == leads[Finale.SILENT] == 2
    assert leads[Finale.ORANGE] == 4


@pytest.mark.parametrize("count", [1, 2, 5, 12, 200])
def test_a_cast_is_as_large_as_asked_for_and_is_enrolled_in_order_before_the_end(count: int) -> None:
    made = people(count, days=1)

    assert len({one.number for one in made}) == count
    assert [one.enrol_at for one in made] == sorted(one.enrol_at for one in made)
    assert all(ENDS_AT - timedelta(days=1) <= one.enrol_at < ENDS_AT for one in made)
    assert all(one.onset_on < one.enrol_at.date() for one in made)
    assert all(one.identity.birth_date < date(2008, 11, 19) for one in made)


def test_most_are_enrolled_while_clinicians_are_at_work() -> None:
    hours = Counter(9 <= clock.local(one.enrol_at, "Europe/Paris").hour < 18 for one in people(200))

    assert hours[True] >= 180


def test_a_turn_for_the_worse_climbs_holds_and_eases() -> None:
    worst = datetime(2026, 11, 18, 12, tzinfo=UTC)
    turn = Turn(worst, rise_hours=10, peak=115)

    def at(hours: int) -> int:
        return strain(Course.WELL, onset_on=ONSET, turn=turn, at=worst + timedelta(hours=hours))

    assert at(-11) == strain(Course.WELL, onset_on=ONSET, turn=None, at=worst - timedelta(hours=11))
    assert at(-11) < at(-5) < at(-1) < at(0) == at(20) == 115
    assert at(20) > at(30) > at(60)


def test_the_worst_strain_is_felt_by_every_measure() -> None:
    def mean(strain_now: int, name: str) -> float:
        return sum(getattr(condition(strain_now, None, Random(n)), name) for n in range(60)) / 60

    assert mean(0, "spo2") >= 97
    assert mean(118, "spo2") <= 92
    for name in ("temperature", "heart_rate", "respiratory_rate"):
        assert mean(0, name) < mean(55, name) < mean(118, name)


@given(st.integers(0, 130), st.one_of(st.none(), st.integers(0, 130)), st.integers(), st.booleans(), st.booleans())
def test_whatever_a_patient_types_ends_as_answers_without_errors(
    now: int, before: int | None, seed: int, oximeter: bool, clumsy: bool
) -> None:
    rng = Random(seed)
    found = condition(now, before, rng)
    validated = answered(QUESTIONNAIRE, found, oximeter=oximeter, language="fr", clumsy=clumsy, rng=rng)

    assert validated.errors == validated.to_confirm == ()
    assert ("spo2" in validated.answers) == oximeter
    assert 360 <= found.temperature <= 420
    assert 85 <= found.spo2 <= 99


@pytest.mark.parametrize(("language", "text"), [("fr", "37,2"), ("en", "37.2")])
def test_a_temperature_is_typed_as_people_of_that_language_do(language: str, text: str) -> None:
    assert typed(WELL, oximeter=True, language=language)["temperature"] == {"raw": [text]}


def test_clumsy_thumbs_slip_in_each_way_and_only_in_one_place() -> None:
    meant = typed(WELL, oximeter=True, language="fr")
    slips = [slipped(meant, chance=1.0, rng=Random(n)) for n in range(80)]
    changed = {tuple(sorted(name for name in meant if sent[name] != meant[name])) for sent in slips}

    assert {"raw": ["372"]} in [sent["temperature"] for sent in slips]
    assert {"absent": True} in [sent["spo2"] for sent in slips]
    assert changed == {("temperature",), ("heart-rate",), ("heart-rate", "spo2"), ("respiratory-rate",), ("spo2",)}


def test_a_lost_comma_is_asked_about_once_and_then_either_mended_or_kept_as_said() -> None:
    kept = set()
    for seed in range(300):
        validated = answered(QUESTIONNAIRE, WELL, oximeter=True, language="fr", clumsy=True, rng=Random(seed))
        kept.add(value_of(validated.answers, "temperature"))

    assert kept == {Decimal("37.2"), Decimal("372")}


def test_an_agenda_goes_by_the_hour_and_then_by_who_came_first() -> None:
    agenda, done = Agenda(), []
    for name, minutes in (("late", 5), ("first", 1), ("second", 1), ("after the end", 9)):
        agenda.put(ENDS_AT + timedelta(minutes=minutes), lambda _, name=name: done.append(name))
    agenda.put(ENDS_AT, lambda at: agenda.put(at, lambda _: done.append("put in meanwhile")))

    agenda.run_until(ENDS_AT + timedelta(minutes=5), shown=lambda at: at, after_each=lambda: done.append("-"))

    assert [name for name in done if name != "-"] == ["put in meanwhile", "first", "second", "late"]
    assert done.count("-") == len(("what puts it in", "put in meanwhile", "first", "second", "late"))


@given(st.sampled_from(sorted(MEANT)), st.integers(0, 140), st.integers(0, 30), st.integers(), st.booleans())
def test_whatever_a_patient_of_another_programme_types_ends_as_answers_without_errors(
    slug: str, under: int, day: int, seed: int, clumsy: bool
) -> None:
    person, asked, rng = people(3)[seed % 3], library.questionnaire(slug), Random(seed)
    now = ENDS_AT + timedelta(days=day)

    validated = plainly(asked, MEANT[slug](under, person, now, rng), clumsy=clumsy, rng=rng)

    assert validated.errors == ()
    assert {item.link_id for item in asked.questions if item.required} <= set(validated.answers)


def test_water_gathers_and_wounds_redden_under_strain() -> None:
    person = people(1)[0]

    def mean(slug: str, link_id: str, under: int) -> Decimal:
        drawn = [MEANT[slug](under, person, ENDS_AT, Random(n))[link_id].replace(",", ".") for n in range(40)]
        return sum(map(Decimal, drawn), Decimal(0)) / 40

    assert mean("heart-failure", "weight", 120) - mean("heart-failure", "weight", 20) > 3
    assert mean("after-surgery", "temperature", 20) < 38 < mean("after-surgery", "temperature", 120)
