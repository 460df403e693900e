"""The sealed particulars of an enrolment, and changing what was entered."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy.orm import Session

from records import audit
from records.comorbidities import hold_for
from records.crypto import Sealed
from records.enrolment.application import Application, check
from records.enrolment.following import clear_pause
from records.enrolment.states import lock, require, subject_of
from records.models import Enrolment, EnrolmentState, Patient, RiskTier
from records.patients import keeping, reveal, reveal_text, seal_for
from records.refusals import Refused, Sentence

SCHEDULING = ("zone", "risk_tier", "onset_on")
PLAIN = ("zone", "risk_tier", "onset_on", "lives_alone", "has_oximeter")
CHANGED_MEANWHILE = Sentence(
    "Somebody else has changed these details since you opened this page. What you typed is kept: compare it with what "
    "is stored now, then send it again."
)


class ChangedMeanwhile(Refused):
    """The details are no longer those that the form was filled with."""

    def __init__(self) -> None:
        super().__init__(CHANGED_MEANWHILE)


@dataclass(frozen=True, repr=False)
class Particulars:
    """Where the patient is now and whom else to call; telephone numbers in E.164, absent ones empty."""

    address: str = ""
    emergency_name: str = ""
    emergency_phone: str = ""
    gp_name: str = ""
    gp_phone: str = ""


def particulars(enrolment: Enrolment) -> Particulars:
    address = _open(enrolment, "address") or {}
    emergency, gp = _open(enrolment, "emergency_contact") or {}, _open(enrolment, "gp") or {}
    return Particulars(
        address.get("text", ""),
        emergency.get("name", ""),
        emergency.get("phone", ""),
        gp.get("name", ""),
        gp.get("phone", ""),
    )


def application_of(enrolment: Enrolment) -> Application:
    """The application as it stands now, to fill the form of a change with."""
    known = particulars(enrolment)
    return Application(
        identity=reveal(enrolment.patient),
        consent=enrolment.consent,
        language=enrolment.patient.language,
        address=known.address,
        emergency_name=known.emergency_name,
        emergency_phone=known.emergency_phone,
        gp_name=known.gp_name,
        gp_phone=known.gp_phone,
        conditions=tuple(enrolment.conditions),
        **{name: getattr(enrolment, name) for name in PLAIN},
    )


def version_of(application: Application) -> str:
    """A mark of what is stored, for a form that is sent later: of the content, so that only another content differs."""
    return hashlib.sha256(orjson.dumps(asdict(application))).hexdigest()[:32]


def change_details(
    session: Session,
    *,
    enrolment: Enrolment,
    application: Application,
    actor: audit.Actor,
    now: datetime,
    version: str | None = None,
) -> list[str]:
    """Store what differs from `application` (made with `application_of`); returns the names of the changed fields.

    With `version` (of `version_of`) raises ChangedMeanwhile when other details stand than the form was filled with.
    A change of zone, tier or onset makes the worker look at the schedule at once. A condition that needs a physician's
    own limits, learned before the patient began, holds the enrolment. Raises FieldErrors, AgeRefused, WrongState.
    """
    require(session, enrolment, "change")
    _lock_patient(session, enrolment)
    before = application_of(enrolment)
    if version is not None and version != version_of(before):
        raise ChangedMeanwhile
    application = replace(application, consent=before.consent)  # withdrawing is a discharge, not a correction
    rehearsal = enrolment.patient.rehearsal
    programme, enrolled_at = enrolment.programme, enrolment.enrolled_at
    checked = check(application, programme, now=now, rehearsal=rehearsal, enrolled_at=enrolled_at)
    changed = keeping.rewrite(
        session, patient=enrolment.patient, identity=checked.identity, language=checked.language, now=now
    )
    changed += write(enrolment, checked, before)
    if not changed:
        return []
    enrolment.updated_at = now
    _follow_up(enrolment, before, changed, now)
    details = {"fields": changed, "hold": enrolment.hold_reason}
    audit.append(
        session,
        actor=actor,
        action="enrolment.changed",
        subject=subject_of(enrolment),
        now=now,
        details=details,
    )
    return changed


def raise_tier(session: Session, *, enrolment: Enrolment, now: datetime) -> None:
    """To high risk, with the schedule that goes with it from now on. The act that led to it is audited by its room."""
    lock(session, enrolment)
    enrolment.risk_tier, enrolment.updated_at = RiskTier.HIGH, now
    _look_at_schedule(enrolment, now)
    session.flush()


def _look_at_schedule(enrolment: Enrolment, now: datetime) -> None:
    """At once; a worker that is behind still owes what was due before the change."""
    if enrolment.state == EnrolmentState.ACTIVE:
        enrolment.next_checkin_at = min(enrolment.next_checkin_at or now, now)


def _lock_patient(session: Session, enrolment: Enrolment) -> None:
    """Who they are is shared by every follow-up of theirs."""
    locked = {"of": Patient, "key_share": True}
    session.get_one(Patient, enrolment.patient_id, with_for_update=locked, populate_existing=True)


def _follow_up(enrolment: Enrolment, before: Application, changed: list[str], now: datetime) -> None:
    if set(changed) & set(SCHEDULING):
        _look_at_schedule(enrolment, now)
    waiting = enrolment.state in (EnrolmentState.ENROLLED, EnrolmentState.INVITED, EnrolmentState.PAUSED)
    learned = hold_for(set(enrolment.conditions) - set(before.conditions), enrolment.programme)
    if waiting and enrolment.activated_at is None and learned is not None:
        clear_pause(enrolment)
        enrolment.state, enrolment.hold_reason, enrolment.invited_at = EnrolmentState.HELD, learned, None


def write(enrolment: Enrolment, application: Application, before: Application | None = None) -> list[str]:
    """Set the enrolment's own columns from a checked application; returns which differ from `before`."""
    changed = [name for name in PLAIN if before is None or getattr(before, name) != getattr(application, name)]
    for name in changed:
        setattr(enrolment, name, getattr(application, name))
    if before is None or tuple(before.conditions) != application.conditions:
        enrolment.conditions = list(application.conditions)
        changed.append("conditions")
    for column, document in _sealed_documents(application).items():
        if before is None or _sealed_documents(before)[column] != document:
            setattr(enrolment, column, _seal(enrolment, column, document))
            changed.append(column)
    return changed


def _sealed_documents(application: Application) -> dict[str, dict[str, str]]:
    return {
        "address": {"text": application.address},
        "emergency_contact": {"name": application.emergency_name, "phone": application.emergency_phone},
        "gp": {"name": application.gp_name, "phone": application.gp_phone},
    }


def _seal(enrolment: Enrolment, column: str, document: dict[str, str]) -> Sealed | None:
    if not any(document.values()):
        return None
    text = orjson.dumps(document).decode()
    return seal_for(enrolment.patient, text, table="enrolments", column=column, public_id=enrolment.public_id)


def _open(enrolment: Enrolment, column: str) -> dict[str, Any] | None:
    sealed: Sealed | None = getattr(enrolment, column)
    if sealed is None:
        return None
    clear = reveal_text(enrolment.patient, sealed, table="enrolments", column=column, public_id=enrolment.public_id)
    document: dict[str, Any] = orjson.loads(clear)
    return document
