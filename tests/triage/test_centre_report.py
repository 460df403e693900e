"""The report of a shift, of real rows: what counts, for whom, and how many statements it takes."""

from __future__ import annotations

import csv
import io
import itertools
from datetime import UTC, datetime, timedelta

import pytest

from records.models import Role, Team
from tests.factories import make_enrolment, make_team
from tests.statements import counted
from tests.triage.scene import Scene
from triage.centre import coming, report, standing
from triage.centre.table import as_csv
from triage.drafting_models import RosterHour
from triage.levels import CALLED, Level
from triage.models import (
    Alert,
    Attempt,
    Callback,
    CallbackEvent,
    Disposition,
    Escalation,
    EscalationKind,
    EventKind,
)

BEGINS = datetime(2026, 3, 10, 7, 0, tzinfo=UTC)
"""08:00 in Paris, a Tuesday."""
ENDS = BEGINS + timedelta(hours=12)
MINUTE = timedelta(minutes=1)
KEYS = itertools.count(1)


def alert(
    scene: Scene,
    at: int,
    *,
    called: int | None = None,
    decided: int | None = None,
    kind: str = "advice",
    level: Level = Level.RED,
    team: Team | None = None,
    role: str = Role.OPERATOR,
    useful: bool | None = None,
) -> Callback:
    """A patient to be called `at` minutes after BEGINS, first called and decided about so many minutes after that."""
    session, who, raised = scene.session, scene.person(role), BEGINS + at * MINUTE
    enrolment = make_enrolment(session, programme=scene.programme, team=team or scene.team)
    due = raised + (10 if level == Level.RED else 120) * MINUTE
    found = Callback(enrolment_id=enrolment.id, team_id=enrolment.team_id, rank=level, opened_at=raised, due_at=due)
    session.add(found)
    session.flush()
    told = Alert(
        key=f"test:{next(KEYS)}",
        enrolment_id=enrolment.id,
        callback_id=found.id,
        kind="answers",
        rank=level,
        reasons=[],
        raised_at=raised,
        due_at=due,
    )
    session.add(told)
    if called is not None:
        outcome = "reached" if decided is not None else "busy"
        session.add(Attempt(callback_id=found.id, staff_id=who.id, outcome=outcome, at=raised + called * MINUTE))
        found.first_called_at = raised + called * MINUTE
    if decided is not None:
        at_ = raised + decided * MINUTE
        made = Disposition(
            callback_id=found.id,
            staff_id=who.id,
            kind=kind,
            details={},
            at=at_,
            useful=useful,
            held_seconds=300,
        )
        session.add(made)
        session.flush()
        told.closed_at, told.disposition_id = at_, made.id
        found.state, found.closed_at, found.closed_by_id = "closed", at_, who.id
    session.commit()
    return found


def made(scene: Scene, *teams: Team, begins: datetime = BEGINS, ends: datetime = ENDS, now: datetime = ENDS):
    return report.report(
        scene.session,
        teams=teams or [scene.team],
        programmes=[scene.programme],
        zone=scene.programme.zone,
        begins=begins,
        ends=ends,
        now=now,
    )


def test_a_shift_is_told_as_it_was_counted_by_hand(scene: Scene) -> None:
    alert(scene, 0, called=4, decided=6, useful=True)
    alert(scene, 30, called=8, decided=12, kind="entry-error", useful=False)
    alert(scene, 60, called=25, decided=30)
    alert(scene, 90)  # nobody ever called
    alert(scene, 100, called=50, level=Level.ORANGE)

    found = made(scene)
    reds, oranges, tally = found.times(level=Level.RED), found.times(level=Level.ORANGE), found.tally()

    assert (reds.alerts, reds.called, reds.judged, reds.within) == (4, 3, 4, 2)
    assert reds.percentiles == (8 * 60, None, None, None)
    assert (oranges.percentiles[0], oranges.longest, oranges.share) == (50 * 60, 50 * 60, 1.0)
    assert (tally.tried, tally.reached, tally.decisions) == (4, 3, 3)
    assert tally.decided == {"advice": 2, "entry-error": 1}
    assert (tally.said, tally.useful, tally.mean_held) == (2, 1, 300)
    assert isinstance(tally.mean_held, float)


