"""What the health page knows: the worker's beats, the queue of messages, the database, this version."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version

from sqlalchemy import text
from sqlalchemy.orm import Session

from records import heartbeats
from records.models import Heartbeat
from triage import reliving
from webapp.health import clock_off
from webapp.lazy import lazy
from webapp.timekeeping import JOB, ClockSetBack, ClockSetOn

SILENT_AFTER = timedelta(seconds=60)
CLOCK_SET = (ClockSetOn.__name__, ClockSetBack.__name__)
CLOCK_SET_SHOWN_FOR = timedelta(days=2)
MOST_NAMED = 20
JOBS = {
    "clock": lazy("Compare the clock with the last beat"),
    "open-checkins": lazy("Open questionnaires that are due"),
    "close-checkins": lazy("Close questionnaires left unanswered"),
    "silences": lazy("Raise silences"),
    "snoozes": lazy("End rules put off whose hour is over"),
    "never-invited": lazy("Raise enrolments never invited"),
    "never-activated": lazy("Raise invitations never answered"),
    "reviews-due": lazy("Raise pauses to look at again"),
    "limits-due": lazy("Raise own limits that are missing or run out"),
    "teams": lazy("Keep calls with the team of their patient"),
    "follow-up-ends": lazy("End follow-ups whose days are over"),
    "escalations": lazy("Tell leads and physicians of late calls"),
    "messages": lazy("Send messages"),
    "reliving": lazy("Live assessments again"),
    "replays": lazy("Replay protocols on past answers"),
    "housekeeping": lazy("Forget old sessions and counted tries"),
}
# Each by the index of just these, whatever number of texts was ever sent.
MESSAGES = text("""
    WITH waiting AS (
        SELECT next_try_at FROM messages WHERE status = 'queued'
        UNION ALL SELECT next_try_at FROM messages WHERE status IN ('claimed', 'sending')
    )
    SELECT (SELECT count(*) FROM waiting), (SELECT count(*) FROM waiting WHERE next_try_at <= :late),
        (SELECT count(*) FROM messages WHERE status = 'unknown')
""")


@dataclass(frozen=True)
class Beat:
    """One job's last run. `failing` when that run failed; an earlier failure stays in `failed_at`. Of a negative `age`
    is a run that the clock has not come to: it says nothing about now.
    """

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
        return self.failed_at == self.beat_at

    @property
    def silent(self) -> bool:
        return abs(self.age) > SILENT_AFTER


@dataclass(frozen=True)
class Wellbeing:
    """`differing` assessments did not come out the same when they were lived again; of the newest the public ids, each
    with that of its enrolment. `clock_set` is the worker's last
    finding that its machine's clock was set, `clock_off` by how much this process's own differs from the database's.
    """

    beats: list[Beat]
    waiting: int
    overdue: int
    uncertain: int
    differing: int
    differing_ones: list[tuple[uuid.UUID, uuid.UUID]]
    clock_set: Beat | None
    clock_off: timedelta | None
    database: str
    software: str

    @property
    def worker_silent(self) -> bool:
        return all(beat.silent for beat in self.beats)


def look(session: Session, *, now: datetime) -> Wellbeing:
    waiting, overdue, uncertain = session.execute(MESSAGES, {"late": now - SILENT_AFTER}).one()
    differing = reliving.count_differing(session)
    beats = [beat_of(row, now) for row in heartbeats.all_beats(session)]
    return Wellbeing(
        beats=beats,
        waiting=waiting,
        overdue=overdue,
        uncertain=uncertain,
        differing=differing,
        differing_ones=reliving.differing_ones(session, limit=MOST_NAMED) if differing else [],
        clock_set=next((beat for beat in beats if was_clock_set(beat, now)), None),
        clock_off=clock_off(),
        database=session.scalar(text("SHOW server_version")) or "",
        software=version("vigidom"),
    )


def beat_of(row: Heartbeat, now: datetime) -> Beat:
    name = str(JOBS.get(row.job, row.job))
    return Beat(row.job, name, row.beat_at, now - row.beat_at, row.took_ms, row.done, row.failed_at, row.error)


def was_clock_set(beat: Beat, now: datetime) -> bool:
    if beat.job != JOB or beat.failed_at is None or beat.error not in CLOCK_SET:
        return False
    return abs(now - beat.failed_at) < CLOCK_SET_SHOWN_FOR


def is_everything_well(known: Wellbeing) -> bool:
    ailing = known.worker_silent or known.overdue or known.differing or known.clock_set or known.clock_off
    return not ailing and not any(beat.failing or beat.silent for beat in known.beats)
