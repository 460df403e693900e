"""What the texts about calls need beside the patient: the announcement or the attempt that each is about."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.call_texts import CallWords
from notifications.models import Message, Purpose
from triage import announcing
from triage.models import Attempt, AttemptOutcome, CallAnnouncement, Callback, CallbackState

ABOUT_CALLS = frozenset({Purpose.CALL_ANNOUNCED, Purpose.CALL_TRIED})


@dataclass(frozen=True)
class Call:
    """`is_over`: after the text was owed the call-back was closed, the patient called, or the call let go by whom it
    names.
    """

    is_over: bool
    words: CallWords


def of(session: Session, messages: Iterable[Message]) -> dict[int, Call]:
    """By the id of each message that is about a call; two statements, none where no message is."""
    wanted = [one for one in messages if one.purpose in ABOUT_CALLS]
    if not wanted:
        return {}
    about = {_about(one): one for one in wanted}
    announced = select(CallAnnouncement, Callback.claimed_by_id).where(CallAnnouncement.public_id.in_(about))
    announced = announced.join(Callback, Callback.id == CallAnnouncement.callback_id)
    tried = select(Attempt).where(Attempt.public_id.in_(about))
    over = _over(session, wanted)
    found: dict[int, Call] = {}
    for row, holder in session.execute(announced.execution_options(populate_existing=True)):
        name = row.staff.name if row.staff else ""
        let_go = row.staff_id is not None and row.staff_id != holder
        words = CallWords(row.from_at, "UTC", row.until_at, name, announcing.code_of(row.public_id))
        found[about[row.public_id].id] = Call(let_go or about[row.public_id].id in over, words)
    for attempt in session.scalars(tried.execution_options(populate_existing=True)):
        words = CallWords(attempt.at, "UTC", again_at=attempt.next_try_at)
        found[about[attempt.public_id].id] = Call(about[attempt.public_id].id in over, words)
    return found


def _about(message: Message) -> uuid.UUID:
    return uuid.UUID(message.key.partition(":")[2])


def _over(session: Session, messages: list[Message]) -> set[int]:
    """An announcement is over with any later call, a word of a try only once somebody was reached."""
    called = select(Attempt.id).where(Attempt.callback_id == Callback.id, Attempt.at >= Message.created_at)
    reached = called.where(Attempt.outcome == AttemptOutcome.REACHED).exists()
    is_over = (Callback.state == CallbackState.CLOSED) | reached
    is_over |= (Message.purpose == Purpose.CALL_ANNOUNCED) & called.exists()
    ids = [one.id for one in messages]
    query = select(Message.id).join(Callback, Callback.id == Message.callback_id).where(Message.id.in_(ids), is_over)
    return set(session.scalars(query))
