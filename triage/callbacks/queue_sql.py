"""The queue's two statements: which rows stand in which state, and what is written in a row."""

from __future__ import annotations

from functools import lru_cache

from records import driver
from records.driver import Statement
from triage.callbacks.queue_filters import Filters, conditions
from triage.incidents import overview
from triage.levels import Level
from triage.models import EscalationKind

MOST_COUNTED = 1000
"""A level is counted so far and no further: nobody reads the difference, and each look would pay for it."""

BESIDE_COURSE = "temperature"
"""The linkId whose last value stands in each row beside the one that the programme follows."""

KEEPS_PLACE = int(Level.RED)
LEVELS = tuple(level for level in sorted(Level, reverse=True) if level is not Level.GREEN)

# What is to be tried again later stands behind what is due now in its level, for a caller who goes down the list would
# step over it each time. A red keeps its place: whoever sees it must be able to decide that it does not wait. The two
# kinds are read apart, each in the order of an index, so that the head of a long queue is all that is read of it.
LATER = f"b.next_try_at > %(now)s::timestamptz AND b.rank < {KEEPS_PLACE}"
DUE = f"(b.next_try_at IS NULL OR b.next_try_at <= %(now)s::timestamptz OR b.rank >= {KEEPS_PLACE})"

COLUMNS = ", ".join(
    f"b.{name}"
    for name in (
        *("id", "public_id", "version", "rank", "due_at", "next_try_at", "enrolment_id", "incident_id"),
        *("claimed_by_id", "claim_ends_at", "worsened_at"),
    )
)
FIRST = """
    SELECT c.* FROM unnest(%(teams)s::bigint[]) AS team (id) CROSS JOIN LATERAL (
        (SELECT {columns}, false AS later FROM callbacks b
         WHERE b.team_id = team.id AND b.state = 'open' AND {due} {conditions}
         ORDER BY b.rank DESC, b.due_at, b.id LIMIT {most})
        UNION ALL
        (SELECT {columns}, true AS later FROM callbacks b
         WHERE b.team_id = team.id AND b.state = 'open' AND {later} {conditions}
         ORDER BY b.rank DESC, b.due_at, b.id LIMIT {most})
    ) c ORDER BY c.rank DESC, c.later, c.due_at, c.id LIMIT {most}
"""

COUNTS = f"""
    SELECT jsonb_object_agg(level.rank, level.total)::text AS counted FROM (
        SELECT level.rank, count(*) AS total
        FROM (VALUES {", ".join(f"({int(level)}::smallint)" for level in LEVELS)}) level (rank) CROSS JOIN LATERAL (
            SELECT 1 FROM callbacks b WHERE b.team_id = ANY(%(own)s::bigint[]) AND b.state = 'open'
              AND b.incident_id IS NULL AND b.rank = level.rank LIMIT {MOST_COUNTED}
        ) one GROUP BY level.rank
    ) level
"""  # noqa: S608 - numbers of our own
"""Of the whole queue of one's teams, from its index alone."""

BESIDE = f"""
    SELECT (SELECT count(*) FROM notices n WHERE n.staff_id = %(staff)s AND n.seen_at IS NULL)
          + (SELECT count(*) FROM callbacks w WHERE w.claimed_by_id = %(staff)s AND w.worsened_at IS NOT NULL
               AND w.state = 'open') AS notices,
        (SELECT concat(max(n.id), (SELECT concat(' ', sum(w.id)) FROM callbacks w WHERE w.claimed_by_id = %(staff)s
               AND w.worsened_at IS NOT NULL AND w.state = 'open'))
         FROM notices n WHERE n.staff_id = %(staff)s AND n.seen_at IS NULL) AS told,
        ({overview.OPEN}) AS incidents,
        (SELECT jsonb_agg(jsonb_build_array(g.id, g.zone, version.id, encode(version.digest, 'hex'))
                          ORDER BY g.id)::text
         FROM programmes g LEFT JOIN LATERAL (
            SELECT v.id, v.digest FROM protocols_in_force f JOIN protocol_versions v ON v.id = f.version_id
            WHERE f.programme_id = g.id AND f.from_at <= %(now)s::timestamptz ORDER BY f.from_at DESC LIMIT 1
         ) version ON true) AS programmes
"""  # noqa: S608 - constants
"""What a page of the queue shows and no row holds. Joined so that it comes also when no row passes the filters; as
text, for it comes with each row and is read once.
"""

ESCALATED = f"""
    (SELECT CASE WHEN x.staff_id IS NULL THEN 'nobody' WHEN x.acknowledged_at IS NOT NULL THEN 'answered'
        WHEN x.kind = '{EscalationKind.OUTSIDE_HOURS}' THEN 'on-call' WHEN x.step = 1 THEN 'lead' ELSE 'physician' END
     FROM escalations x WHERE x.callback_id = c.id
       AND NOT EXISTS (SELECT 1 FROM attempts t WHERE t.callback_id = c.id AND t.at >= x.at)
     ORDER BY x.at DESC, x.id DESC LIMIT 1) AS escalated
"""  # noqa: S608 - a constant
"""Whom the service told last that this call is late, as long as nobody has called since."""


