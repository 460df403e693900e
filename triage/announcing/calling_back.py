"""A patient telephones the centre: they come to the call-back that stands for them, and it counts as their call."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from records.models import Staff
from triage.callbacks.attempts import add_attempt
from triage.callbacks.claims import claim, is_held, take_over
from triage.callbacks.finding import find, refuse_closed
from triage.models import Attempt, AttemptOutcome


def take(
    session: Session,
    *,
    callback: uuid.UUID,
    staff: Staff,
    verified: bool,
    note: str,
    now: datetime,
    form_key: uuid.UUID | None = None,
    from_address: str | None = None,
) -> Attempt | None:
    """Take the call-back, from whoever has it, for the patient is on the line here. With `verified` (name and date of
    birth asked and right) the call is written down as reached, `note` saying who called whom; without it the call is
    written down once they were asked.

    Raises NotFound, CallbackClosed, NoteTooLong.
    """
    about = {"callback": callback, "staff": staff, "now": now, "from_address": from_address}
    found = find(session, callback=callback, staff=staff)
    refuse_closed(found)
    if is_held(found, now) and found.claimed_by_id != staff.id:
        take_over(session, **about)  # type: ignore[arg-type]
    else:
        claim(session, **about)  # type: ignore[arg-type]
    if not verified:
        return None
    said = {"outcome": AttemptOutcome.REACHED, "verified": True, "note": note, "form_key": form_key}
    return add_attempt(session, **about, **said)  # type: ignore[arg-type]
