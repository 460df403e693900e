"""Calls and decisions as a test writes them down: by whom and when, unless it says so, matters to no test."""

from __future__ import annotations

import uuid
from datetime import timedelta

from records.models import Role
from tests.factories import NOW
from tests.triage.scene import Scene
from triage import callbacks
from triage.models import Attempt

LATER = NOW + timedelta(minutes=5)


def seen(scene: Scene) -> list[uuid.UUID]:
    return [alert.public_id for alert in scene.alerts()]


def called(scene: Scene, outcome: str = "reached", *, now=LATER, role: str = Role.PHYSICIAN, **given) -> Attempt:
    """Whoever calls has the call-back from then on."""
    given.setdefault("verified", True if outcome == "reached" else None)
    attempt = callbacks.add_attempt(
        scene.session,
        callback=scene.callback().public_id,
        staff=scene.person(role),
        outcome=outcome,
        now=now,
        **given,
    )
    scene.session.commit()
    return attempt


def disposed(scene: Scene, kind: str = "advice", *, role: str = Role.PHYSICIAN, now=LATER, **given):
    given.setdefault("seen_alerts", seen(scene))
    given.setdefault("callback", scene.callback().public_id)
    outcome = callbacks.dispose(scene.session, staff=scene.person(role), kind=kind, now=now, **given)
    scene.session.commit()
    return outcome
