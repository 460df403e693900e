"""A worker killed at any step of claiming, sending and settling: one text at most, and each message comes to an end."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.models import Message
from notifications.providers.twilio import TwilioProvider
from tests import factories
from tests.dying import mortals
from tests.notifications.conftest import OPENS, URL, make_checkin
from tests.notifications.twilio_server import Script
from webapp.config import Settings

pytestmark = pytest.mark.drill

Beat = Callable[..., dict[str, int]]
ENDS = {"accepted", "unknown-final"}
AFTERWARDS = (3, 11, 14)
"""Minutes at which another worker beats: after the doubt of a sending, the lease of a claim, the surety of absence."""


def test_wherever_a_worker_dies_the_patient_gets_one_text_at_most(
    session: Session, wire: tuple[str, Script], twilio: TwilioProvider, beat: Beat, settings: Settings
) -> None:
    api, script = wire
    script.clock = lambda: OPENS
    messages = []
    with mortals(settings) as processes:
        for step in itertools.count(1):
            checkin = make_checkin(session, factories.make_enrolment(session, rehearsal=False))
            session.commit()
            first = processes.do("beat", at=step, api=api, now=OPENS.isoformat(), public_url=URL)
            beat(OPENS, provider=twilio)  # what the dead one had not begun with must not be its successor's
            messages.append(sa.select(Message).where(Message.checkin_id == checkin.id))
            if first is not None:
                break
    for minutes in AFTERWARDS:
        now = OPENS + timedelta(minutes=minutes)
        script.clock = lambda now=now: now  # type: ignore[misc]
        beat(now, provider=twilio)

    session.rollback()
    taken: dict[str, list[str]] = defaultdict(list)
    for form, made in script.pairs:
        taken[form["StatusCallback"].rpartition("/")[2]].append(made["sid"])
    ends = []
    for died_at, query in enumerate(messages, start=1):
        message = session.scalars(query).one()
        ends.append(message.status)
        expected = [message.provider_id] if message.status == "accepted" else []
        assert (message.status in ENDS, taken[str(message.public_id)]) == (True, expected), f"died at step {died_at}"
    assert first == {"owed": 1, "accepted": 1}
    assert 1 <= ends.count("unknown-final") <= 3  # only between saying `sending` and calling the provider
    assert len(script.held) == ends.count("accepted")
    assert step > 20
