"""Facts: what a rule may look at, where each comes from, and how a raw value is read."""

from __future__ import annotations

from triage.facts.gathering import (
    gather,
)
from triage.facts.parts import (
    MISSING,
    NUMERIC,
    OF_ANSWERS,
    PAST,
    TRENDS,
    WINDOWS,
    Earlier,
    Fact,
    FactKind,
    Inputs,
    Reading,
    Readings,
    Source,
    SourceKind,
    Status,
    Translations,
    Value,
)
from triage.facts.reading import (
    LARGEST_EXPONENT,
    NUMBER,
    as_entered,
    as_number,
    read,
    read_number,
    readings_from_json,
    readings_to_json,
    scale,
    unscale,
)
from triage.facts.windows import (
    window,
)

__all__ = [
    "LARGEST_EXPONENT",
    "MISSING",
    "NUMBER",
    "NUMERIC",
    "OF_ANSWERS",
    "PAST",
    "TRENDS",
    "WINDOWS",
    "Earlier",
    "Fact",
    "FactKind",
    "Inputs",
    "Reading",
    "Readings",
    "Source",
    "SourceKind",
    "Status",
    "Translations",
    "Value",
    "as_entered",
    "as_number",
    "gather",
    "read",
    "read_number",
    "readings_from_json",
    "readings_to_json",
    "scale",
    "unscale",
    "window",
]
