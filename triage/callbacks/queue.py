"""Who is to be called, most urgent first: level, then how late. Of the longest queue its head is all that is read."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy.orm import Session

from records import access, driver
from records.models import Staff
from triage.callbacks import queue_sql
from triage.callbacks.queue_filters import Filters, values
from triage.callbacks.queue_rows import QueueRow, day_of, queue_row
from triage.incidents import Standing, overview

RECENT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Counts:
    """Of the whole queue of one's teams, whatever the filters; `by_level` has every level that can stand in it.

    A level is counted up to queue_sql.MOST_COUNTED; `is_least` says that one has as many or more.
    """

    by_level: Mapping[str, int]
    total: int
    is_least: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """One row by what decides how it looks: two with the same `shown` read the same, but for the running of clocks."""

    id: int
    public_id: uuid.UUID
    facts: list[Any]

    @property
    def shown(self) -> str:
        return _digest(self.facts)


@dataclass(frozen=True, slots=True)
class InForce:
    """A programme of the centre, and the version of the protocol that assesses its patients now."""

    programme_id: int
    zone: str
    version_id: int | None
    digest: bytes | None


@dataclass(frozen=True, slots=True)
class Look:
    """What stands in the queue, without a name: enough to know whether a page of it is still right. `is_cut`: more rows
    pass the filters. `notices` is how many triage.notices waits to tell the viewer.
    """

    marks: tuple[Mark, ...]
    is_cut: bool
    counts: Counts
    incidents: tuple[Standing, ...]
    notices: int
    programmes: tuple[InForce, ...]
    etag: str


@dataclass(frozen=True, slots=True)
class QueuePage:
    rows: tuple[QueueRow, ...]
    counts: Counts
    etag: str
    look: Look


def queue(
    session: Session, *, staff: Staff, now: datetime, limit: int = 50, filters: Filters | None = None
) -> QueuePage:
    """The first `limit` rows within the teams of `staff`. Raises UnknownCode for a filter that is no level."""
    seen = look(session, staff=staff, now=now, limit=limit, filters=filters)
    return QueuePage(rows_of(session, seen.marks, staff=staff, now=now), seen.counts, seen.etag, seen)


def etag(session: Session, *, staff: Staff, now: datetime, limit: int = 50, filters: Filters | None = None) -> str:
    """That of the page that `queue` would make, from a light read: for asking whether anything changed."""
    return look(session, staff=staff, now=now, limit=limit, filters=filters).etag


def look(session: Session, *, staff: Staff, now: datetime, limit: int = 50, filters: Filters | None = None) -> Look:
    """One statement."""
    chosen = filters or Filters()
    own = access.team_ids(staff)
    given, line = values(chosen, staff=staff, now=now) | {"own": own}, driver.under(session)
    driver.plan_once(line)
    found = driver.each_row(line, queue_sql.looking(chosen, limit), given)
    beside = found[0]
    marks = tuple(_mark(row, staff.id, now) for row in found if row["id"] is not None)
    counts = _counts(orjson.loads(beside["counted"] or "{}"))
    stand = tuple(overview.within(beside["incidents"], team_ids=own, now=now))
    programmes = orjson.loads(beside["programmes"] or "[]")
    shown = [
        [str(staff.public_id), limit, repr(chosen), len(marks) > limit, beside["told"], beside["notices"], programmes],
        [mark.facts for mark in marks[:limit]],
        [dict(counts.by_level), counts.total],
        [
            [str(one.public_id), one.kind, one.waiting, one.worst, one.first_deadline, one.next_deadline_passed]
            for one in stand
        ],
    ]
    tag = _digest(shown)
    known = tuple(
        InForce(programme[0], programme[1], programme[2], bytes.fromhex(programme[3] or "") or None)
        for programme in programmes
    )
    return Look(marks[:limit], len(marks) > limit, counts, stand, beside["notices"], known, tag)


def rows_of(session: Session, marks: Sequence[Mark], *, staff: Staff, now: datetime) -> tuple[QueueRow, ...]:
    """What is written in these rows, in their order; one statement. The marks must come from a look of `staff`, which
    is what keeps them within their teams.
    """
    if not marks:
        return ()
    given = {"ids": [mark.id for mark in marks], "now": now, "since": now - RECENT}
    found = driver.each_row(driver.under(session), queue_sql.WRITTEN, given)
    return tuple(queue_row(row, staff_id=staff.id, now=now) for row in found)


def _mark(row: Mapping[str, Any], staff_id: int, now: datetime) -> Mark:
    """Never of an instant that runs, which would either change with every look or miss what happened within its grain:
    of which side of it `now` stands.
    """
    held = row["claim_ends_at"] is not None and row["claim_ends_at"] > now
    shown = [
        [str(row["public_id"]), row["version"], row["rank"], row["patient_row"], day_of(row, now), row["due_at"] < now],
        [row["claimed_by"], row["claimed_by_id"] == staff_id, row["worsened_at"] is not None] if held else None,
        row["next_try_at"] if row["next_try_at"] is not None and row["next_try_at"] > now else None,
        [row["incident_id"] is not None, row["snoozed_until"], row["escalated"]],
    ]
    return Mark(row["id"], row["public_id"], shown)


def _counts(counted: Mapping[str, int]) -> Counts:
    by_level = {level.code: counted.get(str(int(level)), 0) for level in queue_sql.LEVELS}
    is_least = any(number >= queue_sql.MOST_COUNTED for number in by_level.values())
    return Counts(by_level, sum(by_level.values()), is_least)


def _digest(shown: Any) -> str:
    return hashlib.sha256(orjson.dumps(shown)).hexdigest()[:32]


__all__ = ["Counts", "Filters", "InForce", "Look", "Mark", "QueuePage", "etag", "look", "queue", "rows_of"]
