"""Who of each team is told, in which order, when a call is late or comes in while the centre is closed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from records.models import Role

SEEN_WITHIN = timedelta(minutes=30)
"""Whoever opened a page so recently is at work."""


@dataclass(frozen=True, slots=True)
class AtWork:
    """Staff by id, the first to be told first. `leads`: who leads by the rota, else the team's supervisors, those at
    work first. `on_call`: by the rota. `physicians`: who is on call, else the team's physicians at work.
    """

    leads: Sequence[int] = ()
    on_call: Sequence[int] = ()
    physicians: Sequence[int] = ()


PEOPLE = text("""
    SELECT m.team_id, s.id, s.role,
           (SELECT min(h.from_at) FROM shifts h WHERE h.staff_id = s.id AND h.team_id = m.team_id AND h.duty = 'on-call'
              AND h.cancelled_at IS NULL AND h.from_at <= :now AND h.until_at > :now) AS on_call_since,
           (SELECT min(h.from_at) FROM shifts h WHERE h.staff_id = s.id AND h.team_id = m.team_id AND h.duty = 'lead'
              AND h.cancelled_at IS NULL AND h.from_at <= :now AND h.until_at > :now) AS lead_since,
           EXISTS (SELECT 1 FROM staff_sessions w WHERE w.staff_id = s.id AND w.revoked_at IS NULL
              AND w.ends_at > :now AND w.seen_at > :seen) AS seen
    FROM staff_teams m JOIN staff s ON s.id = m.staff_id
    WHERE m.team_id = ANY(:teams) AND s.disabled_at IS NULL AND s.role IN ('operator', 'physician', 'supervisor')
    ORDER BY m.team_id, s.id
""")


def at_work(session: Session, *, team_ids: Collection[int], now: datetime) -> Mapping[int, AtWork]:
    """For each of these teams who is told; a team without anybody gets an empty list of each."""
    values = {"teams": list(team_ids), "now": now, "seen": now - SEEN_WITHIN}
    people: dict[int, list[tuple[int, str, datetime | None, datetime | None, bool]]] = {id_: [] for id_ in team_ids}
    for row in session.execute(PEOPLE, values):
        people[row.team_id].append((row.id, row.role, row.on_call_since, row.lead_since, row.seen))
    return {team_id: _in_order(team) for team_id, team in people.items()}


def _in_order(team: Sequence[tuple[int, str, datetime | None, datetime | None, bool]]) -> AtWork:
    on_call = [id_ for _, id_ in sorted((since, id_) for id_, _, since, _, _ in team if since is not None)]
    leads = [id_ for _, id_ in sorted((since, id_) for id_, _, _, since, _ in team if since is not None)]
    supervisors = sorted((not seen, id_) for id_, role, _, _, seen in team if role == Role.SUPERVISOR)
    physicians = [id_ for id_, role, _, _, seen in team if role == Role.PHYSICIAN and seen]
    return AtWork(leads or [id_ for _, id_ in supervisors], on_call, on_call or physicians)
