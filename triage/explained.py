"""Everything that explains one stored assessment: its answers, its version and who signed it, own limits and by whom,
what would have changed it, and whether it comes out the same today.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, joinedload

from questionnaires import versions
from questionnaires.models import QuestionnaireVersion, Response
from questionnaires.score_shapes import questions_of
from records.models import Enrolment, Staff
from triage import protocols, reliving, snoozes
from triage.assess import CompiledProtocol
from triage.explaining import ChangeSaid, Explaining, Moment, RuleSaid, ValueSaid
from triage.facts import OF_ANSWERS
from triage.levels import Level
from triage.models import Assessment, PatientLimit, ProtocolVersion
from triage.nearest import Nearest, Tried, tried
from triage.outcome_models import Snooze
from triage.wording import Wording

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class OwnLimit:
    """A limit of the patient's own that counted, with who set it, when and why."""

    label: str
    value: str
    author: str
    from_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Told:
    """What was stored, in words."""

    rules: list[RuleSaid]
    doubts: list[str]
    values: list[ValueSaid]
    changes: list[ChangeSaid]
    own_limits: list[OwnLimit]


@dataclass(frozen=True, slots=True)
class Explained:
    """Where the assessment does not come out the same, nothing is said of other values, and what is stored may be far
    from what it was: `told` is None where it cannot be put into words. `tried_all`: no answer was left out in looking
    for what was `found`.
    """

    assessment: Assessment
    response: Response
    version: ProtocolVersion
    wording: Wording
    told: Told | None
    found: tuple[Nearest, ...]
    tried_all: bool
    is_same: bool
    snooze: Snooze | None

    @property
    def level(self) -> Level:
        return Level.from_code(self.assessment.level)

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
    occasion = assessment.explanation.get("occasion", "")
    given = {"facts": assessment.facts, "own_limits": assessment.limits, "occasion": occasion}
    response = session.get_one(Response, assessment.response_id)
    scored = _scored(session, response, protocol)
    search = tried(protocol, **given, scored=scored) if is_same else Tried((), all=False)
    return Explained(
        assessment=assessment,
        response=response,
        version=version,
        wording=wording,
        told=_told(session, assessment, Explaining(wording, moment), search.found, is_same=is_same),
        found=search.found,
        tried_all=search.all,
        is_same=is_same,
        snooze=snoozes.at_the_time(session, assessment=assessment),
    )


def _scored(session: Session, response: Response, protocol: CompiledProtocol) -> set[str]:
    """The linkIds that the scores which the protocol reads are worked out from, in the version that was answered."""
    items = versions.parsed(session.get_one(QuestionnaireVersion, response.version_id)).by_link_id
    found: set[str] = set()
    waiting = {fact.source.key for fact in protocol.facts.values() if fact.source.kind in OF_ANSWERS}
    while waiting:
        item = items.get(waiting.pop())
        if item is not None and item.score is not None:
            waiting |= {*questions_of(item.score)} - found
            found |= {*questions_of(item.score)}
    return found


def _told(
    session: Session, assessment: Assessment, saying: Explaining, found: tuple[Nearest, ...], *, is_same: bool
) -> Told | None:
    try:
        own = _own(session, assessment, saying.wording)
        return Told(saying.told(), saying.doubts(), saying.values(), saying.changes(found), own)
    except SQLAlchemyError:
        raise
    except Exception as error:  # what is stored was changed to no shape at all: all the rest is shown all the same
        if is_same:
            raise
        log.error("assessment_cannot_be_told", assessment=str(assessment.public_id), error=type(error).__name__)
        return None


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
