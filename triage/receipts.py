"""What a patient is told about answers that are on disk: level, plain sentences, and when somebody reads them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.models import Response
from records.models import Enrolment, Programme
from triage import protocols
from triage.assess import Assessment as Assessed
from triage.documents import Document
from triage.models import Assessment, ProtocolVersion
from triage.situation import Centre
from triage.targets import opening
from triage.wording import Wording, word


@dataclass(frozen=True, slots=True)
class Receipt:
    """`response` is a public id; `level` green, orange or red; `next_opening` is `now` itself while the centre is open.
    `duplicate` says that this content had come before, `amends` that it corrects another of the same key, `snoozed`
    that nobody calls because of it.
    """

    response: uuid.UUID
    level: str
    call_15: bool
    wording: Wording
    late: bool
    received_at: datetime
    centre_open: bool
    next_opening: datetime
    red_minutes: int
    phone: str
    duplicate: bool = False
    amends: bool = False
    snoozed: bool = False

    @property
    def sentences(self) -> tuple[str, ...]:
        return tuple(self.wording.to_patient())

    def again(self) -> Receipt:
        return replace(self, duplicate=True)


def receipt_of(
    centre: Centre,
    document: Document,
    *,
    response: uuid.UUID,
    assessment: Assessed,
    language: str,
    late: bool,
    received_at: datetime,
    now: datetime,
    amends: bool,
    snoozed: bool,
) -> Receipt:
    """The receipt of answers just assessed."""
    return _receipt(
        centre,
        word(document, assessment, language),
        response=response,
        level=assessment.level.code,
        call_15=assessment.call_15,
        late=late,
        received_at=received_at,
        now=now,
        amends=amends,
        snoozed=snoozed,
    )


def _receipt(
    centre: Centre | Programme,
    wording: Wording,
    *,
    response: uuid.UUID,
    level: str,
    call_15: bool,
    late: bool,
    received_at: datetime,
    now: datetime,
    amends: bool,
    snoozed: bool,
) -> Receipt:
    opens = opening(centre, now)
    return Receipt(
        response=response,
        level=level,
        call_15=call_15,
        wording=wording,
        late=late,
        received_at=received_at,
        centre_open=opens == now,
        next_opening=opens,
        red_minutes=centre.red_minutes,
        phone=centre.phone,
        amends=amends,
        snoozed=snoozed,
    )


def receipt(
    session: Session, *, enrolment_id: int, response: uuid.UUID, language: str, now: datetime
) -> Receipt | None:
    """The receipt of a stored response of the patient of `enrolment_id`; None for anybody else's."""
    found = session.execute(
        select(Response, Assessment, ProtocolVersion, Programme)
        .join(Assessment, Assessment.response_id == Response.id)
        .join(ProtocolVersion, ProtocolVersion.id == Assessment.protocol_version_id)
        .join(Enrolment, Enrolment.patient_id == Response.patient_id)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .where(Response.public_id == response, Enrolment.id == enrolment_id)
    ).one_or_none()
    if found is None:
        return None
    answered, assessed, version, programme = found
    document = protocols.compiled(session, version_id=version.id, digest=version.digest).document
    return _receipt(
        programme,
        Wording(document, assessed.facts, assessed.limits, assessed.explanation, language),
        response=answered.public_id,
        level=assessed.level,
        call_15=assessed.call_15,
        late=answered.late,
        received_at=answered.received_at,
        now=now,
        amends=answered.amends_id is not None,
        snoozed=assessed.snoozed,
    )
