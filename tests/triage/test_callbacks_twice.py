"""A form that comes twice, as on a double click, is taken once and answered alike."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from records.models import AuditEntry, Contact, Role, Staff
from tests.factories import NOW
from tests.triage.scene import RED, Scene, at_once, set_scene
from triage import callbacks
from triage.models import Attempt, Disposition
from triage.refusals import CallbackClosed

LATER = NOW + timedelta(minutes=5)
FORM = uuid.UUID(int=7)


@pytest.fixture
def scene(session: Session) -> Scene:
    made = set_scene(session)
    made.submit(RED)
    return made


def called(scene: Scene, form_key: uuid.UUID | None = FORM, outcome: str = "reached") -> uuid.UUID:
    about = {"callback": scene.callback().public_id, "staff": scene.person(Role.PHYSICIAN), "now": LATER}
    attempt = callbacks.add_attempt(scene.session, **about, outcome=outcome, verified=True, form_key=form_key)
    scene.session.commit()
    return attempt.public_id


def disposed(scene: Scene, kind: str, form_key: uuid.UUID | None = FORM, **given) -> callbacks.Outcome:
    about = {"callback": scene.callback().public_id, "staff": scene.person(Role.PHYSICIAN), "now": LATER}
    seen = given.get("seen") or [alert.public_id for alert in scene.alerts()]
    outcome = callbacks.dispose(scene.session, **about, kind=kind, seen_alerts=seen, form_key=form_key)
    scene.session.commit()
    return outcome


def test_a_call_written_down_twice_by_one_form_is_one_call(scene: Scene):
    first = called(scene)
    version, acts = scene.callback().version, scene.count(AuditEntry)

    assert called(scene) == first

    assert (scene.count(Attempt), scene.count(Contact)) == (1, 1)
    assert (scene.callback().version, scene.count(AuditEntry)) == (version, acts)


def test_two_clicks_at_the_same_moment_are_one_call(scene: Scene, engine: sa.Engine):
    public_id, staff_id = scene.callback().public_id, scene.person().id

    def click(session: Session, number: int) -> uuid.UUID:
        staff = session.get_one(Staff, staff_id)
        how = {"callback": public_id, "staff": staff, "outcome": "busy", "form_key": FORM, "now": LATER}
        return callbacks.add_attempt(session, **how).public_id

    one, other = at_once(engine, 2, click)

    assert one == other
    assert scene.count(Attempt) == 1


@pytest.mark.parametrize("second", [None, uuid.UUID(int=8)])
def test_two_calls_by_two_forms_are_two_calls(scene: Scene, second: uuid.UUID | None):
    called(scene, None if second is None else FORM, "busy")
    called(scene, second, "busy")

    assert scene.count(Attempt) == 2


def test_handing_over_twice_by_one_form_is_one_disposition(scene: Scene):
    assert disposed(scene, "to-physician") == disposed(scene, "to-physician")

    assert scene.count(Disposition) == 1


def test_closing_twice_by_one_form_is_told_alike_and_by_another_is_refused(scene: Scene):
    called(scene)
    seen = [alert.public_id for alert in scene.alerts()]
    first = disposed(scene, "advice", seen=seen)

    assert first.closed
    assert disposed(scene, "advice", seen=seen) == first
    with pytest.raises(CallbackClosed):
        disposed(scene, "advice", uuid.UUID(int=8), seen=seen)
    assert scene.count(Disposition) == 1
