"""What a provider tells of a text when the silence about it stands already: the cause is amended, and says that it was.
The row of the queue, the patient's page and the incident show what is known now, the clock of the call-back when that
was learnt. Urgency and deadline stay: nobody has answered.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from triage import causes, history
from triage.causes import Cause
from triage.models import Alert, Callback

SAYS_MORE = frozenset({Cause.DELIVERED_NOT_OPENED, Cause.NOT_DELIVERED, Cause.OPTED_OUT, Cause.NO_NUMBER})
"""What a receipt can tell. That nothing is known, or that many are in doubt, is no news of one text."""

# A silence that is just being raised holds its check-in (triage.jobs): whoever waits for it finds the alert.
HELD = text("SELECT c.id FROM checkins c WHERE c.id = :checkin_id AND c.state = 'missed' FOR NO KEY UPDATE")
KNOWN = text(f"""
    SELECT {history.HEARD} FROM checkins c JOIN enrolments e ON e.id = c.enrolment_id WHERE c.id = :checkin_id
""")  # noqa: S608 - a constant


def amend(session: Session, *, checkin_id: int, now: datetime) -> bool:
    """Work the cause of a standing silence out again; True when it is another one. A check-in that is still open, or
    was answered, costs one read.
    """
    if session.execute(HELD, {"checkin_id": checkin_id}).one_or_none() is None:
        return False
    standing = select(Alert).where(Alert.checkin_id == checkin_id, Alert.cause.is_not(None), Alert.closed_at.is_(None))
    first = session.scalars(standing).one_or_none()
    if first is None:
        return False
    callback = session.get_one(Callback, first.callback_id, with_for_update=True, populate_existing=True)
    alert = session.scalars(standing.execution_options(populate_existing=True)).one_or_none()
    if alert is None:
        return False
    row: Any = session.execute(KNOWN, {"checkin_id": checkin_id}).mappings().one()
    found = causes.cause_of(causes.known(row))
    if found.cause not in SAYS_MORE or found.cause == alert.cause:
        return False
    alert.reasons = [_amended(one, found, now) for one in alert.reasons]
    alert.cause = found.cause
    callback.version += 1
    session.flush()
    return True


def _amended(reason: dict[str, Any], found: causes.Found, now: datetime) -> dict[str, Any]:
    """The reason that names the cause, with what it had been and when it was amended; every other one as it is."""
    was = str(reason.get("code", ""))
    if not was.startswith(causes.CODE):
        return reason
    before = [*reason.get("amended", []), {"was": was, "at": now.isoformat()}]
    return {**found.reason(), "amended": before}
