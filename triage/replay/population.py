"""Whose answers are replayed, and what is known about them beside the answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from records import clock, driver
from records.driver import Driver
from records.models import Programme
from triage.replay.result import HOURS

REAL = """
    SELECT EXISTS (SELECT FROM enrolments e JOIN patients p ON p.id = e.patient_id
                   WHERE e.programme_id = %(programme)s AND NOT p.rehearsal AND e.activated_at IS NOT NULL) AS found
"""
CHOSEN = """
    FROM enrolments e JOIN patients p ON p.id = e.patient_id
    WHERE e.programme_id = %(programme)s AND p.rehearsal = %(synthetic)s
"""
IDS = f"COPY (SELECT e.id {CHOSEN}) TO STDOUT (FORMAT BINARY)"
ACTIVE = f"""
    SELECT coalesce(sum(extract(epoch FROM least(e.ended_at, %(until)s) - greatest(e.activated_at, %(begins)s))), 0)
        AS seconds
    {CHOSEN} AND e.activated_at < %(until)s AND (e.ended_at IS NULL OR e.ended_at > %(begins)s)
"""  # noqa: S608 - constants only
RUNNING = f"SELECT count(*) AS now {CHOSEN} AND e.state = 'active'"
EVENTS = """
    SELECT o.enrolment_id, e.public_id, o.kind, o.on_day
    FROM patient_outcomes o JOIN enrolments e ON e.id = o.enrolment_id JOIN patients p ON p.id = e.patient_id
    WHERE e.programme_id = %(programme)s AND p.rehearsal = %(synthetic)s
      AND o.on_day BETWEEN %(first)s AND %(last)s
    ORDER BY o.enrolment_id, o.on_day, array_position(ARRAY['deceased', 'intensive-care', 'admitted'], o.kind)
"""
HELD = f"""
    SELECT count(*) AS calls, avg(least(d.held_seconds, {60 * 60})) AS seconds
    FROM dispositions d JOIN callbacks b ON b.id = d.callback_id JOIN enrolments e ON e.id = b.enrolment_id
    WHERE e.programme_id = %(programme)s AND d.held_seconds IS NOT NULL AND d.at >= %(since)s AND d.at < %(now)s
"""  # noqa: S608 - constants only
ROSTER = "SELECT weekday, hour, callers FROM roster_hours WHERE programme_id = %(programme)s"
VERSIONS = """
    SELECT id, number, digest FROM protocol_versions WHERE slug IN (
        SELECT v.slug FROM protocols_in_force f JOIN protocol_versions v ON v.id = f.version_id
        WHERE f.programme_id = %(programme)s)
    ORDER BY number, id
"""

MEASURED_DAYS = 90
FEWEST_MEASURED = 20
USUAL_MINUTES = 10.0
"""Of a call, while fewer than FEWEST_MEASURED were measured in the last MEASURED_DAYS."""


@dataclass(frozen=True)
class Event:
    """Something that became of a patient; `enrolment_id` as the database has it, `enrolment` as people may see it."""

    enrolment_id: int
    enrolment: str
    kind: str
    on: date


@dataclass(frozen=True)
class Chosen:
    """The enrolments of a programme, real ones or synthetic ones. `known` marks them by id, from `base` on."""

    programme: int
    synthetic: bool
    base: int
    known: npt.NDArray[np.bool_]

    def places(self, enrolments: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The place of each among `known`, -1 for one of others."""
        found = enrolments - self.base
        inside = (found >= 0) & (found < len(self.known))
        inside[inside] = self.known[found[inside]]
        return np.where(inside, found, -1)


def chosen(line: Driver, programme: int) -> Chosen:
    """Real patients, or the synthetic ones of a programme that has never followed a real one."""
    synthetic = not driver.all_rows(line, REAL, {"programme": programme})[0]["found"]
    values = {"programme": programme, "synthetic": synthetic}
    with line.cursor() as cursor, cursor.copy(IDS, values) as stream:
        content = b"".join(stream)
    layout = np.dtype([("fields", ">i2"), ("length", ">i4"), ("id", ">i8")])
    ids = np.frombuffer(content, dtype=layout, count=(len(content) - 21) // layout.itemsize, offset=19)["id"]
    if not len(ids):
        return Chosen(programme, synthetic, 0, np.zeros(0, dtype=np.bool_))
    base = int(ids.min())
    known = np.zeros(int(ids.max()) - base + 1, dtype=np.bool_)
    known[ids.astype(np.int64) - base] = True
    return Chosen(programme, synthetic, base, known)


@dataclass(frozen=True)
class Version:
    number: int
    digest: str


def versions(line: Driver, programme: int) -> dict[int, Version]:
    """Every version that may have assessed a patient of the programme, by id."""
    rows = driver.all_rows(line, VERSIONS, {"programme": programme})
    return {row["id"]: Version(row["number"], row["digest"].hex()) for row in rows}


def active(line: Driver, who: Chosen, begins: datetime, ends: datetime, now: datetime) -> tuple[int, float]:
    """Enrolments active now, and how many were at a time in the period; a pause is not taken off."""
    until = min(ends, now)
    values = {"programme": who.programme, "synthetic": who.synthetic, "begins": begins, "until": until}
    running = driver.all_rows(line, RUNNING, values)[0]["now"]
    length = (until - begins).total_seconds()
    if length <= 0:
        return running, 0.0
    return running, round(float(driver.all_rows(line, ACTIVE, values)[0]["seconds"]) / length, 2)


def events(line: Driver, who: Chosen, first: date, last: date) -> list[Event]:
    """By enrolment and day, of one day the gravest first."""
    values = {"programme": who.programme, "synthetic": who.synthetic, "first": first, "last": last}
    rows = driver.all_rows(line, EVENTS, values)
    return [Event(row["enrolment_id"], str(row["public_id"]), row["kind"], row["on_day"]) for row in rows]


def minutes_per_call(line: Driver, programme: int, now: datetime) -> tuple[float, int]:
    """How long a caller had a call-back, and of how many calls that is the mean; 0 calls: the usual minutes. Longer
    than an hour counts as an hour: somebody left the page open.
    """
    values = {"programme": programme, "since": now - timedelta(days=MEASURED_DAYS), "now": now}
    found = driver.all_rows(line, HELD, values)[0]
    if found["calls"] < FEWEST_MEASURED:
        return USUAL_MINUTES, 0
    return round(float(found["seconds"]) / 60, 2), found["calls"]


def callers(line: Driver, programme: int) -> list[int] | None:
    """Of each hour of the week; None when nobody has written a roster."""
    rows: Sequence[dict[str, Any]] = driver.all_rows(line, ROSTER, {"programme": programme})
    if not rows:
        return None
    found = [0] * HOURS
    for row in rows:
        found[row["weekday"] * 24 + row["hour"]] = row["callers"]
    return found


def bounds(programme: Programme, from_on: date, to_on: date) -> tuple[datetime, datetime]:
    """The instants at which the centre's days begin and end."""
    midnight = datetime.min.time()
    return tuple(clock.instant(day, midnight, programme.zone) for day in (from_on, to_on + timedelta(days=1)))  # type: ignore[return-value]
