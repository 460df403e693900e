"""What several tests of triage need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from records.db import engine_options


@pytest.fixture
def pool(settings, database) -> Iterator[sa.Engine]:
    """Enough connections for threads that run at once."""
    wide = sa.create_engine(settings.database_url, **engine_options(pool_size=20))
    yield wide
    wide.dispose()
