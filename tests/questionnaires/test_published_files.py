"""Real questionnaires by others, read where they lie: ../shared/data beside the checkout. None is copied here."""

import copy
import json
from collections import Counter
from functools import cache
from pathlib import Path

import orjson
import pytest

from questionnaires.dialects import private_hosts, version_of
from questionnaires.enablement import enabled, satisfied
from questionnaires.findings import QuestionnaireError, Severity
from questionnaires.messages import message
from questionnaires.reading import parse
from questionnaires.schema import Condition
from tests.questionnaires.documents import form

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


@cache
def _judged():
    """(path, document, findings or None) of each, read once for all of these tests."""
    return [(path, document, _refusal(document)) for path, document in _documents()]


def test_every_published_file_is_accepted_whole_or_refused_with_reasons_that_name_items():
    accepted = 0
    for path, document, findings in _judged():
        if findings is None:
            accepted += 1
            continue
        items = document.get("item") if isinstance(document, dict) else None
        assert findings, path
        assert {finding.link_id for finding in findings} <= {"", *_link_ids(items)}, path
        assert all(message(finding, language) for finding in findings for language in ("fr", "en")), path

    assert accepted >= 164


def _told(findings):
    """The finding codes that refuse, without those about single items of a version that is not R4."""
    refusing = {finding.code for finding in findings if finding.severity is Severity.ERROR}
    return {"other-version"} if "other-version" in refusing else refusing


def test_two_thirds_of_the_r4_questionnaires_are_accepted_and_other_dialects_are_named():
    tally = Counter()
    for _, document, findings in _judged():
        if not isinstance(document, dict) or document.get("resourceType") != "Questionnaire":
            continue
        version = version_of(document)
        private = version == "R4" and bool(findings) and bool(private_hosts(document))
        tally[("private" if private else version, findings is None)] += 1
        if version_of(document) != "R4":
            assert _told(findings) == {"other-version"}

    assert tally[("STU3", True)] == tally[("R5", True)] == 0
    assert tally[("private", False)] == 14
    assert (tally[("STU3", False)], tally[("R5", False)]) == (11, 6)
    assert tally[("R4", True)] / (tally[("R4", True)] + tally[("R4", False)]) >= 0.66


def test_what_is_accepted_is_exported_as_it_was_imported():
    for path, document, findings in _judged():
        if findings is None:
            sent = orjson.loads(orjson.dumps(parse(copy.deepcopy(document)).document))
            assert sent == document, path


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


TYPES_OF_OTHERS = {"reference": "string", "attachment": "string", "coding": "choice"}


def _codings(part):
    """Every coding that a document or a response mentions."""
    if isinstance(part, dict):
        if "code" in part and isinstance(part["code"], str):
            yield part
        for inner in part.values():
            yield from _codings(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _codings(inner)


def _plain(items, options):
    """Only what enableWhen looks at, so that what we refuse for other reasons does not hide a difference here."""
    for item in items:
        kind = TYPES_OF_OTHERS.get(item["type"], item["type"])
        plain = {name: item[name] for name in ("linkId", "text", "enableWhen", "enableBehavior") if name in item}
        plain["type"] = "open-choice" if kind == "choice" and options else kind
        if kind in {"choice", "open-choice"}:
            plain["answerOption"] = options or item.get("answerOption", [])
        yield plain | ({"item": list(_plain(item["item"], options))} if "item" in item else {})


def _for_enablement(document, response):
    try:
        return parse(document)
    except QuestionnaireError:
        pass
    seen = {(c["code"], c.get("system")): c for part in (document, response) for c in _codings(part)}
    options = [{"valueCoding": {"code": code, **({"system": at} if at else {})}} for code, at in seen]
    return parse({"resourceType": "Questionnaire", "status": "active", "item": list(_plain(document["item"], options))})


def _in_spite_of_the_loop(document, answers):
    """The one questionnaire whose group waits for a question inside it: refused, as the HL7 validator does. The same
    conditions, settled by dropping what is off until nothing changes, still agree.
    """
    assert {f.code for f in _refusal(document)} == {"repeating-group", "enable-when-loop"}
    (group,) = document["item"]
    (waits,) = group["enableWhen"]
    questionnaire = form({k: v for k, v in group.items() if k not in {"enableWhen", "repeats"}})
    condition = Condition(waits["question"], waits["operator"], "boolean", waits["answerBoolean"])
    asked = questionnaire.by_link_id[waits["question"]]
    holds = satisfied(condition, asked, answers.get(asked.link_id, ()))
    return enabled(questionnaire, answers) if holds else frozenset()


@pytest.mark.skipif(not (DATA / "enable-when" / "cases.json").exists(), reason=ABSENT)
def test_enablement_agrees_with_the_independent_implementation_on_every_case():
    cases = json.loads((DATA / "enable-when" / "cases.json").read_text(encoding="utf-8"))
    for case in cases:
        document = json.loads((DATA / "fhir" / case["questionnaire"]).read_text(encoding="utf-8"))
        answers = _answers(case["response"].get("item", ()), {})
        if "enableWhen-test-invalid" in case["questionnaire"]:
            on = _in_spite_of_the_loop(document, answers)
        else:
            on = enabled(_for_enablement(document, case["response"]), answers)
        assert sorted(on & answers.keys()) == sorted(case["answered_and_enabled"]), case["questionnaire"]

    assert len(cases) == 148
