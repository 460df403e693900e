"""Sends what is due. This module commits, message by message: `sending` must be on disk before the provider is called,
so that a crash in between leaves one message in doubt instead of a second text, or a whole batch in doubt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session, sessionmaker

from notifications import outbox, policy, recipients, settling
from notifications.outbox import Claim
from notifications.policy import Decision
from notifications.providers import Outcome, OutcomeKind, Provider, Text
from notifications.recipients import Facts

log = structlog.get_logger(__name__)

# Facts are read again for every so many texts, so that an answer given meanwhile still stops its reminder.
FACTS_HOLD_FOR = 25
AFTER_ERROR = timedelta(minutes=5)

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Delivery:
    """What a sending needs besides the messages. `clock` tells the present instant; `lanes` is how many texts may wait
    for the provider at once, each with a connection to the database.
    """

    sessions: sessionmaker[Session]
    provider: Provider
    public_url: str
    clock: Clock
    lanes: int = 1


def deliver_batch(delivery: Delivery, *, worker: str, limit: int = outbox.BATCH) -> Counter[str]:
    """Claim a batch and bring each of its messages to an outcome; returns how many reached which, none when idle."""
    with delivery.sessions.begin() as session:
        claim = outbox.claim(session, worker=worker, now=delivery.clock(), limit=limit)
    counts: Counter[str] = Counter()
    for start in range(0, len(claim.message_ids), FACTS_HOLD_FOR):
        ids = claim.message_ids[start : start + FACTS_HOLD_FOR]
        counts.update(_deliver_all(delivery, claim, _prepare(delivery, claim, ids, counts)))
    return counts


def _deliver_all(delivery: Delivery, claim: Claim, ready: list[tuple[int, Text]]) -> list[str]:
    """Each text through its own transactions, `lanes` of them at a time: most of the time is waiting for the answer."""
    with ThreadPoolExecutor(delivery.lanes) as lanes:
        return list(lanes.map(lambda one: _deliver(delivery, claim, *one), ready))


def _prepare(delivery: Delivery, claim: Claim, ids: Sequence[int], counts: Counter[str]) -> list[tuple[int, Text]]:
    """Drop or postpone what must not go out now; write the texts of the rest. Ends its session before any is sent."""
    ready = []
    with delivery.sessions.begin() as session:
        now = delivery.clock()
        sent: Counter[int] = Counter()
        for facts in recipients.load(session, ids, now=now):
            text = _write(delivery, session, claim, facts, sent, now)
            if isinstance(text, Text):
                ready.append((facts.message.id, text))
            else:
                counts[text] += 1
    return ready


def _write(
    delivery: Delivery, session: Session, claim: Claim, facts: Facts, sent: Counter[int], now: datetime
) -> Text | str:
    """The text to send, or what became of it instead. One row that cannot be read waits alone and stops nobody."""
    message = facts.message
    try:
        recipient = recipients.opened(facts)
        situation = recipient.situation.with_texts(sent[message.enrolment_id])
        decision = policy.decide(situation, now=now, reaches_people=delivery.provider.reaches_people)
        if decision.send:
            text = recipients.written(recipient, public_url=delivery.public_url, at=now)
            sent[message.enrolment_id] += 1
            return text
    except (ValueError, RuntimeError, AssertionError) as error:
        log.error("text_not_written", message=str(message.public_id), error=type(error).__name__)
        decision = policy.Decision(postpone=policy.Postpone.NOT_WRITTEN, again_at=now + AFTER_ERROR)
    return _set_aside(session, claim, message.id, decision, now)


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


def _deliver(delivery: Delivery, claim: Claim, message_id: int, text: Text) -> str:
    provider = delivery.provider
    with delivery.sessions.begin() as session:
        started = outbox.start_sending(
            session, message_id=message_id, token=claim.token, provider=provider.name, at=delivery.clock()
        )
    if not started:
        return "lost"
    outcome = _handed_over(provider, text)
    with delivery.sessions.begin() as session:
        return settling.settle(session, message_id=message_id, outcome=outcome, at=delivery.clock())


def _handed_over(provider: Provider, text: Text) -> Outcome:
    """A provider that fails in a way nobody foresaw may have sent: unknown, logged, and the others go on."""
    try:
        return provider.send(text)
    except Exception as error:
        log.error("provider_failed", message=str(text.message_public_id), error=type(error).__name__)
        return Outcome(OutcomeKind.UNKNOWN, reason=type(error).__name__)
