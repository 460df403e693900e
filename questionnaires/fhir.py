"""Answers as a FHIR R4 QuestionnaireResponse. Writing only: the stored answers stay as they are."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any, NamedTuple

from questionnaires.fhir_names import CONFIRMED, DATA_ABSENT, UNREADABLE_TEXT
from questionnaires.languages import spoken
from questionnaires.schema import Item, ItemType, Questionnaire, Value

ABSENT_CODE = "asked-unknown"
UNREADABLE_CODE = "as-text"


class _Spoken(NamedTuple):
    language: str
    zone: tzinfo


def questionnaire_response(
    questionnaire: Questionnaire,
    answers: Mapping[str, Sequence[Value]],
    *,
    authored: datetime,
    status: str = "completed",
    language: str | None = None,
    identifier: str | None = None,
    subject: str | None = None,
    zone: tzinfo | None = None,
) -> dict[str, Any]:
    """A JSON-able QuestionnaireResponse. `identifier` is the response's UUID, `subject` a FHIR reference, `zone` the
    person's, in which typed moments are meant (that of `authored` where it is not said).

    "Could not measure" and an unreadable text are items without answer that carry data-absent-reason, the latter with
    the text beside it. A confirmed unlikely value says so on its answer. Raises ValueError when `authored` is naive.
    """
    if authored.tzinfo is None:
        raise ValueError("authored needs a time zone")
    shown = spoken(questionnaire, language or questionnaire.language)
    response: dict[str, Any] = {"resourceType": "QuestionnaireResponse", "language": shown}
    if identifier:
        response["identifier"] = {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{identifier}"}
    if questionnaire.url:
        response["questionnaire"] = "|".join(part for part in (questionnaire.url, questionnaire.version) if part)
    response["status"] = status
    if subject:
        response["subject"] = {"reference": subject}
    response["authored"] = authored.isoformat(timespec="seconds")
    if items := _items(questionnaire.items, answers, _Spoken(shown, zone or authored.tzinfo)):
        response["item"] = items
    return response


def _items(items: tuple[Item, ...], answers: Mapping[str, Sequence[Value]], spoken_as: _Spoken) -> list[dict[str, Any]]:
    return [written for item in items if (written := _item(item, answers, spoken_as))]


def _item(item: Item, answers: Mapping[str, Sequence[Value]], spoken_as: _Spoken) -> dict[str, Any] | None:
    """Nested items stand in `item.item` under a group and in `answer.item` under a question."""
    if item.type is ItemType.DISPLAY:
        return None
    given = answers.get(item.link_id, ())
    written = [_answer(item, value, *spoken_as) for value in given if not _reasons(value)]
    reasons = [reason for value in given for reason in _reasons(value)]
    children = _items(item.items, answers, spoken_as)
    if not (written or reasons or children):
        return None
    response: dict[str, Any] = {"extension": reasons} if reasons and not written else {}
    response["linkId"] = item.link_id
    if item.text.own:
        response["text"] = item.text.speak(spoken_as.language)
    if written:
        response["answer"] = written
    if children:
        (written[0] if written else response)["item"] = children
    return response


def _reasons(value: Value) -> list[dict[str, Any]]:
    if "absent" in value:
        said = value.get("text")
        reason = ABSENT_CODE
    elif "unreadable" in value:
        said = value["unreadable"]
        reason = UNREADABLE_CODE
    else:
        return []
    extensions: list[dict[str, Any]] = [{"url": DATA_ABSENT, "valueCode": reason}]
    return [*extensions, {"url": UNREADABLE_TEXT, "valueString": said}] if said else extensions


def _answer(item: Item, value: Value, language: str, zone: tzinfo) -> dict[str, Any]:
    answer: dict[str, Any] = {"extension": [{"url": CONFIRMED, "valueBoolean": True}]} if value.get("confirmed") else {}
    if "code" in value:
        answer["valueCoding"] = _coding(item, value, language)
    elif "quantity" in value:
        answer["valueQuantity"] = _quantity(item, value, language)
    elif "decimal" in value:
        answer["valueDecimal"] = _json_number(value["decimal"])
    elif "datetime" in value:
        answer["valueDateTime"] = _instant(value["datetime"], zone)
    else:
        for kind in ("boolean", "integer", "string", "date", "time", "uri"):
            if kind in value:
                answer[f"value{kind.capitalize()}"] = value[kind]
    return answer


def _instant(moment: str, zone: tzinfo) -> str:
    """FHIR wants an offset beside every time of day; a moment without one was read off a clock in `zone`."""
    if "T" not in moment:
        return moment
    read = datetime.fromisoformat(moment)
    if read.tzinfo is not None:
        return moment
    offset = zone.utcoffset(read) or timedelta()
    whole = timezone(timedelta(minutes=round(offset / timedelta(minutes=1))))  # before 1911, Paris was 9 min 21 s ahead
    return read.replace(tzinfo=whole).isoformat(timespec="seconds")


def _coding(item: Item, value: Value, language: str) -> dict[str, Any]:
    for option in item.options:
        if option.value == value["code"] and value.get("system", option.system or "") == (option.system or ""):
            system = {"system": option.system} if option.system else {}
            return system | {"code": value["code"], "display": option.label.speak(language)}
    return {"code": value["code"]}


def _quantity(item: Item, value: Value, language: str) -> dict[str, Any]:
    quantity: dict[str, Any] = {"value": _json_number(value["quantity"])}
    stated = value.get("unit")
    unit = next((unit for unit in (item.unit, *item.units) if unit is not None and unit.code == stated), None)
    if unit is None or unit.system is None:
        return quantity | ({"unit": stated} if stated else {})
    return quantity | {"unit": unit.display.speak(language), "system": unit.system, "code": unit.code}


def _json_number(text: str) -> int | float:
    """JSON's only number type; a typed value of at most 12 characters comes out of it digit for digit."""
    return float(text) if "." in text else int(text)
