"""People of the centre who work the queue: claim, call, write down what came of it, as fast as people talk."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select

from records import audit, clock, contacts
from records.models import Enrolment, EnrolmentState, Role, Staff
from triage import callbacks, followup
from triage.callbacks import QueueRow
from triage.levels import Level
from triage.models import AlertKind, Callback, DispositionKind
from triage.refusals import CallbackClosed, NeedsRepeat, NotFound, TakenBy
from triage.targets import opening
from webapp.rehearsal.actors import Patient
from webapp.rehearsal.agenda import Act, Agenda
from webapp.rehearsal.cast import Finale
from webapp.rehearsal.stage import Stage

FROM_THE_CENTRE = "192.0.2.200"
LOOKED_AT = (8, 60)
"""Rows of the queue: the first are read alone, because mostly the call is among them."""
LEFT_OPEN = {
    Level.RED: timedelta(minutes=40),
    Level.ORANGE: timedelta(minutes=150),
    Level.SILENT_URGENT: timedelta(minutes=200),
    Level.SILENT: timedelta(minutes=200),
}
"""At the end of a rehearsal the newest call-backs are still waiting, so that the queue is alive."""


class Caller:
    """One operator or physician; `patients` are those of this rehearsal by the public id of their enrolment."""

    def __init__(
        self,
        staff: Staff,
        *,
        stage: Stage,
        agenda: Agenda,
        patients: Mapping[uuid.UUID, Patient],
        draws: Random,
        call_next: Act,
    ) -> None:
        self.staff, self.stage, self.agenda, self.patients = staff, stage, agenda, patients
        self.rng, self.call_next = draws, call_next
        self.busy, self.is_physician = False, staff.role == Role.PHYSICIAN

    def look(self, now: datetime) -> None:
        """Take the first call-back of the queue that is there to be called now, within the centre's hours."""
        programme = self.stage.programme
        if self.busy or not clock.is_open(now, programme.opens, programme.closes, programme.zone):
            return
        for limit in LOOKED_AT:
            page = callbacks.queue(self.stage.session, staff=self.staff, now=now, limit=limit)
            row = self._choice(page.rows, now)
            if row is not None:
                self._unless_taken(lambda at, row=row: self._claim(row, at), now)
            if row is not None or len(page.rows) < limit:
                return

    def take_and_hold(self, now: datetime) -> None:
        """Claim somebody and be on the telephone when the rehearsal ends."""
        rows = callbacks.queue(self.stage.session, staff=self.staff, now=now, limit=LOOKED_AT[-1]).rows
        free = [row for row in rows if row.claimed_by is None and row.opened_at <= now]
        for row in [row for row in free if row.rank == Level.ORANGE][:1] or free[-1:]:
            self.busy = True
            callbacks.claim(self.stage.session, callback=row.public_id, staff=self.staff, now=now)

    def _choice(self, rows: Iterable[QueueRow], now: datetime) -> QueueRow | None:
        for row in rows:
            waits = row.next_try_at is not None and row.next_try_at > now
            mine = row.for_physician == self.is_physician
            known = row.enrolment in self.patients and row.opened_at <= now
            if known and mine and not waits and row.claimed_by is None and not self._is_left(row):
                return row
        return None

    def _is_left(self, row: QueueRow) -> bool:
        newest = max((alert["raised_at"] for alert in row.alerts), default=row.opened_at)
        return newest > self.stage.ends_at - LEFT_OPEN.get(Level(row.rank), timedelta(0))

    def _claim(self, row: QueueRow, now: datetime) -> None:
        self.busy = True
        address = {"from_address": FROM_THE_CENTRE}
        callbacks.claim(self.stage.session, callback=row.public_id, staff=self.staff, now=now, **address)
        self._after(now, self.rng.randint(30, 150), lambda at: self._call(row, at))
        self.call_next(now)

    def _call(self, row: QueueRow, now: datetime) -> None:
        patient = self.patients[row.enrolment]
        reached = patient.picks_up()
        self._note(row, "reached" if reached else self._unheard(), patient, now)
        if reached:
            patient.hear(now)
            self._after(now, self.rng.randint(120, 480), lambda at: self._conclude(row, at))
        elif self.is_physician and self.rng.random() < 0.5:
            self._dispose(row, DispositionKind.UNREACHABLE, now)
        else:
            callbacks.release(self.stage.session, callback=row.public_id, staff=self.staff, now=now)
            self._free(now)

    def _unheard(self) -> str:
        return self.rng.choice(("no-answer", "no-answer", "voicemail", "busy"))

    def _note(self, row: QueueRow, outcome: str, patient: Patient, now: datetime) -> None:
        """Whoever did not answer is tried again; somebody silent at the end stays so, after two calls at most. Before
        people who look on, when the service says.
        """
        again = timedelta(minutes=self.rng.randint(20, 60))
        if patient.person.finale is Finale.SILENT and row.rank < Level.RED:
            again = max(timedelta(hours=2), (self.stage.ends_at - now) + timedelta(minutes=self.rng.randint(5, 45)))
        callbacks.add_attempt(
            self.stage.session,
            callback=row.public_id,
            staff=self.staff,
            outcome=outcome,
            verified=True if outcome == "reached" else None,
            next_try_at=opening(patient.enrolment.programme, now + again) if self._may_plan(row, outcome) else None,
            now=now,
            from_address=FROM_THE_CENTRE,
        )

    def _may_plan(self, row: QueueRow, outcome: str) -> bool:
        """What is a red or a silence at risk, also since the row was read, is tried again when the service says."""
        now_is = self.stage.session.scalars(select(Callback.rank).where(Callback.public_id == row.public_id)).one()
        return outcome != "reached" and not self.stage.is_watched and now_is < Level.SILENT_URGENT

    def _conclude(self, row: QueueRow, now: datetime) -> None:
        kinds = {alert["kind"] for alert in row.alerts}
        if AlertKind.FOLLOW_UP_ENDS in kinds and self.patients[row.enrolment].enrolment.state == EnrolmentState.ACTIVE:
            self._discharge(row, now)
        self._dispose(row, self._decision(row, kinds), now)

    def _discharge(self, row: QueueRow, now: datetime) -> None:
        enrolment = self.patients[row.enrolment].enrolment
        actor = audit.Actor.staff(self.staff, FROM_THE_CENTRE)
        followup.discharge(self.stage.session, enrolment=enrolment, reason="completed", actor=actor, now=now)

    def _decision(self, row: QueueRow, kinds: set[str]) -> DispositionKind:
        drawn, level = self.rng.random(), row.rank
        if AlertKind.OUTCOME_DUE in kinds:
            return DispositionKind.ADMITTED if drawn < 0.75 else DispositionKind.ADVICE
        if AlertKind.ANSWERS not in kinds:
            return DispositionKind.TECHNICAL if drawn < 0.15 else DispositionKind.ADVICE
        if level >= Level.RED:
            return self._of_red(drawn, row)
        if self.patients[row.enrolment].person.habit == "mistyping" and drawn < 0.7:
            return DispositionKind.ENTRY_ERROR
        return (
            self._asking_again(row) if drawn < 0.25 else DispositionKind.GP if drawn < 0.4 else DispositionKind.ADVICE
        )

    def _of_red(self, drawn: float, row: QueueRow) -> DispositionKind:
        slipped = self.patients[row.enrolment].person.habit == "mistyping"
        if slipped and drawn < 0.8:
            return DispositionKind.ENTRY_ERROR
        if not self.is_physician:
            return DispositionKind.TO_PHYSICIAN if drawn < 0.5 else self._asking_again(row)
        if drawn < 0.4:
            return DispositionKind.AMBULANCE
        return DispositionKind.HOSPITAL_ADVISED if drawn < 0.6 else self._asking_again(row)

    def _asking_again(self, row: QueueRow) -> DispositionKind:
        active = self.patients[row.enrolment].enrolment.state == EnrolmentState.ACTIVE
        return DispositionKind.EXTRA_CHECKIN if active else DispositionKind.ADVICE

    def _dispose(self, row: QueueRow, kind: DispositionKind, now: datetime) -> None:
        """What became the physician's during the call is handed over."""
        if not self.is_physician and self._is_physicians(row):
            kind = DispositionKind.TO_PHYSICIAN
        try:
            self._write(row, kind, now)
        except NeedsRepeat:
            self._write(row, self._asking_again(row), now)
        self._free(now)

    def _write(self, row: QueueRow, kind: DispositionKind, now: datetime) -> None:
        callbacks.dispose(
            self.stage.session,
            callback=row.public_id,
            staff=self.staff,
            kind=kind,
            seen_alerts=[uuid.UUID(str(alert["public_id"])) for alert in row.alerts],
            details=self._details(row, kind, now),
            now=now,
            from_address=FROM_THE_CENTRE,
        )

    def _is_physicians(self, row: QueueRow) -> bool:
        asked = select(Callback.for_physician).where(Callback.public_id == row.public_id)
        return self.stage.session.scalars(asked).one()

    def _details(self, row: QueueRow, kind: DispositionKind, now: datetime) -> dict[str, int]:
        if kind is not DispositionKind.EXTRA_CHECKIN:
            return {}
        return {"hours": self._hours_until_asked(self.patients[row.enrolment].enrolment, now)}

    def _hours_until_asked(self, enrolment: Enrolment, now: datetime) -> int:
        """Four hours or more, until an hour at which the patient may be written to where they are."""
        return next(
            hours
            for hours in range(4, 25)
            if clock.is_open(
                now + timedelta(hours=hours), contacts.WRITTEN_FROM, contacts.WRITTEN_UNTIL, enrolment.zone
            )
        )

    def _free(self, now: datetime) -> None:
        self.busy = False
        self._after(now, self.rng.randint(20, 90), self.look)

    def _unless_taken(self, act: Act, now: datetime) -> None:
        """Who took the call meanwhile, or closed it, goes on with it: a colleague, or whoever looks on."""
        try:
            act(now)
        except (TakenBy, CallbackClosed, NotFound):
            self._free(now)

    def _after(self, now: datetime, seconds: int, act: Act) -> None:
        self.agenda.put(now + timedelta(seconds=seconds), lambda at: self._unless_taken(act, at))
