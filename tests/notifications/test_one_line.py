"""Two tabs of one caller, each with a call-back of its own, that ask for a call at once: one call is made."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications import voice
from records.audit import SYSTEM
from records.models import CallsBy, Staff
from records.staff import telephones
from tests.factories import NOW, make_enrolment
from tests.triage.scene import Scene, at_once, set_scene
from triage import callbacks
from triage.callbacks import Raise
from triage.levels import Level
from triage.models import AlertKind, BridgedCall, Callback
from triage.refusals import Refused

SOON = NOW + timedelta(minutes=1)
ROUNDS = 4


@pytest.fixture
def scene(session: Session) -> Scene:
    scene = set_scene(session)
    scene.programme.calls_by, scene.programme.shown_number = CallsBy.BRIDGE, "+33155667788"
    session.commit()
    return scene


def with_a_phone(scene: Scene) -> Staff:
    staff = scene.another()
    telephones.set_phone(scene.session, staff=staff, typed="+33612000001", actor=SYSTEM, now=NOW)
    scene.session.commit()
    return staff


def to_call(scene: Scene, number: int) -> Callback:
    made = make_enrolment(scene.session, programme=scene.programme, team=scene.team)
    given = {"reasons": [{"code": "asked"}], "due_at": NOW}
    raised = Raise(f"line:{number}", made.id, scene.team.id, AlertKind.ASKED, Level.RED, **given)
    callbacks.raise_alerts(scene.session, alerts=[raised], now=NOW)
    scene.session.commit()
    return scene.session.scalars(select(Callback).where(Callback.enrolment_id == made.id)).one()


def test_two_tabs_of_one_caller_make_one_call(scene: Scene, engine) -> None:
    for number in range(ROUNDS):
        caller = with_a_phone(scene)
        pages = []
        for tab in range(2):
            standing = to_call(scene, 2 * number + tab)
            callbacks.claim(scene.session, callback=standing.public_id, staff=caller, now=NOW)
            pages.append(standing.public_id)
        scene.session.commit()
        caller_id = caller.id

        def ask(session: Session, tab: int, pages=pages, caller_id=caller_id) -> str:
            try:
                staff = session.get_one(Staff, caller_id)
                voice.ask(session, callback=pages[tab], staff=staff, called="patient", now=SOON)
                session.commit()
            except Refused as refused:
                return type(refused).__name__
            return "made"

        assert sorted(at_once(engine, 2, ask)) == ["CallUnderWay", "made"]
        made = scene.session.scalars(select(BridgedCall).where(BridgedCall.staff_id == caller_id)).all()
        assert len(made) == 1
