"""Takes a batch of what is due, decides again what may go out now, and writes the texts. This module commits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from notifications import handover, outbox, policy, recipients, settling, staff_pages
from notifications.handover import Delivery, Ready
from notifications.models import UNCAPPED
from notifications.outbox import Claim
from notifications.policy import Decision
from notifications.providers import Text
from notifications.recipients import Facts
from notifications.staff_pages import PageFacts

log = structlog.get_logger(__name__)

# Facts are read again for every so many texts, so that an answer given meanwhile still stops its reminder.
FACTS_HOLD_FOR = 25
AFTER_ERROR = timedelta(minutes=5)


def deliver_batch(delivery: Delivery, *, worker: str, limit: int = outbox.BATCH) -> Counter[str]:
    """Claim a batch and bring each of its messages to an outcome; returns how many reached which, none when idle."""
    with delivery.sessions.begin() as session:
        claim = outbox.claim(session, worker=worker, now=delivery.clock(), limit=limit)
    counts: Counter[str] = Counter()
    if claim.message_ids:
        handover.deliver(delivery, claim, _ready(delivery, claim, counts), counts)
    return counts


def _ready(delivery: Delivery, claim: Claim, counts: Counter[str]) -> Iterator[Ready]:
    """The texts to send, made as they are needed, from facts that are not old."""
    for start in range(0, len(claim.message_ids), FACTS_HOLD_FOR):
        yield from _prepare(delivery, claim, claim.message_ids[start : start + FACTS_HOLD_FOR], counts)


def _prepare(delivery: Delivery, claim: Claim, ids: Sequence[int], counts: Counter[str]) -> list[Ready]:
    """Drop or postpone what must not go out now; write the texts of the rest. Ends its session before any is sent."""
    ready = []
    with delivery.sessions.begin() as session:
        now = delivery.clock()
        sent: Counter[int] = Counter()
        known: list[Facts | PageFacts] = [*staff_pages.load(session, ids), *recipients.load(session, ids, now=now)]
        for facts in known:
            text = _write(delivery, session, claim, facts, sent, now)
            if isinstance(text, Text):
                ready.append((facts.message.id, text))
            else:
                counts[text] += 1
    return ready


def _write(
    delivery: Delivery, session: Session, claim: Claim, facts: Facts | PageFacts, sent: Counter[int], now: datetime
) -> Text | str:
    """The text to send, or what became of it instead. One row that cannot be read waits alone and stops nobody."""
    message = facts.message
    try:
        written = _paged(delivery, facts, now) if isinstance(facts, PageFacts) else _told(delivery, facts, sent, now)
        if isinstance(written, Text):
            return written
        decision = written
    except (ValueError, RuntimeError, AssertionError) as error:
        log.error("text_not_written", message=str(message.public_id), error=type(error).__name__)
        decision = policy.Decision(postpone=policy.Postpone.NOT_WRITTEN, again_at=now + AFTER_ERROR)
    return _set_aside(session, claim, message.id, decision, now)


def _told(delivery: Delivery, facts: Facts, sent: Counter[int], now: datetime) -> Text | Decision:
    recipient = recipients.opened(facts)
    situation = recipient.situation.with_texts(sent[facts.enrolment.id])
    decision = policy.decide(situation, now=now, reaches_people=delivery.provider.reaches_people)
    if not decision.send:
        return decision
    text = recipients.written(recipient, public_url=delivery.public_url, at=now)
    sent[facts.enrolment.id] += situation.purpose not in UNCAPPED
    return text


def _paged(delivery: Delivery, facts: PageFacts, now: datetime) -> Text | Decision:
    page = staff_pages.opened(facts)
    decision = staff_pages.decide(page, reaches_people=delivery.provider.reaches_people)
    return staff_pages.written(page, public_url=delivery.public_url, at=now) if decision.send else decision


def _set_aside(session: Session, claim: Claim, message_id: int, decision: Decision, now: datetime) -> str:
    if decision.drop is not None:
        settling.drop(session, message_id=message_id, token=claim.token, reason=decision.drop, at=now)
        return "dropped"
    assert decision.postpone is not None
    assert decision.again_at is not None
    outbox.put_back(
        session,
        message_id=message_id,
        token=claim.token,
        reason=decision.postpone.value,
        again_at=decision.again_at,
        now=now,
    )
    return "postponed"
