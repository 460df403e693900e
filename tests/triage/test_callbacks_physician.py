"""What is the physician's: others call and hand over, a physician settles it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from records.models import AuditEntry, Role
from tests.factories import NOW
from tests.triage.scene import ORANGE, Scene, set_scene
from triage import callbacks
from triage.models import Attempt, CallbackState, Disposition, DispositionKind
from triage.refusals import PhysicianDecides, Refused

LATER = NOW + timedelta(minutes=5)
OTHERS = [Role.OPERATOR, Role.SUPERVISOR]


@pytest.fixture
def scene(session: Session) -> Scene:
    """A patient who was reached, and whose call-back was then handed to the physician."""
    made = set_scene(session)
    made.submit(ORANGE)
    called(made, Role.OPERATOR)
    disposed(made, "to-physician", Role.OPERATOR)
    return made


def called(scene: Scene, role: str) -> None:
    about = {"callback": scene.callback().public_id, "staff": scene.person(role), "now": LATER}
    callbacks.add_attempt(scene.session, **about, outcome="reached", verified=True)
    scene.session.commit()


def disposed(scene: Scene, kind: str, role: str) -> None:
    seen = [alert.public_id for alert in scene.alerts()]
    about = {"callback": scene.callback().public_id, "staff": scene.person(role), "now": LATER}
    callbacks.dispose(scene.session, **about, kind=kind, seen_alerts=seen)
    scene.session.commit()


@pytest.mark.parametrize("kind", [kind.value for kind in DispositionKind if kind != DispositionKind.TO_PHYSICIAN])
@pytest.mark.parametrize("role", OTHERS)
def test_nobody_but_a_physician_settles_what_is_the_physicians(scene: Scene, role: str, kind: str):
    scene.person(role)
    acts = scene.count(AuditEntry)

    with pytest.raises(Refused):
        disposed(scene, kind, role)
    scene.session.commit()

    assert (scene.count(Disposition), scene.count(AuditEntry), len(scene.alerts())) == (1, acts, 1)


def test_the_refusal_says_what_to_do(scene: Scene):
    with pytest.raises(PhysicianDecides):
        disposed(scene, "advice", Role.OPERATOR)


@pytest.mark.parametrize("role", OTHERS)
def test_others_still_call_and_hand_it_over(scene: Scene, role: str):
    called(scene, role)
    disposed(scene, "to-physician", role)

    assert (scene.count(Attempt), scene.count(Disposition)) == (2, 2)
    assert (scene.callback().for_physician, scene.callback().state) == (True, CallbackState.OPEN)


def test_a_physician_settles_it(scene: Scene):
    disposed(scene, "advice", Role.PHYSICIAN)

    assert scene.callback().state == CallbackState.CLOSED
