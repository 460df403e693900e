"""Adherence against a table made by hand, and against a plain count of whatever happened."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from questionnaires import adherence
from questionnaires.adherence_figures import COUNTS
from questionnaires.adherence_table import as_csv
from questionnaires.models import Checkin, CheckinState, Response
from records.models import Team
from tests.questionnaires.enrolments import utc
from tests.questionnaires.followed import BEGUN, Asked, Centre, answered, row


@pytest.fixture
def centre(session: Session) -> Iterator[Centre]:
    yield Centre(session)
    session.rollback()


def test_a_ward_of_three_comes_to_the_table_made_by_hand(centre: Centre) -> None:
    centre.follow(answered(1, 10), answered(2, 70), Asked(3), Asked(4, minutes=300), language="ar")
    centre.follow(answered(1, 20, informant="carer", door="staff"), Asked(2), Asked(3), Asked(4, state="cancelled"))
    centre.follow(
        answered(1, 40), Asked(1, "afternoon"), Asked(2, state="open"), activated_at=BEGUN + timedelta(days=7)
    )

    found = centre.measure()

    assert row(found, "all") == {
        "breakdown": "all", "key": "", "enrolments": 3, "asked": 9, "in_time": 4, "late": 1, "missed": 4, "timed": 5,
        "within_first": 3, "after_first": 0, "after_second": 0, "carer": 1,
        "minutes_p25": 20, "minutes_median": 40, "minutes_p75": 70, "minutes_p90": 300,
    }  # fmt: skip
    by_day = {key: [row(found, "day", key)[name] for name in COUNTS[:5]] for key in "1234"}
    assert by_day == {"1": [3, 4, 3, 0, 1], "2": [2, 2, 1, 0, 1], "3": [2, 2, 0, 0, 2], "4": [1, 1, 0, 1, 0]}
    assert [row(found, "week", key)["asked"] for key in ("2026-03-02", "2026-03-09")] == [7, 2]
    assert [row(found, "language", key)["enrolments"] for key in ("ar", "fr")] == [1, 2]
    assert [row(found, "door", key)["asked"] for key in ("phone", "staff")] == [4, 1]
    assert row(found, "informant", "carer")["minutes_median"] == 20
    assert found.curve.astype("object").to_numpy().tolist() == [
        [1, 3, 0, 1.0, 3, 1, pytest.approx(2 / 3)],
        [2, 2, 1, 0.5, 2, 1, pytest.approx(1 / 3)],
        [3, 1, 0, 0.5, 1, 1, 0.0],
        [4, 1, 0, 0.5, 0, 0, pd.NA],
    ]


def test_the_days_count_from_the_first_one_that_asked_something_also_when_that_was_cancelled(centre: Centre) -> None:
    centre.follow(Asked(3, state="cancelled"), answered(5), activated_at=BEGUN)

    assert row(centre.measure(), "day", "3")["asked"] == 1


def test_an_extra_report_a_correction_and_an_older_answer_are_not_counted(centre: Centre) -> None:
    made = centre.follow(answered(1, 30))
    checkin = centre.session.query(Checkin).one()
    first = centre.session.query(Response).one().id
    opens_at = checkin.opens_at
    centre.respond(made, None, opens_at + timedelta(minutes=1), answered(1))
    centre.respond(made, checkin, opens_at + timedelta(minutes=5), answered(1), amends_id=first)
    centre.respond(made, checkin, opens_at + timedelta(minutes=2), answered(1, door="staff"))
    centre.respond(made, checkin, opens_at + timedelta(minutes=50), answered(1, door="staff"))

    found = centre.measure()

    assert (row(found, "all")["asked"], row(found, "all")["minutes_median"]) == (1, 30)
    assert list(found.rows("door")["key"]) == ["phone"]


def test_of_two_late_answers_the_first_is_the_answer(centre: Centre) -> None:
    made = centre.follow(Asked(1, minutes=300))
    checkin = centre.session.query(Checkin).one()
    centre.respond(made, checkin, checkin.opens_at + timedelta(minutes=900), Asked(1))

    assert [row(centre.measure(), "all")[name] for name in ("late", "minutes_p90")] == [1, 300]


def test_paper_is_in_time_by_when_it_was_filled_in_and_has_no_time_to_answer(centre: Centre) -> None:
    centre.follow(
        Asked(1, minutes=4000, door="paper", filled_after=100), Asked(2, minutes=4000, door="paper", filled_after=300)
    )

    told = row(centre.measure(), "all")

    assert [told[name] for name in ("in_time", "late", "timed", "minutes_median")] == [1, 1, 0, None]


def test_an_answer_came_after_the_reminders_that_had_gone_out_by_then(centre: Centre) -> None:
    centre.follow(
        answered(1, 50, reminders=(60,)), answered(2, 70, reminders=(60, 180)), answered(3, 200, reminders=(60, 180))
    )
    made = centre.follow(answered(1, 90))
    checkin = centre.session.query(Checkin).filter_by(enrolment_id=made.id).one()
    centre.remind(checkin, "first-reminder", checkin.opens_at + timedelta(minutes=60), outcome="not-sent")

    told = row(centre.measure(), "all")

    assert [told[name] for name in ("after_first", "after_second", "within_first")] == [1, 1, 1]


def test_a_sheet_came_after_the_reminders_that_had_gone_out_when_it_was_filled_in(centre: Centre) -> None:
    sent = {"door": "paper", "reminders": (60, 180)}
    centre.follow(*(Asked(day, minutes=4000, filled_after=at, **sent) for day, at in ((1, 30), (2, 100), (3, 200))))

    told = row(centre.measure(), "all")

    assert [told[name] for name in ("after_first", "after_second")] == [1, 1]


def test_an_answer_after_a_week_counts_as_one_of_a_week(centre: Centre) -> None:
    centre.follow(Asked(1, minutes=30_000))

    assert row(centre.measure(), "all")["minutes_p90"] == adherence.LONGEST_MINUTES


def test_only_the_follow_ups_asked_for_are_counted(centre: Centre) -> None:
    elsewhere = Team(name="Elsewhere", created_at=BEGUN)
    late_evening = utc(3, 31, 21, 59)  # still in March in Paris
    mine = centre.follow(answered(1), activated_at=late_evening)
    centre.follow(answered(1), activated_at=late_evening + timedelta(minutes=1))
    centre.follow(answered(1), team=elsewhere)
    centre.follow(answered(1)).patient.rehearsal = True
    centre.follow(answered(1)).activated_at = None
    centre.session.flush()

    assert list(centre.measure().rows("team")["key"]) == sorted([str(mine.team_id), str(elsewhere.id)])
    assert row(centre.measure(teams=[mine.team_id]), "all")["enrolments"] == 1
    assert len(centre.measure(teams=[]).table) == 0
    assert row(centre.measure(rehearsal=True), "all")["enrolments"] == 1


def test_nobody_makes_an_empty_table(centre: Centre) -> None:
    found = centre.measure().without_few()

    assert len(found.table) == len(found.curve) == 0
    assert as_csv(found, {}).count("\n") == 1


def test_more_follow_ups_than_one_waits_for_are_refused(centre: Centre) -> None:
    for _ in range(3):
        centre.follow(answered(1))

    with pytest.raises(adherence.TooMany):
        centre.measure(most=2, chunk=2)
    assert row(centre.measure(most=3, chunk=1), "all")["enrolments"] == 3


LANGUAGES = ("fr", "fr", "ar", "en")
STATES = st.sampled_from([state.value for state in CheckinState])
ASKED = st.builds(
    lambda state, minutes, asked: replace(
        asked, state=state, minutes=minutes if state == "answered" or (state == "missed" and minutes > 240) else None
    ),
    STATES,
    st.integers(0, 12_000),
    st.builds(
        Asked,
        day=st.integers(1, 5),
        slot=st.sampled_from(["morning", "evening"]),
        door=st.sampled_from(["phone", "staff", "paper"]),
        informant=st.sampled_from(["patient", "carer"]),
        filled_after=st.none() | st.integers(0, 500),
    ),
)
HAPPENED = st.lists(
    st.tuples(st.integers(0, 3), ASKED), unique_by=lambda told: (told[0], told[1].day, told[1].slot), max_size=16
)


def test_whatever_happens_is_counted_once_in_any_order_and_in_chunks_of_any_size(centre: Centre) -> None:
    people = [centre.follow(language=language) for language in LANGUAGES]
    centre.session.commit()

    @settings(max_examples=15)
    @given(told=HAPPENED, chance=st.randoms(use_true_random=False), chunk=st.integers(1, 5))
    def holds(told: list[tuple[int, Asked]], chance: random.Random, chunk: int) -> None:
        centre.happen([(people[who], one) for who, one in chance.sample(told, len(told))])
        found = centre.measure(chunk=chunk)
        centre.session.rollback()
        assert counts_of(found) == counted(told)
        assert dict(zip(found.curve["day"], found.curve["at_risk"], strict=True)) == at_risk(told)
        assert (found.table["asked"] == found.table["in_time"] + found.table["late"] + found.table["missed"]).all()
        for breakdown in ("day", "week", "team", "language", "asked-by"):
            assert sums(found, breakdown)[1:] == sums(found, "all")[1:], breakdown
        for breakdown in ("week", "team", "language", "asked-by"):
            assert sums(found, breakdown)[0] == sums(found, "all")[0], "nobody is in two rows"

    holds()


def sums(found: adherence.Adherence, breakdown: str) -> list[int]:
    return [int(found.rows(breakdown)[name].sum()) for name in COUNTS]


def counts_of(found: adherence.Adherence) -> dict[tuple[str, str], tuple[int, ...]]:
    shown = found.table[found.table["breakdown"].isin(["all", "day", "language", "door"])]
    return {(one["breakdown"], one["key"]): tuple(one[name] for name in COUNTS[:6]) for _, one in shown.iterrows()}


def counted(told: list[tuple[int, Asked]]) -> dict[tuple[str, str], tuple[int, ...]]:
    """The same counts the plain way."""
    begins = first_days(told)
    cells: dict[tuple[str, str], list[tuple[int, Asked]]] = defaultdict(list)
    for who, one in told:
        if one.state not in ("answered", "missed"):
            continue
        cells["all", ""].append((who, one))
        cells["day", str(one.day - begins[who] + 1)].append((who, one))
        cells["language", LANGUAGES[who]].append((who, one))
        if one.minutes is not None:
            cells["door", one.door].append((who, one))
    return {name: _counts(cell) for name, cell in cells.items()}


def _counts(cell: list[tuple[int, Asked]]) -> tuple[int, ...]:
    kept = [one.kept for _, one in cell]
    timed = sum(one.minutes is not None and one.door != "paper" for _, one in cell)
    in_each = [kept.count(name) for name in ("in_time", "late", "missed")]
    return (len({who for who, _ in cell}), len(cell), *in_each, timed)


def first_days(told: list[tuple[int, Asked]]) -> dict[int, int]:
    return {who: min(one.day for other, one in told if other == who) for who, _ in told}


def at_risk(told: list[tuple[int, Asked]]) -> dict[int, int]:
    """For each day, who was followed so far and had not stopped before it."""
    until = []
    for who, begin in first_days(told).items():
        ended = [one for other, one in told if other == who and one.state in ("answered", "missed")]
        heard = max((one.day for one in ended if one.kept != "missed"), default=0)
        stopped = [one.day for one in ended if one.day > heard]
        if ended:
            until.append(min(stopped, default=max(one.day for one in ended)) - begin + 1)
    last = max(
        (one.day - first_days(told)[who] + 1 for who, one in told if one.state in ("answered", "missed")), default=0
    )
    return {day: sum(day <= end for end in until) for day in range(1, last + 1)}


def test_counts_stay_whole_numbers(centre: Centre) -> None:
    centre.follow(answered(1), Asked(2))
    found = centre.measure()

    assert {str(found.table[name].dtype) for name in (*COUNTS, "minutes_p25", "minutes_p90")} == {"Int64"}
    assert {str(found.curve[name].dtype) for name in ("day", "at_risk", "stopped", "first_silences")} == {"Int64"}
