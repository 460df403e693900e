"""The counting, which PostgreSQL does: a row comes over for each period and cause, however many alerts there were.

A cause is the id of a rule, or one of these: a value in doubt, a silence of which no rule speaks, something other than
the protocol; and, beside them, every red alert of the protocol and every alert of the protocol.
"""

from __future__ import annotations

from sqlalchemy import text

from triage.levels import Level

DOUBT, SILENCE, OTHER, RED, ALL = "*doubt", "*silence", "*other", "*red", "*all"
WIDE = (RED, ALL)
OF_PROTOCOL = "('answers', 'silence', 'unreached')"

# The rules that the caller was told: one that only repeats a worse one about the same facts is not among them.
CAUSES = f"""
    CROSS JOIN LATERAL (
        SELECT coalesce(
                array_agg(DISTINCT coalesce(r ->> 'rule', '{DOUBT}'))
                    FILTER (WHERE coalesce(r ->> 'rule', r ->> 'doubt') <> ''),
                ARRAY[CASE WHEN a.kind = 'silence' THEN '{SILENCE}' ELSE '{OTHER}' END]) AS causes
        FROM jsonb_array_elements(a.reasons) r
    ) told
    CROSS JOIN LATERAL unnest(told.causes || CASE
        WHEN a.kind NOT IN {OF_PROTOCOL} THEN ARRAY[]::text[]
        WHEN a.rank >= {int(Level.RED)} THEN ARRAY['{RED}', '{ALL}'] ELSE ARRAY['{ALL}'] END) AS counted (cause)
"""  # noqa: S608 - constant text
HERE = "e.programme_id = :programme AND p.rehearsal = :rehearsal"
# Looked up one by one, by index: the planner expects few rows of a part of a statement, and joins them quadratically.
IS_HERE = f"""EXISTS (SELECT FROM enrolments e JOIN patients p ON p.id = e.patient_id
    WHERE e.id = %s.enrolment_id AND {HERE} OFFSET 0)"""
OPENED = f"FROM callbacks c WHERE c.opened_at >= :begins AND c.opened_at < :ends AND {IS_HERE % 'c'}"
OPENED_CALLS = text(f"SELECT count(*) FROM (SELECT {OPENED} LIMIT :more) first_ones")  # noqa: S608 - constant text

CALLS = text(f"""
    WITH called AS MATERIALIZED (
        SELECT c.id, width_bucket(c.opened_at, CAST(:edges AS timestamptz[])) AS period {OPENED}
    ), alert AS MATERIALIZED (
        SELECT a.*, called.period, day.day + :within < CAST(:today AS date) AS is_judged,
               EXISTS (SELECT FROM patient_outcomes o WHERE o.enrolment_id = a.enrolment_id AND o.kind = ANY(:kinds)
                       AND o.on_day BETWEEN day.day AND day.day + :within) AS is_followed
        FROM called JOIN alerts a ON a.callback_id = called.id
        CROSS JOIN LATERAL (SELECT CAST(a.raised_at AT TIME ZONE :zone AS date) AS day) day
    ), caused AS (
        SELECT a.callback_id, a.period, counted.cause, count(*) AS alerts, count(*) FILTER (WHERE is_judged) AS judged,
               count(*) FILTER (WHERE is_judged AND is_followed) AS followed
        FROM alert a {CAUSES}
        GROUP BY a.callback_id, a.period, counted.cause
    ), shared AS (
        SELECT callback_id, count(*) AS causes FROM caused WHERE cause <> ALL(:wide) GROUP BY callback_id
    ), came AS (
        SELECT d.callback_id, sum(d.held_seconds) AS seconds, bool_or(d.kind = ANY(:emergencies)) AS is_emergency,
               bool_or(d.kind = 'entry-error') AS is_mistaken, bool_or(d.kind <> 'to-physician') AS is_decided,
               (array_agg(d.useful ORDER BY d.at DESC, d.id DESC) FILTER (WHERE d.useful IS NOT NULL))[1] AS said,
               CASE WHEN bool_or(d.kind = ANY(:acted)) THEN true
                    WHEN bool_or(d.kind = ANY(:rested)) THEN false END AS by_kind
        FROM called JOIN dispositions d ON d.callback_id = called.id GROUP BY d.callback_id
    )
    SELECT period, cause, CAST(sum(alerts) AS bigint) AS alerts, count(*) AS calls,
           count(*) FILTER (WHERE causes = 1 AND cause <> ALL(:wide)) AS alone,
           CAST(coalesce(sum(seconds / CASE WHEN cause = ANY(:wide) THEN 1 ELSE causes END), 0) AS float8) AS seconds,
           count(seconds) AS timed, count(said) AS said, count(coalesce(said, by_kind)) AS weighed,
           count(*) FILTER (WHERE coalesce(said, by_kind)) AS useful,
           count(*) FILTER (WHERE is_decided) AS decided, count(*) FILTER (WHERE is_mistaken) AS mistaken,
           count(*) FILTER (WHERE is_emergency) AS emergencies,
           count(*) FILTER (WHERE is_emergency AND causes = 1 AND cause <> ALL(:wide)) AS only_it,
           CAST(sum(judged) AS bigint) AS judged, CAST(sum(followed) AS bigint) AS followed
    FROM caused JOIN shared USING (callback_id) LEFT JOIN came USING (callback_id)
    GROUP BY period, cause
""")  # noqa: S608 - constant text, every value is a parameter

