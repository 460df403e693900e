"""Protocol documents: JSON to frozen dataclasses and back, refused with every reason when they make no sense."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from importlib.resources import files
from typing import Any

from triage.documents.checking import DocumentChecker, check_limits
from triage.documents.deriving import facts_in_use
from triage.documents.parsing import DocumentReader
from triage.documents.parts import Case, Document, Limit, Order, Rule
from triage.documents.reviewing import review
from triage.documents.writing import digest, dump
from triage.facts import scale
from triage.findings import Findings
from triage.spelling import nearest

__all__ = [
    "Case",
    "Document",
    "Limit",
    "Order",
    "Rule",
    "check_own_limits",
    "digest",
    "dump",
    "facts_in_use",
    "from_library",
    "load",
    "reload",
    "review",
    "with_limits",
]


TURNING = re.compile("[\u202a-\u202e\x7f-\x9f]")
"""Overrides of direction and unseen controls; the isolates that hold a figure together in Arabic are others."""


def storable(data: object) -> bool:
    """Whether PostgreSQL can keep every character: no NUL and no half of a surrogate pair. And whether people can read
    each: none that turns the text round it, so that a limit could be signed as another one than it is.
    """
    try:
        written = json.dumps(data, ensure_ascii=False)
        written.encode()
    except (TypeError, ValueError, RecursionError):
        return False
    return "\\u0000" not in json.dumps(data) and not TURNING.search(written)


def decoded(text: str | bytes, findings: Findings) -> Any:
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: without_repeats(pairs, findings))
    except (ValueError, RecursionError) as error:
        findings.add("document", "this is not JSON that can be read: %(reason)s", reason=error)
        findings.refuse_if_any()


def without_repeats(pairs: list[tuple[str, Any]], findings: Findings) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for key, value in pairs:
        if key in seen:
            findings.add(key, "%(name)s is there twice: give each its own name", name=key)
        seen[key] = value
    return seen


def reload(data: Mapping[str, Any]) -> Document:
    """A document as it was accepted and stored. What the catalogue does not know (any more) is missing, which leaves
    every rule that reads it in doubt; refusing the version would turn away the answers of everybody whom it assesses.
    """
    return load(data, catalogued=False)


def load(data: Mapping[str, Any] | str | bytes, *, catalogued: bool = True) -> Document:
    """The document, or ProtocolError naming everything that must be corrected."""
    findings = Findings()
    given = decoded(data, findings) if isinstance(data, str | bytes) else data
    if not storable(given):
        findings.add("document", "it holds a value or a character that cannot be stored: write plain JSON text")
        findings.refuse_if_any()
    document = DocumentReader(findings).document(given)
    findings.refuse_if_any()
    DocumentChecker(document, findings, catalogued=catalogued).check()
    findings.refuse_if_any()
    return document


def from_library(slug: str) -> Document:
    """A protocol that is shipped. Raises KeyError when there is none of that name."""
    shelf = files("triage") / "library"
    names = {book.name.removesuffix(".json") for book in shelf.iterdir() if book.name.endswith(".json")}
    if slug not in names:
        raise KeyError(f"no protocol {slug!r} is shipped; there is {', '.join(sorted(names))}")
    return load((shelf / f"{slug}.json").read_bytes())


def changed(document: Document, values: Mapping[str, Decimal], findings: Findings) -> tuple[Limit, ...]:
    known = {limit.name: limit for limit in document.limits}
    for name in sorted(values.keys() - known.keys()):
        hint = nearest(name, known)
        findings.add("limits", "there is no limit named %(name)s: declare it or write %(hint)s", name=name, hint=hint)
    return tuple(revalued(limit, values.get(limit.name), findings) for limit in document.limits)


def revalued(limit: Limit, value: Decimal | None, findings: Findings) -> Limit:
    if value is None:
        return limit
    scaled = scale(value, limit.decimals)
    if scaled is None:
        findings.add(
            f"limits › {limit.name}",
            "%(given)s is too fine or no number: write a number with at most %(decimals)s decimals",
            given=value,
            decimals=limit.decimals,
        )
        return limit
    return replace(limit, value=scaled)


def limits_with(document: Document, values: Mapping[str, Decimal]) -> tuple[Limit, ...]:
    """The document's limits with some values replaced. Raises ProtocolError: unknown name, range, order, precision."""
    findings = Findings()
    limits = changed(document, values, findings)
    check_limits(limits, document.orders, findings)
    findings.refuse_if_any()
    return limits


def with_limits(document: Document, values: Mapping[str, Decimal]) -> Document:
    """A copy with other limits, checked as a whole. Raises ProtocolError."""
    return load(dump(replace(document, limits=limits_with(document, values))))


def check_own_limits(document: Document, own: Mapping[str, Decimal]) -> None:
    """A patient's own limits replace the protocol's by name and obey the same ranges and orders, or ProtocolError."""
    limits_with(document, own)
