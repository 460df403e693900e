"""What a caller has typed and not yet sent: kept sealed on the server, for nobody but its author, until it is taken."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from records import patients
from records.crypto import Sealed
from records.models import Enrolment, Staff
from triage.callbacks.finding import find
from triage.models import Attempt, Callback, CallbackState, CallDraft, Disposition
from triage.refusals import DraftTooLong

LONGEST = 20_000
"""Characters of everything typed on one page."""
KEY = "key"
MODELS: dict[str, type[Attempt] | type[Disposition]] = {"attempt": Attempt, "disposition": Disposition}


@dataclass(frozen=True, slots=True)
class Draft:
    """`fields` are the forms' own names and what was typed."""

    callback: uuid.UUID
    is_open: bool
    fields: dict[str, str]
    saved_at: datetime

    @property
    def texts(self) -> list[str]:
        """What was written in words, worth copying; choices and hours are not."""
        return [text for name, text in self.fields.items() if name.endswith("note") and text.strip()]


def save(
    session: Session, *, callback: uuid.UUID, staff: Staff, fields: Mapping[str, str], now: datetime
) -> datetime | None:
    """Keep `fields` beside what was kept before, each in place of its namesake; a call-back closed or held by somebody
    else is no reason to lose them. What was taken already is not kept again, when a late saving arrives after the form
    (its key says so). When it was saved, None when nothing is left to keep. Raises DraftTooLong, NotFound.
    """
    found = find(session, callback=callback, staff=staff)
    row = _held(session, found, staff, now)
    taken = {prefix for prefix in MODELS if _is_taken(session, found, prefix, fields)}
    given = {name: text for name, text in fields.items() if name.split("-", 1)[0] not in taken}
    return _put(session, found.enrolment, row, _whole(_open(row, found.enrolment) | given), now)


def discard(session: Session, *, callback: Callback, staff: Staff, prefix: str = "") -> None:
    """Forget what was typed into the form whose fields begin with `prefix`: taken, or no longer wanted."""
    row = session.scalar(_of(callback, staff))
    if row is not None:
        left = {name: text for name, text in _open(row, callback.enrolment).items() if not name.startswith(prefix)}
        _put(session, callback.enrolment, row, left, row.saved_at)


def of_enrolment(session: Session, *, enrolment: Enrolment, staff: Staff) -> list[Draft]:
    """One's own drafts about this patient, the newest first; nobody else's."""
    query = (
        select(CallDraft, Callback)
        .join(Callback, Callback.id == CallDraft.callback_id)
        .where(Callback.enrolment_id == enrolment.id, CallDraft.staff_id == staff.id)
        .order_by(CallDraft.saved_at.desc())
    )
    return [
        Draft(callback.public_id, callback.state == CallbackState.OPEN, _open(row, enrolment), row.saved_at)
        for row, callback in session.execute(query)
    ]


def _whole(fields: dict[str, str]) -> dict[str, str]:
    kept = {name: text for name, text in fields.items() if text and not name.endswith(f"-{KEY}")}
    if sum(len(name) + len(text) for name, text in kept.items()) > LONGEST:
        raise DraftTooLong(most=LONGEST)
    return kept


def _is_taken(session: Session, callback: Callback, prefix: str, fields: Mapping[str, str]) -> bool:
    try:
        key = uuid.UUID(fields.get(f"{prefix}-{KEY}", ""))
    except ValueError:
        return False
    model = MODELS[prefix]
    return session.scalar(select(model.id).where(model.callback_id == callback.id, model.form_key == key)) is not None


def _held(session: Session, callback: Callback, staff: Staff, now: datetime) -> CallDraft:
    """The row of this call-back and person, made if need be and locked: two savings at once follow one another."""
    public_id = uuid.uuid4()
    empty = _sealed(callback.enrolment, public_id, {})
    made = insert(CallDraft).values(
        public_id=public_id, callback_id=callback.id, staff_id=staff.id, content=empty, saved_at=now
    )
    session.execute(made.on_conflict_do_nothing())
    query = _of(callback, staff).with_for_update()
    return session.scalars(query, execution_options={"populate_existing": True}).one()


def _of(callback: Callback, staff: Staff) -> Select[CallDraft]:
    return select(CallDraft).where(CallDraft.callback_id == callback.id, CallDraft.staff_id == staff.id)


def _open(row: CallDraft, enrolment: Enrolment) -> dict[str, str]:
    told: dict[str, Any] = {"table": "call_drafts", "column": "content", "public_id": row.public_id}
    found: dict[str, str] = orjson.loads(patients.reveal_text(enrolment.patient, row.content, **told))
    return found


def _sealed(enrolment: Enrolment, public_id: uuid.UUID, fields: Mapping[str, str]) -> Sealed:
    text = orjson.dumps(dict(fields)).decode()
    return patients.seal_for(enrolment.patient, text, table="call_drafts", column="content", public_id=public_id)


def _put(
    session: Session, enrolment: Enrolment, row: CallDraft, fields: Mapping[str, str], now: datetime
) -> datetime | None:
    if not fields:
        session.delete(row)
        session.flush()
        return None
    row.content, row.saved_at = _sealed(enrolment, row.public_id, fields), now
    session.flush()
    return now