EVENT = f"""
    event AS MATERIALIZED (
        SELECT DISTINCT ON (o.enrolment_id) o.enrolment_id, o.on_day,
               width_bucket(o.on_day, CAST(:days AS date[])) AS period
        FROM patient_outcomes o JOIN enrolments e ON e.id = o.enrolment_id JOIN patients p ON p.id = e.patient_id
        WHERE o.on_day >= :first AND o.on_day <= :last AND o.kind = ANY(:kinds) AND {HERE}
          AND CAST(e.activated_at AT TIME ZONE :zone AS date) <= o.on_day
        ORDER BY o.enrolment_id, o.on_day
    )
"""  # noqa: S608 - constant text
"""The first event of each follow-up in the period, of those that had begun before."""

EVENTS = text(f"""
    WITH {EVENT}, flagged AS (
        SELECT DISTINCT event.enrolment_id, event.period, counted.cause
        FROM event JOIN alerts a ON a.enrolment_id = event.enrolment_id
          AND CAST(a.raised_at AT TIME ZONE :zone AS date) BETWEEN event.on_day - :within AND event.on_day
        {CAUSES}
    )
    SELECT period, cause, count(*) AS patients FROM flagged GROUP BY period, cause
    UNION ALL
    SELECT period, NULL, count(*) FROM event GROUP BY period
""")  # noqa: S608 - constant text, every value is a parameter

ANSWERED = f"FROM assessments s WHERE s.assessed_at >= :reads AND s.assessed_at < :ends AND {IS_HERE % 's'}"
ANSWERS = text(f"SELECT count(*) FROM (SELECT {ANSWERED} LIMIT :more) first_ones")  # noqa: S608 - constant text

# Readings of one fact by value: each, the worst one of each patient and day, the worst one before each event. What was
# hard to believe is left out: it is doubted whatever the limit.
READINGS = text(f"""
    WITH {EVENT}, read AS MATERIALIZED (
        SELECT enrolment_id, day, CAST(reading ->> 'text' AS numeric) AS value
        FROM (
            SELECT s.enrolment_id, CAST(s.assessed_at AT TIME ZONE :zone AS date) AS day, s.facts -> :fact AS reading
            {ANSWERED} OFFSET 0
        ) stored
        WHERE reading ->> 'status' = 'known'
    )
    SELECT 'readings' AS part, value, count(*) AS number,
           count(*) FILTER (WHERE day + :within < CAST(:today AS date)) AS judged,
           count(*) FILTER (WHERE day + :within < CAST(:today AS date) AND EXISTS (
               SELECT FROM patient_outcomes o WHERE o.enrolment_id = read.enrolment_id AND o.kind = ANY(:kinds)
               AND o.on_day BETWEEN day AND day + :within)) AS followed
    FROM read WHERE day >= :first GROUP BY value
    UNION ALL
    SELECT 'calls', value, count(*), 0, 0 FROM (
        SELECT :sign * min(:sign * value) AS value FROM read WHERE day >= :first GROUP BY enrolment_id, day) worst
    GROUP BY value
    UNION ALL
    SELECT 'events', value, count(*), 0, 0 FROM (
        SELECT :sign * min(:sign * value) AS value FROM event LEFT JOIN read ON read.enrolment_id = event.enrolment_id
          AND read.day BETWEEN event.on_day - :within AND event.on_day
        GROUP BY event.enrolment_id) worst
    GROUP BY value
""")  # noqa: S608 - constant text, every value is a parameter
