"""The states of an enrolment: which change is possible from where, decided with the row locked."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, bindparam
from sqlalchemy.orm import Session

from records.audit import Subject
from records.models import Enrolment, EnrolmentState
from records.refusals import Refused, Sentence
from records.texts import Translator

NAMES = {
    EnrolmentState.ENROLLED: Sentence("enrolled, not yet invited"),
    EnrolmentState.HELD: Sentence("on hold for a physician"),
    EnrolmentState.REFUSED: Sentence("refused by the patient"),
    EnrolmentState.INVITED: Sentence("invited"),
    EnrolmentState.ACTIVE: Sentence("followed"),
    EnrolmentState.PAUSED: Sentence("paused"),
    EnrolmentState.DISCHARGED: Sentence("ended"),
}

OPEN = frozenset(
    {
        EnrolmentState.ENROLLED,
        EnrolmentState.HELD,
        EnrolmentState.INVITED,
        EnrolmentState.ACTIVE,
        EnrolmentState.PAUSED,
    }
)

ALLOWED: dict[str, frozenset[EnrolmentState]] = {
    "invite": frozenset({EnrolmentState.ENROLLED}),
    "invite-again": frozenset({EnrolmentState.INVITED}),
    "release": frozenset({EnrolmentState.HELD}),
    "activate": frozenset({EnrolmentState.INVITED}),
    "pause": frozenset({EnrolmentState.ACTIVE, EnrolmentState.INVITED}),
    "resume": frozenset({EnrolmentState.PAUSED}),
    "discharge": OPEN,
    "change": OPEN | {EnrolmentState.DISCHARGED},
    "switch": OPEN,
}

REFUSALS = {
    "invite": Sentence("This patient cannot be invited: the follow-up is %(state)s."),
    "invite-again": Sentence("The invitation cannot be sent again: the follow-up is %(state)s."),
    "release": Sentence("There is no hold to lift: the follow-up is %(state)s."),
    "activate": Sentence("This follow-up cannot begin: it is %(state)s."),
    "pause": Sentence("This follow-up cannot be paused: it is %(state)s."),
    "resume": Sentence("This follow-up cannot be resumed: it is %(state)s."),
    "discharge": Sentence("This follow-up cannot be ended: it is %(state)s."),
    "change": Sentence("Nothing can be changed here: the follow-up is %(state)s."),
    "switch": Sentence("The way of answering cannot be changed: the follow-up is %(state)s."),
}


class WrongState(Refused):
    """The enrolment is in a state from which this cannot be done; somebody else may have changed it meanwhile."""

    def __init__(self, act: str, state: str) -> None:
        super().__init__(REFUSALS[act])
        self.act, self.state = act, EnrolmentState(state)

    def text(self, t: Translator) -> str:
        return t.gettext(self.sentence.message, state=NAMES[self.state].text(t))


def require(session: Session, enrolment: Enrolment, act: str) -> None:
    """Lock the enrolment's row, read it anew, and raise WrongState unless `act` is possible from its state.

    The lock lets others insert rows that refer to the enrolment, so no answer waits for a clinician's form.
    """
    lock(session, enrolment)
    if enrolment.state not in ALLOWED[act]:
        raise WrongState(act, enrolment.state)


def lock(session: Session, enrolment: Enrolment) -> None:
    session.flush()
    locked = {"of": Enrolment, "key_share": True}
    session.get_one(Enrolment, enrolment.id, with_for_update=locked, populate_existing=True)


def in_states(states: Iterable[EnrolmentState]) -> ColumnElement[bool]:
    """The states as literals: PostgreSQL uses an index of some states only where it reads them in the statement."""
    return Enrolment.state.in_(bindparam("states", list(states), expanding=True, literal_execute=True, unique=True))


def subject_of(enrolment: Enrolment) -> Subject:
    """The audit chain of this enrolment."""
    return "enrolment", enrolment.public_id
