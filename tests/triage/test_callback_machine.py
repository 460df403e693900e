"""Call-backs against a plain model of them: whatever is done in whatever order, none is without an owner or a next
action, no alert is lost, no level falls by itself, and everything that was done stands on its clock.
"""

from __future__ import annotations

import itertools
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from records.models import Enrolment, Role, Staff
from tests.factories import NOW, make_enrolment, make_team
from tests.triage.scene import Scene, set_scene
from triage import callbacks
from triage.callbacks.clock import clock_of
from triage.duty import escalations
from triage.levels import Level
from triage.models import Alert, AlertKind, Attempt, Callback, CallbackState, Disposition
from triage.refusals import ClaimEnded, NothingToHandOver, Refused, TakenBy

QUARTER, TWO = timedelta(minutes=15), timedelta(minutes=2)
RANKS = [Level.SILENT, Level.ORANGE, Level.SILENT_URGENT, Level.RED]
SPANS = [timedelta(seconds=s) for s in (1, 60, 119, 120, 121, 600, 899, 900, 901, 3600)]
KEYS = itertools.count()
PEOPLE = st.integers(0, 2)
PATIENTS = st.integers(0, 1)


@dataclass
class Case:
    """What the model knows of one open call-back."""

    rank: int
    due: datetime
    alerts: set[uuid.UUID] = field(default_factory=set)
    holder: int | None = None
    ends: datetime = NOW
    worse: bool = False
    done: Counter[str] = field(default_factory=Counter)


