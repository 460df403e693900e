"""Replays that were asked for, and the worker's work on them: one at a time, taken up again when its worker is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from records import heartbeats
from records.models import Programme, Staff
from triage import documents
from triage.drafting_models import ProtocolReplay, ReplayState
from triage.models import ProtocolVersion
from triage.protocols import bindings

log = structlog.get_logger(__name__)

Sessions = sessionmaker[Session]

JOB = "replays"
LEASE = timedelta(minutes=3)
RENEWED_EVERY = timedelta(seconds=10)
MOST_TRIES = 3
LOST = "WorkerLost"

TAKE = text("""
    UPDATE protocol_replays SET state = 'running', tries = tries + 1, started_at = :now, lease_until = :until,
        rows = NULL
    WHERE id = (SELECT id FROM protocol_replays
                WHERE state = 'waiting' OR state = 'running' AND lease_until <= :now AND tries < :most
                ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, tries
""")
GIVE_UP = text("""
    UPDATE protocol_replays SET state = 'failed', failure = :lost, finished_at = :now, lease_until = NULL
    WHERE state = 'running' AND lease_until <= :now AND tries >= :most
""")
MINE = "id = :id AND state = 'running' AND tries = :tries"
RENEW = text(f"UPDATE protocol_replays SET lease_until = :until, rows = :rows WHERE {MINE} RETURNING id")  # noqa: S608
GIVE_BACK = text(f"""
    UPDATE protocol_replays SET state = 'waiting', tries = tries - 1, lease_until = NULL WHERE {MINE}
""")  # noqa: S608 - constants only


class TakenOver(Exception):
    """Another worker has taken this replay, because this one was thought lost."""


class Stopping(Exception):
    """The worker was told to end."""


@dataclass(frozen=True)
class Taken:
    id: int
    tries: int


def request(
    session: Session,
    *,
    version: ProtocolVersion,
    programme: Programme,
    from_on: date,
    to_on: date,
    staff: Staff | None,
    now: datetime,
) -> ProtocolReplay:
    """A replay of `version` for the worker to do, against what assesses real patients of the programme now, or
    synthetic ones while no version is signed.
    """
    current = bindings.bound(session, programme_id=programme.id, now=now, signed=True)
    current = current or bindings.bound(session, programme_id=programme.id, now=now)
    asked = ProtocolReplay(
        version_id=version.id,
        against_id=current.id if current else None,
        programme_id=programme.id,
        from_on=from_on,
        to_on=to_on,
        asked_by_id=staff.id if staff else None,
        asked_at=now,
    )
    session.add(asked)
    session.flush()
    return asked


def latest(session: Session, *, version: ProtocolVersion) -> ProtocolReplay | None:
    """The replay of it that was asked for last, whatever became of it."""
    asked = select(ProtocolReplay).where(ProtocolReplay.version_id == version.id)
    return session.scalar(asked.order_by(ProtocolReplay.id.desc()).limit(1))


def run_waiting(
    sessions: Sessions,
    now: datetime,
    *,
    clock: Callable[[], datetime] | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Do the replay that has waited longest, if any; returns how many were done. One whose worker was lost counts as
    waiting when its lease has run out. Tried MOST_TRIES times, it has failed, with the class of the last error.

    `clock` tells the instant during a long replay; without it all happens at `now`. Told to stop, it gives the replay
    back, and a try that was cut short like this does not count.
    """
    present = clock or (lambda: now)
    taken = _take(sessions, now)
    if taken is None:
        return 0
    try:
        result = _replay(sessions, taken, now, _teller(sessions, taken, present, stopping))
    except TakenOver:
        return 0
    except Stopping:
        with sessions.begin() as session:
            session.execute(GIVE_BACK, {"id": taken.id, "tries": taken.tries})
        return 0
    except Exception as error:
        _fail(sessions, taken, error, present())
        raise
    return _keep(sessions, taken, result, present())


def _take(sessions: Sessions, now: datetime) -> Taken | None:
    with sessions.begin() as session:
        session.execute(GIVE_UP, {"lost": LOST, "now": now, "most": MOST_TRIES})
        row = session.execute(TAKE, {"now": now, "until": now + LEASE, "most": MOST_TRIES}).one_or_none()
    return None if row is None else Taken(row.id, row.tries)


def _replay(sessions: Sessions, taken: Taken, now: datetime, tell: Callable[[int], None]) -> dict[str, Any]:
    """Reads one state of the database, whatever is answered meanwhile."""
    from triage.replay.running import run  # pandas: a second and tens of megabytes, for those who replay

    with sessions() as session:
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        asked = session.get_one(ProtocolReplay, taken.id)
        version, against = asked.version, asked.against or asked.version
        found = run(
            session,
            document=documents.reload(version.document),
            against=documents.reload(against.document),
            programme=session.get_one(Programme, asked.programme_id),
            from_on=asked.from_on,
            to_on=asked.to_on,
            now=now,
            numbers=(version.number, against.number),
            tell=tell,
        )
    return dict(found)


def _teller(
    sessions: Sessions, taken: Taken, present: Callable[[], datetime], stopping: Callable[[], bool]
) -> Callable[[int], None]:
    """Renews the lease, and leaves a heartbeat: a long replay is no silent job."""

    renewed: list[datetime] = []

    def tell(rows: int) -> None:
        if stopping():
            raise Stopping
        moment = present()
        if renewed and moment - renewed[-1] < RENEWED_EVERY:
            return
        renewed[:] = [moment]
        with sessions.begin() as session:
            values = {"id": taken.id, "tries": taken.tries, "until": moment + LEASE, "rows": rows}
            if session.execute(RENEW, values).one_or_none() is None:
                raise TakenOver
            heartbeats.beat(session, job=JOB, now=moment, took_ms=0, done=0)

    return tell


def _fail(sessions: Sessions, taken: Taken, error: Exception, now: datetime) -> None:
    """Its text may hold what nobody should read here."""
    with sessions.begin() as session:
        asked = _mine(session, taken)
        if asked is not None:
            again = taken.tries < MOST_TRIES
            asked.state = ReplayState.WAITING if again else ReplayState.FAILED
            asked.failure, asked.lease_until = type(error).__name__, None
            asked.finished_at = None if again else now


def _keep(sessions: Sessions, taken: Taken, result: dict[str, Any], now: datetime) -> int:
    with sessions.begin() as session:
        asked = _mine(session, taken)
        if asked is None:
            return 0
        asked.state, asked.result, asked.rows = ReplayState.DONE, result, result["rows"]
        asked.finished_at, asked.lease_until, asked.failure = now, None, None
    log.info("replay_done", replay=taken.id, rows=result["rows"], seconds=result["seconds"])
    return 1


def _mine(session: Session, taken: Taken) -> ProtocolReplay | None:
    """The row, held, while it is still this worker's."""
    query = select(ProtocolReplay).where(ProtocolReplay.id == taken.id, ProtocolReplay.tries == taken.tries)
    return session.scalar(query.where(ProtocolReplay.state == ReplayState.RUNNING).with_for_update())
