"""What `check` has to say about one file, before anybody imports it: accepted, or each refused item with its reason."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from questionnaires.dialects import private_hosts, version_of
from questionnaires.findings import Finding, QuestionnaireError, Severity
from questionnaires.messages import message
from questionnaires.publishing import obstacles
from questionnaires.reading import parse
from questionnaires.schema import Questionnaire

LARGEST = 5_000_000
"""Bytes. The largest form that was ever published is a tenth of this."""


def document_of(content: bytes) -> object:
    """The JSON in `content`; raises QuestionnaireError for what is too large, no JSON, or says something twice."""
    if len(content) > LARGEST:
        raise QuestionnaireError((Finding("", "too-large", Severity.ERROR, {"most": str(LARGEST // 1_000_000)}),))
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as broken:
        where = {"line": str(broken.lineno), "column": str(broken.colno)}
        raise QuestionnaireError((Finding("", "broken-json", params=where),)) from None
    if twice := _names_twice(content):
        raise QuestionnaireError(tuple(Finding("", "name-twice", params={"element": name}) for name in twice))
    return document


def _names_twice(content: bytes) -> list[str]:
    """Names that one object gives twice: a reader keeps the last, so the rest would be lost without a word."""
    found: set[str] = set()

    def keep(pairs: list[tuple[str, Any]]) -> None:
        names = Counter(name for name, _ in pairs)
        found.update(name for name, count in names.items() if count > 1)

    try:
        json.loads(content, object_pairs_hook=keep)
    except (ValueError, RecursionError):  # deeper, or a longer number, than any item: refused by the reading itself
        return []
    return sorted(found)


def report(content: bytes, language: str = "en") -> dict[str, Any]:
    """JSON-able. `notes` are worth knowing; `unpublishable` is what must be settled before people are asked."""
    dialect: dict[str, Any] = {}
    try:
        document = document_of(content)
        dialect = _dialect(document)
        questionnaire = parse(document)
    except QuestionnaireError as refusal:
        refused = [f for f in refusal.findings if f.severity is Severity.ERROR]
        notes = [f for f in refusal.findings if f.severity is not Severity.ERROR]
        return {"accepted": False, **dialect, "refused": _told(refused, language), "notes": _told(notes, language)}
    return {"accepted": True, **dialect, **_described(questionnaire, language)}


def _dialect(document: object) -> dict[str, Any]:
    if not isinstance(document, Mapping):
        return {}
    return {"fhir": version_of(document), "private": list(private_hosts(document))}


def _described(questionnaire: Questionnaire, language: str) -> dict[str, Any]:
    return {
        "url": questionnaire.url,
        "version": questionnaire.version,
        "title": questionnaire.title.own,
        "languages": list(questionnaire.languages),
        "items": len(questionnaire.by_link_id),
        "questions": len(questionnaire.questions),
        "refused": [],
        "notes": _told(questionnaire.warnings, language),
        "unpublishable": _told((*_nameless(questionnaire), *obstacles(questionnaire)), language),
    }


def _nameless(questionnaire: Questionnaire) -> tuple[Finding, ...]:
    """Understood, and yet nothing to import: a stored version is known by its url and version."""
    return () if questionnaire.url and questionnaire.version else (Finding("", "no-address"),)


def _told(findings: Iterable[Finding], language: str) -> list[dict[str, str]]:
    return [{"linkId": f.link_id, "code": f.code, "reason": message(f, language)} for f in findings]
