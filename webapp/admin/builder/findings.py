"""What is wrong or doubtful with a draft, in the reader's words, beside the part that it is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from triage import documents
from triage.findings import Finding, ProtocolError
from webapp.admin.builder.nodes import Path
from webapp.admin.rule_words import Words
from webapp.extensions import translator

ARROW = " › "


def of(data: Mapping[str, Any]) -> tuple[Finding, ...]:
    try:
        documents.load(data)
    except ProtocolError as refused:
        return refused.findings
    return ()


def sentence(finding: Finding, words: Words) -> str:
    """The finding with the words of facts and limits in place of their names."""
    values = {key: _shown(value, words) for key, value in finding.values.items()}
    text = translator().gettext(finding.message, **values)
    return text[:1].upper() + text[1:]


def _shown(value: str, words: Words) -> str:
    if value in words.facts:
        return words.name(value)
    if value in words.limits:
        return words.label(words.limits[value])
    return words.number(value) if re.fullmatch(r"-?\d+\.\d+", value) else value


def about(found: Iterable[Finding], *path: str) -> list[Finding]:
    """Those about one part: `about(found, "rules", "fever")`."""
    start = ARROW.join(path)
    return [one for one in found if one.where == start or one.where.startswith(start + ARROW)]


def place(finding: Finding) -> tuple[str, Path]:
    """Which field of a rule a finding is about, and where in its condition: "rules › x › when › 2 › 1" is ("when",
    (1, 0)).
    """
    steps = finding.where.split(ARROW)[2:]
    if not steps:
        return "", ()
    rest = steps[1:]
    return steps[0], tuple(int(step) - 1 for step in rest if step.isdigit() and step != "0")
