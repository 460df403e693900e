"""Claims, calls and decisions as a test makes them: by whom and when, unless it says so, matters to no test."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select

from records.models import Role, Staff
from tests.factories import NOW, make_enrolment
from tests.triage.scene import ORANGE, Scene
from triage import callbacks
from triage.models import Attempt, Callback

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


def claimed(scene: Scene, staff: Staff | None = None, *, now: datetime = NOW) -> callbacks.Claimed:
    found = callbacks.claim(scene.session, callback=scene.callback().public_id, staff=staff or scene.person(), now=now)
    scene.session.commit()
    return found


def another_patient(scene: Scene, answers: object = ORANGE, *, now: datetime = NOW) -> uuid.UUID:
    """A further call-back of the same team."""
    other = make_enrolment(scene.session, programme=scene.programme, team=scene.team)
    scene.session.commit()
    scene.submit(answers, enrolment_id=other.id, now=now)
    return scene.session.scalars(select(Callback.public_id).where(Callback.enrolment_id == other.id)).one()
