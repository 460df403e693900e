"""Who looks at a page that asks by itself every few seconds: one small read, and nothing is written."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from records import crypto, driver
from records.staff.sessions import APART, IDLE, TOUCH_EVERY

WATCHER = driver.read_once("""
    SELECT p.id, p.public_id, p.name, p.role, p.language, s.seen_at,
        (SELECT jsonb_agg(jsonb_build_array(t.id, t.public_id, t.name) ORDER BY t.id)
         FROM staff_teams m JOIN teams t ON t.id = m.team_id WHERE m.staff_id = p.id) AS teams
    FROM staff_sessions s JOIN staff p ON p.id = s.staff_id
    WHERE s.token_digest = %(token)s::bytea AND s.revoked_at IS NULL AND s.ends_at > %(now)s::timestamptz
      AND s.seen_at > %(idle_since)s::timestamptz AND s.seen_at <= %(soon)s::timestamptz AND p.disabled_at IS NULL
""")
"""What records.staff.sessions.session_of asks of a session, as conditions."""


@dataclass(frozen=True, slots=True)
class WatchersTeam:
    id: int
    public_id: uuid.UUID
    name: str


@dataclass(frozen=True, slots=True)
class Watcher:
    """A member of staff as far as a reader of lists must know them. Not a row: nothing can be changed through it."""

    id: int
    public_id: uuid.UUID
    name: str
    role: str
    language: str
    teams: tuple[WatchersTeam, ...]


def watcher(session: Session, *, token: str, now: datetime, touches: bool) -> Watcher | None:
    """Who this secret lets look. None where their session is over, and where `touches` and it is due to be marked as
    seen: records.staff.session_of then says the one and does the other.
    """
    line = driver.under(session)
    given = {"token": crypto.digest_token(token), "now": now, "idle_since": now - IDLE, "soon": now + APART}
    found = driver.one_row(line, WATCHER, given)
    if found is None or (touches and found["seen_at"] + TOUCH_EVERY <= now):
        return None
    teams = tuple(WatchersTeam(one[0], uuid.UUID(one[1]), one[2]) for one in found["teams"] or ())
    return Watcher(found["id"], found["public_id"], found["name"], found["role"], found["language"], teams)
