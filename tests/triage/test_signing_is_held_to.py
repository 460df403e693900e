"""What a signature rests on: answers that were really replayed, and a trail of what it put aside."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from records.models import AuditEntry
from tests.factories import NOW
from tests.triage.scene import Scene, replayed, set_scene
from tests.triage.test_life_of_a_version import changed, signed, try_to_sign
from triage import protocols
from triage.drafting_models import ProtocolReplay
from triage.models import ProtocolVersion

DAY = timedelta(days=1)


@pytest.fixture
def scene(session: Session) -> Scene:
    made = set_scene(session)
    made.submit()
    return made


def test_days_on_which_nobody_answered_are_no_trial(scene: Scene) -> None:
    """A year that was before anybody was followed can be replayed in a second, and says nothing."""
    version = changed(scene)
    scene.session.execute(sa.delete(ProtocolReplay))
    long_ago = {"from_on": NOW.date() - 400 * DAY, "to_on": NOW.date() - 300 * DAY}
    replayed(scene.session, version, scene.programme, **long_ago)
    replayed(scene.session, version, scene.programme, from_on=NOW.date(), to_on=NOW.date())

    with pytest.raises(protocols.NotReplayed):
        try_to_sign(scene, version)
    scene.session.rollback()

    replayed(scene.session, version, scene.programme, **long_ago, rows=1)
    try_to_sign(scene, version)


def test_the_last_weeks_are_a_trial_even_where_nobody_answered_in_them(scene: Scene) -> None:
    version = changed(scene)
    replayed(scene.session, version, scene.programme, rows=0)

    try_to_sign(scene, version)


def test_a_start_that_takes_the_place_of_another_is_told_of_both(scene: Scene) -> None:
    start = NOW + 3 * DAY
    first, second = (signed(scene, changed(scene, to=to), from_at=start) for to in ("38.5", "38.4"))

    def acts(of: ProtocolVersion) -> list[str]:
        found = sa.select(AuditEntry).where(AuditEntry.subject_id == of.public_id).order_by(AuditEntry.number)
        return [entry.canonical.decode().split('"protocol.')[1].split('"')[0] for entry in scene.session.scalars(found)]

    assert acts(first) == ["drafted", "signed", "scheduled", "unscheduled"]
    assert acts(second) == ["drafted", "signed", "scheduled"]
