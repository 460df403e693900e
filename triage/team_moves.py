"""Patients who go to another team: the follow-up, and the call-back that stands for it, go together."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from records import audit, teams
from records.models import Team
from records.refusals import Refused, Sentence

CLOSED = Sentence("%(team)s takes nobody in at present. Open it again, or choose another team.")
NOBODY = Sentence("Nobody works in %(team)s who could call. Put somebody in first, or choose another team.")
SAME = Sentence("Choose another team than the one that they are in.")

# Whoever holds a call goes on with it where they are in the new team too; else the call is free at once.
FOLLOW = """
    UPDATE callbacks c SET team_id = e.team_id, version = c.version + 1,
        claimed_by_id = CASE WHEN held.is_theirs THEN c.claimed_by_id END,
        claimed_at = CASE WHEN held.is_theirs THEN c.claimed_at END,
        claim_ends_at = CASE WHEN held.is_theirs THEN c.claim_ends_at END
    FROM (
        SELECT b.id, EXISTS (SELECT 1 FROM staff_teams t WHERE t.staff_id = b.claimed_by_id AND t.team_id = p.team_id)
            AS is_theirs
        FROM callbacks b JOIN enrolments p ON p.id = b.enrolment_id
        WHERE b.state = 'open' AND b.team_id <> p.team_id {which}
        ORDER BY b.id LIMIT :limit FOR UPDATE OF b {skip}
    ) held, enrolments e
    WHERE c.id = held.id AND e.id = c.enrolment_id
"""
FOLLOW_ANY = text(FOLLOW.format(which="", skip="SKIP LOCKED"))
FOLLOW_OF = text(FOLLOW.format(which="AND b.team_id = :team", skip=""))
MOVE = text("""
    UPDATE enrolments SET team_id = :to WHERE id IN (
        SELECT id FROM enrolments WHERE team_id = :team AND state IN ('enrolled', 'held', 'invited', 'active', 'paused')
        ORDER BY id LIMIT :limit FOR NO KEY UPDATE)
""")
CHUNK = 20_000


class NotThere(Refused):
    """The team that was chosen cannot take anybody."""


def move_all(session: Session, *, team: Team, to: Team, actor: audit.Actor, now: datetime) -> int:
    """Put everybody whom `team` follows, with their open call-backs, into `to`; returns how many patients. What has
    ended stays where it was. Raises NotThere.
    """
    if to.id == team.id:
        raise NotThere(SAME)
    session.refresh(to, with_for_update=True)
    if to.closed_at is not None:
        raise NotThere(Sentence(CLOSED.message, {"team": to.name}))
    if not teams.has_callers(session, to):
        raise NotThere(Sentence(NOBODY.message, {"team": to.name}))
    moved, last = 0, CHUNK
    while last == CHUNK:
        last = _count(session.execute(MOVE, {"team": team.id, "to": to.id, "limit": CHUNK}))
        moved += last
    followed = CHUNK
    while followed == CHUNK:
        followed = _count(session.execute(FOLLOW_OF, {"team": team.id, "limit": CHUNK}))
    session.expire_all()
    details = {"team": str(team.public_id), "to": str(to.public_id), "patients": moved}
    audit.append(
        session, actor=actor, action="team.patients-moved", subject=audit.SYSTEM_SUBJECT, now=now, details=details
    )
    return moved


def follow_teams(session: Session, *, now: datetime, limit: int = 500) -> int:  # noqa: ARG001 - every beat is told it
    """Put open call-backs beside their patients: answers that came in during a move named the former team. Returns how
    many; `now` decides nothing here.
    """
    return _count(session.execute(FOLLOW_ANY, {"limit": limit}))


def _count(result: object) -> int:
    return int(result.rowcount)  # type: ignore[attr-defined]
