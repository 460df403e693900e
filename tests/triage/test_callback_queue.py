"""Reasons to call stand once, and the queue shows them within one's teams, the most urgent first."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from records.models import Enrolment, Role
from tests.factories import NOW, make_enrolment
from tests.statements import counted
from tests.triage.scene import ORANGE, RED, WELL, Scene, set_scene
from triage import callbacks
from triage.callbacks import Filters, queue
from triage.levels import Level
from triage.models import Alert, AlertKind, Callback
from triage.refusals import (
    UnknownCode,
)


def test_an_alert_raised_twice_stands_once(scene: Scene):
    def again() -> bool:
        return callbacks.raise_alert(
            scene.session,
            enrolment=scene.enrolment,
            kind=AlertKind.WROTE,
            rank=Level.SILENT,
            key="wrote:1",
            reasons=[{"code": "wrote"}],
            now=NOW,
        )

    assert [again(), again()] == [True, False]
    assert (scene.count(Alert), scene.callback().version) == (1, 1)
    assert scene.callback().due_at == NOW + timedelta(minutes=120)


def fill(scene: Scene) -> list[uuid.UUID]:
    """Four call-backs: red, orange early, orange late, and one of another team."""
    ids = []
    for answers, minutes in ((ORANGE, 5), (RED, 9), (ORANGE, 0)):
        enrolment = make_enrolment(scene.session, programme=scene.programme, team=scene.team)
        scene.submit(answers, enrolment_id=enrolment.id, now=NOW + timedelta(minutes=minutes))
        ids.append(enrolment.public_id)
    stranger = make_enrolment(scene.session, programme=scene.programme)
    scene.submit(RED, enrolment_id=stranger.id)
    return [ids[1], ids[2], ids[0]]


def test_the_queue_is_ordered_by_level_then_lateness_within_ones_teams(scene: Scene):
    expected = fill(scene)

    page = queue(scene.session, staff=scene.person(), now=NOW + timedelta(minutes=20))

    assert [row.enrolment for row in page.rows] == expected
    assert [row.late for row in page.rows] == [True, False, False]
    assert page.counts.by_level == {"red": 1, "silent_urgent": 0, "orange": 2, "silent": 0}
    assert page.counts.total == 3


def test_the_whole_page_costs_two_statements_and_names_without_another(scene: Scene):
    fill(scene)
    staff = scene.person()
    assert staff.teams

    with counted(scene.session) as statements:
        page = queue(scene.session, staff=staff, now=NOW)
        names = [row.identity().name for row in page.rows]

    assert len([one for one in statements if not one.startswith("SET LOCAL")]) == 2
    assert all(names)


def test_a_row_says_why_what_was_measured_and_who_it_is(session: Session):
    scene = set_scene(session, has_oximeter=True, family_name="Kervella", given_name="Zoé", lives_alone=True)
    for day, value in ((0, 96), (6, 95), (8, 94), (9, 93)):
        scene.submit({**WELL, "spo2": [{"integer": value}]}, now=NOW + timedelta(days=day))

    row = queue(session, staff=scene.person(), now=NOW + timedelta(days=9)).rows[0]

    assert (row.identity().name, row.day, row.lives_alone, row.language) == ("Zoé Kervella", 10, True, "fr")
    assert [point.value for point in row.course] == [Decimal(95), Decimal(94), Decimal(93)]
    assert row.latest["spo2"] == [{"integer": 93}]
    assert any("93" in sentence for sentence in row.words("en"))
    assert row.words("en") != row.words("fr")


def test_a_measure_that_nobody_was_asked_for_is_not_in_the_row(scene: Scene):
    scene.submit(ORANGE)

    (row,) = callbacks.queue(scene.session, staff=scene.person(Role.OPERATOR), now=NOW).rows
    assert row.latest is not None
    assert None not in row.latest.values()


def test_filters_narrow_the_rows_and_not_the_counts(scene: Scene):
    red, *oranges = fill(scene)
    staff = scene.person()
    callback = scene.session.scalars(
        select(Callback.public_id)
        .join(Enrolment, Enrolment.id == Callback.enrolment_id)
        .where(Enrolment.public_id == oranges[0])
    ).one()
    callbacks.claim(scene.session, callback=callback, staff=staff, now=NOW)

    def shown(filters: Filters) -> list[uuid.UUID]:
        page = queue(scene.session, staff=staff, now=NOW, filters=filters)
        assert page.counts.total == 3
        return [row.enrolment for row in page.rows]

    assert shown(Filters(level="red")) == [red]
    assert shown(Filters(level="orange")) == oranges
    assert shown(Filters(mine=True)) == [oranges[0]]
    assert shown(Filters(physician=True)) == []
    with pytest.raises(UnknownCode):
        shown(Filters(level="purple"))


def test_nobody_without_a_team_sees_anything(scene: Scene):
    fill(scene)

    page = queue(scene.session, staff=scene.another(teams=[]), now=NOW)

    assert (page.rows, page.counts.total) == ((), 0)


def test_the_etag_changes_with_everything_shown_and_with_nothing_else(scene: Scene):
    scene.submit(ORANGE)
    staff, public_id = scene.person(), scene.callback().public_id
    tags = []

    def look(now) -> str:
        tag = queue(scene.session, staff=staff, now=now).etag
        assert callbacks.etag(scene.session, staff=staff, now=now) == tag
        return tag

    tags.append(look(NOW))
    assert look(NOW + timedelta(minutes=1)) == tags[-1]
    callbacks.claim(scene.session, callback=public_id, staff=scene.another(), now=NOW)
    tags.append(look(NOW + timedelta(minutes=1)))
    assert look(NOW + timedelta(minutes=2)) == tags[-1]
    tags.append(look(NOW + timedelta(minutes=15)))  # the claim has ended by itself
    scene.submit(WELL, now=NOW + timedelta(minutes=16))
    tags.append(look(NOW + timedelta(minutes=16)))
    tags.append(look(NOW + timedelta(minutes=121)))  # late
    scene.submit(RED, now=NOW + timedelta(minutes=122))
    tags.append(look(NOW + timedelta(minutes=122)))
    assert len(set(tags)) == len(tags)
