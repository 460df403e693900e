"""What `check` has to say about one file, before anybody imports it: accepted, or each refused item with its reason."""

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
    """The JSON in `content`; raises QuestionnaireError for what is too large or no JSON."""
    if len(content) > LARGEST:
        raise QuestionnaireError((Finding("", "too-large", Severity.ERROR, {"most": str(LARGEST // 1_000_000)}),))
    try:
        return orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        raise QuestionnaireError((Finding("", "not-json"),)) from None


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
        "unpublishable": _told(obstacles(questionnaire), language),
    }


def _told(findings: Iterable[Finding], language: str) -> list[dict[str, str]]:
    return [{"linkId": f.link_id, "code": f.code, "reason": message(f, language)} for f in findings]
