"""Every fact of a protocol, read from where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from triage.answered import plain
from triage.facts.parts import MISSING, WINDOWS, Earlier, Fact, Inputs, Reading, SourceKind, Status
from triage.facts.reading import read
from triage.facts.windows import window


def gather(facts: Iterable[Fact], inputs: Inputs) -> dict[str, Reading]:
    """Every fact, read from its source. Never raises, whatever the inputs hold."""
    tables: dict[SourceKind, tuple[Mapping[str, object], str]] = {
        SourceKind.ANSWER: (inputs.answers, inputs.origins.get(SourceKind.ANSWER, "")),
        SourceKind.PREVIOUS: (inputs.previous or {}, inputs.origins.get(SourceKind.PREVIOUS, "")),
        SourceKind.FIRST_RESPONSE: ({"": inputs.previous is None}, inputs.origins.get(SourceKind.FIRST_RESPONSE, "")),
        SourceKind.PATIENT: (inputs.patient, inputs.origins.get(SourceKind.PATIENT, "")),
        SourceKind.HISTORY: (inputs.history, inputs.origins.get(SourceKind.HISTORY, "")),
    }
    listed = tuple(facts)
    readings = {}
    for fact in listed:
        if fact.source.kind in tables:
            table, origin = tables[fact.source.kind]
            readings[fact.name] = read(fact, plain(table.get(fact.source.key), fact.unit), origin)
        elif fact.source.kind in WINDOWS:
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
