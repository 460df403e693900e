"""Call-backs against a plain model of them: whatever is done in whatever order, none is without an owner or a next
action, no alert is lost, no level falls by itself, and everything that was done stands on its clock.
"""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.triage.callback_arrivals import HOUR, PATIENTS, Arrivals, some
from tests.triage.callback_model import QUARTER, TWO
from tests.triage.scene import set_scene
from triage import callbacks
from triage.levels import Level
from triage.models import Callback, CallbackState
from triage.refusals import ClaimEnded, ColleagueAway, NoSuchColleague, NothingToHandOver, Refused

PEOPLE = st.integers(0, 2)


class Centre(Arrivals):
    # --- what may happen -------------------------------------------------------------------------------------------

    @precondition(some)
    @rule(data=st.data(), person=PEOPLE)
    def claim(self, data: st.DataObject, person: int) -> None:
        patient = data.draw(st.sampled_from(sorted(self.cases)))
        mine = self.holder(patient) == person
        if self.act(callbacks.claim, self.expected(patient, person), **self.about(patient, person)) is None:
            return
        self.prolongs(patient) if mine else self.takes(patient, person, "claimed")

    @rule(person=PEOPLE)
    def claim_next(self, person: int) -> None:
        decides = person == 2
        rows = {patient: self.row(patient) for patient in self.cases}
        free = [
            patient
            for patient, row in rows.items()
            if self.holder(patient) is None
            and not self.cases[patient].folded
            and (row.next_try_at is None or row.next_try_at <= self.now)
            and (decides or not row.for_physician or self.wants_a_voice(row))
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

    @rule(person=PEOPLE, to=PEOPLE, chosen=st.none() | st.sets(PATIENTS), present=st.integers(0, 3).map(bool))
    def hand_over(self, person: int, to: int, chosen: set[int] | None, present: bool) -> None:
        """The whole list, or what was ticked: of that what one still has; to whoever is there to look after it."""
        ticked = self.cases.keys() if chosen is None else self.cases.keys() & chosen
        mine = [patient for patient in ticked if self.holder(patient) == person]
        refusal = NothingToHandOver if not mine else None if present else ColleagueAway
        refusal = NoSuchColleague if person == to else refusal
        given: dict[str, Any] = {"from_staff": self.people[person], "to_staff": self.people[to]}
        if chosen is not None:
            given["callbacks"] = [self.row(patient).public_id for patient in ticked]
        with self.signed_in(to) if present else nullcontext():
            done = self.act(callbacks.hand_over, refusal, **given)
        if not done:
            return
        for patient in mine:
            case = self.cases[patient]
            case.holder, case.ends = to, self.now + (TWO if case.worse else QUARTER)
            case.done["handed-over"] += 1

    @precondition(some)
    @rule(
        data=st.data(),
        person=PEOPLE,
        outcome=st.sampled_from(["reached", "no-answer", "busy"]),
        called=st.sampled_from(["patient", "patient", "contact"]),
    )
    def attempt(self, data: st.DataObject, person: int, outcome: str, called: str) -> None:
        patient = data.draw(st.sampled_from(sorted(self.cases)))
        refusal, held, case = self.expected(patient, person), self.holder(patient), self.cases[patient]
        given = {"outcome": outcome, "called": called, "verified": True if outcome == "reached" else None}
        if self.act(callbacks.add_attempt, refusal, **self.about(patient, person), **given) is None:
            return
        if held != person:
            unseen = case.holder == person and case.worse
            self.takes(patient, person, "claimed")
            if unseen:  # their page is of before it got worse, and they have not said that they saw it
                case.ends, case.worse = self.now + TWO, True
        case.called = True
        case.done["called"] += 1
        self.learns(patient)

    def learns(self, patient: int) -> None:
        """Calls in vain may raise an alert of their own: what stood before still stands, and nothing is less urgent."""
        case, row = self.cases[patient], self.row(patient)
        standing = self.standing(patient)
        assert case.alerts <= standing.keys()
        assert row.rank >= case.rank
        if row.rank > case.rank:
            case.ends, case.worse = row.claim_ends_at or case.ends, row.worsened_at is not None
        if case.alerts != standing.keys():
            assert row.incident_id is None
            case.folded = False
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
        red = any(standing[one] >= Level.RED and one not in case.silences for one in seen)
        needs = kind == "advice" or (kind == "technical" and red)
        if refusal is None and needs and not self.spoke(patient, seen):
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
            assert (row.incident_id is not None) == case.folded
            assert (row.public_id in shown) != case.folded, "in its team's queue, or on its incident's page"
            assert not (case.folded and case.rank >= Level.RED), "no red waits on an incident's page"
            assert set(self.standing(patient)) == case.alerts, "no alert is lost"
            assert (row.rank, row.due_at) == (case.rank, case.due), "no level falls and no clock moves by itself"
            waits = row.next_try_at is not None and row.next_try_at - self.now > HOUR
            assert not (waits and case.rank >= Level.RED), "no red is put off for long"
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
