"""Everything that explains one stored assessment: its answers, its version and who signed it, own limits and by whom,
what would have changed it, and whether it comes out the same today.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from questionnaires.models import Response
from records.models import Enrolment, Staff
from triage import protocols, reliving, snoozes
from triage.explaining import ChangeSaid, Explaining, Moment
from triage.levels import Level
from triage.models import Assessment, PatientLimit, ProtocolVersion
from triage.nearest import Nearest, nearest
from triage.outcome_models import Snooze
from triage.wording import Wording


@dataclass(frozen=True, slots=True)
class OwnLimit:
    """A limit of the patient's own that counted, with who set it, when and why."""

    label: str
    value: str
    author: str
    from_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Explained:
    """`changes` are empty where the assessment does not come out the same, for then nothing can be said of others."""

    assessment: Assessment
    response: Response
    version: ProtocolVersion
    saying: Explaining
    own_limits: tuple[OwnLimit, ...]
    found: tuple[Nearest, ...]
    is_same: bool
    snooze: Snooze | None

    @property
    def level(self) -> Level:
        return Level.from_code(self.assessment.level)

    @property
    def changes(self) -> list[ChangeSaid]:
        return self.saying.changes(self.found)

    @property
    def falls_by_one(self) -> bool:
        """Whether another value of one single answer would have given a lower level."""
        return any(one.level < self.level for one in self.found)


def find(session: Session, *, assessment: uuid.UUID, enrolment: Enrolment | None = None) -> Assessment | None:
    """By its public id, of that enrolment if one is given."""
    found = select(Assessment).where(Assessment.public_id == assessment)
    if enrolment is not None:
        found = found.where(Assessment.enrolment_id == enrolment.id)
    return session.scalar(found)


def explained(session: Session, assessment: Assessment, *, language: str, moment: Moment) -> Explained:
    """The caller has checked that the assessment may be read. `moment` writes instants for the reader."""
    options = [joinedload(ProtocolVersion.author), joinedload(ProtocolVersion.signed_by)]
    version = session.get_one(ProtocolVersion, assessment.protocol_version_id, options=options)
    protocol = protocols.compiled(session, version_id=version.id, digest=version.digest)
    stored = assessment.facts, assessment.limits, assessment.explanation
    wording = Wording(protocol.document, *stored, language)
    is_same = reliving.is_same_today(session, assessment, version.digest)
    occasion = assessment.explanation.get("occasion", "answer")
    given = {"facts": assessment.facts, "own_limits": assessment.limits, "occasion": occasion}
    return Explained(
        assessment=assessment,
        response=session.get_one(Response, assessment.response_id),
        version=version,
        saying=Explaining(wording, moment),
        own_limits=tuple(_own(session, assessment, wording)),
        found=nearest(protocol, **given) if is_same else (),
        is_same=is_same,
        snooze=snoozes.at_the_time(session, assessment=assessment),
    )


def _own(session: Session, assessment: Assessment, wording: Wording) -> list[OwnLimit]:
    """The newest of each name that counted at the time, as the rules took them."""
    at, limits = assessment.assessed_at, {limit.name: limit for limit in wording.document.limits}
    rows = session.execute(
        select(PatientLimit, Staff.name)
        .join(Staff, Staff.id == PatientLimit.author_id)
        .where(
            PatientLimit.enrolment_id == assessment.enrolment_id,
            PatientLimit.name.in_(assessment.limits),
            PatientLimit.from_at <= at,
            or_(PatientLimit.until_at.is_(None), PatientLimit.until_at > at),
            or_(PatientLimit.withdrawn_at.is_(None), PatientLimit.withdrawn_at > at),
        )
        .order_by(PatientLimit.from_at.desc(), PatientLimit.id.desc())
    ).all()
    told: dict[str, OwnLimit] = {}
    for row, author in rows:
        limit = limits.get(row.name)
        label = limit.labels[wording.language] if limit else row.name
        value = wording.with_unit(assessment.limits[row.name], limit.unit if limit else "")
        told.setdefault(row.name, OwnLimit(label, value, author, row.from_at, row.reason))
    return list(told.values())