class Centre(RuleBasedStateMachine):
    """Two patients, two operators and a physician. `scene` is set by the test."""

    scene: Scene

    @initialize()
    def open(self) -> None:
        self.session: Session = self.scene.session
        team = make_team(self.session)
        self.followed: list[Enrolment] = [
            make_enrolment(self.session, programme=self.scene.programme, team=team) for _ in range(2)
        ]
        roles = (Role.OPERATOR, Role.OPERATOR, Role.PHYSICIAN)
        self.people: list[Staff] = [self.scene.another(role, teams=[team]) for role in roles]
        self.now, self.cases = NOW, {}
        self.session.commit()

    # --- what the model says ---------------------------------------------------------------------------------------

    def holder(self, patient: int) -> int | None:
        case = self.cases[patient]
        return case.holder if case.holder is not None and case.ends > self.now else None

    def expected(self, patient: int, person: int) -> type[Refused] | None:
        """Why `person` may not write into it."""
        return TakenBy if self.holder(patient) not in (None, person) else None

    def takes(self, patient: int, person: int, how: str) -> None:
        case = self.cases[patient]
        if case.holder is not None and self.holder(patient) is None:
            case.done["expired"] += 1
        case.holder, case.ends, case.worse = person, self.now + QUARTER, False
        case.done[how] += 1

    def lets_go(self, patient: int) -> None:
        case = self.cases[patient]
        if case.holder is not None and self.holder(patient) is None:
            case.done["expired"] += 1
        case.holder, case.worse = None, False

    def row(self, patient: int) -> Callback:
        found = select(Callback).where(
            Callback.enrolment_id == self.followed[patient].id, Callback.state == CallbackState.OPEN
        )
        return self.session.scalars(found, execution_options={"populate_existing": True}).one()

    def standing(self, patient: int) -> dict[uuid.UUID, int]:
        found = select(Alert.public_id, Alert.rank).where(
            Alert.enrolment_id == self.followed[patient].id, Alert.closed_at.is_(None)
        )
        return dict(self.session.execute(found).all())

    def act(self, service: Any, refusal: type[Refused] | None, **given: Any) -> Any:
        """The service, which must refuse as the model says, and has then changed nothing."""
        if refusal is not None:
            with pytest.raises(refusal):
                service(self.session, now=self.now, **given)
            self.session.rollback()
            return None
        done = service(self.session, now=self.now, **given)
        self.session.commit()
        return done

    def about(self, patient: int, person: int) -> dict[str, Any]:
        return {"callback": self.row(patient).public_id, "staff": self.people[person]}

    # --- what may happen -------------------------------------------------------------------------------------------

    @rule(span=st.sampled_from(SPANS))
    def time_passes(self, span: timedelta) -> None:
        self.now += span

    @rule(patient=PATIENTS, rank=st.sampled_from(RANKS))
    def alert(self, patient: int, rank: Level) -> None:
        given = {"kind": AlertKind.ASKED, "rank": rank, "key": f"machine:{next(KEYS)}", "reasons": [{"code": "asked"}]}
        due = self.now + timedelta(minutes=30)
        enrolment = self.session.get_one(Enrolment, self.followed[patient].id)
        callbacks.raise_alert(self.session, enrolment=enrolment, due_at=due, now=self.now, **given)
        self.session.commit()
        case = self.cases.get(patient)
        if case is None:
            case = self.cases[patient] = Case(int(rank), due)
        elif rank > case.rank:
            if self.holder(patient) is not None:
                case.ends, case.worse = min(case.ends, self.now + TWO), True
            case.rank, case.due = int(rank), due
        elif rank == case.rank:
            case.due = min(case.due, due)
        case.alerts |= self.standing(patient).keys()

    def some(self) -> bool:
        return bool(self.cases)

    @precondition(some)
    @rule(data=st.data(), person=PEOPLE)
    def claim(self, data: st.DataObject, person: int) -> None:
        patient = data.draw(st.sampled_from(sorted(self.cases)))
        mine = self.holder(patient) == person
        if self.act(callbacks.claim, self.expected(patient, person), **self.about(patient, person)) is None:
            return
        self.prolongs(patient) if mine else self.takes(patient, person, "claimed")

    def prolongs(self, patient: int) -> None:
        case = self.cases[patient]
        if not case.worse and case.ends < self.now + QUARTER - TWO:
            case.ends = self.now + QUARTER

    @rule(person=PEOPLE)
    def claim_next(self, person: int) -> None:
        decides = person == 2
        rows = {patient: self.row(patient) for patient in self.cases}
        free = [
            patient
            for patient, row in rows.items()
            if self.holder(patient) is None
            and (row.next_try_at is None or row.next_try_at <= self.now)
            and (decides or not row.for_physician)
        ]
        first = min(free, key=lambda one: (-rows[one].rank, rows[one].due_at, rows[one].id), default=None)
        taken = self.act(callbacks.claim_next, None, staff=self.people[person])
        assert (taken and taken.callback) == (None if first is None else rows[first].public_id)
        if first is not None:
            self.takes(first, person, "claimed")

    @precondition(some)
    @rule(data=st.data(), person=PEOPLE)
    def renew(self, data: st.DataObject, person: int) -> None:
        patient = data.draw(st.sampled_from(sorted(self.cases)))
        refusal = self.expected(patient, person) or (None if self.holder(patient) == person else ClaimEnded)
        if self.act(callbacks.renew, refusal, **self.about(patient, person)):
            self.prolongs(patient)

    @precondition(some)
    @rule(data=st.data(), person=PEOPLE)
    def acknowledge(self, data: st.DataObject, person: int) -> None:
        patient = data.draw(st.sampled_from(sorted(self.cases)))
        refusal = self.expected(patient, person) or (None if self.holder(patient) == person else ClaimEnded)
        worse = self.cases[patient].worse
        if not self.act(callbacks.acknowledge, refusal, **self.about(patient, person)):
            return
        if worse:
            self.cases[patient].done["acknowledged"] += 1
            self.cases[patient].worse, self.cases[patient].ends = False, self.now + QUARTER
        else:
            self.prolongs(patient)

    @precondition(some)
    @rule(data=st.data(), person=PEOPLE)
    def take_over(self, data: st.DataObject, person: int) -> None:
        patient = data.draw(st.sampled_from(sorted(self.cases)))
        before = self.holder(patient)
        self.act(callbacks.take_over, None, **self.about(patient, person))
        if before == person:
            self.prolongs(patient)
        else:
            self.takes(patient, person, "claimed" if before is None else "taken-over")

    @precondition(some)
    @rule(data=st.data(), person=PEOPLE)
    def release(self, data: st.DataObject, person: int) -> None:
        patient = data.draw(st.sampled_from(sorted(self.cases)))
        refusal, held, former = self.expected(patient, person), self.holder(patient), self.cases[patient].holder
        about = self.about(patient, person)
        self.act(callbacks.release, refusal, **about)
        if refusal is None and former == person:
            self.cases[patient].done["released"] += held == person
            self.lets_go(patient)

    @rule(person=PEOPLE, to=PEOPLE)
    def hand_over(self, person: int, to: int) -> None:
        mine = [patient for patient in self.cases if self.holder(patient) == person]
        refusal = Refused if person == to else None if mine else NothingToHandOver
        given = {"from_staff": self.people[person], "to_staff": self.people[to]}
        if not self.act(callbacks.hand_over, refusal, **given):
            return
        for patient in mine:
            case = self.cases[patient]
            case.holder, case.ends = to, self.now + (TWO if case.worse else QUARTER)
            case.done["handed-over"] += 1

    @precondition(some)
    @rule(data=st.data(), person=PEOPLE, outcome=st.sampled_from(["reached", "no-answer", "busy"]))
    def attempt(self, data: st.DataObject, person: int, outcome: str) -> None:
        patient = data.draw(st.sampled_from(sorted(self.cases)))
        refusal, held = self.expected(patient, person), self.holder(patient)
        given = {"outcome": outcome, "verified": True if outcome == "reached" else None}
        if self.act(callbacks.add_attempt, refusal, **self.about(patient, person), **given) is None:
            return
        if held != person:
            self.takes(patient, person, "claimed")
        self.cases[patient].done["called"] += 1
        self.learns(patient)

    def learns(self, patient: int) -> None:
        """Calls in vain may raise an alert of their own: what stood before still stands, and nothing is less urgent."""
        case, row = self.cases[patient], self.row(patient)
        standing = self.standing(patient)
        assert case.alerts <= standing.keys()
        assert row.rank >= case.rank
        if row.rank > case.rank:
            case.ends, case.worse = row.claim_ends_at or case.ends, row.worsened_at is not None
        case.alerts, case.rank, case.due = set(standing), row.rank, row.due_at

    @precondition(some)
    @rule(
        data=st.data(),
        person=PEOPLE,
        kind=st.sampled_from(["technical", "advice", "to-physician"]),
        some_only=st.booleans(),
    )
    def dispose(self, data: st.DataObject, person: int, kind: str, *, some_only: bool) -> None:
        patient = data.draw(st.sampled_from(sorted(self.cases)))
        case, row, standing = self.cases[patient], self.row(patient), self.standing(patient)
        seen = sorted(standing)[: 1 if some_only else None]
        for_doctor = row.for_physician and person != 2 and kind != "to-physician"
        refusal = self.expected(patient, person) or (Refused if for_doctor else None)
        if refusal is None and kind == "advice" and not self.spoke(row):
            refusal = Refused
        given = {"kind": kind, "seen_alerts": seen}
        outcome = self.act(callbacks.dispose, refusal, **self.about(patient, person), **given)
        if outcome is None:
            return
        case.done["decided"] += 1
        left = standing if kind == "to-physician" else {key: rank for key, rank in standing.items() if key not in seen}
        assert set(left) == set(self.standing(patient)), "only what was seen is closed"
        assert outcome.closed == (not left)
        self.lets_go(patient)
        if outcome.closed:
            self.on_the_clock(row.public_id, self.cases.pop(patient).done)
        else:
            case.alerts, case.rank, case.due = set(left), max(left.values()), self.row(patient).due_at

    def spoke(self, row: Callback) -> bool:
        decided = select(Disposition.at).where(Disposition.callback_id == row.id, Disposition.kind != "to-physician")
        last = max(self.session.scalars(decided), default=None)
        calls = select(Attempt.at).where(Attempt.callback_id == row.id, Attempt.outcome == "reached")
        return any(last is None or at > last for at in self.session.scalars(calls))

    @rule()
    def escalate(self) -> None:
        """Whoever is told of it: who holds it and what stands does not change."""
        escalations.escalate(self.session, now=self.now)
        self.session.commit()

    # --- what always holds -----------------------------------------------------------------------------------------

    @invariant()
    def nobody_is_forgotten(self) -> None:
        shown = {row.public_id for row in callbacks.queue(self.session, staff=self.people[2], now=self.now).rows}
        opened = select(Callback.enrolment_id).where(
            Callback.enrolment_id.in_([one.id for one in self.followed]), Callback.state == CallbackState.OPEN
        )
        assert Counter(self.session.scalars(opened)) == Counter(self.followed[patient].id for patient in self.cases)
        for patient, case in self.cases.items():
            row = self.row(patient)
            assert row.public_id in shown, "every open call-back stands in the queue of its team"
            assert set(self.standing(patient)) == case.alerts, "no alert is lost"
            assert (row.rank, row.due_at) == (case.rank, case.due), "no level falls and no clock moves by itself"
        self.session.rollback()

    @invariant()
    def one_call_back_has_one_caller(self) -> None:
        for patient, case in self.cases.items():
            row = self.row(patient)
            held = row.claimed_by_id if row.claim_ends_at and row.claim_ends_at > self.now else None
            holder = self.holder(patient)
            assert held == (None if holder is None else self.people[holder].id)
            assert holder is None or (row.claim_ends_at, row.worsened_at is not None) == (case.ends, case.worse)
        self.session.rollback()

    def teardown(self) -> None:
        self.scene.session.rollback()
        for patient, case in getattr(self, "cases", {}).items():
            case.done["expired"] += case.holder is not None and self.holder(patient) is None
            self.on_the_clock(self.row(patient).public_id, case.done)

    def on_the_clock(self, public_id: uuid.UUID, done: Counter[str]) -> None:
        clock = clock_of(self.session, callback=public_id, staff=self.people[2], now=self.now)
        told = Counter(str(moment.what) for moment in clock.story.moments)
        assert {what: told[what] for what in done} == dict(done)
        moments = [moment.at for moment in clock.story.moments]
        assert moments == sorted(moments)
        self.session.rollback()


def tried(session: Session, **given: Any) -> None:
    scene = set_scene(session)
    machine = type("CentreOfThisTest", (Centre,), {"scene": scene})
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    run_state_machine_as_test(machine, settings=settings(deadline=None, suppress_health_check=checks, **given))


def test_call_backs_do_what_their_model_does(session: Session):
    """A short one; making a failure smaller is left to the long one."""
    tried(session, max_examples=3, stateful_step_count=12, phases=[Phase.explicit, Phase.generate])


@pytest.mark.drill
@pytest.mark.timeout(1800)
def test_call_backs_do_what_their_model_does_for_long(session: Session):
    tried(session, max_examples=20, stateful_step_count=40)
