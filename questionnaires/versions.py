"""Stored questionnaire versions: what a programme asks now, parsed once per version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from questionnaires import library, publishing, reading
from questionnaires.findings import QuestionnaireError
from questionnaires.models import QuestionnaireInForce, QuestionnaireVersion, VersionStatus
from questionnaires.schema import Questionnaire
from records.models import Programme

_parsed: dict[bytes, Questionnaire] = {}

ASKED = """
    LEFT JOIN LATERAL (
        SELECT v.id, v.url, v.digest
        FROM questionnaires_in_force f JOIN questionnaire_versions v ON v.id = f.version_id
        WHERE f.programme_id = e.programme_id AND f.from_at <= {now} ORDER BY f.from_at DESC LIMIT 1
    ) asks ON true
    LEFT JOIN questionnaire_versions asked ON asked.url = coalesce({url}, asks.url) AND asked.version = {version}
        AND (asked.url = asks.url OR EXISTS (
            SELECT FROM questionnaires_in_force was
            WHERE was.programme_id = e.programme_id AND was.version_id = asked.id))
"""
"""For a statement in which `e` is the enrolment: what its programme asks, and the version a page was made from, when
there is such a version: of the same questionnaire, or of another that the programme has asked.
"""


@dataclass(frozen=True)
class Asked:
    """A programme that asks a version, or will, from an instant on."""

    programme: Programme
    from_at: datetime
    planned: bool


class NothingInForce(LookupError):
    """The programme asks nothing yet: bind a published questionnaire to it."""


def load_library(session: Session, *, programme: Programme, now: datetime) -> QuestionnaireVersion:
    """Publish the library's questionnaire for `programme` and bring it into force. Where something is asked already it
    changes nothing, whatever is shipped by now: a hospital's own form gives way to what people decide alone.

    Raises QuestionnaireError for what cannot be published.
    """
    chosen = select(QuestionnaireInForce).where(QuestionnaireInForce.programme_id == programme.id)
    if known := session.scalar(chosen.order_by(QuestionnaireInForce.from_at.desc()).limit(1)):
        return known.version
    document = library.document(programme.slug)
    parsed = reading.parse(document)
    if unfit := publishing.obstacles(parsed):
        raise QuestionnaireError(unfit)
    version = session.scalar(
        select(QuestionnaireVersion).where(
            QuestionnaireVersion.url == parsed.url, QuestionnaireVersion.version == parsed.version
        )
    )
    if version is None:
        version = QuestionnaireVersion(
            url=parsed.url,
            version=parsed.version,
            status=VersionStatus.PUBLISHED,
            document=document,
            digest=parsed.digest,
            created_at=now,
            published_at=now,
        )
        session.add(version)
        session.flush()
    session.add(QuestionnaireInForce(programme_id=programme.id, version_id=version.id, from_at=now))
    session.flush()
    return version


def in_force(session: Session, *, programme_id: int, now: datetime) -> tuple[QuestionnaireVersion, Questionnaire]:
    """The version that `programme_id` asks at `now`, and its parsed form. Raises NothingInForce.

    The document itself is only read once per process, or when somebody asks for it.
    """
    bound = session.scalar(
        select(QuestionnaireInForce)
        .where(QuestionnaireInForce.programme_id == programme_id, QuestionnaireInForce.from_at <= now)
        .order_by(QuestionnaireInForce.from_at.desc())
        .limit(1)
        .options(joinedload(QuestionnaireInForce.version, innerjoin=True).defer(QuestionnaireVersion.document))
    )
    if bound is None:
        raise NothingInForce(f"programme {programme_id} has no questionnaire in force")
    return bound.version, parsed(bound.version)


def every(session: Session) -> list[QuestionnaireVersion]:
    """Every stored version, those of one questionnaire together, newest first."""
    found = select(QuestionnaireVersion).order_by(QuestionnaireVersion.url, QuestionnaireVersion.id.desc())
    return list(session.scalars(found))


def asked(session: Session, *, now: datetime) -> dict[int, list[Asked]]:
    """By version id: where it is asked now, and where it will be."""
    bindings = session.execute(
        select(QuestionnaireInForce.version_id, QuestionnaireInForce.from_at, Programme)
        .join(Programme, Programme.id == QuestionnaireInForce.programme_id)
        .order_by(Programme.slug, QuestionnaireInForce.from_at.desc())
    )
    found: dict[int, list[Asked]] = {}
    settled: set[int] = set()
    for version_id, from_at, programme in bindings:
        if from_at <= now and programme.id in settled:
            continue
        if from_at <= now:
            settled.add(programme.id)
        found.setdefault(version_id, []).append(Asked(programme, from_at, planned=from_at > now))
    return found


def parsed_by(session: Session, *, version_id: int, digest: bytes) -> Questionnaire:
    """The same as `parsed` where only the id and the digest are known; asks the database once per process."""
    return _parsed.get(digest) or parsed(session.get_one(QuestionnaireVersion, version_id))


def parsed(version: QuestionnaireVersion) -> Questionnaire:
    """The parsed form of a stored version, from the process's cache after the first time."""
    if version.digest not in _parsed:
        _parsed[version.digest] = reading.parse_once(version.digest, version.document)
    return _parsed[version.digest]
