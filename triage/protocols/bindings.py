"""Which version assesses whom, and from when on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from records.models import Programme
from triage import documents
from triage.assess import CompiledProtocol, compile_protocol
from triage.models import ProtocolInForce, ProtocolStatus, ProtocolVersion
from triage.protocols import kept
from triage.refusals import ProtocolUnsigned

_compiled: dict[bytes, CompiledProtocol] = {}


def compiled(session: Session, *, version_id: int, digest: bytes) -> CompiledProtocol:
    """The rules of one version, compiled once in this process. Kept by content, for what an id means depends on the
    database.
    """
    if digest not in _compiled:
        version = session.get_one(ProtocolVersion, version_id)
        _compiled[digest] = compile_protocol(documents.reload(version.document))
    return _compiled[digest]


def load_library(session: Session, *, programme: Programme, now: datetime) -> ProtocolVersion:
    """Bind the shipped protocol of the programme's slug as an unsigned version 1; done again, it changes nothing."""
    version = session.scalar(
        select(ProtocolVersion).where(ProtocolVersion.slug == programme.slug).order_by(ProtocolVersion.number).limit(1)
    )
    if version is None:
        document = documents.from_library(programme.slug)
        version = kept.store(session, document, based_on=None, reason=None, author=None, now=now)
    bound = select(ProtocolInForce.id).where(
        ProtocolInForce.programme_id == programme.id, ProtocolInForce.version_id == version.id
    )
    if session.scalar(bound.limit(1)) is None:
        kept.bind(session, version=version, programme=programme, from_at=now)
    return version


def bound(session: Session, *, programme_id: int, now: datetime, signed: bool = False) -> ProtocolVersion | None:
    """The version bound last, or the last signed one."""
    found = (
        select(ProtocolVersion)
        .join(ProtocolInForce)
        .where(ProtocolInForce.programme_id == programme_id, ProtocolInForce.from_at <= now)
        .order_by(ProtocolInForce.from_at.desc())
        .limit(1)
    )
    return session.scalar(found.where(ProtocolVersion.status == ProtocolStatus.SIGNED) if signed else found)


def bound_of(session: Session, *, slug: str, now: datetime) -> ProtocolVersion | None:
    """The version bound last for the programme of that protocol."""
    programme_id = session.scalar(select(Programme.id).where(Programme.slug == slug))
    return bound(session, programme_id=programme_id, now=now) if programme_id is not None else None


def of_programme(session: Session, *, programme_id: int) -> list[ProtocolInForce]:
    """Every binding, begun or planned, the earliest first."""
    found = select(ProtocolInForce).where(ProtocolInForce.programme_id == programme_id)
    return list(session.scalars(found.order_by(ProtocolInForce.from_at)))


def in_force(
    session: Session, *, programme_id: int, rehearsal: bool, now: datetime
) -> tuple[ProtocolVersion, CompiledProtocol]:
    """What assesses a patient of the programme at `now`. Raises ProtocolUnsigned."""
    version = bound(session, programme_id=programme_id, now=now, signed=not rehearsal)
    if version is None:
        raise ProtocolUnsigned
    return version, compiled(session, version_id=version.id, digest=version.digest)


def is_signed(session: Session, *, programme_id: int, now: datetime) -> bool:
    """Whether real patients can be assessed."""
    return bound(session, programme_id=programme_id, now=now, signed=True) is not None


def versions(session: Session, *, slug: str) -> list[ProtocolVersion]:
    """Every version, newest first."""
    found = select(ProtocolVersion).where(ProtocolVersion.slug == slug).order_by(ProtocolVersion.number.desc())
    return list(session.scalars(found))
