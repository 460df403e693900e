"""Inviting, pausing, ending, and a patient's own limits: what triage does beside the change of state."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from questionnaires.models import CheckinState
from records.audit import SYSTEM
from records.enrolment import WrongState
from records.models import AuditEntry, EnrolmentState, PauseReason, Role
from records.refusals import FieldErrors
from records.texts import translator
from tests.factories import NOW
from tests.triage.scene import ORANGE, Scene, set_scene
from triage import followup, jobs
from triage.findings import ProtocolError
from triage.models import PatientLimit
from triage.refusals import EndsInPast, LimitsByPhysician, LimitsMissing, ReasonMissing

LIMITS = {"spo2_red": Decimal(86), "spo2_orange": Decimal(88), "spo2_first": Decimal(88)}


def pause(scene: Scene, **given) -> None:
    how = {"owner": scene.person(), "review_on": NOW.date() + timedelta(days=2), "reason": PauseReason.ASKED}
    followup.pause(scene.session, enrolment=scene.enrolment, actor=SYSTEM, now=NOW, **(how | given))
    scene.session.commit()


def limit(scene: Scene, limits=None, *, role: str = Role.PHYSICIAN, **given) -> None:
    how = {"reason": "Home oxygen: usually 90 %", "now": NOW}
    followup.set_own_limits(
        scene.session,
        enrolment=scene.enrolment,
        limits=LIMITS if limits is None else limits,
        physician=scene.person(role),
        **(how | given),
    )
    scene.session.commit()


def test_a_pause_cancels_what_is_being_asked_and_leaves_the_call_to_be_made(scene: Scene):
    scene.submit(ORANGE)
    asked, later = scene.checkin(), scene.checkin(opens_at=NOW + timedelta(hours=5), slot="extra-1")

    pause(scene)

    scene.session.expire_all()
    assert (asked.state, asked.closed_at, later.state) == (CheckinState.CANCELLED, NOW, CheckinState.CANCELLED)
    assert scene.callback().state == "open"


@pytest.mark.parametrize("given", [{"review_on": None}, {"review_on": NOW.date() - timedelta(days=1)}, {"reason": "x"}])
def test_a_pause_that_is_refused_cancels_nothing(scene: Scene, given):
    checkin = scene.checkin()

    with pytest.raises(FieldErrors):
        pause(scene, **given)
    scene.session.commit()

    scene.session.refresh(checkin)
    assert checkin.state == CheckinState.OPEN


def test_an_end_cancels_what_is_being_asked_and_not_what_was_missed(scene: Scene):
    missed = scene.checkin(state=CheckinState.MISSED, closed_at=NOW, slot="evening")
    checkin = scene.checkin()

    followup.discharge(scene.session, enrolment=scene.enrolment, reason="withdrew", actor=SYSTEM, now=NOW)
    scene.session.commit()

    scene.session.expire_all()
    assert (checkin.state, missed.state) == (CheckinState.CANCELLED, CheckinState.MISSED)
    assert scene.enrolment.state == EnrolmentState.DISCHARGED
    with pytest.raises(WrongState):
        followup.discharge(scene.session, enrolment=scene.enrolment, reason="withdrew", actor=SYSTEM, now=NOW)


def test_after_a_pause_the_patient_is_asked_again(scene: Scene):
    pause(scene)

    followup.resume(scene.session, enrolment=scene.enrolment, actor=SYSTEM, now=NOW + timedelta(days=1))

    assert (scene.enrolment.state, scene.enrolment.next_checkin_at) == ("active", NOW + timedelta(days=1))


def test_own_limits_lift_the_hold_and_the_patient_can_be_invited(session: Session):
    scene = set_scene(session, EnrolmentState.HELD)
    with pytest.raises(WrongState):
        followup.invite(session, enrolment=scene.enrolment, actor=SYSTEM, now=NOW)
    session.rollback()

    limit(scene)
    followup.invite(session, enrolment=scene.enrolment, actor=SYSTEM, now=NOW)

    assert followup.own_limits(session, enrolment=scene.enrolment, now=NOW) == LIMITS
    assert scene.enrolment.state == EnrolmentState.INVITED


def test_a_later_limit_replaces_the_earlier_one_and_both_are_kept(scene: Scene):
    limit(scene)
    limit(scene, {"spo2_red": Decimal(85)}, now=NOW + timedelta(days=1))

    now = NOW + timedelta(days=1)
    assert followup.own_limits(scene.session, enrolment=scene.enrolment, now=now) == {**LIMITS, "spo2_red": Decimal(85)}
    assert scene.count(PatientLimit) == 4


def test_a_limit_ends_with_its_last_day_at_the_centre(scene: Scene):
    limit(scene, until=date(2026, 3, 12))

    def known(hours: int) -> bool:
        midnight = NOW.replace(day=12, hour=23, minute=0)  # 00:00 on the 13th in Paris
        return bool(
            followup.own_limits(scene.session, enrolment=scene.enrolment, now=midnight + timedelta(hours=hours))
        )

    assert (known(-1), known(0)) == (True, False)


BAD = [
    pytest.param({"role": Role.OPERATOR}, LimitsByPhysician, id="not a physician"),
    pytest.param({"limits": {}}, LimitsMissing, id="no limit"),
    pytest.param({"reason": " "}, ReasonMissing, id="no reason"),
    pytest.param({"until": date(2026, 3, 9)}, EndsInPast, id="over already"),
    pytest.param({"limits": {"spo2_red": Decimal(70)}}, ProtocolError, id="out of range"),
    pytest.param({"limits": {"spo2_red": Decimal(95)}}, ProtocolError, id="red above orange"),
    pytest.param({"limits": {"nothing": Decimal(1)}}, ProtocolError, id="unknown name"),
]


@pytest.mark.parametrize(("given", "refusal"), BAD)
def test_a_limit_that_cannot_be_is_refused_and_the_hold_stays(session: Session, given, refusal):
    scene = set_scene(session, EnrolmentState.HELD)

    with pytest.raises(refusal) as refused:
        limit(scene, **given)
    session.commit()

    session.refresh(scene.enrolment)
    assert (scene.count(PatientLimit), scene.enrolment.state) == (0, EnrolmentState.HELD)
    if not isinstance(refused.value, ProtocolError):
        assert refused.value.text(translator("fr")) != refused.value.text(translator("en"))


def test_setting_limits_is_on_the_chain_without_their_values(scene: Scene):
    limit(scene)

    acts = [entry.canonical.decode() for entry in scene.session.query(AuditEntry)]
    (act,) = [act for act in acts if '"limits.set"' in act]
    assert "spo2_red" in act
    assert "86" not in act.split('"details"')[1].split("}")[0]


def test_whoever_is_resumed_after_the_last_day_is_asked_again_before_anything_ends(scene: Scene):
    scene.checkin()
    scene.submit()
    scene.enrolment.ends_on = NOW.date()
    pause(scene, review_on=NOW.date() + timedelta(days=5))

    back = NOW + timedelta(days=5)
    followup.resume(scene.session, enrolment=scene.enrolment, actor=SYSTEM, now=back)
    scene.session.commit()
    jobs.end_follow_ups(scene.session, now=back)

    assert (scene.enrolment.state, scene.enrolment.ends_on) == (EnrolmentState.ACTIVE, NOW.date() + timedelta(days=6))


def test_the_days_of_a_pause_are_given_back(scene: Scene):
    ends_on = scene.enrolment.ends_on
    pause(scene)

    followup.resume(scene.session, enrolment=scene.enrolment, actor=SYSTEM, now=NOW + timedelta(days=2))

    assert scene.enrolment.ends_on == ends_on + timedelta(days=2)
