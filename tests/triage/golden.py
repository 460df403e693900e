"""What the assessments of the shipped protocols' own cases are stored as, by a digest of the bytes.

`python -m tests.triage.golden` writes the file anew. Do that only for a case or a rule of a shipped document that was
changed: else another digest means that stored assessments would no longer be lived again as they were.
"""

import hashlib
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from triage.assess import Assessment, CompiledProtocol, Occasion, assess, compile_protocol
from triage.cases import readings_of
from triage.documents import Case, from_library
from triage.facts import MISSING, Reading, Status

FILE = Path(__file__).with_name("golden_explanations.json")
SLUGS = ("covid-19", "heart-failure", "after-surgery")
ORIGIN = "8f14e45f-ceea-467f-a0e6-000000000001 2026-11-21T08:00:00+00:00"


def spoilt(reading: Reading, number: int) -> Reading:
    """One reading in three ways that readings are spoilt, by turns."""
    if reading.value is None or number == 0:
        return MISSING
    if number == 1:
        return Reading(Status.UNREADABLE, None, "abc", ORIGIN)
    return reading._replace(status=Status.IMPLAUSIBLE, origin=ORIGIN)


def variations(readings: dict[str, Reading]) -> Iterator[dict[str, Reading]]:
    yield readings
    for turn in range(4):
        yield {
            name: spoilt(reading, place % 3) if place % 4 == turn else reading
            for place, (name, reading) in enumerate(readings.items())
        }


def assessments(protocol: CompiledProtocol, case: Case) -> Iterator[Assessment]:
    document = protocol.document
    lowest = {limit.name: Decimal(limit.lowest).scaleb(-limit.decimals) for limit in document.limits[::2]}
    for readings in variations(readings_of(document, case.facts)):
        for own in ({}, {"unheard_of": Decimal(1)}, lowest):
            yield assess(protocol, readings, own_limits=own, occasion=Occasion.ANSWER)
        yield assess(protocol, readings, occasion=Occasion.SILENCE)


def stored(protocol: CompiledProtocol, case: Case) -> str:
    """A digest of twenty assessments, without the document's own, which changes with every case that is added."""
    written = "\n".join(json.dumps(each.to_json(), ensure_ascii=False) for each in assessments(protocol, case))
    return hashlib.sha256(written.replace(protocol.digest, "").encode()).hexdigest()[:24]


def golden(slug: str) -> dict[str, Any]:
    protocol = compile_protocol(from_library(slug))
    return {case.name: stored(protocol, case) for case in protocol.document.cases}


if __name__ == "__main__":
    FILE.write_text(json.dumps({slug: golden(slug) for slug in SLUGS}, indent=1, ensure_ascii=False) + "\n")
