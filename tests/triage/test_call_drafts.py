"""What is typed during a call and not yet sent: kept for its author, sealed, until it is taken."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from records import housekeeping
from records.models import Staff
from tests.factories import NOW
from tests.triage.scene import ORANGE, Scene, at_once, set_scene
from triage import callbacks
from triage.callbacks import drafts, finding
from triage.models import CallDraft
from triage.refusals import DraftTooLong, NotFound

TYPED = {"attempt-outcome": "reached", "attempt-note": "Tousse, fièvre « 39 »\nrappeler"}
DECIDED = {"disposition-kind": "advice", "disposition-note": "Paracétamol"}


@pytest.fixture
def scene(session: Session) -> Scene:
    made = set_scene(session)
    made.submit(ORANGE)
    return made


def save(scene: Scene, fields, staff: Staff | None = None, minute: int = 0):
    at = NOW + timedelta(minutes=minute)
    who = staff or scene.person()
    saved = drafts.save(scene.session, callback=scene.callback().public_id, staff=who, fields=fields, now=at)
    scene.session.commit()
    return saved


def kept(scene: Scene, staff: Staff | None = None) -> dict[str, str]:
    found = drafts.of_enrolment(scene.session, enrolment=scene.enrolment, staff=staff or scene.person())
    return found[0].fields if found else {}


def test_what_was_typed_comes_back_whole_and_is_sealed(scene: Scene, engine: sa.Engine):
    assert save(scene, TYPED, minute=1) == NOW + timedelta(minutes=1)

    assert kept(scene) == TYPED
    with engine.connect() as apart:
        assert b"Tousse" not in bytes(apart.execute(sa.text("SELECT content FROM call_drafts")).scalar_one())


def test_one_form_is_saved_beside_the_other_and_an_emptied_field_is_empty(scene: Scene):
    save(scene, TYPED)
    save(scene, DECIDED)
    save(scene, {"attempt-note": ""})

    assert kept(scene) == {"attempt-outcome": "reached", **DECIDED}


def test_nobody_sees_what_somebody_else_has_typed(scene: Scene):
    save(scene, TYPED)

    assert kept(scene, scene.another()) == {}


def test_a_colleague_of_another_team_can_keep_nothing_here(scene: Scene):
    with pytest.raises(NotFound):
        save(scene, TYPED, scene.another(teams=[]))


def test_a_form_that_was_taken_leaves_the_other_one(scene: Scene):
    save(scene, TYPED | DECIDED)

    found = finding.find(scene.session, callback=scene.callback().public_id, staff=scene.person())
    drafts.discard(scene.session, callback=found, staff=scene.person(), prefix="attempt-")

    assert kept(scene) == DECIDED
    drafts.discard(scene.session, callback=found, staff=scene.person())
    assert scene.count(CallDraft) == 0


def test_a_saving_that_arrives_after_its_form_was_taken_brings_nothing_back(scene: Scene):
    key = uuid.uuid4()
    about = {"callback": scene.callback().public_id, "staff": scene.person(), "now": NOW}
    callbacks.add_attempt(scene.session, outcome="busy", form_key=key, **about)

    save(scene, TYPED | DECIDED | {"attempt-key": str(key), "disposition-key": str(uuid.uuid4())})

    assert kept(scene) == DECIDED


def test_a_note_without_end_is_refused_and_what_was_kept_before_stays(scene: Scene):
    save(scene, TYPED)

    with pytest.raises(DraftTooLong):
        save(scene, {"attempt-note": "x" * drafts.LONGEST})
    scene.session.rollback()
    assert kept(scene) == TYPED


def test_two_devices_of_one_person_that_save_at_once_lose_nothing(scene: Scene, engine: sa.Engine):
    public_id, staff_id = scene.callback().public_id, scene.person().id

    def save_one(session: Session, number: int):
        staff = session.get_one(Staff, staff_id)
        return drafts.save(session, callback=public_id, staff=staff, fields=[TYPED, DECIDED][number], now=NOW)

    assert at_once(engine, 2, save_one) == [NOW, NOW]
    assert kept(scene) == TYPED | DECIDED


@pytest.mark.parametrize(("closed", "days", "left"), [(True, 6, 1), (True, 8, 0), (False, 8, 1)])
def test_what_was_never_sent_goes_a_week_after_the_call_back_was_closed(
    scene: Scene, closed: bool, days: int, left: int
):
    save(scene, TYPED)
    if closed:
        seen = [alert.public_id for alert in scene.alerts()]
        about = {"callback": scene.callback().public_id, "staff": scene.person(), "now": NOW + timedelta(minutes=1)}
        callbacks.dispose(scene.session, kind="technical", seen_alerts=seen, **about)

    housekeeping.tidy(scene.session, now=NOW + timedelta(days=days))

    assert scene.count(CallDraft) == left


def test_a_null_in_what_was_typed_is_kept_and_written(scene: Scene):
    save(scene, {"attempt-note": "a\0b"})
    assert kept(scene) == {"attempt-note": "a\0b"}

    about = {"callback": scene.callback().public_id, "staff": scene.person(), "now": NOW}
    callbacks.add_attempt(scene.session, **about, outcome="no-answer", note="a\0b")

    found = callbacks.detail(scene.session, enrolment=scene.enrolment, language="fr", now=NOW)
    assert found[0].attempts[0].note == "a\ufffdb"
