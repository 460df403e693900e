"""What the health page knows: the worker's beats, the queue of messages, the database, this version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from notifications.models import Message, MessageStatus
from records import heartbeats
from records.models import Heartbeat
from triage import reliving
from webapp.lazy import lazy

SILENT_AFTER = timedelta(seconds=60)
JOBS = {
    "open-checkins": lazy("Open questionnaires that are due"),
    "close-checkins": lazy("Close questionnaires left unanswered"),
    "silences": lazy("Raise silences"),
    "never-invited": lazy("Raise enrolments never invited"),
    "never-activated": lazy("Raise invitations never answered"),
    "reviews-due": lazy("Raise pauses to look at again"),
    "limits-due": lazy("Raise own limits that are missing or run out"),
    "follow-up-ends": lazy("End follow-ups whose days are over"),
    "messages": lazy("Send messages"),
    "reliving": lazy("Live assessments again"),
    "housekeeping": lazy("Forget old sessions and counted tries"),
}
WAITING = (MessageStatus.QUEUED, MessageStatus.CLAIMED, MessageStatus.SENDING)


@dataclass(frozen=True)
class Beat:
    """One job's last run. `failing` when that run failed; an earlier failure stays in `failed_at`."""

    job: str
    name: str
    beat_at: datetime
    age: timedelta
    took_ms: int
    done: int
    failed_at: datetime | None
    error: str | None

    @property
    def failing(self) -> bool:
        return self.failed_at is not None and self.failed_at >= self.beat_at

    @property
    def silent(self) -> bool:
        return self.age > SILENT_AFTER


@dataclass(frozen=True)
class Wellbeing:
    """`differing` assessments did not come out the same when they were lived again."""

    beats: list[Beat]
    waiting: int
    overdue: int
    uncertain: int
    differing: int
    database: str
    software: str

    @property
    def worker_silent(self) -> bool:
        return all(beat.silent for beat in self.beats)


def look(session: Session, *, now: datetime) -> Wellbeing:
    counted = select(
        func.count().filter(Message.status.in_(WAITING)),
        func.count().filter(Message.status.in_(WAITING), Message.next_try_at <= now - SILENT_AFTER),
        func.count().filter(Message.status == MessageStatus.UNKNOWN),
    )
    waiting, overdue, uncertain = session.execute(counted).one()
    return Wellbeing(
        beats=[beat_of(row, now) for row in heartbeats.all_beats(session)],
        waiting=waiting,
        overdue=overdue,
        uncertain=uncertain,
        differing=reliving.count_differing(session),
        database=session.scalar(text("SHOW server_version")) or "",
        software=version("vigidom"),
    )


def beat_of(row: Heartbeat, now: datetime) -> Beat:
    name = str(JOBS.get(row.job, row.job))
    age = max(now - row.beat_at, timedelta())
    return Beat(row.job, name, row.beat_at, age, row.took_ms, row.done, row.failed_at, row.error)


def is_everything_well(known: Wellbeing) -> bool:
    ailing = known.worker_silent or known.overdue or known.differing
    return not ailing and not any(beat.failing or beat.silent for beat in known.beats)
