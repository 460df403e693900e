"""What comes to a centre by itself: time, reasons to call, what patients reply, incidents, late calls told of."""

from __future__ import annotations

import itertools
import uuid
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from sqlalchemy import func, select

from records.models import Enrolment
from tests.triage.callback_model import Model
from triage import callbacks
from triage.announcing import calls, saying
from triage.duty import escalations
from triage.incidents import folding
from triage.levels import Level
from triage.models import AlertKind, CallAnnouncement
from triage.targets import due_at

HALF_AN_HOUR, HOUR = timedelta(minutes=30), timedelta(hours=1)
RANKS = [Level.SILENT, Level.ORANGE, Level.SILENT_URGENT, Level.RED]
SPANS = [timedelta(seconds=s) for s in (1, 60, 119, 120, 121, 600, 899, 900, 901, 3600)]
KEYS = itertools.count()
PATIENTS = st.integers(0, 1)


def some(model: Model) -> bool:
    return bool(model.cases)


class Arrivals(Model):
    @rule(span=st.sampled_from(SPANS))
    def time_passes(self, span: timedelta) -> None:
        self.now += span

    @rule(patient=PATIENTS, rank=st.sampled_from(RANKS))
    def alert(self, patient: int, rank: Level) -> None:
        given = {"kind": AlertKind.ASKED, "rank": rank, "key": f"machine:{next(KEYS)}", "reasons": [{"code": "asked"}]}
        due = self.now + HALF_AN_HOUR
        enrolment = self.session.get_one(Enrolment, self.followed[patient].id)
        callbacks.raise_alert(self.session, enrolment=enrolment, due_at=due, now=self.now, **given)
        self.session.commit()
        self.hears(patient, rank, due)

    @rule(patient=PATIENTS, rank=st.sampled_from([Level.SILENT, Level.SILENT_URGENT]))
    def silence(self, patient: int, rank: Level) -> None:
        due, before = self.now + HALF_AN_HOUR, self.standing(patient)
        self.miss(patient, rank, due)
        case = self.hears(patient, rank, due)
        case.silences |= {one: due for one in self.standing(patient) if one not in before}

    @rule(patient=PATIENTS)
    def worse(self, patient: int) -> None:
        """The patient replies 9."""
        enrolment = self.session.get_one(Enrolment, self.followed[patient].id)
        saying.worse(self.session, enrolment=enrolment, cause=uuid.uuid4(), now=self.now)
        self.session.commit()
        due = due_at(self.scene.programme, Level.RED, self.now)
        self.hears(patient, Level.RED, due, urges=True).note("said-worse", self.now)

    @rule(patient=PATIENTS)
    def later(self, patient: int) -> None:
        """The patient replies 2: put off, unless red or too often."""
        enrolment = self.session.get_one(Enrolment, self.followed[patient].id)
        put_off = saying.later(self.session, enrolment=enrolment, cause=uuid.uuid4(), now=self.now)
        self.session.commit()
        case = self.cases.get(patient)
        if case is None:
            assert put_off is None
            return
        lately = [at for at in case.put_off if at > self.now - calls.BOUND_OVER]
        assert (put_off is not None) == (case.rank < Level.RED and len(lately) < saying.MOST_PUT_OFF)
        case.put_off.append(self.now)
        case.note("said-later", self.now)

    @precondition(some)
    @rule(data=st.data())
    def announce(self, data: st.DataObject) -> None:
        """As the beat writes it down before the text leaves."""
        patient = data.draw(st.sampled_from(sorted(self.cases)))
        row = self.row(patient)
        numbered = select(func.count()).select_from(CallAnnouncement).where(CallAnnouncement.callback_id == row.id)
        told = {"number": self.session.scalars(numbered).one() + 1, "at": self.now}
        hours = {"from_at": self.now, "until_at": self.now + HOUR}
        self.session.add(CallAnnouncement(callback_id=row.id, **told, **hours))
        self.session.commit()
        self.cases[patient].note("announced", self.now)

    @rule()
    def fold(self) -> None:
        """What is nothing but a silence of the incident waits on its page."""
        wanted = [patient for patient in self.cases if self.folds(patient)]
        assert folding.fold(self.session, ids=[self.incident_id], now=self.now, limit=500) == len(wanted)
        self.session.commit()
        for patient in wanted:
            self.cases[patient].folded = True

    @rule()
    def unfold(self) -> None:
        wanted = [patient for patient in self.cases if self.unfolds(patient)]
        assert folding.unfold(self.session, now=self.now, limit=500) == len(wanted)
        self.session.commit()
        for patient in wanted:
            self.cases[patient].folded = False

    @rule()
    def escalate(self) -> None:
        """Whoever is told of it: who holds it and what stands does not change."""
        escalations.escalate(self.session, now=self.now)
        self.session.commit()