def test_a_decision_without_another_call_stops_the_clock_and_a_call_before_the_alert_does_not(scene: Scene) -> None:
    alert(scene, 10, called=-5, decided=3, kind="technical")
    alert(scene, 20, called=-5)

    found = made(scene).times()

    assert (found.alerts, found.called, found.percentiles[0]) == (2, 1, 3 * 60)


def test_a_call_after_the_end_of_the_report_still_counts_for_an_alert_within_it(scene: Scene) -> None:
    alert(scene, 55, called=9, decided=10)

    found = made(scene, ends=BEGINS + timedelta(hours=1))

    assert found.times().percentiles[0] == 9 * 60
    assert found.tally().tried == 0


def test_what_began_before_or_at_the_end_belongs_to_another_report(scene: Scene) -> None:
    for at in (-1, 0, 60):
        alert(scene, at)

    assert made(scene, ends=BEGINS + timedelta(hours=1)).times().alerts == 1


def test_the_night_is_no_waiting(scene: Scene) -> None:
    alert(scene, 12 * 60 - 5, called=12 * 60 + 15)  # 19:55, called at 08:10 on the next day

    assert made(scene).times().longest == 15 * 60


def test_teams_add_up_and_another_team_is_not_counted(scene: Scene) -> None:
    south, west = make_team(scene.session, "South"), make_team(scene.session, "West")
    alert(scene, 0, called=4, decided=6)
    alert(scene, 5, called=3, decided=6, team=south)
    alert(scene, 5, called=3, decided=6, team=west)

    both = made(scene, scene.team, south)

    assert [both.times(team.id).alerts for team in (scene.team, south)] == [1, 1]
    assert both.times().alerts == both.tally().decisions == 2
    assert made(scene).times().alerts == 1


def test_each_persons_work_is_their_own(scene: Scene) -> None:
    alert(scene, 0, called=4, decided=6)
    alert(scene, 5, called=4, decided=6, role=Role.PHYSICIAN, kind="ambulance")
    operator = scene.person(Role.OPERATOR)

    found = made(scene)

    assert found.tally(staff_ids=[operator.id]).decided == {"advice": 1}
    assert {person.id for person in found.people.values()} == {one.id for one in scene.people.values()}


def test_claims_that_lapsed_take_overs_and_escalations_are_counted(scene: Scene) -> None:
    found, who = alert(scene, 0), scene.person()
    for kind in (EventKind.EXPIRED, EventKind.TAKEN_OVER, EventKind.CLAIMED, EventKind.HANDED_OVER):
        event = CallbackEvent(callback_id=found.id, kind=kind, at=BEGINS + MINUTE, staff_id=who.id, details={})
        scene.session.add(event)
    for step, staff_id in ((1, None), (2, who.id), (2, scene.person(Role.PHYSICIAN).id)):
        scene.session.add(
            Escalation(
                callback_id=found.id,
                kind=EscalationKind.LATE,
                clock_at=found.due_at,
                step=step,
                staff_id=staff_id,
                at=BEGINS + 20 * MINUTE,
            )
        )
    scene.session.commit()

    tally = made(scene).tally()

    assert (tally.lapsed, tally.taken_over, tally.handed_over) == (1, 1, 1)
    found.claimed_by_id, found.claimed_at = who.id, BEGINS + MINUTE
    found.claim_ends_at = BEGINS + 16 * MINUTE
    scene.session.commit()
    assert made(scene).tally().lapsed == 2, "one that ran out, and nobody has come after"
    assert made(scene).escalations() == (2, 1), "one step before two people is one escalation"


def test_a_shift_in_which_nothing_happened_is_no_error(scene: Scene) -> None:
    found = made(scene)

    assert (found.times().alerts, found.tally().tried, found.escalations(), found.people) == (0, 0, (0, 0), {})
    assert list(found.load.hours) == []


def test_what_cannot_be_a_shift_is_refused(scene: Scene) -> None:
    with pytest.raises(report.OutOfOrder):
        made(scene, ends=BEGINS)
    with pytest.raises(report.TooLong):
        made(scene, ends=BEGINS + timedelta(days=32))
    made(scene, ends=BEGINS + timedelta(days=31))


def test_a_report_takes_as_many_statements_however_much_was_done(scene: Scene) -> None:
    for number in range(3):
        alert(scene, number, called=4, decided=6)
    made(scene)
    with counted(scene.session) as few:
        made(scene)
    for number in range(9):
        alert(scene, number, called=4, decided=6)
    made(scene)
    with counted(scene.session) as many:
        made(scene)

    assert len(few) == len(many) <= 8


