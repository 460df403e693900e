"""Own limits that are missing or run out come before a physician, in time and not more than once a day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from records.models import EnrolmentState, Role
from tests.factories import NOW
from tests.triage.scene import RED, Scene, set_scene
from triage import callbacks, followup, jobs, reasons
from triage.levels import Level
from triage.models import AlertKind, CallbackState

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LAST_DAY = date(2026, 3, 13)
ENDS = datetime.fromisoformat("2026-03-14T00:00:00+01:00")


def own(scene: Scene, *, until: date | None = LAST_DAY, now=NOW, name: str = "heart_rate_orange_high") -> None:
    value = Decimal(95) if name == "heart_rate_orange_high" else Decimal(125)
    how = {"physician": scene.person(Role.PHYSICIAN), "reason": "usually 55", "until": until, "now": now}
    followup.set_own_limits(scene.session, enrolment=scene.enrolment, limits={name: value}, **how)
    scene.session.commit()


def learn(scene: Scene, *conditions: str) -> None:
    scene.enrolment.conditions = list(conditions)
    scene.session.commit()


def raised(scene: Scene, now) -> int:
    found = jobs.raise_limits_due(scene.session, now=now)
    scene.session.commit()
    return found


def settle(scene: Scene, now) -> None:
    seen = [alert.public_id for alert in scene.alerts()]
    about = {"callback": scene.callback().public_id, "staff": scene.person(Role.PHYSICIAN), "now": now}
    callbacks.dispose(scene.session, kind="technical", seen_alerts=seen, **about)
    scene.session.commit()


def test_limits_are_told_of_a_day_before_they_run_out_and_the_call_is_the_physicians(scene: Scene):
    own(scene)

    assert [raised(scene, ENDS - DAY - HOUR), raised(scene, ENDS - DAY), raised(scene, ENDS)] == [0, 1, 0]

    (alert,) = scene.alerts()
    assert (alert.kind, alert.rank, scene.callback().for_physician) == (AlertKind.LIMITS_DUE, Level.SILENT, True)
    for language, word in (("en", "physician"), ("fr", "médecin")):
        assert word in reasons.words({"reasons": alert.reasons}, language)[0]


def test_limits_that_ran_out_while_no_worker_ran_are_told_of_once(scene: Scene):
    own(scene)

    assert raised(scene, ENDS + 9 * DAY) == 1
    settle(scene, ENDS + 9 * DAY + HOUR)
    assert [raised(scene, ENDS + days * DAY) for days in (10, 11, 20)] == [0, 0, 0]


def test_a_second_limit_is_told_of_at_its_own_end(scene: Scene):
    own(scene)
    own(scene, until=LAST_DAY + 3 * DAY, name="heart_rate_red_high")

    assert raised(scene, ENDS) == 1
    settle(scene, ENDS + HOUR)
    assert [raised(scene, ENDS + DAY + HOUR), raised(scene, ENDS + 2 * DAY + HOUR)] == [0, 1]


@pytest.mark.parametrize("condition", ["pregnancy", "respiratory-disease", "home-oxygen"])
def test_a_condition_learned_without_limits_is_told_of_every_day_until_there_are_some(scene: Scene, condition: str):
    learn(scene, "diabetes", condition)

    assert [raised(scene, NOW), raised(scene, NOW + HOUR)] == [1, 0]
    settle(scene, NOW + 2 * HOUR)
    assert [raised(scene, NOW + 23 * HOUR), raised(scene, NOW + DAY)] == [0, 1]
    settle(scene, NOW + DAY + HOUR)
    own(scene, until=None, now=NOW + DAY + HOUR)
    assert [raised(scene, NOW + days * DAY) for days in (2, 3)] == [0, 0]


def test_limits_that_ran_out_for_a_condition_are_told_of_again_each_day(scene: Scene):
    learn(scene, "home-oxygen")
    own(scene)

    for day in range(3):
        assert raised(scene, ENDS + day * DAY) == 1
        settle(scene, ENDS + day * DAY + HOUR)


@pytest.mark.parametrize(
    ("conditions", "until"),
    [((), None), (("diabetes", "heart-disease"), None), (("pregnancy",), "lasting"), ((), "lasting")],
)
def test_nobody_else_is_told_of(scene: Scene, conditions: tuple[str, ...], until: str | None):
    learn(scene, *conditions)
    if until:
        own(scene, until=None)

    assert raised(scene, NOW + 5 * DAY) == 0


def test_limits_set_again_in_time_raise_nothing(scene: Scene):
    own(scene)
    own(scene, until=LAST_DAY + 9 * DAY, now=NOW + DAY)

    assert raised(scene, ENDS) == 0


@pytest.mark.parametrize("state", [state for state in EnrolmentState if state != EnrolmentState.ACTIVE])
def test_whoever_is_not_followed_now_is_not_told_of(session: Session, state: str):
    scene = set_scene(session, state)
    learn(scene, "pregnancy")

    assert raised(scene, NOW + HOUR) == 0


def test_what_is_left_of_a_call_stays_the_physicians_while_limits_are_missing(scene: Scene):
    learn(scene, "pregnancy")
    scene.submit(RED)
    seen = [alert.public_id for alert in scene.alerts()]
    raised(scene, NOW)

    about = {"callback": scene.callback().public_id, "staff": scene.person(Role.PHYSICIAN), "now": NOW + HOUR}
    callbacks.add_attempt(scene.session, outcome="reached", verified=True, **about)
    callbacks.dispose(scene.session, kind="technical", seen_alerts=seen, **about)
    scene.session.commit()

    assert [alert.kind for alert in scene.alerts()] == [AlertKind.LIMITS_DUE]
    assert (scene.callback().for_physician, scene.callback().state) == (True, CallbackState.OPEN)
