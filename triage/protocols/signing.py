"""A physician's signature puts a version in force from an instant on; what has not begun can be taken back."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from records.models import Enrolment, Programme, Role, Staff
from triage.models import Assessment, ProtocolInForce, ProtocolStatus, ProtocolVersion
from triage.protocols import kept, replays
from triage.refusals import AlreadySigned, InPast, Refused, SignerIsAuthor, SignerNotPhysician

LONGEST_AHEAD = timedelta(days=366)


class SignerIsCoAuthor(Refused):
    message = "You wrote a part of this version. Another physician must sign it."


class Withdrawn(Refused):
    message = "This version was withdrawn. Make a new one from it to use what it says."


class NotReplayed(Refused):
    message = "This version was not replayed on real answers yet. Ask for a replay, and read what it says."


class StartsTooLate(Refused):
    message = "This start is more than a year ahead. Choose an earlier one."


class ServesRehearsal(Refused):
    message = "Rehearsal goes by this version. It is replaced when another one is signed."


class NotScheduled(Refused):
    message = "This version does not wait for its start: it began already, or was taken back."


def sign(
    session: Session,
    *,
    version: ProtocolVersion,
    programme: Programme,
    physician: Staff,
    now: datetime,
    from_at: datetime | None = None,
    from_address: str | None = None,
) -> None:
    """In force for `programme` from `from_at` (or `now`), for real patients too. The shipped version has no author:
    any physician may sign it. Raises SignerNotPhysician, SignerIsAuthor, SignerIsCoAuthor, AlreadySigned, Withdrawn,
    NotReplayed, InPast, StartsTooLate.
    """
    _hold(session, version)
    if physician.role != Role.PHYSICIAN:
        raise SignerNotPhysician
    if version.author_id == physician.id:
        raise SignerIsAuthor
    if physician.id in version.co_author_ids:
        raise SignerIsCoAuthor
    if version.status == ProtocolStatus.SIGNED:
        raise AlreadySigned
    if version.withdrawn_at is not None:
        raise Withdrawn
    starts_at = _start(from_at, now)
    if needs_replay(session, version=version, programme=programme, now=now):
        raise NotReplayed
    version.status = ProtocolStatus.SIGNED
    version.signed_at, version.signed_by_id = now, physician.id
    displaced = _bound_at(session, programme, starts_at)
    kept.bind(session, version=version, programme=programme, from_at=starts_at)
    kept.tell(session, version, "signed", physician, from_address, now, programme=programme.slug)
    told = {"programme": programme.slug, "from_at": starts_at.isoformat()}
    if starts_at > now:
        kept.tell(session, version, "scheduled", physician, from_address, now, **told)
    if displaced is not None:
        kept.tell(session, displaced, "unscheduled", physician, from_address, now, **told)


def needs_replay(session: Session, *, version: ProtocolVersion, programme: Programme, now: datetime) -> bool:
    """Whether it must be replayed before anybody may sign it. What was in force before was tried on real answers more
    than any replay could: going back to it never waits for one. Neither does what nobody could answer yet.
    """
    if version.based_on_id is None or replays.was_tried(session, version=version):
        return False
    if _was_in_force(session, version, programme, now):
        return False
    answered = exists().where(Assessment.enrolment_id == Enrolment.id, Enrolment.programme_id == programme.id)
    return bool(session.scalar(select(answered)))


def unschedule(
    session: Session,
    *,
    version: ProtocolVersion,
    programme: Programme,
    physician: Staff,
    now: datetime,
    from_address: str | None = None,
) -> None:
    """It will not begin, and what is in force stays. Any physician may: it only keeps what another physician signed.
    Raises SignerNotPhysician, NotScheduled.
    """
    _hold(session, version)
    if physician.role != Role.PHYSICIAN:
        raise SignerNotPhysician
    planned = select(ProtocolInForce).where(
        ProtocolInForce.programme_id == programme.id,
        ProtocolInForce.version_id == version.id,
        ProtocolInForce.from_at > now,
    )
    binding = session.scalar(planned)
    if binding is None:
        raise NotScheduled
    told = {"programme": programme.slug, "from_at": binding.from_at.isoformat()}
    session.delete(binding)
    session.flush()
    kept.tell(session, version, "unscheduled", physician, from_address, now, **told)


def withdraw(
    session: Session, *, version: ProtocolVersion, staff: Staff, now: datetime, from_address: str | None = None
) -> None:
    """Nobody will sign it. Done again, it changes nothing. Raises AlreadySigned, ServesRehearsal."""
    _hold(session, version)
    if version.status == ProtocolStatus.SIGNED:
        raise AlreadySigned
    if version.withdrawn_at is not None:
        return
    if session.scalar(select(ProtocolInForce.id).where(ProtocolInForce.version_id == version.id).limit(1)):
        raise ServesRehearsal
    version.withdrawn_at, version.withdrawn_by_id = now, staff.id
    session.flush()
    kept.tell(session, version, "withdrawn", staff, from_address, now)


def _hold(session: Session, version: ProtocolVersion) -> None:
    """One act on a protocol at a time; `version` as the act before left it."""
    kept.take_turn(session, slug=version.slug)
    session.refresh(version)


def _bound_at(session: Session, programme: Programme, at: datetime) -> ProtocolVersion | None:
    bound = (ProtocolInForce.programme_id == programme.id, ProtocolInForce.from_at == at)
    return session.scalar(select(ProtocolVersion).join(ProtocolInForce).where(*bound))


def _start(from_at: datetime | None, now: datetime) -> datetime:
    if from_at is None:
        return now
    if from_at < now:
        raise InPast
    if from_at > now + LONGEST_AHEAD:
        raise StartsTooLate
    return from_at


def _was_in_force(session: Session, version: ProtocolVersion, programme: Programme, now: datetime) -> bool:
    """Whether a version that says the same has begun."""
    same = exists().where(
        ProtocolVersion.digest == version.digest,
        ProtocolVersion.status == ProtocolStatus.SIGNED,
        ProtocolInForce.version_id == ProtocolVersion.id,
        ProtocolInForce.programme_id == programme.id,
        ProtocolInForce.from_at <= now,
    )
    return bool(session.scalar(select(same)))
