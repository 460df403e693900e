"""Real questionnaires by others, read where they lie: ../shared/data beside the checkout. None is copied here."""

import json
from pathlib import Path

import pytest

from questionnaires.enablement import enabled
from questionnaires.findings import QuestionnaireError
from questionnaires.messages import message
from questionnaires.reading import parse

DATA = Path(__file__).parents[3] / "shared" / "data"
FILES = sorted((DATA / "fhir").rglob("*.json"))
ABSENT = f"the published files are not there: {DATA}"


def _documents():
    """Every object in every file; a few files hold lists."""
    if not FILES:
        pytest.skip(ABSENT)
    for path in FILES:
        read = json.loads(path.read_text(encoding="utf-8"))
        for document in read if isinstance(read, list) else [read]:
            yield path, document


def _link_ids(items):
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict):
            yield item.get("linkId")
            yield from _link_ids(item.get("item"))


def _refusal(document):
    """The findings, or None when the document is accepted whole, with every item in its place."""
    try:
        questionnaire = parse(document)
    except QuestionnaireError as refused:
        return refused.findings
    assert list(questionnaire.by_link_id) == list(_link_ids(document["item"]))
    assert {item.link_id for item in questionnaire.evaluation} == questionnaire.by_link_id.keys()
    return None


def test_every_published_file_is_accepted_whole_or_refused_with_reasons_that_name_items():
    accepted = 0
    for path, document in _documents():
        findings = _refusal(document)
        if findings is None:
            accepted += 1
            continue
        items = document.get("item") if isinstance(document, dict) else None
        assert findings, path
        assert {finding.link_id for finding in findings} <= {"", *_link_ids(items)}, path
        assert all(message(finding, language) for finding in findings for language in ("fr", "en")), path

    assert accepted >= 69


def _stored(answer):
    for name, value in answer.items():
        match name:
            case "valueCoding":
                return {"code": value.get("code", ""), **({"system": value["system"]} if "system" in value else {})}
            case "valueBoolean" | "valueInteger" | "valueString" | "valueDate":
                return {name.removeprefix("value").lower(): value}
            case "valueDateTime" | "valueUri" | "valueTime":
                return {name.removeprefix("value").lower(): value}
            case "valueDecimal":
                return {"decimal": str(value)}
            case "valueQuantity":
                return {"quantity": str(value["value"]), "unit": value.get("code")}
    raise AssertionError(answer)


def _answers(items, found):
    for item in items:
        for answer in item.get("answer", ()):
            found.setdefault(item["linkId"], []).append(_stored({k: v for k, v in answer.items() if k != "item"}))
            _answers(answer.get("item", ()), found)
        _answers(item.get("item", ()), found)
    return found


def test_enablement_agrees_with_the_independent_implementation_on_every_questionnaire_we_accept():
    path = DATA / "enable-when" / "cases.json"
    if not path.exists():
        pytest.skip(ABSENT)
    compared = 0
    for case in json.loads(path.read_text(encoding="utf-8")):
        try:
            questionnaire = parse(json.loads((DATA / "fhir" / case["questionnaire"]).read_text(encoding="utf-8")))
        except QuestionnaireError:
            continue
        answers = _answers(case["response"].get("item", ()), {})
        on = enabled(questionnaire, answers)
        assert sorted(on & answers.keys()) == sorted(case["answered_and_enabled"]), case["questionnaire"]
        compared += 1

    assert compared >= 36
