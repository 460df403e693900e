"""The worth of rules of a population of which every number is known."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from records import programmes
from records.models import EnrolmentState
from tests.factories import NOW, make_enrolment
from tests.statements import counted
from tests.triage.scene import Scene, set_scene
from tests.triage.worth_population import call, event, person
from triage.models import DispositionKind
from triage.worth import Period, Row, Share, Worth, measure, periods
from triage.worth.counting import ACTED, EMERGENCIES, RESTED, SEVERE, TooMany
from triage.worth.statements import ALL, DOUBT, OTHER, RED, SILENCE
from triage.worth.table import COLUMNS, as_csv

TODAY = NOW.date()
DAY = timedelta(days=1)


def found(scene: Scene, **given: Any) -> Worth:
    values = {"programme": scene.programme, "first": TODAY - 30 * DAY, "last": TODAY, "now": NOW, "rehearsal": True}
    return measure(scene.session, **(values | given))


def of(scene: Scene, cause: str, **given: Any) -> Row:
    return found(scene, **given).row(0, cause)


def test_each_rule_that_the_caller_was_told_of_is_counted_and_alone_where_nothing_else_was_part(scene: Scene) -> None:
    one, other = person(scene), person(scene)
    call(scene, one, ["spo2", "fever"], "spo2")
    call(scene, one, "spo2", at=NOW - DAY)
    call(scene, other, ["fever", "?"])
    call(scene, other, "", kind="silence", at=NOW - DAY)
    call(scene, other, "", kind="asked", at=NOW - 2 * DAY)
    call(scene, other, "", "fever", kind="asked", at=NOW - 3 * DAY)

    rows = {row.cause: (row.alerts, row.calls, row.alone) for row in found(scene).rows}

    assert rows == {
        "spo2": (3, 2, 1),
        "fever": (3, 3, 0),
        DOUBT: (1, 1, 0),
        SILENCE: (1, 1, 1),
        OTHER: (2, 2, 1),
        ALL: (5, 4, 0),
    }


def test_minutes_are_shared_equally_among_the_causes_and_add_up(scene: Scene) -> None:
    one = person(scene)
    call(scene, one, ["spo2", "fever", "?"], kinds=("to-physician", "advice"), seconds=600)
    call(scene, one, "spo2", kinds=("advice",), seconds=300, at=NOW - DAY)
    call(scene, one, "spo2", kinds=("advice",), at=NOW - 2 * DAY)  # nobody had claimed it

    worth = found(scene)

    seconds = {row.cause: (row.seconds, row.timed) for row in worth.rows}
    assert seconds == {"spo2": (500, 2), "fever": (200, 1), DOUBT: (200, 1), ALL: (900, 2)}


@pytest.mark.parametrize(
    ("kinds", "said", "useful", "mistaken"),
    [
        (("advice",), None, Share(0, 1), Share(0, 1)),
        (("entry-error",), None, Share(0, 1), Share(1, 1)),
        (("gp",), None, Share(1, 1), Share(0, 1)),
        (("to-physician", "ambulance"), None, Share(1, 1), Share(0, 1)),
        (("advice",), True, Share(1, 1), Share(0, 1)),
        (("ambulance",), False, Share(0, 1), Share(0, 1)),
        (("unreachable",), None, Share(0, 0), Share(0, 1)),
        (("deceased",), None, Share(0, 0), Share(0, 1)),
        (("to-physician",), None, Share(0, 0), Share(0, 0)),
        ((), None, Share(0, 0), Share(0, 0)),
    ],
)
def test_the_callers_word_counts_and_else_what_was_done(
    scene: Scene, kinds: tuple[str, ...], said: bool | None, useful: Share, mistaken: Share
) -> None:
    call(scene, person(scene), "spo2", kinds=kinds, useful=said)

    row = of(scene, "spo2")

    assert (row.useful, row.mistaken, row.said) == (useful, mistaken, int(said is not None))


def test_every_kind_of_disposition_has_been_thought_of() -> None:
    nobody = {"unreachable", "welfare-check", "technical", "wrong-patient"}
    untold = {*nobody, "limits-changed", "to-physician", "deceased"}
    assert ACTED | RESTED | untold == set(DispositionKind)
    assert not ACTED & RESTED
    assert EMERGENCIES <= ACTED


def test_an_emergency_is_the_rules_alone_where_nothing_else_would_have_caused_the_call(scene: Scene) -> None:
    one = person(scene)
    call(scene, one, "spo2", kinds=("ambulance",))
    call(scene, one, "spo2", "fever", kinds=("hospital-advised",), at=NOW - DAY)
    call(scene, one, "fever", kinds=("advice",), at=NOW - 2 * DAY)

    assert [(of(scene, rule).emergencies, of(scene, rule).only_it) for rule in ("spo2", "fever")] == [(2, 1), (1, 0)]


@pytest.mark.parametrize(("alert_days_before", "sees"), [(8, 0), (7, 1), (0, 1), (-1, 0)])
def test_an_event_is_seen_by_an_alert_of_its_day_or_so_many_days_before(
    scene: Scene, alert_days_before: int, sees: int
) -> None:
    on_day = TODAY - 10 * DAY
    one = person(scene)
    event(scene, one, on_day)
    call(scene, one, "spo2", at=NOW - 10 * DAY - alert_days_before * DAY)

    row = of(scene, "spo2")

    assert row.sensitivity == Share(sees, 1)
    assert row.predictive == Share(sees, 1)


def test_sensitivity_is_of_patients_and_prediction_of_alerts_whose_days_are_over(scene: Scene) -> None:
    ill, missed, well = person(scene), person(scene), person(scene)
    event(scene, ill, TODAY - 10 * DAY)
    event(scene, ill, TODAY - 9 * DAY, "deceased")
    event(scene, missed, TODAY - 20 * DAY)
    for ago in (12, 13, 25):
        call(scene, ill, "spo2", at=NOW - ago * DAY, rank=40)
    call(scene, well, "spo2", at=NOW - 8 * DAY)
    call(scene, well, "spo2", at=NOW - 7 * DAY)  # its seventh day is today: what comes of it is not known

    worth = found(scene)

    assert worth.events == (2,)
    assert worth.row(0, "spo2").sensitivity == Share(1, 2)
    assert worth.row(0, "spo2").predictive == Share(2, 4)
    assert worth.row(0, RED).predictive == Share(2, 3)
    assert worth.row(0, ALL).predictive == Share(2, 4)
    assert worth.row(0, "never").sensitivity == Share(0, 2)
    severe = found(scene, kinds=SEVERE)
    assert (severe.events, severe.row(0, "spo2").sensitivity) == ((1,), Share(1, 1))
    assert found(scene, within=3).row(0, "spo2").predictive == Share(2, 5)


def test_only_these_patients_days_and_follow_ups_are_counted(session: Session) -> None:
    scene = set_scene(session)
    real = person(scene, rehearsal=False, phone="+33612345678")
    late = make_enrolment(session, EnrolmentState.ENROLLED, programme=scene.programme, team=scene.team)
    elsewhere = person(scene, programme=programmes.load_library(session, now=NOW, slug="heart-failure"))
    one = person(scene)
    for who in (real, elsewhere):
        call(scene, who, "spo2")
        event(scene, who, TODAY)
    event(scene, late, TODAY)  # never followed: no alert could have come
    event(scene, one, TODAY - 31 * DAY)
    call(scene, one, "spo2", at=NOW - 31 * DAY)
    call(scene, one, "spo2", at=NOW + DAY)

    worth = found(scene)

    assert (worth.rows, worth.events) == ((), (0,))


def test_periods_are_calendar_weeks_and_months_cut_at_both_ends() -> None:
    first, last = date(2026, 2, 25), date(2026, 3, 10)

    assert periods(first, last) == (Period(first, last),)
    assert periods(first, last, "month") == (Period(first, date(2026, 2, 28)), Period(date(2026, 3, 1), last))
    assert [span.first for span in periods(first, last, "week")] == [first, date(2026, 3, 2), date(2026, 3, 9)]


def test_each_period_has_its_own_in_three_statements_by_the_clock_of_the_centre(scene: Scene) -> None:
    one, other = person(scene), person(scene)
    night = NOW.replace(year=2026, month=2, day=28, hour=23, minute=30)  # in Paris the first of March
    call(scene, one, "spo2", at=night)
    call(scene, other, "spo2", at=night - timedelta(hours=1))
    event(scene, other, date(2026, 3, 1))

    with counted(scene.session) as seen:
        worth = found(scene, first=date(2026, 2, 1), last=date(2026, 3, 10), by="month")

    assert [worth.row(number, "spo2").calls for number in (0, 1)] == [1, 1]
    assert [worth.row(number, "spo2").sensitivity for number in (0, 1)] == [Share(0, 0), Share(1, 1)]
    assert len(seen) == 3


def test_more_call_backs_than_a_page_waits_for_are_refused(scene: Scene) -> None:
    one = person(scene)
    for ago in range(2):
        call(scene, one, "spo2", at=NOW - ago * DAY)

    assert of(scene, "spo2", most=2).calls == 2
    with pytest.raises(TooMany):
        found(scene, most=1)


def test_the_file_has_a_named_column_for_everything_and_nothing_that_a_spreadsheet_runs() -> None:
    row = Row(0, "=cmd", 3, 2, 1, 90, 2, 1, Share(1, 2), Share(0, 2), 1, 0, Share(1, 3), Share(0, 0))

    content = as_csv([(row, Period(TODAY - DAY, TODAY), '=HYPERLINK("x"), SpO2', None)])

    assert content.startswith("\ufeff".encode())
    (told,) = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    assert tuple(told) == COLUMNS
    assert (told["rule"], told["sentence"]) == ("'=cmd", '\'=HYPERLINK("x"), SpO2')
    assert (told["minutes"], told["alone"], told["useful"], told["useful_of"]) == ("1.5", "1", "1", "2")
    assert (told["predictive_of"], told["predictive_low"], told["predictive_high"]) == ("3", "0.0615", "0.7923")
    assert (told["sensitivity_of"], told["sensitivity_low"]) == ("0", "")
