"""Every fact of a protocol, read from where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from triage.answered import plain
from triage.facts.parts import MISSING, WINDOWS, Earlier, Fact, Inputs, Reading, SourceKind, Status
from triage.facts.reading import read
from triage.facts.windows import window

ANSWER, PREVIOUS, FIRST_RESPONSE = SourceKind.ANSWER, SourceKind.PREVIOUS, SourceKind.FIRST_RESPONSE
PATIENT, HISTORY = SourceKind.PATIENT, SourceKind.HISTORY
Table = tuple[Mapping[str, object], str]
"""Raw values by the key of a source, and where they come from."""


def tables_of(inputs: Inputs) -> dict[SourceKind, Table]:
    origin = inputs.origins.get
    previous = inputs.previous
    return {
        ANSWER: (inputs.answers, origin(ANSWER, "")),
        PREVIOUS: (previous or {}, origin(PREVIOUS, "")),
        FIRST_RESPONSE: ({"": previous is None}, origin(FIRST_RESPONSE, "")),
        PATIENT: (inputs.patient, origin(PATIENT, "")),
        HISTORY: (inputs.history, origin(HISTORY, "")),
    }


def gather(facts: Iterable[Fact], inputs: Inputs) -> dict[str, Reading]:
    """Every fact, read from its source. Never raises, whatever the inputs hold."""
    tables = tables_of(inputs)
    listed = tuple(facts)
    readings = {}
    for fact in listed:
        source = fact.source
        found = tables.get(source.kind)
        if found is not None:
            table, origin = found
            readings[fact.name] = read(fact, plain(table.get(source.key), fact.unit), origin)
        elif source.kind in WINDOWS:
            readings[fact.name] = window(fact, listed, inputs)
        else:
            readings[fact.name] = back(fact, inputs.earlier)
    return readings


def back(fact: Fact, earlier: Sequence[Earlier]) -> Reading:
    """The fact as it was answered in one earlier hour, or whether that hour was answered: that is always known."""
    source = fact.source
    found = next((past for past in earlier if past.back == source.back and 0 <= past.days <= source.days), None)
    if not source.key:
        return Reading(Status.KNOWN, found is not None, "yes" if found else "no", found.origin if found else "")
    return MISSING if found is None else read(fact, plain(found.answers.get(source.key), fact.unit), found.origin)
