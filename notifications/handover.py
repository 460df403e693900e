"""Hands texts over to the provider. This module commits: `sending` must be on disk before the provider is called, so
that a crash in between leaves in doubt what was on its way, instead of second texts, or a whole batch in doubt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import structlog
from sqlalchemy.orm import Session, sessionmaker

from notifications import groups, outbox, settling
from notifications.models import MessageStatus
from notifications.outbox import Claim
from notifications.providers import Outcome, OutcomeKind, Provider, Text

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]
Ready = tuple[int, Text]
Outcomes = dict[int, Outcome]
TOGETHER = (OutcomeKind.ACCEPTED, OutcomeKind.RETRY)


@dataclass(frozen=True)
class Delivery:
    """What a sending needs besides the messages. `clock` tells the present instant; `lanes` is how many texts may wait
    for the provider at once, and so how many a crash leaves in doubt at most.
    """

    sessions: sessionmaker[Session]
    provider: Provider
    public_url: str
    clock: Clock
    lanes: int = 1


def deliver(delivery: Delivery, claim: Claim, ready: Iterator[Ready], counts: Counter[str]) -> None:
    """Keep `lanes` texts with the provider. Those that came back are settled, and the next ones started, in one commit:
    a slow provider costs one for each text, a fast one fewer.
    """
    on_their_way: dict[Future[Outcome], int] = {}
    done: Outcomes = {}
    with ThreadPoolExecutor(delivery.lanes) as lanes:
        while True:
            following = list(islice(ready, delivery.lanes - len(on_their_way)))
            if not (following or on_their_way or done):
                return
            started = _write_down(delivery, claim, done, [message_id for message_id, _ in following], counts)
            for message_id, text in following:
                if message_id in started:
                    on_their_way[lanes.submit(_handed_over, delivery.provider, text)] = message_id
            returned = wait(on_their_way, return_when=FIRST_COMPLETED).done
            done = {on_their_way.pop(future): future.result() for future in returned}


def _write_down(
    delivery: Delivery, claim: Claim, done: Outcomes, following: Sequence[int], counts: Counter[str]
) -> frozenset[int]:
    """What became of those that came back; returns which of the following may be sent."""
    name = delivery.provider.name
    if any(one.kind not in TOGETHER for one in done.values()):
        counts.update(_one_by_one(delivery, done))
        done = {}
    with delivery.sessions.begin() as session:
        at = delivery.clock()
        counts.update(_accepted(session, done, at))
        counts.update(_to_try_again(session, done, at))
        started = outbox.start_sending(session, message_ids=following, token=claim.token, provider=name, at=at)
    counts["lost"] += len(following) - len(started)
    return started


def _one_by_one(delivery: Delivery, done: Outcomes) -> Iterator[str]:
    """The accepted first; then each of the others alone, so that one that cannot be written takes no other with it."""
    for message_id in sorted(done, key=lambda one: done[one].kind is not OutcomeKind.ACCEPTED):
        with delivery.sessions.begin() as session:
            yield settling.settle(session, message_id=message_id, outcome=done[message_id], at=delivery.clock())


def _accepted(session: Session, outcomes: Outcomes, at: datetime) -> Iterator[str]:
    """Together, by the status that the provider gave; one by one where a receipt was faster."""
    taken = {id_: one for id_, one in outcomes.items() if one.kind is OutcomeKind.ACCEPTED}
    for status in {one.status for one in taken.values()}:
        told = {id_: (one.provider_id, one.reason) for id_, one in taken.items() if one.status is status}
        moved = groups.accept(session, status, told, at=at)
        yield from [status.value] * len(moved)
        for message_id in sorted(told.keys() - moved):
            yield settling.settle(session, message_id=message_id, outcome=outcomes[message_id], at=at)


def _to_try_again(session: Session, outcomes: Outcomes, at: datetime) -> Iterator[str]:
    """Together: while a provider is away every text comes back so."""
    told = {id_: one.reason for id_, one in outcomes.items() if one.kind is OutcomeKind.RETRY}
    waiting = groups.try_again(session, told, at=at)
    yield from [MessageStatus.QUEUED.value] * len(waiting)
    for message_id in sorted(told.keys() - waiting):
        yield settling.settle(session, message_id=message_id, outcome=outcomes[message_id], at=at)


def _handed_over(provider: Provider, text: Text) -> Outcome:
    """A provider that fails in a way nobody foresaw may have sent: unknown, logged, and the others go on."""
    try:
        return provider.send(text)
    except Exception as error:
        log.error("provider_failed", message=str(text.message_public_id), error=type(error).__name__)
        return Outcome(OutcomeKind.UNKNOWN, reason=type(error).__name__)
