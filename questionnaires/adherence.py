"""Who answers, when, and for how long: what docs/adherence.md defines, of the follow-ups that began in a period.

PostgreSQL counts, a chunk of follow-ups at a time and each chunk in one statement; what comes over is counts by day, by
week, by minute, whatever the number of patients. Nothing here reads an identity or an answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from questionnaires.adherence_figures import COUNTS, Adherence, Part, figures
from records import clock
from records.models import Programme
from records.refusals import Refused, Sentence

CHUNK = 5_000
LONGEST_MINUTES = 7 * 24 * 60
"""An answer later than this counts as having taken this long."""

# A follow-up's first day is the first on which it was asked anything. An answered check-in is answered by what came in
# when it closed: an older answer, queued on a phone, may be tied to it without answering it. A sheet of paper is
# entered later than it was filled in: it was in time if it was filled in in time, and how long it took nobody knows.
# Looked up one by one, by index: of parts of a statement the planner expects few rows, and joins them quadratically.
STATEMENT = text("""
    WITH chosen AS MATERIALIZED (
        SELECT e.id, e.team_id, e.answers_by, p.language,
               width_bucket(e.activated_at, CAST(:weeks AS timestamptz[])) AS week
        FROM enrolments e JOIN patients p ON p.id = e.patient_id
        WHERE e.id > :after AND e.programme_id = :programme AND p.rehearsal = :rehearsal
          AND e.activated_at >= :begins AND e.activated_at < :ends
          AND (:everybody OR e.team_id = ANY(CAST(:teams AS bigint[])))
        ORDER BY e.id LIMIT :limit
    ),
    facts AS MATERIALIZED (
        SELECT chosen.id, chosen.week, chosen.team_id, chosen.language, chosen.answers_by, r.door, r.informant,
               c.local_on - begun.first_on + 1 AS day,
               CASE WHEN c.state = 'answered' OR r.in_time_on_paper THEN 'in-time'
                    WHEN r.received_at IS NOT NULL THEN 'late' ELSE 'missed' END AS kept,
               CASE WHEN r.door <> 'paper' THEN least(:longest, greatest(0, CAST(floor(
                    extract(epoch FROM r.received_at - c.opens_at) / 60) AS int))) END AS minutes,
               CASE WHEN r.given_at > n.second_at THEN 2
                    WHEN r.given_at > n.first_at THEN 1 ELSE 0 END AS reminders
        FROM chosen
        CROSS JOIN LATERAL (SELECT min(local_on) AS first_on FROM checkins WHERE enrolment_id = chosen.id) begun
        JOIN checkins c ON c.enrolment_id = chosen.id AND c.state IN ('answered', 'missed')
          AND c.closes_at <= :now
        LEFT JOIN LATERAL (
            SELECT a.door, a.informant, a.received_at,
                   CASE WHEN a.door = 'paper' THEN a.completed_at ELSE a.received_at END AS given_at,
                   a.door = 'paper' AND a.completed_at <= c.closes_at AS in_time_on_paper
            FROM responses a
            WHERE a.checkin_id = c.id AND a.amends_id IS NULL
              AND CASE c.state WHEN 'answered' THEN a.received_at = c.closed_at ELSE a.late END
            ORDER BY a.received_at, a.id LIMIT 1
        ) r ON true
        LEFT JOIN LATERAL (
            SELECT min(k.at) FILTER (WHERE k.purpose = 'first-reminder') AS first_at,
                   min(k.at) FILTER (WHERE k.purpose = 'second-reminder') AS second_at
            FROM contacts k
            WHERE r.received_at IS NOT NULL AND k.about = c.public_id AND k.outcome IN ('sent', 'delivered')
        ) n ON true
    ),
    cells AS NOT MATERIALIZED (
        SELECT of.breakdown, of.key COLLATE "C" AS key, facts.* FROM facts CROSS JOIN LATERAL (VALUES
            ('all', ''), ('day', CAST(day AS text)), ('week', CAST(week AS text)), ('team', CAST(team_id AS text)),
            ('language', language), ('asked-by', answers_by), ('door', door), ('informant', informant)
        ) of (breakdown, key) WHERE of.key IS NOT NULL
    ),
    people AS (
        SELECT breakdown, key, count(*) AS asked, count(*) FILTER (WHERE kept = 'in-time') AS in_time,
               count(*) FILTER (WHERE kept = 'late') AS late, count(*) FILTER (WHERE kept = 'missed') AS missed,
               count(minutes) AS timed, count(*) FILTER (WHERE minutes < :first_reminder) AS within_first,
               count(*) FILTER (WHERE reminders = 1) AS after_first,
               count(*) FILTER (WHERE reminders = 2) AS after_second,
               count(*) FILTER (WHERE informant = 'carer') AS carer
        FROM cells GROUP BY breakdown, key, id
    ),
    courses AS (
        SELECT id, min(day) FILTER (WHERE kept <> 'in-time') AS silent_on, max(day) AS last_on,
               min(day) FILTER (WHERE day > answered_to) AS stopped_on
        FROM (SELECT id, day, kept,
                     coalesce(max(day) FILTER (WHERE kept <> 'missed') OVER (PARTITION BY id), 0) AS answered_to
              FROM facts) told
        GROUP BY id
    )
    SELECT 'chosen' AS part, NULL AS breakdown, NULL AS key, ARRAY[count(*), max(id)] AS numbers FROM chosen
    UNION ALL
    SELECT 'counts', breakdown, key, CAST(ARRAY[count(*), sum(asked), sum(in_time), sum(late), sum(missed), sum(timed),
        sum(within_first), sum(after_first), sum(after_second), sum(carer)] AS bigint[])
    FROM people GROUP BY breakdown, key
    UNION ALL
    SELECT 'minutes', breakdown, key, ARRAY[minutes, count(*)]
    FROM cells WHERE minutes IS NOT NULL GROUP BY breakdown, key, minutes
    UNION ALL
    SELECT 'courses', NULL, NULL, ARRAY[silent_on, stopped_on, last_on, count(*)]
    FROM courses GROUP BY silent_on, stopped_on, last_on
