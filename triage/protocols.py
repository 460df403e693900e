"""Protocol versions: drafted from limits, proved by their own cases, signed by a physician, in force from an instant.

Who is assessed by what: a rehearsal patient by the version that was bound last, signed or not, so that a fresh
installation can be tried; a real patient by the signed version bound last and by no other. A draft made on the screen
is bound only when it is signed, so it never assesses anybody before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from records import audit
from records.audit import Actor
from records.models import Programme, Role, Staff
from records.texts import Translator
from triage import documents
from triage.assess import CompiledProtocol, compile_protocol
from triage.cases import Failure, run_cases
from triage.earlier import looks_back
from triage.models import ProtocolInForce, ProtocolStatus, ProtocolVersion
from triage.refusals import (
    AlreadySigned,
    LimitsMissing,
    ProtocolUnsigned,
    ReasonMissing,
    Refused,
    SignerIsAuthor,
    SignerNotPhysician,
)

_compiled: dict[bytes, CompiledProtocol] = {}


class CasesFail(Refused):
    """Test cases of the document that the changed limits break."""

    message = "With these limits, cases that this protocol must get right come out differently."

    def __init__(self, failures: list[Failure]) -> None:
        self.failures = failures
        super().__init__()

    def text(self, t: Translator) -> str:
        return "\n".join([super().text(t), *(failure.text(t) for failure in self.failures)])


def compiled(session: Session, *, version_id: int, digest: bytes) -> CompiledProtocol:
    """The rules of one version, compiled once in this process. Kept by content, for what an id means depends on the
    database.
    """
    if digest not in _compiled:
        version = session.get_one(ProtocolVersion, version_id)
        _compiled[digest] = compile_protocol(documents.load(version.document))
    return _compiled[digest]


def load_library(session: Session, *, programme: Programme, now: datetime) -> ProtocolVersion:
    """Bind the shipped protocol of the programme's slug as an unsigned version 1; done again, it changes nothing."""
    version = session.scalar(
        select(ProtocolVersion).where(ProtocolVersion.slug == programme.slug).order_by(ProtocolVersion.number).limit(1)
    )
    if version is None:
        document = documents.from_library(programme.slug)
        version = _store(session, document, number=1, based_on=None, reason=None, author=None, now=now)
    bound = select(ProtocolInForce.id).where(
        ProtocolInForce.programme_id == programme.id, ProtocolInForce.version_id == version.id
    )
    if session.scalar(bound.limit(1)) is None:
        _bind(session, version=version, programme=programme, now=now)
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


def new_version(
    session: Session,
    *,
    based_on: ProtocolVersion,
    limits: Mapping[str, Decimal],
    reason: str,
    author: Staff,
    now: datetime,
    from_address: str | None = None,
) -> ProtocolVersion:
    """A draft with other limits. Raises ProtocolError (range, order, precision), CasesFail, ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing
    if not limits:
        raise LimitsMissing
    document = documents.with_limits(documents.load(based_on.document), limits)
    failures = run_cases(document)
    if failures:
        raise CasesFail(failures)
    last = session.scalar(select(func.max(ProtocolVersion.number)).where(ProtocolVersion.slug == based_on.slug))
    version = _store(
        session, document, number=(last or 0) + 1, based_on=based_on.id, reason=reason.strip(), author=author, now=now
    )
    _audit(session, version, "protocol.drafted", author, from_address, now)
    return version


def sign(
    session: Session,
    *,
    version: ProtocolVersion,
    programme: Programme,
    physician: Staff,
    now: datetime,
    from_address: str | None = None,
) -> None:
    """In force for `programme` from `now`, for real patients too. The shipped version has no author: any physician
    may sign it. Raises SignerNotPhysician, SignerIsAuthor, AlreadySigned.
    """
    session.refresh(version, with_for_update={"of": ProtocolVersion})
    if physician.role != Role.PHYSICIAN:
        raise SignerNotPhysician
    if version.author_id == physician.id:
        raise SignerIsAuthor
    if version.status == ProtocolStatus.SIGNED:
        raise AlreadySigned
    version.status = ProtocolStatus.SIGNED
    version.signed_at, version.signed_by_id = now, physician.id
    _bind(session, version=version, programme=programme, now=now)
    _audit(session, version, "protocol.signed", physician, from_address, now)


def _store(
    session: Session,
    document: documents.Document,
    *,
    number: int,
    based_on: int | None,
    reason: str | None,
    author: Staff | None,
    now: datetime,
) -> ProtocolVersion:
    needed = looks_back(document.facts)
    version = ProtocolVersion(
        slug=document.slug,
        number=number,
        document=documents.dump(document),
        digest=documents.digest(document),
        looks_back=needed.to_json() if needed else None,
        status=ProtocolStatus.DRAFT,
        created_at=now,
        author_id=author.id if author else None,
        based_on_id=based_on,
        reason=reason,
    )
    session.add(version)
    session.flush()
    return version


def _bind(session: Session, *, version: ProtocolVersion, programme: Programme, now: datetime) -> None:
    """A second binding of the same instant takes the first one's place: the later act counts."""
    same = select(ProtocolInForce).where(ProtocolInForce.programme_id == programme.id, ProtocolInForce.from_at == now)
    binding = session.scalar(same) or ProtocolInForce(programme_id=programme.id, from_at=now)
    binding.version_id = version.id
    session.add(binding)
    session.flush()


def _audit(
    session: Session, version: ProtocolVersion, action: str, staff: Staff, from_address: str | None, now: datetime
) -> None:
    audit.append(
        session,
        actor=Actor.staff(staff, from_address),
        action=action,
        subject=("protocol", version.public_id),
        now=now,
        details={"slug": version.slug, "number": version.number, "digest": version.digest.hex()},
    )
