"""A FHIR QuestionnaireResponse held against its questionnaire: what is wrong with it, as an OperationOutcome."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from questionnaires.enablement import enabled
from questionnaires.fhir_names import CONFIRMED, DATA_ABSENT
from questionnaires.fhir_values import WANTED, stored
from questionnaires.findings import Finding, Severity
from questionnaires.outcome import Issue, operation_outcome
from questionnaires.schema import CHOSEN, Answers, Item, ItemType, Questionnaire, Value
from questionnaires.together import chosen, counted
from questionnaires.value_checks import value_findings, wanted_kinds

ROOT = "QuestionnaireResponse"
STATUSES = {"in-progress", "completed", "amended", "entered-in-error", "stopped"}
WHOLE = {"completed", "amended"}
"""Only a response of these states owes an answer to every required question."""
DEEPEST = 20


@dataclass
class _Walk:
    """What was met on the way; `places` are the FHIRPaths of the items by linkId, the first of each."""

    questionnaire: Questionnaire
    issues: list[Issue] = field(default_factory=list)
    answers: Answers = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    excused: set[str] = field(default_factory=set)
    """Items that say why they have no answer, or whose answer was objected to already."""

    def add(self, place: str, link_id: str, code: str, severity: Severity = Severity.ERROR, **params: str) -> None:
        self.issues.append(Issue(Finding(link_id, code, severity, params), place))


def validate_response(questionnaire: Questionnaire, response: object, language: str = "en") -> dict[str, Any]:
    """An OperationOutcome whose errors name each place where `response` does not keep to `questionnaire`. Total."""
    walk = _Walk(questionnaire)
    if not isinstance(response, dict) or response.get("resourceType") != ROOT:
        walk.add(ROOT, "", "not-a-response")
        return operation_outcome(walk.issues, language)
    status = response.get("status")
    if not isinstance(status, str) or status not in STATUSES:
        walk.add(f"{ROOT}.status", "", "bad-element", element="status")
    _canonical(walk, response)
    _items(walk, response, questionnaire.items, ROOT, 0)
    on = enabled(questionnaire, walk.answers)
    _not_enabled(walk, on)
    _missing(walk, on, Severity.ERROR if str(status) in WHOLE else Severity.CONFIRM)
    return operation_outcome(walk.issues, language)


def _canonical(walk: _Walk, response: Mapping[str, Any]) -> None:
    stated = response.get("questionnaire")
    if isinstance(stated, str) and walk.questionnaire.url and stated.split("|")[0] != walk.questionnaire.url:
        walk.add(f"{ROOT}.questionnaire", "", "other-questionnaire", Severity.CONFIRM, text=stated[:200])


def _items(walk: _Walk, holder: Mapping[str, Any], expected: tuple[Item, ...], place: str, depth: int) -> None:
    listed = holder.get("item", [])
    if not isinstance(listed, list) or depth > DEEPEST:
        walk.add(place, "", "bad-element", element="item")
        return
    order = {item.link_id: number for number, item in enumerate(expected)}
    last = -1
    met: set[str] = set()
    for index, part in enumerate(listed):
        here = f"{place}.item[{index}]"
        link_id = part.get("linkId") if isinstance(part, dict) else None
        if not isinstance(link_id, str):
            walk.add(here, "", "bad-element", element="linkId")
            continue
        if link_id not in order:
            known = link_id in walk.questionnaire.by_link_id
            walk.add(here, "", "misplaced" if known else "no-such-question", question=link_id[:80])
            continue
        if link_id in met:
            walk.add(here, link_id, "item-twice")
        elif order[link_id] < last:
            walk.add(here, link_id, "out-of-order")
        met.add(link_id)
        last = max(last, order[link_id])
        _item(walk, walk.questionnaire.by_link_id[link_id], part, here, depth)


def _item(walk: _Walk, item: Item, part: dict[str, Any], place: str, depth: int) -> None:
    walk.places.setdefault(item.link_id, place)
    text = part.get("text")
    if text is not None and text not in (item.text.own, *item.text.translations.values()):
        walk.add(f"{place}.text", item.link_id, "text-differs", Severity.NOTE)
    if any(extension.get("url") == DATA_ABSENT for extension in _extensions(part)):
        walk.excused.add(item.link_id)
    if not item.is_question:
        if part.get("answer"):
            walk.add(place, item.link_id, "not-answerable")
        _items(walk, part, item.items, place, depth + 1)
        return
    if part.get("item"):
        walk.add(place, item.link_id, "nested-outside-answer")
    _answers(walk, item, part.get("answer", []), place, depth)


def _answers(walk: _Walk, item: Item, given: Any, place: str, depth: int) -> None:
    if not isinstance(given, list):
        walk.add(place, item.link_id, "bad-element", element="answer")
        return
    if len(given) > 1 and not item.repeats:
        walk.add(place, item.link_id, "too-many-values")
    values: list[Value] = []
    for index, answer in enumerate(given):
        here = f"{place}.answer[{index}]"
        if not isinstance(answer, dict):
            walk.add(here, item.link_id, "bad-element", element="answer")
            continue
        value = _value(walk, item, answer, here)
        if value is None:
            walk.excused.add(item.link_id)
        else:
            values.append(value)
        if answer.get("item"):
            _items(walk, answer, item.items, here, depth + 1)
    if values:
        walk.answers.setdefault(item.link_id, []).extend(values)
    walk.issues += [Issue(finding, _culprit(finding, item, values, place)) for finding in counted(item, values)]
    if item.fewest and not given:
        walk.add(place, item.link_id, "too-few-answers", least=str(item.fewest))


def _culprit(finding: Finding, item: Item, values: list[Value], place: str) -> str:
    """The answer that must stand alone, or the item whose answers are too many or too few."""
    for index, value in enumerate(values):
        option = chosen(item, value)
        if finding.code == "several-exclusive" and option is not None and option.exclusive:
            return f"{place}.answer[{index}]"
    return place


def _value(walk: _Walk, item: Item, answer: dict[str, Any], place: str) -> Value | None:
    named = [name for name in answer if name.startswith("value")]
    if len(named) != 1:
        if named or not answer.get("extension"):
            walk.add(place, item.link_id, "bad-element", element="value[x]")
        return None
    kind = named[0].removeprefix("value").lower()
    wanted = wanted_kinds(item) if item.type in CHOSEN else set(WANTED[item.type])
    if kind not in (wanted or WANTED[item.type]):
        walk.add(place, item.link_id, "answer-type", type=named[0].removeprefix("value")[:80])
        return None
    value = stored(kind, answer[named[0]])
    if value is None:
        walk.add(place, item.link_id, "bad-element", element=named[0])
        return None
    if wanted is None:
        walk.add(place, item.link_id, "options-unknown", Severity.NOTE)
    softer = Severity.NOTE if _confirmed(answer) else None
    for found in value_findings(item, value):
        walk.add(place, item.link_id, found.code, softer or found.severity, **found.params)
    return value


def _extensions(part: Mapping[str, Any]) -> list[dict[str, Any]]:
    listed = part.get("extension")
    return [extension for extension in listed if isinstance(extension, dict)] if isinstance(listed, list) else []


def _confirmed(answer: dict[str, Any]) -> bool:
    """The person was asked "is that right?" and said yes."""
    return any(e.get("url") == CONFIRMED and e.get("valueBoolean") is True for e in _extensions(answer))


def _not_enabled(walk: _Walk, on: frozenset[str]) -> None:
    """At the outermost disabled item that holds an answer, once."""
    reported: set[str] = set()
    for link_id in walk.answers:
        if link_id in on:
            continue
        item = walk.questionnaire.by_link_id[link_id]
        while item.parent is not None and item.parent not in on:
            item = walk.questionnaire.by_link_id[item.parent]
        if item.link_id not in reported:
            reported.add(item.link_id)
            walk.add(walk.places.get(item.link_id, ROOT), item.link_id, "not-enabled")


def _missing(walk: _Walk, on: frozenset[str], severity: Severity) -> None:
    answered = set(walk.answers) | walk.excused
    for link_id, item in walk.questionnaire.by_link_id.items():
        if not item.required or link_id not in on or item.type is ItemType.DISPLAY:
            continue
        if not _asked(walk, item):
            continue
        if not _has_answer(item, answered):
            code = "answer-missing" if item.is_question else "required-group"
            walk.add(_nearest(walk, item), link_id, code, severity, question=link_id)


def _asked(walk: _Walk, item: Item) -> bool:
    """What lies in a group is owed once the group is there, what lies under a question once that is answered."""
    if item.parent is None:
        return True
    parent = walk.questionnaire.by_link_id[item.parent]
    return parent.link_id in (walk.answers if parent.is_question else walk.places)


def _has_answer(item: Item, answered: set[str]) -> bool:
    if item.is_question:
        return item.link_id in answered
    return any(_has_answer(child, answered) for child in item.items)


def _nearest(walk: _Walk, item: Item) -> str:
    """The place of the item, or of what would hold it."""
    here: Item | None = item
    while here is not None:
        if here.link_id in walk.places:
            return walk.places[here.link_id]
        here = walk.questionnaire.by_link_id[here.parent] if here.parent else None
    return ROOT
