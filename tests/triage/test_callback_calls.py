"""Calls as they are written into a call-back, and what several in vain lead to."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import select

from records.models import Contact
from records.texts import translator
from tests.factories import NOW
from tests.triage.calling import LATER, called, disposed
from tests.triage.scene import ORANGE, Scene
from triage import callbacks
from triage.levels import Level
from triage.models import AlertKind, Attempt, Disposition
from triage.refusals import (
    BeforeOpening,
    InFuture,
    InPast,
    NoteTooLong,
    Refused,
    TakenBy,
    UnknownCode,
)


def test_a_call_is_on_record_and_its_note_is_sealed(scene: Scene, engine: sa.Engine):
    scene.submit(ORANGE)

    attempt = called(scene, note="Sleeps badly", at=NOW + timedelta(minutes=2))

    with engine.connect() as apart:
        note = apart.execute(sa.text("SELECT note FROM attempts")).scalar_one()
    assert b"Sleeps" not in bytes(note)
    (detail,) = callbacks.detail(scene.session, enrolment=scene.enrolment, language="en", now=LATER)
    assert [(line.code, line.note, line.at) for line in detail.attempts] == [
        ("reached", "Sleeps badly", NOW + timedelta(minutes=2))
    ]
    assert scene.callback().first_called_at == NOW + timedelta(minutes=2)
    contact = scene.session.scalars(select(Contact)).one()
    assert (contact.source, contact.channel, contact.outcome) == (attempt.public_id, "call", "delivered")


BAD_ATTEMPTS = [
    pytest.param({"outcome": "sang"}, UnknownCode, id="unknown outcome"),
    pytest.param({"outcome": "reached", "at": LATER + timedelta(hours=1)}, InFuture, id="in the future"),
    pytest.param({"outcome": "reached", "at": NOW - timedelta(days=2)}, BeforeOpening, id="before there was a reason"),
    pytest.param({"outcome": "busy", "next_try_at": LATER}, InPast, id="next try is over"),
    pytest.param({"outcome": "reached", "note": "x" * 4001}, NoteTooLong, id="endless note"),
]


@pytest.mark.parametrize(("given", "refusal"), BAD_ATTEMPTS)
def test_a_call_that_cannot_be_is_refused_with_a_sentence(scene: Scene, given, refusal: type[Refused]):
    scene.submit(ORANGE)

    with pytest.raises(refusal) as refused:
        called(scene, **given)

    assert "%(" not in refused.value.text(translator("fr"))
    assert refused.value.text(translator("fr")) != refused.value.text(translator("en"))
    scene.session.rollback()
    assert (scene.count(Attempt), scene.callback().version) == (0, 1)


def test_nobody_writes_into_somebody_elses_callback(scene: Scene):
    scene.submit(ORANGE)
    callbacks.claim(scene.session, callback=scene.callback().public_id, staff=scene.another(), now=NOW)
    scene.session.commit()

    with pytest.raises(TakenBy):
        called(scene)
    with pytest.raises(TakenBy):
        disposed(scene, "technical")
    assert (scene.count(Attempt), scene.count(Disposition)) == (0, 0)


def test_the_third_call_that_reaches_nobody_makes_it_red_for_the_doctor(scene: Scene):
    scene.submit(ORANGE)
    for outcome in ("no-answer", "busy"):
        called(scene, outcome)
    assert (scene.callback().rank, scene.callback().for_physician) == (Level.ORANGE, False)

    called(scene, "voicemail", next_try_at=LATER + timedelta(hours=1))

    callback = scene.callback()
    assert (callback.rank, callback.for_physician, callback.next_try_at) == (Level.RED, True, None)
    assert callback.due_at == LATER + timedelta(minutes=10)
    called(scene, "voicemail")
    assert [alert.kind for alert in scene.alerts()] == [AlertKind.ANSWERS, AlertKind.UNREACHED]


def test_a_call_that_reached_somebody_starts_the_count_anew(scene: Scene):
    scene.submit(ORANGE)
    for minute, outcome in enumerate(["no-answer", "busy", "reached", "voicemail", "no-answer"]):
        called(scene, outcome, now=LATER + timedelta(minutes=minute))

    assert scene.callback().rank == Level.ORANGE
