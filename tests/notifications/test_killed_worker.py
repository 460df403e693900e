"""A worker killed at any step of claiming, sending and settling: one text at most, and each message comes to an end."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.models import Message
from notifications.providers.twilio import TwilioProvider
from tests import factories
from tests.dying import mortals
from tests.notifications.conftest import OPENS, URL, make_checkin
from tests.notifications.twilio_server import Script
from webapp.config import Settings

Beat = Callable[..., dict[str, int]]
ENDS = {"accepted", "unknown-final"}
AFTERWARDS = (3, 11, 14)
"""Minutes at which another worker beats: after the doubt of a sending, the lease of a claim, the surety of absence."""


def test_wherever_a_worker_dies_the_patient_gets_one_text_at_most(
    session: Session, wire: tuple[str, Script], twilio: TwilioProvider, beat: Beat, settings: Settings
) -> None:
    api, script = wire
    ends = []
    with mortals(settings) as processes:
        for step in itertools.count(1):
            checkin = make_checkin(session, factories.make_enrolment(session, rehearsal=False))
            session.commit()
            held = len(script.held)
            script.clock = lambda: OPENS
            first = processes.do("beat", at=step, api=api, now=OPENS.isoformat(), public_url=URL)
            for minutes in AFTERWARDS:
                now = OPENS + timedelta(minutes=minutes)
                script.clock = lambda now=now: now  # type: ignore[misc]
                beat(now, provider=twilio)
            session.rollback()
            message = session.scalars(sa.select(Message).where(Message.checkin_id == checkin.id)).one()
            taken = [made["sid"] for made in script.held[held:]]
            assert message.status in ENDS, f"died at step {step}"
            assert taken == ([message.provider_id] if message.status == "accepted" else []), f"died at step {step}"
            ends.append(message.status)
            if first is not None:
                break

    assert first == {"owed": 1, "accepted": 1}
    assert ends.count("unknown-final") <= 3  # only between saying `sending` and calling the provider
    assert len(script.held) == ends.count("accepted")
    assert step > 12
