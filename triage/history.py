"""SQL of what a decision takes from an enrolment's past, for statements in which `e` is the enrolment."""

from __future__ import annotations

PREVIOUS = """
    LEFT JOIN LATERAL (
        SELECT r.public_id, r.due_at, r.answers,
               (SELECT a.level FROM responses same JOIN assessments a ON a.response_id = same.id
                WHERE same.enrolment_id = e.id AND same.due_at = r.due_at
                ORDER BY array_position(ARRAY['red', 'orange', 'green'], a.level) LIMIT 1) AS level
        FROM responses r WHERE r.enrolment_id = e.id AND r.due_at < {before}
        ORDER BY r.due_at DESC, r.id DESC LIMIT 1
    ) previous ON true
"""
"""The response before an instant by due time; its level is the worst of its amendments, which withdraw nothing."""

MISSED = """
    (SELECT count(*) FROM checkins m
     WHERE m.enrolment_id = e.id AND m.state = 'missed' AND m.opens_at <= {until}
       AND m.closes_at > coalesce((
           SELECT max(CASE WHEN r.door <> 'paper' THEN r.received_at
                           ELSE greatest(r.completed_at, (SELECT s.closes_at FROM checkins s WHERE s.id = r.checkin_id))
                      END)
           FROM responses r WHERE r.enrolment_id = e.id), '-infinity')) AS missed
"""
"""Check-ins missed in a row: those that ended since anything was last heard from the patient. A sheet of paper is heard
at the hour at which it was filled in, and answers its own check-in, whenever somebody types it.
"""

HEARD = """
    e.answers_by, c.opened_at IS NOT NULL AS opened, c.left_at_question,
    EXISTS (SELECT 1 FROM patient_index x WHERE x.patient_id = e.patient_id AND x.kind = 'phone') AS has_phone,
    EXISTS (SELECT 1 FROM patient_index x JOIN opt_outs o ON o.phone_digest = x.digest
            WHERE x.patient_id = e.patient_id AND x.kind = 'phone') AS opted_out,
    (SELECT jsonb_agg(jsonb_build_array(x.outcome, x.reason) ORDER BY x.id) FROM contacts x
     WHERE x.about = c.public_id AND x.channel = 'sms') AS texts
"""
"""What is known of why nothing was heard about check-in `c` (see triage.causes)."""

FAILED_CALLS = """
    (SELECT count(*) FROM callbacks b JOIN attempts t ON t.callback_id = b.id
     WHERE b.enrolment_id = e.id AND b.state = 'open' AND t.called = 'patient'
       AND (t.outcome <> 'reached' OR t.verified IS FALSE)
       AND t.at > coalesce((SELECT max(x.at) FROM attempts x WHERE x.callback_id = b.id AND x.outcome = 'reached'
                                AND x.verified IS NOT FALSE), '-infinity')) AS failed_calls
"""
"""Calls to the patient, of the open call-back, that reached nobody, or nobody who could be verified, since one did."""

OWN_LIMITS = """
    (SELECT jsonb_object_agg(own.name, own.value::text) FROM (
        SELECT DISTINCT ON (l.name) l.name, l.value FROM patient_limits l
        WHERE l.enrolment_id = e.id AND l.withdrawn_at IS NULL AND l.from_at <= {now}
          AND (l.until_at IS NULL OR l.until_at > {now})
        ORDER BY l.name, l.from_at DESC, l.id DESC) own) AS own_limits
"""

IN_FORCE = """
    LEFT JOIN LATERAL (
        SELECT pv.id, pv.digest, pv.public_id, pv.looks_back
        FROM protocols_in_force f JOIN protocol_versions pv ON pv.id = f.version_id
        WHERE f.programme_id = e.programme_id AND f.from_at <= {now} AND (p.rehearsal OR pv.status = 'signed')
        ORDER BY f.from_at DESC LIMIT 1
    ) protocol ON true
"""
"""Which protocol assesses this patient, `p`: for a real one signed versions only (see triage.protocols)."""

PATIENT = """
    e.id AS enrolment_id, e.public_id AS enrolment, e.patient_id, e.programme_id, e.team_id, e.zone, e.risk_tier,
    e.onset_on, e.lives_alone, e.has_oximeter, p.public_id AS patient, p.birth_date, k.wrapped,
    g.zone AS centre_zone, g.opens, g.closes, g.red_minutes, g.orange_minutes, g.silent_minutes, g.phone,
    protocol.id AS protocol_id, protocol.digest AS protocol_digest, protocol.public_id AS protocol,
    previous.answers AS previous_answers, previous.public_id AS previous_response, previous.due_at AS previous_due_at,
    previous.level AS last_level
"""
"""The columns from which `triage.situation` builds a Situation."""

JOINED = """
    JOIN patients p ON p.id = e.patient_id JOIN patient_keys k ON k.patient_id = p.id
    JOIN programmes g ON g.id = e.programme_id
"""
