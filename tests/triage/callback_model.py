"""What a plain model knows of call-backs: whose each is, what stands in it, where it waits (test_callback_machine)."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis.stateful import RuleBasedStateMachine, initialize
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from questionnaires.models import CheckinState
from records.models import Enrolment, Role, Staff
from tests.factories import NOW, make_enrolment, make_screen, make_team
from tests.triage.scene import Scene
from triage import callbacks
from triage.callbacks.attempts import CALLED_BEFORE
from triage.callbacks.clock import clock_of
from triage.callbacks.raising import Raise
from triage.levels import Level
from triage.models import (
    Alert,
    AlertKind,
    Attempt,
    Callback,
    CallbackState,
    Disposition,
    Incident,
    IncidentKind,
    IncidentMember,
)
from triage.refusals import Refused, TakenBy

QUARTER, TWO = timedelta(minutes=15), timedelta(minutes=2)


@dataclass
class Case:
    """What the model knows of one open call-back. `silences` are the deadlines of those alerts that an incident has."""

    rank: int
    due: datetime
    alerts: set[uuid.UUID] = field(default_factory=set)
    silences: dict[uuid.UUID, datetime] = field(default_factory=dict)
    holder: int | None = None
    ends: datetime = NOW
    worse: bool = False
    called: bool = False
    folded: bool = False
    put_off: list[datetime] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    told: set[tuple[str, datetime]] = field(default_factory=set)

    def note(self, what: str, at: datetime) -> None:
        """The clock lists once what happened twice at one instant."""
        self.done[what] += (what, at) not in self.told
        self.told.add((what, at))


class Model(RuleBasedStateMachine):
    """Two patients, two operators and a physician, and an incident. `scene` is set by the test."""

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
        since = {"began_at": NOW, "found_at": NOW, "last_at": NOW}
        incident = Incident(kind=IncidentKind.NOT_SENT, programme_id=self.scene.programme.id, **since)
        self.session.add(incident)
        self.session.flush()
        self.incident_id = incident.id
        self.members: dict[int, list[datetime]] = {0: [], 1: []}
        self.now, self.cases = NOW, {}
        self.session.commit()

    def teardown(self) -> None:
        """Each call-back told its whole clock; then nothing is left for the next example's beats to look at."""
        self.scene.session.rollback()
        for patient, case in getattr(self, "cases", {}).items():
            case.done["expired"] += case.holder is not None and self.holder(patient) is None
            self.on_the_clock(self.row(patient).public_id, case.done)
        over = {"state": CallbackState.CLOSED, "closed_at": self.now, "claimed_by_id": None, "claim_ends_at": None}
        self.session.execute(update(Callback).where(Callback.state == "open").values(**over, claimed_at=None))
        self.session.execute(update(Incident).values(ended_at=self.now, closed_at=self.now))
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

    def prolongs(self, patient: int) -> None:
        case = self.cases[patient]
        if not case.worse and case.ends < self.now + QUARTER - TWO:
            case.ends = self.now + QUARTER

    def hears(self, patient: int, rank: Level, due: datetime, *, urges: bool = False) -> Case:
        """Another reason: a worse one starts its clock and leaves its holder two minutes, and so does who `urges`."""
        case = self.cases.get(patient)
        if case is None:
            case = self.cases[patient] = Case(int(rank), due)
        if (rank > case.rank or urges) and self.holder(patient) is not None:
            case.ends, case.worse = min(case.ends, self.now + TWO), True
        case.due = due if rank > case.rank else min(case.due, due) if rank == case.rank else case.due
        case.rank, case.folded = max(case.rank, int(rank)), False
        case.alerts |= self.standing(patient).keys()
        return case

    def folds(self, patient: int) -> bool:
        """Nothing but silences of the incident whose time runs, and nobody has it or has called."""
        case, row = self.cases[patient], self.row(patient)
        waits = not case.folded and case.holder is None and not case.called and case.due > self.now
        plain = case.rank < Level.RED and not row.for_physician and row.next_step == "call-patient"
        silent = case.alerts <= case.silences.keys()
        return waits and plain and silent and any(case.silences[one] > self.now for one in case.alerts)

    def unfolds(self, patient: int) -> bool:
        case = self.cases[patient]
        over = case.due <= self.now or all(deadline <= self.now for deadline in self.members[patient])
        handed_up = self.row(patient).for_physician
        return case.folded and (over or handed_up or case.holder is not None or case.called)

    def wants_a_voice(self, row: Callback) -> bool:
        """A red that came in since it was handed up and since anybody called; no physician is at work here."""
        since = [Disposition.at >= Alert.raised_at, Disposition.kind == "to-physician"]
        handed = select(Disposition.id).where(Disposition.callback_id == row.id, *since)
        called = select(Attempt.id).where(Attempt.callback_id == row.id, Attempt.at >= Alert.raised_at)
        red = [Alert.closed_at.is_(None), Alert.rank >= Level.RED, Alert.kind != AlertKind.UNREACHED]
        waits = select(Alert.id).where(Alert.callback_id == row.id, *red, ~handed.exists(), ~called.exists())
        return self.session.scalar(waits.limit(1)) is not None

    def spoke(self, patient: int, seen: list[uuid.UUID]) -> bool:
        """With the patient, after what was decided last and not long before what is closed now."""
        row = self.row(patient)
        decided = select(Disposition.at).where(Disposition.callback_id == row.id, Disposition.kind != "to-physician")
        raised = select(Alert.raised_at).where(Alert.public_id.in_(seen))
        last, newest = max(self.session.scalars(decided), default=None), max(self.session.scalars(raised), default=NOW)
        calls = select(Attempt.at).where(Attempt.callback_id == row.id, Attempt.outcome == "reached")
        found = self.session.scalars(calls.where(Attempt.called == "patient"))
        return any((last is None or at > last) and at >= newest - CALLED_BEFORE for at in found)

    # --- what stands -----------------------------------------------------------------------------------------------

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

    @contextmanager
    def signed_in(self, person: int) -> Iterator[None]:
        """For as long as this lasts, and for this one alone: whoever is at work changes more than a list."""
        screen = make_screen(self.session, self.people[person], at=self.now)
        self.session.commit()
        yield
        self.session.delete(screen)
        self.session.commit()

    def about(self, patient: int, person: int) -> dict[str, Any]:
        return {"callback": self.row(patient).public_id, "staff": self.people[person]}

    def miss(self, patient: int, rank: Level, due: datetime) -> None:
        """A check-in without an answer, of the incident; its silence raised."""
        enrolment = self.session.get_one(Enrolment, self.followed[patient].id)
        scene = Scene(self.session, self.scene.programme, enrolment.team, self.scene.version_id, enrolment)
        number = len(self.members[patient])
        missed = {"slot": f"extra-{number}", "state": CheckinState.MISSED, "closed_at": NOW + timedelta(hours=4)}
        checkin = scene.checkin(opens_at=NOW, **missed)
        self.session.add(
            IncidentMember(
                incident_id=self.incident_id,
                enrolment_id=enrolment.id,
                team_id=enrolment.team_id,
                checkin_id=checkin.id,
                deadline_at=due,
                risk=int(rank),
            )
        )
        told = {"reasons": [{"code": "silence"}], "due_at": due, "checkin_id": checkin.id}
        raised = Raise(f"silence:{checkin.public_id}", enrolment.id, enrolment.team_id, AlertKind.SILENCE, rank, **told)
        callbacks.raise_alerts(self.session, alerts=[raised], now=self.now)
        self.session.commit()
        self.members[patient].append(due)

    def on_the_clock(self, public_id: uuid.UUID, done: Counter[str]) -> None:
        clock = clock_of(self.session, callback=public_id, staff=self.people[2], now=self.now)
        told = Counter(str(moment.what) for moment in clock.story.moments)
        assert {what: told[what] for what in done} == dict(done)
        moments = [moment.at for moment in clock.story.moments]
        assert moments == sorted(moments)
        self.session.rollback()
