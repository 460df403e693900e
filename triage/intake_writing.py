"""The one write of a submission: response, assessment, call-back, alert, check-in, audit entry; or nothing at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from records import audit, driver
from records.driver import Driver
from triage.levels import Level

# psycopg's own parameters, for the statement goes to the driver as it is.
AUDIT = re.sub(r"(?<!:):([a-z]\w*)", r"%(\1)s", audit.APPEND_ONCE_CTE)

CALLBACK_WORSENS = f"""
    ON CONFLICT (enrolment_id) WHERE state = 'open' DO UPDATE SET
        due_at = CASE WHEN excluded.rank > known.rank THEN excluded.due_at
                      WHEN excluded.rank = known.rank THEN least(known.due_at, excluded.due_at)
                      ELSE known.due_at END,
        next_try_at = CASE WHEN excluded.rank > known.rank OR excluded.rank >= {int(Level.RED)} THEN NULL
                           ELSE known.next_try_at END,
        next_step = CASE WHEN excluded.rank > known.rank
                           OR excluded.rank >= {int(Level.RED)} AND NOT excluded.for_physician THEN 'call-patient'
                         ELSE known.next_step END,
        incident_id = NULL,
        worsened_at = CASE WHEN excluded.rank > known.rank AND known.claim_ends_at > excluded.opened_at
                           THEN coalesce(known.worsened_at, excluded.opened_at)
                           ELSE known.worsened_at END,
        claim_ends_at = CASE WHEN excluded.rank > known.rank AND known.claimed_by_id IS NOT NULL
                             THEN least(known.claim_ends_at, excluded.opened_at + interval '2 minutes')
                             ELSE known.claim_ends_at END,
        rank = greatest(known.rank, excluded.rank),
        for_physician = known.for_physician OR excluded.for_physician,
        version = known.version + 1
"""
"""What another alert does to an open call-back, `known`: a worse one, or another red, wakes a call that was put off; of
answers it is the patient who is called next. A worse one starts its own clock and leaves whoever holds it two minutes
to say that they saw it (see triage.callbacks.claims); anything takes it out of an incident. Where nobody holds it both
stay NULL, for least() passes NULL over only beside a value.
"""

# What is corrected comes first: answers that somebody is just moving to another file are waited for, and followed there
# (see triage.moving, which locks them first too).
# The subqueries that count order the locks as everywhere else: snooze, call-back, check-in, and the chain's head last.
# `act` names all of them: where no check-in is answered, nothing else asks for the call-back before the head is locked.
# A snooze that the read found is looked at again under its lock: one that has ended since keeps nothing quiet. And
# whatever alerts ends the one that runs.
WRITE = f"""
    WITH first AS (
        SELECT f.id FROM responses f WHERE f.id = %(amends_id)s::bigint AND f.patient_id = %(patient_id)s FOR KEY SHARE
    ), response AS (
        INSERT INTO responses (public_id, patient_id, enrolment_id, checkin_id, version_id, key, content_digest,
            answers, dropped, door, informant, language, late, due_at, completed_at, received_at, amends_id,
            recorded_by_id, how_to)
        SELECT %(response)s, %(patient_id)s, %(enrolment_id)s, %(checkin_id)s, %(version_id)s, %(key)s,
            %(content_digest)s, %(answers)s::jsonb, %(dropped)s::jsonb, %(door)s, %(informant)s, %(language)s, %(late)s,
            %(due_at)s, %(completed_at)s, %(now)s, %(amends_id)s::bigint, %(recorded_by_id)s,
            %(how_to)s::jsonb
        WHERE %(amends_id)s::bigint IS NULL OR EXISTS (SELECT 1 FROM first)
        ON CONFLICT (patient_id, key) DO NOTHING
        RETURNING id
    ), quiet AS (
        SELECT z.id FROM response, snoozes z WHERE z.id = %(snooze_id)s::bigint AND z.ended_at IS NULL FOR UPDATE OF z
    ), judged AS (
        SELECT response.id, %(alerting)s::boolean AND NOT EXISTS (SELECT 1 FROM quiet) AS alerting FROM response
    ), put_off AS (
        UPDATE snoozes z SET ended_at = %(now)s, ended_why = %(snooze_ends)s
        FROM judged WHERE z.enrolment_id = %(enrolment_id)s AND z.ended_at IS NULL AND judged.alerting
        RETURNING z.id
    ), assessment AS (
        INSERT INTO assessments (public_id, response_id, enrolment_id, protocol_version_id, level, call_15, facts,
            limits, explanation, assessed_at, snoozed)
        SELECT %(assessment)s::uuid, judged.id, %(enrolment_id)s::bigint, %(protocol_id)s::bigint, %(level)s,
            %(call_15)s::boolean, %(facts)s::jsonb, %(limits)s::jsonb, %(explanation)s::jsonb, %(now)s::timestamptz,
            %(alerting)s::boolean AND NOT judged.alerting
        FROM judged WHERE (SELECT count(*) FROM put_off) >= 0
        RETURNING id, snoozed
    ), callback AS (
        INSERT INTO callbacks AS known (enrolment_id, team_id, rank, opened_at, due_at)
        SELECT %(enrolment_id)s::bigint, %(team_id)s::bigint, %(rank)s::smallint, %(now)s::timestamptz,
            %(call_due_at)s::timestamptz
        FROM assessment WHERE %(alerting)s::boolean AND NOT assessment.snoozed
        {CALLBACK_WORSENS}
        RETURNING id
    ), alert AS (
        INSERT INTO alerts (key, enrolment_id, callback_id, kind, rank, assessment_id, checkin_id, reasons, raised_at,
            due_at)
        SELECT %(alert_key)s, %(enrolment_id)s::bigint, callback.id, 'answers', %(rank)s::smallint, assessment.id,
            %(checkin_id)s::bigint, %(reasons)s::jsonb, %(now)s::timestamptz, %(call_due_at)s::timestamptz
        FROM callback, assessment
        RETURNING id
    ), shown AS (
        UPDATE callbacks b SET version = b.version + 1
        FROM assessment
        WHERE b.enrolment_id = %(enrolment_id)s AND b.state = 'open'
          AND (NOT %(alerting)s::boolean OR assessment.snoozed)
        RETURNING b.id
    ), answered AS (
        UPDATE checkins c SET state = 'answered', closed_at = %(now)s, left_at_question = NULL
        FROM response
        WHERE c.id = %(answers_checkin_id)s AND c.state = 'open'
          AND (SELECT count(*) FROM alert) + (SELECT count(*) FROM shown) >= 0
        RETURNING c.id
    ), act AS (
        SELECT 1 FROM response WHERE (SELECT count(*) FROM alert) + (SELECT count(*) FROM shown)
          + (SELECT count(*) FROM answered) >= 0
    ), {AUDIT}
    SELECT count(*), coalesce(bool_or(assessment.snoozed), false) AS snoozed FROM entry, assessment
"""  # noqa: S608 - constant fragments, every value is a parameter


WRITE_AT_ONCE = driver.read_once(WRITE)


@dataclass(frozen=True, slots=True)
class Written:
    """`snoozed`: what alerts raised no alert, for its rule is put off."""

    snoozed: bool


def write(line: Driver, rows: Mapping[str, Any]) -> Written | None:
    """One statement; None when this patient's key stands already, or what it corrects has just been moved to another
    file, and then nothing was written. `snooze_id` is that of
    a snooze which keeps this assessment quiet, None without one; `snooze_ends` why it would end.
    """
    written = driver.one_row(line, WRITE_AT_ONCE, rows)
    return Written(written["snoozed"]) if written is not None and written["count"] > 0 else None
