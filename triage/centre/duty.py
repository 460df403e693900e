"""Who is on call and who leads at this moment, and the hours of the next day that nobody covers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from records.models import Programme, Staff, Team
from triage.duty import shifts
from triage.duty.gaps import Gap, gaps
from triage.models import Duty

AHEAD = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Watch:
    team: Team
    on_call: Sequence[Staff]
    leads: Sequence[Staff]
    gaps: Sequence[Gap]


def watches(session: Session, *, teams: Sequence[Team], programmes: Sequence[Programme], now: datetime) -> list[Watch]:
    """Of each team. Where there is one programme, every team keeps its hours, and nobody has to be asked."""
    standing = shifts.between(session, team_ids=[team.id for team in teams], from_at=now, until_at=now + AHEAD)
    found = []
    for team in teams:
        theirs = [shift for shift in standing if shift.team_id == team.id]
        hours = programmes if len(programmes) == 1 else shifts.programmes_of(session, team_id=team.id)
        found.append(
            Watch(
                team=team,
                on_call=shifts.running(theirs, duty=Duty.ON_CALL, now=now),
                leads=shifts.running(theirs, duty=Duty.LEAD, now=now),
                gaps=gaps(theirs, hours, from_at=now, until_at=now + AHEAD),
            )
        )
    return found
