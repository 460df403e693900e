"""Small FHIR documents for these tests."""

from typing import Any

from questionnaires.answers import raw_from_json, validate
from questionnaires.reading import parse
from questionnaires.schema import Questionnaire


def question(link_id: str, kind: str = "boolean", **more: Any) -> dict[str, Any]:
    return {"linkId": link_id, "text": f"Text of {link_id}", "type": kind, **more}


def choice(link_id: str, *codes: str, **more: Any) -> dict[str, Any]:
    options = [{"valueCoding": {"system": "urn:s", "code": code, "display": code}} for code in codes]
    return question(link_id, "choice", answerOption=options, **more)


def when(question: str, operator: str, **answer: Any) -> dict[str, Any]:
    return {"question": question, "operator": operator, **answer}


def document(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resourceType": "Questionnaire", "status": "active", "language": "en", "item": list(items), **more}


def form(*items: dict[str, Any], **more: Any) -> Questionnaire:
    return parse(document(*items, **more))


def answer(questionnaire: Questionnaire, body: Any, **facts: Any) -> Any:
    return validate(questionnaire, raw_from_json(body), facts={k.replace("_", "-"): v for k, v in facts.items()})


def codes(findings: Any) -> list[tuple[str, str]]:
    return [(f.link_id, f.code) for f in findings]


WELL: dict[str, Any] = {
    "breathlessness": "none",
    "breathlessness-change": "same",
    "chest-pain": "false",
    "blue-lips": "false",
    "confusion": "false",
    "fainted": "false",
    "cannot-eat-drink": "false",
    "temperature": "37,2",
    "heart-rate": "72",
    "respiratory-rate": "16",
    "spo2": "97",
    "chills": "none",
    "malaise": "none",
    "confinement": "fine",
}
