"""Who is at work, and who of each team is told, in which order, when a call is late or the centre is closed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from records.models import Role, StaffSession
from records.staff.sessions import IDLE

SEEN_WITHIN = IDLE
"""Whoever is signed in, and has not left their pages alone for so long that they must sign in again, is at work: that
they came back is then a new session, which reopens a list that had ended (triage.duty.escalations).
"""


@dataclass(frozen=True, slots=True)
class AtWork:
    """Staff by id, the first to be told first. `leads`: who leads by the rota, else the team's supervisors, those at
    work first. `on_call`: by the rota. `physicians`: who is on call, else the team's physicians at work. Whom no text
    can reach comes after the others; those of the rota who neither are at work nor have a telephone are followed by
    whom it would have been without them.
    """

    leads: Sequence[int] = ()
    on_call: Sequence[int] = ()
    physicians: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Answering:
    """A physician who can be asked now: `on_call` by the rota, else at work at this moment."""

    name: str
    on_call: bool


PEOPLE = text("""
    SELECT m.team_id, s.id, s.role, s.name,
           (SELECT min(h.from_at) FROM shifts h WHERE h.staff_id = s.id AND h.team_id = m.team_id AND h.duty = 'on-call'
              AND h.cancelled_at IS NULL AND h.from_at <= :now AND h.until_at > :now) AS on_call_since,
           (SELECT min(h.from_at) FROM shifts h WHERE h.staff_id = s.id AND h.team_id = m.team_id AND h.duty = 'lead'
              AND h.cancelled_at IS NULL AND h.from_at <= :now AND h.until_at > :now) AS lead_since,
           EXISTS (SELECT 1 FROM staff_sessions w WHERE w.staff_id = s.id AND w.revoked_at IS NULL
              AND w.ends_at > :now AND w.seen_at > :seen) AS seen,
           s.phone IS NOT NULL AS has_phone
    FROM staff_teams m JOIN staff s ON s.id = m.staff_id
    WHERE m.team_id = ANY(:teams) AND s.disabled_at IS NULL AND s.role IN ('operator', 'physician', 'supervisor')
    ORDER BY m.team_id, s.id
""")


def at_work(session: Session, *, team_ids: Collection[int], now: datetime) -> Mapping[int, AtWork]:
    """For each of these teams who is told; a team without anybody gets an empty list of each."""
    return {team_id: _in_order(team) for team_id, team in _people(session, team_ids, now).items()}


def answering(session: Session, *, team_id: int, now: datetime) -> list[Answering]:
    """Who answers when a call-back of this team is handed up, those on call first."""
    found = [
        Answering(one.name, one.on_call_since is not None)
        for one in _people(session, [team_id], now)[team_id]
        if one.role == Role.PHYSICIAN and (one.seen or one.on_call_since is not None)
    ]
    return sorted(found, key=lambda one: (not one.on_call, one.name))


def with_physician(session: Session, *, team_ids: Collection[int], now: datetime) -> list[int]:
    """Those of these teams of which a physician is at work. One who is on call at home is told of what is late."""
    people = _people(session, team_ids, now)
    return [id_ for id_, team in people.items() if any(one.role == Role.PHYSICIAN and one.seen for one in team)]


def present(session: Session, *, staff_ids: Collection[int], now: datetime) -> set[int]:
    """Those of these who are at work by their screens."""
    alive = [StaffSession.revoked_at.is_(None), StaffSession.ends_at > now, StaffSession.seen_at > now - SEEN_WITHIN]
    return set(session.scalars(select(StaffSession.staff_id).where(StaffSession.staff_id.in_(staff_ids), *alive)))


def _people(session: Session, team_ids: Collection[int], now: datetime) -> dict[int, list[Row[Any]]]:
    people: dict[int, list[Row[Any]]] = {id_: [] for id_ in team_ids}
    for row in session.execute(PEOPLE, {"teams": list(team_ids), "now": now, "seen": now - SEEN_WITHIN}):
        people[row.team_id].append(row)
    return people


def _in_order(team: Sequence[Row[Any]]) -> AtWork:
    on_call = sorted(
        (one for one in team if one.on_call_since is not None),
        key=lambda one: (not one.has_phone, one.on_call_since, one.id),
    )
    leads = sorted(
        (one for one in team if one.lead_since is not None), key=lambda one: (not _hears(one), one.lead_since, one.id)
    )
    supervisors = sorted(
        (one for one in team if one.role == Role.SUPERVISOR), key=lambda one: (not one.seen, not one.has_phone, one.id)
    )
    physicians = [one for one in team if one.role == Role.PHYSICIAN and one.seen]
    return AtWork(_or_else(leads, supervisors), [one.id for one in on_call], _or_else(on_call, physicians))


def _or_else(by_rota: Sequence[Row[Any]], others: Sequence[Row[Any]]) -> list[int]:
    """Of a rota on which nobody can hear of it, the others come after: a shift entered wrongly silences no call."""
    people = by_rota if any(map(_hears, by_rota)) else [*by_rota, *others]
    return list(dict.fromkeys(one.id for one in people))


def _hears(one: Row[Any]) -> bool:
    return bool(one.seen or one.has_phone)
