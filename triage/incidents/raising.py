"""An incident that a person raises, before the figures show it; and telling the supervisors of each new one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from records import access, audit, driver
from records.models import Programme, Staff
from triage.models import Incident, IncidentKind
from triage.refusals import InFuture, TooLongAgo

LONGEST_BACK = timedelta(hours=48)

TELL = """
    WITH fresh AS (
        UPDATE incidents i SET details = i.details || '{"told": true}'
        WHERE i.id = ANY(%(ids)s) AND i.details->'told' IS NULL
          AND EXISTS (SELECT 1 FROM incident_members m WHERE m.incident_id = i.id)
        RETURNING i.id, i.public_id, i.kind, i.raised_by_id
    )
    INSERT INTO notices (staff_id, kind, at, details)
    SELECT DISTINCT s.id, 'incident', %(now)s, jsonb_build_object('incident', fresh.public_id, 'cause', fresh.kind)
    FROM fresh JOIN incident_members m ON m.incident_id = fresh.id JOIN staff_teams t ON t.team_id = m.team_id
    JOIN staff s ON s.id = t.staff_id
    WHERE s.role = 'supervisor' AND s.disabled_at IS NULL AND s.id IS DISTINCT FROM fresh.raised_by_id
"""


def raise_by_hand(
    session: Session, *, programme: Programme, staff: Staff, began_at: datetime, now: datetime
) -> Incident:
    """Every silence in the teams of `staff` about a check-in since `began_at` joins at the next beat. One that stands
    already for this programme takes these teams in. Raises InFuture, TooLongAgo.
    """
    if began_at > now:
        raise InFuture
    if began_at < now - LONGEST_BACK:
        raise TooLongAgo
    teams = access.team_ids(staff)
    incident = session.scalar(
        select(Incident)
        .where(Incident.programme_id == programme.id, Incident.kind == IncidentKind.RAISED, Incident.ended_at.is_(None))
        .with_for_update(of=Incident)
    )
    if incident is None:
        incident = Incident(
            kind=IncidentKind.RAISED,
            programme_id=programme.id,
            began_at=began_at,
            # Silences that stood before it was raised are of it too.
            found_at=began_at,
            last_at=now,
            raised_by_id=staff.id,
            details={"teams": teams},
        )
        session.add(incident)
    else:
        incident.began_at = min(incident.began_at, began_at)
        incident.found_at = incident.began_at
        incident.details = {**incident.details, "teams": sorted({*incident.details.get("teams", ()), *teams})}
        incident.last_at = now
    session.flush()
    actor, subject = audit.Actor.staff(staff), ("staff", staff.public_id)
    details = {"incident": str(incident.public_id), "programme": programme.slug}
    audit.append(session, actor=actor, action="incident.raised", subject=subject, now=now, details=details)
    return incident


def tell(session: Session, *, ids: Sequence[int], now: datetime) -> None:
    """Tell the supervisors of its patients' teams, once an incident."""
    driver.under(session).execute(TELL, {"ids": list(ids), "now": now})
