"""What several tests of triage need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from records.db import engine_options
from records.models import Enrolment
from tests.factories import NOW, make_enrolment
from tests.triage.scene import Scene, set_scene


@pytest.fixture
def scene(session: Session) -> Scene:
    return set_scene(session)


@pytest.fixture
def right(scene: Scene) -> Enrolment:
    """The patient of whom the answers really are that stand in the file of the scene's."""
    made = make_enrolment(scene.session, programme=scene.programme, team=scene.team, onset_on=NOW.date())
    scene.session.commit()
    return made


@pytest.fixture
def pool(settings, database) -> Iterator[sa.Engine]:
    """Enough connections for threads that run at once."""
    wide = sa.create_engine(settings.database_url, **engine_options(pool_size=20))
    yield wide
    wide.dispose()
