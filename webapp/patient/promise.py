"""What a patient may be promised: by when somebody of the centre calls, and who knows while it is closed."""

from __future__ import annotations

from datetime import datetime

from records import clock
from records.db import db
from records.models import Enrolment, Programme
from triage import targets
from triage.duty import shifts
from triage.levels import Level


def hours(programme: Programme, at: datetime) -> dict[str, object]:
    """Whether the centre watches at `at`, when it opens next, and when it closes on that day."""
    opens = targets.opening(programme, at)
    closing = targets.open_on(programme, clock.local_day(opens, programme.zone))[1]
    return {"watched": opens == at, "opening": opens, "closing": closing}


def call(programme: Programme, level: Level, at: datetime) -> dict[str, object]:
    """The same with when a call for `level` is due: `today` where the centre does not close before."""
    known = hours(programme, at)
    due = targets.due_at(programme, level, at)
    return known | {"due": due, "today": bool(known["watched"]) and due <= known["closing"]}  # type: ignore[operator]


def on_call_is_told(enrolment: Enrolment, at: datetime) -> bool:
    """Whether a red that comes in at `at`, outside hours, pages somebody by the rota who has a telephone."""
    return any(person.phone for person in shifts.on_call(db.session(), team_id=enrolment.team_id, now=at))
