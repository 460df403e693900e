"""Call-backs, readings and events of which every number is known, written as rows; the caller commits."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from questionnaires.models import Door, Response
from records.models import Enrolment, EnrolmentState, Role
from tests.factories import NOW, make_enrolment
from tests.triage.scene import Scene
from triage.models import (
    Alert,
    Assessment,
    Callback,
    CallbackState,
    Disposition,
    ProtocolInForce,
)
from triage.outcome_models import OutcomeSource, PatientOutcome

BEGUN = NOW - timedelta(days=60)
"""When everybody's follow-up began."""


def person(scene: Scene, **given: Any) -> Enrolment:
    values = {"programme": scene.programme, "team": scene.team, "now": BEGUN, "onset_on": BEGUN.date()}
    return make_enrolment(scene.session, EnrolmentState.ACTIVE, **(values | given))


def call(
    scene: Scene,
    enrolment: Enrolment,
    *told: Sequence[str] | str,
    at: datetime = NOW,
    kinds: Sequence[str] = (),
    seconds: int | None = None,
    useful: bool | None = None,
    rank: int = 30,
    kind: str = "answers",
) -> Callback:
    """A call-back with an alert for each of `told`, which are ids of rules, "?" for a doubt, "" for neither; with
    a disposition of each of `kinds`, the last with the time held and the caller's word.
    """
    closed = {"state": CallbackState.CLOSED, "closed_at": at}
    made = Callback(enrolment_id=enrolment.id, team_id=enrolment.team_id, rank=rank, opened_at=at, due_at=at, **closed)
    scene.session.add(made)
    scene.session.flush()
    for causes in told:
        reasons = [_reason(cause) for cause in ([causes] if isinstance(causes, str) else causes)]
        given = {"rank": rank, "kind": kind, "reasons": reasons, "raised_at": at, "due_at": at}
        scene.session.add(Alert(key=f"test:{uuid.uuid4()}", enrolment_id=enrolment.id, callback_id=made.id, **given))
    for number, code in enumerate(kinds, start=1):
        last = {"held_seconds": seconds, "useful": useful} if number == len(kinds) else {}
        staff, when = scene.person(Role.PHYSICIAN), at + timedelta(minutes=number)
        scene.session.add(
            Disposition(
                public_id=uuid.uuid4(), callback_id=made.id, staff_id=staff.id, kind=code, details={}, at=when, **last
            )
        )
    scene.session.flush()
    return made


def _reason(cause: str) -> dict[str, Any]:
    if cause == "":
        return {"code": "silence"}
    return {"doubt": "missing", "text": {}} if cause == "?" else {"rule": cause, "level": "orange", "text": {}}


def event(scene: Scene, enrolment: Enrolment, on_day: date, kind: str = "admitted") -> None:
    scene.session.add(
        PatientOutcome(
            public_id=uuid.uuid4(),
            enrolment_id=enrolment.id,
            kind=kind,
            on_day=on_day,
            source=OutcomeSource.IMPORT,
            recorded_at=NOW,
        )
    )
    scene.session.flush()


def reading(
    scene: Scene, enrolment: Enrolment, fact: str, text: str | None, at: datetime, status: str = "known"
) -> None:
    """An answer assessed as green, of which one fact is of interest."""
    made = Response(
        public_id=uuid.uuid4(),
        patient_id=enrolment.patient_id,
        enrolment_id=enrolment.id,
        version_id=scene.version_id,
        key=uuid.uuid4(),
        content_digest=b"",
        answers={},
        door=Door.PHONE,
        language="fr",
        due_at=at,
        received_at=at,
    )
    scene.session.add(made)
    scene.session.flush()
    version = scene.session.scalars(select(ProtocolInForce.version_id)).first()
    known = {"status": status, "value": None if text is None else 0, "text": text or "", "origin": ""}
    scene.session.add(
        Assessment(
            public_id=uuid.uuid4(),
            response_id=made.id,
            enrolment_id=enrolment.id,
            protocol_version_id=version,
            level="green",
            call_15=False,
            facts={fact: known},
            limits={},
            explanation={"rules": [], "doubts": []},
            assessed_at=at,
        )
    )
    scene.session.flush()
