"""Whether a version was tried on real answers, and the trial asked for."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Date, cast, exists, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, defer

from records import clock, programmes
from records.models import Staff
from triage.drafting_models import ProtocolReplay, ReplayState
from triage.models import ProtocolVersion

DAYS = 28
"""Whole weeks, so that every hour of the week counts alike in the forecast."""


def last_done(session: Session, *, version: ProtocolVersion) -> ProtocolReplay | None:
    done = (ProtocolReplay.version_id == version.id, ProtocolReplay.state == ReplayState.DONE)
    return session.scalar(select(ProtocolReplay).where(*done).order_by(ProtocolReplay.id.desc()).limit(1))


def was_tried(session: Session, *, version: ProtocolVersion) -> bool:
    """Whether a replay of it is done that met any answers, or that looked at the last weeks and found none. Of days on
    which nobody answered, chosen by hand, nothing is learnt.
    """
    asked_on = cast(ProtocolReplay.asked_at, Date)
    lately = (ProtocolReplay.to_on - ProtocolReplay.from_on >= DAYS - 1) & (ProtocolReplay.to_on >= asked_on - 2)
    done = (ProtocolReplay.version_id == version.id, ProtocolReplay.state == ReplayState.DONE)
    return bool(session.scalar(select(exists().where(*done, (ProtocolReplay.rows > 0) | lately))))


def that_count(session: Session, *, slug: str) -> dict[int, ProtocolReplay]:
    """By id of the version: its last replay that is done, else the one asked for last. What each found is read when it
    is looked at.
    """
    is_done = ProtocolReplay.state == ReplayState.DONE
    found = (
        select(ProtocolReplay)
        .join(ProtocolVersion, ProtocolVersion.id == ProtocolReplay.version_id)
        .where(ProtocolVersion.slug == slug)
        .ext(distinct_on(ProtocolReplay.version_id))
        .order_by(ProtocolReplay.version_id, is_done.desc(), ProtocolReplay.id.desc())
        .options(defer(ProtocolReplay.result))
    )
    return {one.version_id: one for one in session.scalars(found)}


def ask_for_last_weeks(
    session: Session, *, version: ProtocolVersion, staff: Staff, now: datetime
) -> ProtocolReplay | None:
    """On the last 28 whole days by the centre's clock. A replay that waits or runs already is the answer; a protocol
    that no programme has got has no answers to be tried on.
    """
    from triage.replay import waiting  # which itself asks what is in force

    programme = programmes.by_slug(session, slug=version.slug)
    if programme is None:
        return None
    known = waiting.latest(session, version=version)
    if known is not None and known.state in (ReplayState.WAITING, ReplayState.RUNNING):
        return known
    today = clock.local_day(now, programme.zone)
    days = {"from_on": today - timedelta(days=DAYS), "to_on": today - timedelta(days=1)}
    return waiting.request(session, version=version, programme=programme, **days, staff=staff, now=now)