""")


class TooMany(Refused):
    """More follow-ups than the caller waits for."""

    def __init__(self, most: int) -> None:
        super().__init__(
            Sentence(
                "More than %(most)s follow-ups began in this period. Choose a shorter one or a team, or ask"
                " whoever runs the service for `vigidom adherence`, which takes its time.",
                {"most": most},
            )
        )


def measure(
    session: Session,
    *,
    programme: Programme,
    first_on: date,
    last_on: date,
    now: datetime,
    teams: Collection[int] | None = None,
    rehearsal: bool = False,
    chunk: int = CHUNK,
    most: int | None = None,
) -> Adherence:
    """The adherence of the follow-ups of `programme` that began from `first_on` to `last_on`, both included, in the
    centre's zone; of `teams`, or of all. Real patients, or synthetic ones with `rehearsal`, never both together. What
    could still be answered at `now` is left out, answered or not.

    Each chunk is as it was when it was read; a follow-up is in one chunk only. Raises TooMany beyond `most` follow-ups.
    """
    weeks = list(_weeks(first_on, last_on))
    asked = {
        "now": now,
        "programme": programme.id,
        "rehearsal": rehearsal,
        "everybody": teams is None,
        "teams": sorted(teams or ()),
        "weeks": [_midnight(week, programme.zone) for week in weeks],
        "begins": _midnight(first_on, programme.zone),
        "ends": _midnight(last_on + timedelta(days=1), programme.zone),
        "first_reminder": programme.first_reminder_minutes,
        "longest": LONGEST_MINUTES,
        "limit": chunk,
    }
    names = {str(number): week.isoformat() for number, week in enumerate(weeks, start=1)}
    return figures(_named(part, names) for part in _parts(session, asked, most))


def _parts(session: Session, asked: Mapping[str, Any], most: int | None) -> Iterator[Part]:
    after, read, found = 0, 0, int(asked["limit"])
    while found == asked["limit"]:
        rows: dict[str, list[Any]] = defaultdict(list)
        for part, breakdown, key, numbers in session.execute(STATEMENT, {**asked, "after": after}):
            rows[part].append(numbers if breakdown is None else (breakdown, key, *numbers))
        ((found, last),) = rows["chosen"]
        after, read = last or after, read + found
        if most is not None and read > most:
            raise TooMany(most)
        yield Part(rows["counts"], rows["minutes"], rows["courses"])


def _named(part: Part, weeks: Mapping[str, str]) -> Part:
    """With weeks called by their Monday instead of their number."""

    def name(row: Sequence[Any]) -> Sequence[Any]:
        return ("week", weeks[row[1]], *row[2:]) if row[0] == "week" else row

    return Part([name(row) for row in part.counts], [name(row) for row in part.minutes], part.courses)


def _weeks(first_on: date, last_on: date) -> Iterator[date]:
    monday = first_on - timedelta(days=first_on.weekday())
    while monday <= last_on:
        yield monday
        monday += timedelta(days=7)


def _midnight(day: date, zone: str) -> datetime:
    return clock.instant(day, time(0), zone)


__all__ = ["COUNTS", "Adherence", "TooMany", "measure"]
