"""The one read of a submission: everything that deciding about it needs."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.exc import NoResultFound

from questionnaires import versions
from records import doors, driver
from records.driver import Driver
from triage import history, snoozes
from triage.earlier import EARLIER
from triage.situation import Situation, situation
from triage.snoozed import Running, running

NOW = "%(now)s::timestamptz"
GIVEN = "%(given_at)s::timestamptz"
BEFORE = f"coalesce(mine.due_at, c.opens_at, {GIVEN})"

# The check-in is the patient's own one that was named, or else the one open at this moment that had opened when the
# answers were given, or of a correction that of the first answer; one that has not opened yet is nobody's. A response
# already stored under the key, and what corrects it, tell a resent answer from a new one.
READ = f"""
    SELECT {history.PATIENT}, {history.MISSED.format(until=NOW)}, {history.FAILED_CALLS},
           {history.OWN_LIMITS.format(now=NOW)}, earlier.responses AS earlier, {snoozes.RUNNING},
           c.id AS checkin_id, c.public_id AS checkin, c.state AS checkin_state, c.opens_at, c.closes_at, c.local_on,
           mine.id AS mine_id, mine.public_id AS mine, mine.content_digest, mine.due_at AS mine_due_at,
           mine.late AS mine_late,
           CASE WHEN mine.id IS NOT NULL THEN (
               SELECT jsonb_object_agg(encode(r.content_digest, 'hex'), r.public_id) FROM responses r
               WHERE r.patient_id = e.patient_id AND r.amends_id = mine.id) END AS corrections,
           CASE WHEN mine.id IS NULL THEN (
               SELECT jsonb_build_array(r.enrolment_id, r.key)
               FROM moved_answers m JOIN responses r ON r.id = m.response_id
               WHERE m.from_enrolment_id = e.id AND m.before #>> '{{response,key}}' = %(key)s::uuid::text
               ORDER BY m.id DESC LIMIT 1) END AS moved,
           coalesce(asked.id, asks.id) AS version_id, coalesce(asked.digest, asks.digest) AS version_digest
    FROM enrolments e {history.JOINED}
    LEFT JOIN responses mine ON mine.patient_id = e.patient_id AND mine.key = %(key)s::uuid
    LEFT JOIN LATERAL (
        SELECT * FROM checkins ch
        WHERE ch.enrolment_id = e.id AND ch.opens_at <= {NOW}
          AND CASE WHEN mine.id IS NOT NULL THEN ch.id = mine.checkin_id
                   ELSE ch.public_id = %(checkin)s::uuid
                        OR ch.state = 'open' AND ch.closes_at > {NOW} AND ch.opens_at <= {GIVEN} END
        ORDER BY ch.public_id = %(checkin)s::uuid DESC NULLS LAST, ch.opens_at DESC LIMIT 1
    ) c ON true
    {versions.ASKED.format(now=NOW, url="%(url)s::text", version="%(version)s::text")}
    {history.IN_FORCE.format(now=NOW)}
    {history.PREVIOUS.format(before=BEFORE)}
    {EARLIER.format(before=BEFORE)}
    WHERE e.id = """  # noqa: S608 - constant fragments, every value is a parameter


BY_ID = driver.read_once(READ + "%(enrolment_id)s")
BY_SESSION = driver.read_once(READ + doors.RUNNING.format(now=NOW))


@dataclass(frozen=True, slots=True)
class Asked:
    """The check-in that is answered."""

    id: int
    public_id: uuid.UUID
    state: str
    opens_at: datetime
    closes_at: datetime
    local_on: date


@dataclass(frozen=True, slots=True)
class First:
    """What is stored already under the client's key."""

    id: int
    public_id: uuid.UUID
    digest: bytes
    due_at: datetime
    late: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """Where answers stand now that had come in under the client's key, and under which key (see triage.moving)."""

    enrolment_id: int
    key: uuid.UUID


@dataclass(frozen=True, slots=True)
class Read:
    """`corrections` of `first` by the digest of their content. The version is the one that the page was made from when
    there is such a one, else the one in force; None while the programme asks nothing. `snooze` is the rule that is put
    off for this patient. `moved` when what came in under this key was moved out of this file.
    """

    situation: Situation
    checkin: Asked | None
    first: First | None
    corrections: Mapping[bytes, uuid.UUID]
    version_id: int | None
    version_digest: bytes | None
    snooze: Running | None
    moved: Moved | None = None


def read(
    line: Driver, *, enrolment_id: int, key: uuid.UUID, checkin: uuid.UUID | None, given_at: datetime, now: datetime
) -> Read:
    """One statement. `given_at` is when the answers were given, on paper before `now`. Raises NoResultFound for an
    enrolment that does not exist.
    """
    named = {"enrolment_id": enrolment_id, "key": key, "checkin": checkin}
    values = {**named, "version": None, "url": None, "given_at": given_at, "now": now}
    row = driver.one_row(line, BY_ID, values)
    if row is None:
        raise NoResultFound(f"no enrolment {enrolment_id}")
    return _read(row)


def read_for_session(
    line: Driver,
    *,
    digest: bytes,
    key: uuid.UUID,
    checkin: uuid.UUID | None,
    version: str | None,
    url: str | None = None,
    now: datetime,
) -> Read | None:
    """The same for whoever's session in the browser this is (see `doors.RUNNING`), in one statement all the same; None
    for a session that is over or never was. `version` of `url` is what the page says it was made from.
    """
    told = {"key": key, "checkin": checkin, "version": version, "url": url}
    values = {"session": digest, **told, "given_at": now, "now": now}
    row = driver.one_row(line, BY_SESSION, values)
    return None if row is None else _read(row)


def _read(row: Any) -> Read:
    corrections = {bytes.fromhex(digest): uuid.UUID(found) for digest, found in (row["corrections"] or {}).items()}
    version = row["version_id"], row["version_digest"]
    moved = Moved(row["moved"][0], uuid.UUID(row["moved"][1])) if row["moved"] else None
    return Read(situation(row), _asked(row), _first(row), corrections, *version, running(row["snooze"]), moved)


def _asked(row: Any) -> Asked | None:
    if row["checkin_id"] is None:
        return None
    names = ("opens_at", "closes_at", "local_on")
    return Asked(row["checkin_id"], row["checkin"], row["checkin_state"], **{name: row[name] for name in names})


def _first(row: Any) -> First | None:
    if row["mine_id"] is None:
        return None
    return First(row["mine_id"], row["mine"], bytes(row["content_digest"]), row["mine_due_at"], row["mine_late"])
