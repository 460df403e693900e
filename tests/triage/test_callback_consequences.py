"""What a decision starts, when it cannot be, and that all of it is on the patient's chain."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.models import Checkin, CheckinState
from records import audit_check, clock
from records.models import AuditEntry, EnrolmentState, Role
from records.texts import translator
from tests.factories import NOW
from tests.triage.calling import LATER, called, disposed
from tests.triage.scene import ORANGE, RED, Scene, set_scene
from triage import callbacks
from triage.callbacks.consequences import usual_hours
from triage.models import AlertKind, Disposition
from triage.refusals import (
    AlertUnknown,
    AtNight,
    BadDetails,
    InFuture,
    NoteTooLong,
    NotFollowed,
    NotFound,
    NothingSeen,
    Refused,
    UnknownCode,
)

EVENING = datetime(2026, 3, 28, 18, tzinfo=UTC)
"""19:00 in Paris, the evening before its clocks go forward."""
NIGHTS = [
    ("Europe/Paris", 1, True),
    ("Europe/Paris", 2, False),
    ("Europe/Paris", 10, False),
    ("Europe/Paris", 11, True),
    ("America/Cayenne", 6, False),
    ("America/Cayenne", 5, True),
]
BAD_DISPOSITIONS = [
    pytest.param({"kind": "magic"}, UnknownCode, id="unknown kind"),
    pytest.param({"at": LATER + timedelta(hours=1)}, InFuture, id="in the future"),
    pytest.param({"seen_alerts": []}, NothingSeen, id="nothing seen"),
    pytest.param({"seen_alerts": [uuid.uuid4()]}, AlertUnknown, id="not an alert of this call-back"),
    pytest.param({"note": "x" * 4001}, NoteTooLong, id="endless note"),
    pytest.param({"kind": "extra-checkin"}, BadDetails, id="no hours"),
    pytest.param({"kind": "extra-checkin", "details": {"hours": 0}}, BadDetails, id="at once"),
    pytest.param({"kind": "extra-checkin", "details": {"hours": 25}}, BadDetails, id="too far"),
    pytest.param({"kind": "extra-checkin", "details": {"hours": True}}, BadDetails, id="yes is no number"),
    pytest.param({"kind": "extra-checkin", "details": {"hours": "2"}}, BadDetails, id="text"),
    pytest.param({"callback": uuid.uuid4()}, NotFound, id="no such call-back"),
]


@pytest.mark.parametrize(("given", "refusal"), BAD_DISPOSITIONS)
def test_an_outcome_that_cannot_be_changes_nothing(scene: Scene, given, refusal: type[Refused]):
    scene.submit(RED)
    called(scene, role=Role.PHYSICIAN)
    version, entries = scene.callback().version, scene.count(AuditEntry)

    with pytest.raises(refusal) as refused:
        disposed(scene, **given)
    scene.session.commit()

    assert refused.value.text(translator("fr")) != refused.value.text(translator("en"))
    assert (scene.count(Disposition), len(scene.alerts())) == (0, 1)
    assert (scene.callback().version, scene.count(AuditEntry)) == (version, entries)


@pytest.mark.parametrize("kind", ["ambulance", "hospital-advised"])
def test_after_hospital_somebody_asks_what_came_of_it(scene: Scene, kind: str):
    scene.submit(RED)
    called(scene)

    outcome = disposed(scene, kind)

    (alert,) = scene.alerts()
    assert (alert.kind, alert.due_at) == (AlertKind.OUTCOME_DUE, LATER + timedelta(hours=2))
    assert not outcome.closed
    assert (scene.callback().state, scene.callback().due_at) == ("open", LATER + timedelta(hours=2))


@pytest.mark.parametrize("kind", ["admitted", "deceased"])
def test_admission_and_death_end_the_follow_up_and_all_asking(scene: Scene, kind: str):
    scene.submit(RED)
    checkin = scene.checkin()

    disposed(scene, kind)

    scene.session.expire_all()
    assert (scene.enrolment.state, scene.enrolment.end_reason) == (EnrolmentState.DISCHARGED, kind)
    assert checkin.state == CheckinState.CANCELLED
    assert scene.callback().state == "closed"


def test_an_extra_checkin_is_asked_at_its_hour_in_the_patients_zone(session: Session):
    scene = set_scene(session, zone="Pacific/Noumea")
    for _ in range(2):
        scene.submit(ORANGE, now=LATER)
        called(scene, now=LATER)
        disposed(scene, "extra-checkin", details={"hours": 11})

    made = session.scalars(select(Checkin).order_by(Checkin.id)).all()
    assert [checkin.slot for checkin in made] == ["extra-1", "extra-2"]
    assert {checkin.opens_at for checkin in made} == {LATER + timedelta(hours=11)}
    assert {checkin.local_on.isoformat() for checkin in made} == {"2026-03-11"}
    assert {checkin.closes_at for checkin in made} == {LATER + timedelta(hours=15)}


@pytest.mark.parametrize(("zone", "hours", "asked"), NIGHTS)
def test_no_extra_checkin_at_night_where_the_patient_is(session: Session, zone: str, hours: int, asked: bool):
    scene = set_scene(session, zone=zone)
    scene.submit(ORANGE, now=EVENING)
    called(scene, now=EVENING)

    if asked:
        disposed(scene, "extra-checkin", details={"hours": hours}, now=EVENING)
    else:
        with pytest.raises(AtNight):
            disposed(scene, "extra-checkin", details={"hours": hours}, now=EVENING)

    assert scene.count(Checkin) == int(asked)


@pytest.mark.parametrize(
    ("hour", "offered"),
    [("12:00", 4), ("16:59", 4), ("17:00", 3), ("19:59", 1), ("20:00", 11), ("22:30", 9), ("02:59", 5)],
)
def test_the_hours_that_are_offered_lead_to_where_a_text_goes_out(session: Session, hour: str, offered: int):
    scene = set_scene(session)
    now = clock.instant(NOW.date() + timedelta(days=1), time.fromisoformat(hour), scene.enrolment.zone)

    found = usual_hours(scene.enrolment, now)

    assert found == offered
    scene.submit(ORANGE, now=now)
    called(scene, now=now)
    disposed(scene, "extra-checkin", details={"hours": found}, now=now)
    assert scene.count(Checkin) == 1


def test_a_refusal_at_night_names_the_nearest_number_of_hours(session: Session):
    scene = set_scene(session)
    scene.submit(ORANGE, now=EVENING)
    called(scene, now=EVENING)

    with pytest.raises(AtNight) as refused:
        disposed(scene, "extra-checkin", details={"hours": 6}, now=EVENING)

    assert refused.value.text(translator("en")).endswith(f"hours is {usual_hours(scene.enrolment, EVENING)}.")


def test_no_extra_checkin_for_whoever_is_not_followed(session: Session):
    scene = set_scene(session, EnrolmentState.PAUSED)
    scene.submit(ORANGE)
    called(scene)

    with pytest.raises(NotFollowed):
        disposed(scene, "extra-checkin", details={"hours": 2})


def test_everything_that_was_done_is_on_the_patients_chain_and_holds(scene: Scene):
    scene.submit(RED)
    callbacks.claim(scene.session, callback=scene.callback().public_id, staff=scene.person(Role.PHYSICIAN), now=NOW)
    called(scene, role=Role.PHYSICIAN, note="pale and tired")
    disposed(scene, "ambulance", note="Lips turned violet")

    acts = [entry.canonical.decode() for entry in scene.session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    chain = [act for act in acts if str(scene.enrolment.public_id) in act]
    for action in ("answers.submitted", "callback.claimed", "callback.attempted", "callback.disposed"):
        assert any(f'"{action}"' in act for act in chain), action
    assert not any("pale" in act or "violet" in act for act in acts)
    assert list(audit_check.verify(scene.session).problems) == []
