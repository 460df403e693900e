"""Brings to an end the messages that the provider took over and said no more of: a lost receipt is not repeated."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta

from notifications import asking, departures, groups, settling, statuses
from notifications.asking import Answers, Asked
from notifications.groups import Told
from notifications.handover import Delivery
from notifications.models import MessageStatus
from notifications.providers import LookUp, LookUpKind
from notifications.providers.twilio_codes import STOPPED
from notifications.settling import LOOKED_UP_AT_AGES

NOT_REPORTED_AFTER = LOOKED_UP_AT_AGES[-1]
GIVE_UP_LOOKING_AFTER = NOT_REPORTED_AFTER + timedelta(hours=24)
AGAIN_AFTER = timedelta(hours=1)

WHY = {
    LookUpKind.FOUND: "no-receipt",
    LookUpKind.ABSENT: "not-at-provider",
    LookUpKind.IMPOSSIBLE: "no-look-up",
    LookUpKind.UNABLE: "provider-unreachable",
}


def end_silence(delivery: Delivery, *, limit: int = asking.AT_ONCE) -> Counter[str]:
    """Ask about up to `limit` messages whose receipt is overdue; returns how many moved to which status.

    A message is asked about at LOOKED_UP_AT_AGES, and is `unreported` when the last of them knows no end either. Its
    receipt, should it come after all, still counts.
    """
    asked = asking.take(delivery, asking.SILENT, limit=limit, again_after=AGAIN_AFTER, ages=LOOKED_UP_AT_AGES)
    counts: Counter[str] = Counter()
    for answers in asking.answers(delivery, asked):
        for status, told in _ends(answers, delivery.clock()).items():
            counts[f"ended-{status.value}"] += _settle(delivery, status, told)
    return counts


def _ends(answers: Answers, at: datetime) -> dict[MessageStatus, dict[int, Told]]:
    ends: dict[MessageStatus, dict[int, Told]] = defaultdict(dict)
    for asked, found in answers:
        known = found.status if found.kind is LookUpKind.FOUND else None
        if known in statuses.FINAL:
            ends[known][asked.id] = (found.provider_id, found.reason)
        elif _is_over(asked, found, at):
            ends[MessageStatus.UNREPORTED][asked.id] = (found.provider_id, WHY[found.kind])
        elif known is not None:
            ends[known][asked.id] = (found.provider_id, found.reason)
    return ends


def _is_over(asked: Asked, found: LookUp, at: datetime) -> bool:
    unable = found.kind is LookUpKind.UNABLE
    return at - asked.sent_at >= (GIVE_UP_LOOKING_AFTER if unable else NOT_REPORTED_AFTER)


def _settle(delivery: Delivery, status: MessageStatus, told: dict[int, Told]) -> int:
    at = delivery.clock()
    with delivery.sessions.begin() as session:
        moved = groups.move(session, status, told, at=at)
        for message_id in sorted(moved):
            if told[message_id][1] == f"twilio-{STOPPED}":
                departures.learn_from_refusal(session, message=settling.locked(session, message_id), now=at)
    return len(moved)
