"""Many silences of one cause are one incident: nobody of it is forgotten, and nothing urgent is hidden in it.

An outage is of twenty patients at least, who take a second to enrol: what needs them and is told again elsewhere is
among the drills.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from questionnaires.models import CheckinState
from records import audit, contacts
from records.models import Role
from tests.factories import NOW, make_enrolment
from tests.triage.scene import ORANGE, WELL, Scene, at_once, set_scene
from triage import followup, incidents, jobs
from triage.incidents.deciding import KIND_OF, Counted, is_outage
from triage.levels import Level
from triage.models import (
    Attempt,
    AttemptOutcome,
    Callback,
    CallbackEvent,
    Incident,
    IncidentKind,
    IncidentMember,
    Notice,
)
from triage.refusals import InFuture, TooLongAgo

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MISSED_AT = NOW + 4 * HOUR
MANY = 22


class Ward(Scene):
    """Many patients of one programme and team."""

    def __init__(self, scene: Scene, many: int = MANY) -> None:
        super().__init__(scene.session, scene.programme, scene.team, scene.version_id, scene.enrolment, scene.people)
        more = {"programme": scene.programme, "team": scene.team, "onset_on": scene.enrolment.onset_on}
        self.patients = [scene.enrolment, *(make_enrolment(self.session, **more) for _ in range(many - 1))]
        self.session.commit()

    def as_(self, number: int) -> Scene:
        return Scene(self.session, self.programme, self.team, self.version_id, self.patients[number], self.people)

    def miss(self, numbers: Sequence[int], *, why: str | None = None, outcome: str = "not-sent", at=NOW) -> None:
        """Each of these misses the check-in of `at`; of its text one outcome is known, or none was tried."""
        for number in numbers:
            given = {"opens_at": at, "slot": f"{at:%d%H}", "closed_at": at + 4 * HOUR}
            made = self.as_(number).checkin(state=CheckinState.MISSED, **given)
            if why is not None:
                about = {"about": made.public_id, "channel": "sms", "purpose": "checkin", "outcome": outcome}
                how = {"enrolment_id": made.enrolment_id, "source": uuid.uuid4(), "reason": why, "at": at}
                contacts.note(self.session, **how, **about)
        self.session.commit()

    def answer_all(self, numbers: Sequence[int], at: datetime = NOW) -> None:
        for number in numbers:
            self.as_(number).checkin(opens_at=at, slot=f"{at:%d%H}", state=CheckinState.ANSWERED, closed_at=at + HOUR)

    def beat(self, now: datetime) -> None:
        for job in (jobs.raise_silences, incidents.run):
            job(self.session, now=now)
        self.session.commit()
        self.session.expire_all()

    def incident(self) -> Incident:
        return self.session.scalars(sa.select(Incident)).one()

    def folded(self) -> int:
        return self.number(Callback.incident_id.is_not(None), Callback.state == "open")

    def number(self, *conditions: Any) -> int:
        return self.session.scalars(sa.select(sa.func.count()).select_from(Callback).where(*conditions)).one()

    def settled(self) -> Counter[str | None]:
        return Counter(self.session.scalars(sa.select(IncidentMember.settled_by)))

    def reach(self, number: int, now: datetime, **given: Any) -> None:
        callback = self.as_(number).callback()
        values = {"outcome": AttemptOutcome.REACHED, "called": "patient", "verified": True, "at": now} | given
        self.session.add(Attempt(callback_id=callback.id, staff_id=self.person().id, **values))
        self.session.commit()

    def progress(self, now: datetime) -> incidents.Progress:
        about = {"staff": self.person(Role.SUPERVISOR), "incident": self.incident().public_id, "now": now}
        return incidents.progress(self.session, **about)


@pytest.fixture
def ward(session: Session) -> Ward:
    return Ward(set_scene(session))


def test_an_outage_is_one_incident_with_each_of_its_patients_and_their_deadlines(ward: Ward) -> None:
    supervisor = ward.person(Role.SUPERVISOR)
    ward.miss(range(MANY))

    ward.beat(MISSED_AT)

    incident = ward.incident()
    assert (incident.kind, incident.began_at, incident.found_at) == (IncidentKind.NOT_SENT, NOW, MISSED_AT)
    found = ward.session.scalars(sa.select(IncidentMember)).all()
    assert {member.enrolment_id for member in found} == {patient.id for patient in ward.patients}
    due = {one.enrolment_id: one.due_at for one in ward.session.scalars(sa.select(Callback))}
    assert all(member.deadline_at == due[member.enrolment_id] for member in found)
    assert ward.folded() == MANY
    (line,) = incidents.standing(ward.session, team_ids=[ward.team.id], now=MISSED_AT)
    assert (line.waiting, line.worst, line.first_deadline) == (MANY, Level.SILENT, min(due.values()))
    assert not line.next_deadline_passed
    assert incidents.standing(ward.session, team_ids=[ward.team.id + 1], now=MISSED_AT) == []
    assert ward.session.scalars(sa.select(Notice.staff_id)).all() == [supervisor.id], "told once, of what is new"


@pytest.mark.drill
def test_a_further_beat_changes_nothing(ward: Ward) -> None:
    ward.miss(range(MANY))
    ward.beat(MISSED_AT)
    before = [(c.id, c.version, c.incident_id) for c in ward.session.scalars(sa.select(Callback).order_by(Callback.id))]

    ward.beat(MISSED_AT + MINUTE)

    after = [(c.id, c.version, c.incident_id) for c in ward.session.scalars(sa.select(Callback).order_by(Callback.id))]
    assert (after, ward.count(IncidentMember), ward.count(CallbackEvent)) == (before, MANY, MANY)


@pytest.mark.drill
@pytest.mark.parametrize(
    ("silent", "answered"),
    [(19, 0), (20, 2)],
    ids=["nineteen are people", "twenty of twenty-two are ours"],
)
def test_few_silences_stand_in_the_queue_by_themselves(session: Session, silent: int, answered: int) -> None:
    ward = Ward(set_scene(session), silent + answered)
    ward.miss(range(silent))
    ward.answer_all(range(silent, silent + answered))

    ward.beat(MISSED_AT)

    assert (ward.count(Incident), ward.folded()) == ((1, 20) if silent == 20 else (0, 0))


COUNTS = [
    (Counted("not-sent", 20, 100), True),
    (Counted("not-sent", 20, 101), False),
    (Counted("not-arriving", 19, 19), False),
    (Counted("site", 60, 100, 30, 100), True),
    (Counted("site", 60, 100, 31, 100), False),
    (Counted("site", 59, 100, 1, 100), False),
    (Counted("site", 89, 100), False),
    (Counted("site", 90, 100), True),
]


@pytest.mark.parametrize(("counted", "outage"), COUNTS)
def test_what_is_an_outage(counted: Counted, outage: bool) -> None:
    assert is_outage(counted) is outage


@pytest.mark.drill
def test_nobody_opened_anything_on_a_day_on_which_the_texts_arrived_is_our_own_site(ward: Ward) -> None:
    ward.answer_all(range(MANY), NOW - 24 * HOUR)
    ward.miss(range(MANY), why="", outcome="delivered")

    ward.beat(MISSED_AT)

    assert ward.incident().kind == IncidentKind.SITE


def test_reds_and_what_somebody_said_are_never_folded(ward: Ward) -> None:
    """A second silence in a row is the physician's, as what is handed up; an orange answer, a wish to be called and a
    call under way stay.
    """
    ward.miss([0], at=NOW - 5 * HOUR)
    ward.as_(1).submit(ORANGE, now=NOW)
    ward.miss(range(MANY), at=NOW + HOUR)
    now = MISSED_AT + HOUR
    jobs.raise_silences(ward.session, now=now)
    claimed = ward.as_(2).callback()
    claimed.claimed_by_id, claimed.claim_ends_at = ward.person().id, now + HOUR
    ward.as_(3).callback().for_physician = True
    ward.session.commit()

    ward.beat(now)

    standing = sa.select(Callback.enrolment_id).where(Callback.incident_id.is_(None))
    assert set(ward.session.scalars(standing)) == {ward.patients[number].id for number in (0, 1, 2, 3)}
    assert ward.progress(now).waiting == MANY, "the incident lists them all the same, nobody twice"
    about = {"staff": ward.person(Role.SUPERVISOR), "incident": ward.incident().id, "now": now}
    first, *others = incidents.members_of(ward.session, **about)
    assert len(others) == MANY - 1
    assert (first.level, first.enrolment) == (Level.RED, ward.patients[0].public_id), "by risk"


@pytest.mark.drill
def test_whatever_else_is_raised_stands_in_the_queue_at_once(ward: Ward) -> None:
    ward.miss(range(MANY))
    ward.beat(MISSED_AT)
    assert ward.as_(3).callback().incident_id is not None

    ward.as_(3).submit(ORANGE, now=MISSED_AT + MINUTE)

    assert ward.as_(3).callback().incident_id is None
    ward.beat(MISSED_AT + 2 * MINUTE)
    assert ward.as_(3).callback().incident_id is None
    assert ward.folded() == MANY - 1


def test_a_call_back_stands_late_in_the_queue_when_its_time_is_over(ward: Ward) -> None:
    ward.miss(range(MANY))
    ward.beat(MISSED_AT)
    due = ward.as_(0).callback().due_at

    ward.beat(due - MINUTE)
    assert ward.folded() == MANY
    ward.beat(due)

    assert (ward.folded(), ward.number(Callback.due_at <= due, Callback.state == "open")) == (0, MANY)
    assert ward.progress(due).late == MANY
    events = Counter(ward.session.scalars(sa.select(CallbackEvent.kind)))
    assert events == {"folded": MANY, "unfolded": MANY}


def test_it_closes_only_when_each_has_answered_or_was_reached_or_is_followed_no_more(ward: Ward) -> None:
    ward.miss(range(MANY))
    ward.beat(MISSED_AT)
    later = MISSED_AT + HOUR
    for number in range(3, MANY):
        ward.as_(number).submit(WELL, now=later)
    ward.reach(0, later)
    ward.reach(1, later, outcome=AttemptOutcome.NO_ANSWER, verified=None)
    staff = ward.person(Role.PHYSICIAN)
    followup.discharge(
        ward.session,
        enrolment=ward.patients[2],
        reason="admitted",
        actor=audit.Actor.staff(staff),
        now=later,
    )
    ward.session.commit()

    ward.beat(later + MINUTE)
    assert ward.settled() == {"answered": MANY - 3, "reached": 1, "ended": 1, None: 1}
    ward.beat(later + 4 * HOUR)
    assert (ward.incident().ended_at, ward.incident().closed_at) == (later + 4 * HOUR, None), "one is missing"

    ward.reach(1, later + 5 * HOUR)
    ward.beat(later + 5 * HOUR + MINUTE)
    assert ward.incident().closed_at == later + 5 * HOUR + MINUTE
    assert incidents.standing(ward.session, team_ids=[ward.team.id], now=later + 6 * HOUR) == []


@pytest.mark.drill
@pytest.mark.parametrize(
    "given",
    [{"outcome": AttemptOutcome.VOICEMAIL}, {"verified": False}, {"called": "contact"}, {"at": MISSED_AT - HOUR}],
    ids=["voice mail", "somebody else", "the relative", "before it was missed"],
)
def test_a_call_that_did_not_reach_the_patient_settles_nothing(ward: Ward, given: dict[str, Any]) -> None:
    ward.miss(range(MANY))
    ward.beat(MISSED_AT)

    ward.reach(0, **({"now": MISSED_AT + MINUTE} | given))
    ward.beat(MISSED_AT + 2 * MINUTE)

    assert ward.settled() == {None: MANY}


def test_a_late_green_settles_the_patient_and_leaves_the_silence_to_a_person(ward: Ward) -> None:
    ward.miss(range(MANY))
    ward.beat(MISSED_AT)

    ward.as_(0).submit(WELL, now=MISSED_AT + MINUTE)
    ward.beat(MISSED_AT + 2 * MINUTE)

    assert ward.settled()["answered"] == 1
    assert [alert.kind for alert in ward.as_(0).alerts()] == ["silence"]
    assert ward.as_(0).callback().incident_id is None, "what the incident counts no more is in the queue"


@pytest.mark.drill
def test_silences_that_come_later_join_and_what_comes_up_again_goes_on(ward: Ward) -> None:
    ward.miss(range(MANY - 1))
    ward.beat(MISSED_AT)
    ward.miss([MANY - 1], at=NOW + HOUR)
    ward.beat(MISSED_AT + HOUR)
    assert (ward.count(IncidentMember), ward.incident().last_at) == (MANY, MISSED_AT + HOUR)

    ward.beat(MISSED_AT + 5 * HOUR)
    assert ward.incident().ended_at == MISSED_AT + 5 * HOUR
    ward.miss(range(MANY), at=NOW + 8 * HOUR)
    ward.beat(NOW + 12 * HOUR)

    assert (ward.incident().ended_at, ward.count(IncidentMember)) == (None, 2 * MANY)


def test_a_supervisor_raises_what_the_figures_do_not_show_yet(ward: Ward) -> None:
    ward.miss([0, 1], why="", outcome="delivered")
    ward.beat(MISSED_AT)
    assert ward.count(Incident) == 0
    supervisor, about = ward.person(Role.SUPERVISOR), {"programme": ward.programme, "now": MISSED_AT + MINUTE}

    raised = incidents.raise_by_hand(ward.session, staff=supervisor, began_at=NOW, **about)
    again = incidents.raise_by_hand(ward.session, staff=supervisor, began_at=NOW - HOUR, **about)
    ward.beat(MISSED_AT + 2 * MINUTE)

    assert raised.id == again.id
    assert (ward.incident().began_at, ward.count(IncidentMember), ward.folded()) == (NOW - HOUR, 2, 2)
    for wrong, refusal in ((MISSED_AT + HOUR, InFuture), (NOW - 72 * HOUR, TooLongAgo)):
        with pytest.raises(refusal):
            incidents.raise_by_hand(ward.session, staff=supervisor, began_at=wrong, **about)


def test_one_of_another_team_is_not_in_what_a_supervisor_raised(session: Session) -> None:
    ward = Ward(set_scene(session), 2)
    other = make_enrolment(session, programme=ward.programme, onset_on=ward.enrolment.onset_on)
    ward.patients.append(other)
    ward.miss(range(3))
    about = {"programme": ward.programme, "now": MISSED_AT}
    incidents.raise_by_hand(session, staff=ward.person(Role.SUPERVISOR), began_at=NOW, **about)

    ward.beat(MISSED_AT)

    assert set(session.scalars(sa.select(IncidentMember.team_id))) == {ward.team.id}


@pytest.mark.drill
def test_workers_that_beat_at_once_make_one_incident_and_fold_each_call_back_once(
    ward: Ward, engine: sa.Engine
) -> None:
    ward.miss(range(MANY))
    jobs.raise_silences(ward.session, now=MISSED_AT)
    ward.session.commit()

    done = at_once(engine, 4, lambda session, _: incidents.run(session, now=MISSED_AT))

    assert not [one for one in done if isinstance(one, Exception)]
    assert (ward.count(Incident), ward.count(IncidentMember), ward.count(CallbackEvent)) == (1, MANY, MANY)


@given(
    st.builds(
        Counted,
        kind=st.sampled_from(sorted(set(KIND_OF.values()))),
        silent=st.integers(0, 200),
        asked=st.integers(0, 1000),
        before_silent=st.integers(0, 50),
        before_asked=st.integers(50, 500),
    ),
    st.integers(1, 50),
)
def test_more_silences_out_of_as_many_never_make_less_of_an_outage(counted: Counted, more: int) -> None:
    worse = Counted(counted.kind, counted.silent + more, counted.asked, counted.before_silent, counted.before_asked)
    assert is_outage(worse) or not is_outage(counted)


@pytest.mark.drill
def test_who_waits_and_who_is_settled_are_all_of_them_and_a_folded_call_back_is_of_somebody_who_waits(
    ward: Ward,
) -> None:
    ward.miss(range(MANY))
    ward.beat(MISSED_AT)
    acts = [
        lambda number, now: ward.as_(number).submit(WELL, now=now),
        lambda number, now: ward.as_(number).submit(ORANGE, now=now),
        lambda number, now: ward.reach(number, now),
        lambda number, now: ward.reach(number, now, verified=False),
    ]
    for number in range(MANY):
        now = MISSED_AT + (number + 1) * MINUTE
        acts[number % len(acts)](number, now)
        ward.beat(now)
        progress = ward.progress(now)
        assert progress.total == progress.settled + progress.waiting == MANY
        told = incidents.standing(ward.session, team_ids=[ward.team.id], now=now)
        assert sum(one.waiting for one in told) == progress.waiting, "what a look reads is what the members say"
        holds_nobody = """
            SELECT count(*) FROM callbacks b WHERE b.state = 'open' AND b.incident_id IS NOT NULL
              AND (b.rank >= 40 OR EXISTS (SELECT 1 FROM alerts a WHERE a.callback_id = b.id AND a.closed_at IS NULL
                   AND a.kind <> 'silence') OR NOT EXISTS (SELECT 1 FROM incident_members m
                   WHERE m.enrolment_id = b.enrolment_id AND m.settled_at IS NULL))
        """
        assert ward.session.scalar(sa.text(holds_nobody)) == 0
