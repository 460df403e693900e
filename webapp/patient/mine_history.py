"""A patient's own history in plain words: what they answered, what it led to, and who tried to call when.

Nobody of the staff is named and no note is shown: those are written for colleagues.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires import responses, versions
from questionnaires.models import Checkin, CheckinState, Door, Informant, Response
from questionnaires.told import Told, told
from records.models import Enrolment
from triage.models import (
    Alert,
    AlertKind,
    Assessment,
    Attempt,
    AttemptOutcome,
    Callback,
    Disposition,
    DispositionKind,
)
from webapp.lazy import lazy

MOST = 100
LEVELS = {
    "green": lazy("No warning sign in these answers"),
    "orange": lazy("A sign for which we call you back"),
    "red": lazy("An urgent sign"),
}
CALL_15 = lazy("A sign of danger: call 15")
KNOWN = lazy("A sign that the centre knew about already")
DOORS = {
    Door.PHONE: lazy("on your own page"),
    Door.STAFF: lazy("on the telephone, with the centre"),
    Door.PAPER: lazy("on paper"),
    Door.TEXT: lazy("by text message"),
    Door.VOICE: lazy("by voice"),
}
ATTEMPTS = {
    AttemptOutcome.REACHED: lazy("We called you and you spoke with us."),
    AttemptOutcome.NO_ANSWER: lazy("We called you: no reply."),
    AttemptOutcome.BUSY: lazy("We called you: the line was busy."),
    AttemptOutcome.VOICEMAIL: lazy("We called you: your voicemail answered."),
    AttemptOutcome.WRONG_NUMBER: lazy("We called, and the number was not yours. Call us to set it right."),
}
DECISIONS = {
    DispositionKind.ADVICE: lazy("We gave you advice. The follow-up goes on."),
    DispositionKind.EXTRA_CHECKIN: lazy("We ask you the questions once more, outside the usual hours."),
    DispositionKind.GP: lazy("We advised you to see your own doctor."),
    DispositionKind.TO_PHYSICIAN: lazy("A doctor of the centre looks at it."),
    DispositionKind.HOSPITAL_ADVISED: lazy("We advised you to go to hospital."),
    DispositionKind.AMBULANCE: lazy("An ambulance was sent."),
    DispositionKind.ADMITTED: lazy("You were admitted to hospital. The follow-up ended."),
    DispositionKind.ENTRY_ERROR: lazy("A value was mistaken. We set it right with you."),
    DispositionKind.UNREACHABLE: lazy("We could not reach you."),
    DispositionKind.TECHNICAL: lazy("A technical matter, nothing about your health."),
}
"""A death is not told here: who reads it then is a relative, and is told by a person."""
MISSED = lazy("Your questions were not answered in time.")
ASKED = lazy("You asked to be called.")


@dataclass(frozen=True)
class Answered:
    """One report. `corrections` are what was sent beside it later, each with the questions that it changes."""

    at: datetime
    level: object
    code: str
    door: object
    by_carer: bool
    late: bool
    answers: list[Told]
    corrections: list[Correction] = field(default_factory=list)


@dataclass(frozen=True)
class Correction:
    at: datetime
    level: object
    changes: list[Change]


@dataclass(frozen=True)
class Change:
    question: str
    first: str
    now: str


@dataclass(frozen=True)
class Happened:
    at: datetime
    what: object


def read(session: Session, enrolment: Enrolment, *, language: str) -> list[Answered | Happened]:
    """Newest first, the last `MOST` of each kind at most."""
    events: list[Answered | Happened] = [*_answered(session, enrolment, language), *_happened(session, enrolment)]
    return sorted(events, key=lambda event: event.at, reverse=True)


def _answered(session: Session, enrolment: Enrolment, language: str) -> Iterable[Answered]:
    found = responses.history(session, enrolment_id=enrolment.id, limit=MOST)
    levels = _levels(session, found)
    said = {row.id: told(versions.parsed(row.version), row.answers, language) for row in found}
    firsts = _firsts(found)
    made = {row.id: _report(row, levels, said[row.id]) for row in found if firsts[row.id] == row.id}
    for row in sorted(found, key=lambda one: (one.received_at, one.id)):
        if (first := firsts[row.id]) != row.id:
            changes = _changes(said[first], said[row.id])
            made[first].corrections.append(Correction(row.received_at, _level(row, levels)[0], changes))
    return made.values()


def _firsts(found: Sequence[Response]) -> dict[int, int]:
    """Of each response the one that it corrects, or itself: the first of the same key or of the same check-in."""
    firsts: dict[int, int] = {}
    of_checkin: dict[int, int] = {}
    for row in sorted(found, key=lambda one: (one.received_at, one.id)):
        first = firsts.get(row.amends_id or 0, row.id)
        if row.checkin_id is not None:
            first = of_checkin.setdefault(row.checkin_id, first)
        firsts[row.id] = first
    return firsts


def _report(row: Response, levels: dict[int, tuple[object, str]], answers: list[Told]) -> Answered:
    level, code = _level(row, levels)
    at = row.completed_at if row.door == Door.PAPER and row.completed_at else row.received_at
    carer = row.informant == Informant.CARER
    return Answered(at, level, code, DOORS[Door(row.door)], carer, row.late, answers)


def _level(row: Response, levels: dict[int, tuple[object, str]]) -> tuple[object, str]:
    return levels.get(row.id, ("", ""))


def _levels(session: Session, found: Sequence[Response]) -> dict[int, tuple[object, str]]:
    wanted = select(Assessment.response_id, Assessment.level, Assessment.call_15, Assessment.snoozed)
    rows = session.execute(wanted.where(Assessment.response_id.in_([row.id for row in found])))
    return {row.response_id: (_words(row), row.level) for row in rows}


def _words(row: Any) -> object:
    if row.call_15:
        return CALL_15
    return KNOWN if row.snoozed else LEVELS.get(row.level, "")


def _changes(first: Sequence[Told], now: Sequence[Told]) -> list[Change]:
    """Question by question what differs; an answer that only one of the two has stands against nothing."""
    before, after = ({one.link_id: one.answer for one in side} for side in (first, now))
    questions = {one.link_id: one.question for one in (*first, *now)}
    return [
        Change(question, before.get(link_id, "–"), after.get(link_id, "–"))
        for link_id, question in questions.items()
        if before.get(link_id) != after.get(link_id)
    ]


def _happened(session: Session, enrolment: Enrolment) -> Iterable[Happened]:
    missed = select(Checkin.closes_at).where(Checkin.enrolment_id == enrolment.id, Checkin.state == CheckinState.MISSED)
    for at in session.scalars(missed.order_by(Checkin.opens_at.desc()).limit(MOST)):
        yield Happened(at, MISSED)
    asked = select(Alert.raised_at).where(Alert.enrolment_id == enrolment.id, Alert.kind == AlertKind.ASKED)
    for at in session.scalars(asked.order_by(Alert.id.desc()).limit(MOST)):
        yield Happened(at, ASKED)
    for model, column, words in ((Attempt, Attempt.outcome, ATTEMPTS), (Disposition, Disposition.kind, DECISIONS)):
        of_mine = select(model.at, column).join(Callback, Callback.id == model.callback_id)
        rows = session.execute(
            of_mine.where(Callback.enrolment_id == enrolment.id).order_by(model.id.desc()).limit(MOST)
        )
        yield from (Happened(at, words[code]) for at, code in rows if code in words)
