"""Which silences are called before an orange, by the protocol of every shipped programme."""

from __future__ import annotations

from typing import Any

import pytest

from tests.triage import factories
from triage.assess import Occasion, assess, compile_protocol
from triage.documents import from_library
from triage.facts import gather
from triage.levels import Level

EVERY = ("covid-19", "after-surgery", "heart-failure", "covalgo", "covid-watch", "news2", "nimes")
ALONE: dict[str, Any] = {"patient": {"lives_alone": True}}
SILENCES = [
    *((slug, {}, Level.SILENT) for slug in EVERY),
    *((slug, {"history": {"last_level": level}}, Level.SILENT_URGENT) for slug in EVERY for level in ("orange", "red")),
    *((slug, ALONE, Level.SILENT_URGENT) for slug in EVERY),
    *((slug, {"history": {"missed_checkins_in_a_row": 2}}, Level.RED) for slug in EVERY),
    *(
        ("covid-19", {"patient": {"day_of_illness": day}}, Level.SILENT_URGENT if 6 <= day <= 12 else Level.SILENT)
        for day in (5, 6, 12, 13)
    ),
]


@pytest.mark.parametrize(("slug", "known", "level"), SILENCES)
def test_a_silence_after_an_alert_or_of_somebody_alone_or_on_the_days_at_risk_ranks_above_orange(
    slug: str, known: dict[str, Any], level: Level
) -> None:
    protocol = compile_protocol(from_library(slug))

    found = assess(protocol, gather(protocol.document.facts, factories.inputs({}, **known)), occasion=Occasion.SILENCE)

    assert found.level is level
    assert Level.SILENT < Level.ORANGE < Level.SILENT_URGENT < Level.RED
