"""The worker's beat of this room: what is owed, what is due, what was left behind, what is in doubt or silent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from notifications import outbox, outside_hours, reminders, staff_pages
from notifications.delivery import deliver_batch
from notifications.handover import Clock, Delivery
from notifications.providers import Provider
from notifications.reconciliation import reconcile
from notifications.silence import end_silence

# A beat ends after so many batches, so that its heartbeat is seen; the next one goes on.
BATCHES = 4
OWED = (reminders.owe, staff_pages.owe, outside_hours.owe)


def run(
    session_factory: sessionmaker[Session],
    provider: Provider,
    *,
    now: datetime,
    worker: str,
    public_url: str,
    clock: Clock | None = None,
    lanes: int = 1,
) -> dict[str, int]:
    """Run everything once. Returns how many messages were newly owed and how many reached which state.

    `clock` tells the present instant during a long beat; without it the beat lives at `now` throughout.
    """
    delivery = Delivery(session_factory, provider, public_url.rstrip("/"), clock or (lambda: now), lanes)
    counts: Counter[str] = Counter()
    sweeps: tuple[tuple[str, Callable[..., int]], ...] = (
        ("released", outbox.release_leases),
        ("doubted", outbox.doubt_stuck),
        ("expired", _expire_all),
    )
    counts["owed"] = _owe_all(session_factory, delivery.clock())
    for name, sweep in sweeps:
        with session_factory.begin() as session:
            counts[name] += sweep(session, now=delivery.clock())
    for _ in range(BATCHES):
        done = deliver_batch(delivery, worker=worker)
        counts.update(done)
        if not done:
            break
    counts.update(reconcile(delivery))
    counts.update(end_silence(delivery))
    return {name: number for name, number in counts.items() if number}


def _owe_all(session_factory: sessionmaker[Session], now: datetime) -> int:
    total, new = 0, 1
    while new:
        with session_factory.begin() as session:
            new = sum(owe(session, now=now) for owe in OWED)
        total += new
    return total


def _expire_all(session: Session, *, now: datetime) -> int:
    total = 0
    while done := outbox.expire(session, now=now):
        total += done
    return total