def test_the_file_has_every_figure_once_and_runs_no_formula(scene: Scene) -> None:
    alert(scene, 0, called=4, decided=6)
    scene.team.name = "=1+1"
    scene.session.flush()
    found = made(scene)

    text = as_csv(found, [("Noa", found.tally())], CALLED).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))

    def of(**wanted: str) -> list[str]:
        return [row["value"] for row in rows if all(row[name] == value for name, value in wanted.items())]

    assert of(table="times", team="", level="red", measure="p50") == ["240"]
    assert of(table="times", team="'=1+1", level="", measure="within") == ["1"]
    assert of(table="times", team="", level="orange", measure="p50") == [""]
    assert of(table="people", person="Noa", measure="decided:advice") == ["1"]
    assert of(table="load", measure="opened", weekday="1", hour="8") == ["1.00"], "no week before the first"
    assert len({tuple(row.values())[:-1] for row in rows}) == len(rows)


def test_the_board_counts_what_stands_by_team_and_level(scene: Scene) -> None:
    south, now = make_team(scene.session, "South"), BEGINS + timedelta(hours=1)
    alert(scene, 0)  # late since 50 minutes
    alert(scene, 55)  # late in 5
    alert(scene, 0, level=Level.ORANGE, team=south)
    held = alert(scene, 20, level=Level.ORANGE)
    held.claimed_by_id, held.claimed_at, held.claim_ends_at = scene.person().id, now - 5 * MINUTE, now + 10 * MINUTE
    lapsed = alert(scene, 30, level=Level.ORANGE)
    lapsed.claimed_by_id, lapsed.claimed_at, lapsed.claim_ends_at = scene.person().id, now - 20 * MINUTE, now - MINUTE
    lapsed.next_try_at = now + 5 * MINUTE
    scene.session.commit()

    found = standing.board(scene.session, team_ids=[scene.team.id, south.id], now=now)

    reds, whole = found.of(level=Level.RED), found.of()
    assert (reds.total, reds.late, reds.soon, reds.oldest) == (2, 1, 1, BEGINS)
    assert (whole.total, whole.held, whole.scheduled) == (5, 1, 1)
    assert found.of(south.id).total == 1
    assert [(one.name, len(one.holds)) for one in found.people] == [(scene.person().name, 1)]


def test_the_next_hours_are_the_mean_of_the_weeks_before_against_the_roster(scene: Scene) -> None:
    # 10 March, 10:00 in Paris; the same hour was busy one, two and three weeks ago, and the centre is three weeks old.
    now, week = datetime(2026, 3, 10, 9, 0, tzinfo=UTC), 7 * 24 * 60
    alert(scene, -3 * week, called=1, decided=2)
    for weeks, patients in ((3, 3), (2, 5), (1, 4)):
        for number in range(patients):
            alert(scene, 120 + 2 + number - weeks * week, called=1, decided=2)
    for number in range(12):  # the pace needs twenty: five minutes each are twelve calls in an hour
        alert(scene, number - 2 * week, called=1, decided=2)
    alert(scene, 100)
    scene.session.add(RosterHour(programme_id=scene.programme.id, weekday=1, hour=10, callers=1))
    scene.session.commit()
    scene.session.refresh(scene.programme)

    with counted(scene.session) as asked:
        found = coming.outlook(scene.session, programmes=[scene.programme], zone="Europe/Paris", now=now)

    first, second = found.hours[:2]
    assert (found.pace, found.waiting) == (12.0, 1)
    assert first.expected == {Level.RED: pytest.approx(4.0)}
    assert (first.callers, first.capacity, first.left) == (1.0, 12.0, 0.0)
    assert (second.callers, second.capacity) == (0.0, 0.0)
    assert found.arrivals.total([scene.team.id]) == 1
    assert len(asked) <= 4


def test_a_centre_of_yesterday_expects_nothing_that_it_knows(scene: Scene) -> None:
    alert(scene, 0)

    found = coming.outlook(scene.session, programmes=[scene.programme], zone="Europe/Paris", now=BEGINS + 90 * MINUTE)

    assert {one.expected is None for one in found.hours} == {True}
    assert (found.pace, found.has_roster, found.arrivals.usual) == (None, False, None)
