"""Mistaken answers by question and by whether the instructions were opened, counted from what callers found out."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from tests.factories import NOW
from tests.triage.factories import covid
from tests.triage.scene import WELL, Scene
from triage import callbacks, entry_errors
from triage.entry_errors import Question
from triage.models import DispositionKind


def hot(temperature: str = "39.5", **more: Any) -> dict[str, Any]:
    return {**WELL, "temperature": [{"decimal": temperature}], **more}


def close(scene: Scene, kind: str = DispositionKind.ENTRY_ERROR, *, repeated: bool = False) -> None:
    """A red is a mistake only once it was measured again."""
    callback, staff = scene.callback().public_id, scene.person()
    callbacks.add_attempt(scene.session, callback=callback, staff=staff, outcome="reached", verified=True, now=NOW)
    if repeated:
        scene.submit(WELL, now=NOW + timedelta(seconds=30))
    seen = [alert.public_id for alert in scene.alerts()]
    told = {"kind": kind, "seen_alerts": seen, "now": NOW + timedelta(minutes=1)}
    callbacks.dispose(scene.session, callback=callback, staff=staff, **told)
    scene.session.commit()


def measured(scene: Scene, *, rehearsal: bool = True, day: Any = None) -> dict[str, Question]:
    days = {"first": day or NOW.date(), "last": day or NOW.date(), "rehearsal": rehearsal}
    given = {"programme": scene.programme, "document": covid().document}
    return {line.link_id: line for line in entry_errors.measure(scene.session, **given, **days)}


def counts(line: Question) -> list[tuple[int, int]]:
    return [(share.part, share.whole) for share in (line.all, line.seen, line.unseen, line.unknown)]


def test_a_mistaken_answer_counts_for_its_own_question_and_with_what_was_opened(scene: Scene) -> None:
    scene.submit(hot(), how_to=["temperature"])
    close(scene)
    scene.submit(hot(), how_to=["heart-rate"])
    close(scene)
    scene.submit(hot())
    close(scene)
    scene.submit(WELL, how_to=["temperature"])

    found = measured(scene)

    assert counts(found["temperature"]) == [(3, 4), (1, 2), (1, 1), (1, 1)]
    assert counts(found["heart-rate"]) == [(0, 4), (0, 1), (0, 2), (0, 1)]


@pytest.mark.parametrize("kind", [DispositionKind.ADVICE, DispositionKind.GP, DispositionKind.TECHNICAL])
def test_what_was_closed_as_anything_else_was_not_mistaken(scene: Scene, kind: str) -> None:
    scene.submit(hot())
    close(scene, kind)

    assert counts(measured(scene)["temperature"])[0] == (0, 1)


def test_an_answer_that_is_hard_to_believe_counts_though_no_rule_fired_by_it(scene: Scene) -> None:
    scene.submit({**WELL, "heart-rate": [{"integer": 400}]})
    close(scene, repeated=True)

    found = measured(scene)

    assert counts(found["heart-rate"])[0] == (1, 2)
    assert counts(found["temperature"])[0] == (0, 2)


def test_what_was_not_measured_is_no_answer_and_no_error(scene: Scene) -> None:
    scene.submit({**WELL, "temperature": [{"absent": "not-measured"}]})
    close(scene)

    assert counts(measured(scene)["temperature"]) == [(0, 0)] * 4


def test_only_the_days_and_the_patients_that_were_asked_for_are_counted(scene: Scene) -> None:
    scene.submit(hot(), key=uuid.uuid4())
    close(scene)

    assert counts(measured(scene, rehearsal=False)["temperature"])[0] == (0, 0)
    assert counts(measured(scene, day=NOW.date().replace(day=NOW.day - 1))["temperature"])[0] == (0, 0)
    assert counts(measured(scene)["temperature"])[0] == (1, 1)