@lru_cache(256)
def looking(filters: Filters, limit: int) -> Statement:
    """Everything that decides what each row looks like, and no more of it: light enough to be asked every ten seconds.
    One row more than `limit`, which stands in the text: its plan is made before its values are known, and one for all
    rows would sort them.

    Who the patient is lies sealed in a row of its own, whose `xmin` tells of every change without opening anything.
    """
    given = {"due": DUE, "later": LATER, "columns": COLUMNS, "conditions": conditions(filters), "most": int(limit) + 1}
    first = FIRST.format(**given)
    return driver.read_once(f"""
        SELECT standing.counted, beside.*, shown.* FROM ({COUNTS}) standing CROSS JOIN ({BESIDE}) beside LEFT JOIN (
            SELECT c.id, c.public_id, c.version, c.rank, c.later, c.due_at, c.next_try_at, c.claimed_by_id,
                c.claim_ends_at, c.worsened_at, c.incident_id, holder.name AS claimed_by, e.onset_on, e.activated_at,
                e.zone, g.zone AS centre_zone, g.day_zero, p.xmin::text AS patient_row, {ESCALATED},
                (SELECT z.until_at FROM snoozes z WHERE z.enrolment_id = e.id AND z.ended_at IS NULL
                   AND e.state = 'active' AND z.until_at > %(now)s::timestamptz) AS snoozed_until
            FROM ({first}) c
            JOIN enrolments e ON e.id = c.enrolment_id JOIN patients p ON p.id = e.patient_id
            JOIN programmes g ON g.id = e.programme_id LEFT JOIN staff holder ON holder.id = c.claimed_by_id
        ) shown ON true ORDER BY shown.rank DESC, shown.later, shown.due_at, shown.id
    """)  # noqa: S608 - constant fragments, every value is a parameter


NUMBER = "coalesce(r.measured->>'integer', r.measured->>'decimal', r.measured->>'quantity')"
"""Null, which string_agg leaves out, for a stored value that is no number."""

WRITTEN = driver.read_once(f"""
    SELECT c.id, c.public_id, c.version, c.rank, c.opened_at, c.due_at, c.for_physician, c.next_try_at, c.next_step,
        c.worsened_at, c.incident_id, c.claimed_by_id, c.claim_ends_at, holder.name AS claimed_by,
        e.public_id AS enrolment, e.state, e.onset_on, e.zone, e.risk_tier, e.lives_alone, g.zone AS centre_zone,
        p.public_id AS patient, p.family_name, p.given_name, p.birth_date, p.language, k.wrapped,
        (SELECT jsonb_agg(jsonb_build_object('public_id', a.public_id, 'kind', a.kind, 'rank', a.rank,
                'cause', a.cause, 'raised_at', a.raised_at, 'reasons',
                (SELECT coalesce(jsonb_agg(said.reason - 'assessed' ORDER BY said.place), '[]')
                 FROM jsonb_array_elements(a.reasons) WITH ORDINALITY said (reason, place)))
                ORDER BY a.rank DESC, a.raised_at, a.id)
         FROM alerts a WHERE a.callback_id = c.id AND a.closed_at IS NULL) AS alerts,
        (SELECT jsonb_build_object(g.course_of, r.answers->g.course_of, '{BESIDE_COURSE}', r.answers->'{BESIDE_COURSE}')
         FROM responses r WHERE r.enrolment_id = e.id ORDER BY r.due_at DESC, r.id DESC LIMIT 1) AS latest,
        (SELECT z.until_at FROM snoozes z WHERE z.enrolment_id = e.id AND z.ended_at IS NULL
           AND e.state = 'active' AND z.until_at > %(now)s::timestamptz) AS snoozed_until,
        g.id AS programme_id, g.name AS programme, g.day_zero, g.course_of, e.activated_at,
        recent.course, {ESCALATED}
    FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY wanted (id, place) JOIN callbacks c ON c.id = wanted.id
    JOIN enrolments e ON e.id = c.enrolment_id JOIN patients p ON p.id = e.patient_id
    JOIN patient_keys k ON k.patient_id = p.id JOIN programmes g ON g.id = e.programme_id
    LEFT JOIN staff holder ON holder.id = c.claimed_by_id
    LEFT JOIN LATERAL (
        SELECT string_agg(extract(epoch FROM r.due_at)::bigint || ' ' || {NUMBER}, ' ') AS course FROM (
            SELECT due_at, answers->g.course_of->0 AS measured FROM responses
            WHERE enrolment_id = e.id AND due_at > %(since)s::timestamptz ORDER BY due_at, id
        ) r
    ) recent ON true
    ORDER BY wanted.place
""")  # noqa: S608 - a constant
