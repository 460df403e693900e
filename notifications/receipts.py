"""What the provider reports of a message, applied once whatever its order, and always kept."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications import departures, settling, statuses
from notifications.models import Message, Receipt
from notifications.providers.twilio_codes import STOPPED

LONGEST_WORD = 40


def apply(
    session: Session,
    *,
    message_public_id: uuid.UUID,
    provider_status: str,
    error_code: str | None,
    now: datetime,
    provider_id: str | None = None,
) -> bool:
    """Write one receipt. True when the message is ours; an unknown one leaves no trace.

    A receipt may come before the sending is settled, after it is lost, twice or in any order: the status ends at the
    highest rank that was ever reported.
    """
    message_id = session.scalar(select(Message.id).where(Message.public_id == message_public_id))
    if message_id is None:
        return False
    message = settling.locked(session, message_id)
    if provider_id and message.provider_id is None:
        message.provider_id = provider_id
    status = statuses.from_provider(provider_status)
    reason = f"twilio-{error_code}" if error_code else None
    applied = status is not None and settling.raise_to(session, message, status, at=now, reason=reason)
    session.add(
        Receipt(
            message_id=message.id,
            provider_status=provider_status[:LONGEST_WORD],
            error_code=error_code[:LONGEST_WORD] if error_code else None,
            applied=applied,
            received_at=now,
        )
    )
    session.flush()
    if applied and error_code == STOPPED:
        departures.learn_from_refusal(session, message=message, now=now)
    return True
