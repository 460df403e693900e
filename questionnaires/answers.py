"""From what came in to what is stored. Nothing is turned away: what cannot be read is stored as unreadable, what is
not asked any more is dropped by name, what nobody knows stands aside. Findings say what to ask the person again.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import orjson

from questionnaires.enablement import enabled
from questionnaires.findings import Finding, Severity
from questionnaires.kinds import ABSENT, oddities, read, scalar_of
from questionnaires.raw import RawAnswers, RawEntry, as_aside, raw_from_form, raw_from_json
from questionnaires.schema import Answers, Facts, Item, Questionnaire, Value
from questionnaires.scores import stored_scores
from questionnaires.together import counted

__all__ = [
    "RawAnswers",
    "RawEntry",
    "Validated",
    "answers_digest",
    "canonical_bytes",
    "raw_from_form",
    "raw_from_json",
    "validate",
    "value_of",
    "values",
]

LONGEST_UNREADABLE = 1000
KEPT_LENGTH = 12
KEPT_TEXTS = 500
"""Of each question, so that what nobody else would say is not kept in memory."""
_NO_FACTS: Facts = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Validated:
    """`answers` are in force; `dropped` were given to questions not in force; `aside` (JSON texts by linkId) are not
    answers to this questionnaire. All three are JSON-able and together hold everything that came in.
    """

    answers: Answers
    dropped: Answers
    aside: Mapping[str, str]
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity is Severity.ERROR)

    @property
    def to_confirm(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity is Severity.CONFIRM)

    def not_in_force(self) -> dict[str, Any] | None:
        """What is kept beside the answers for the audit trail, or None when there is nothing."""
        kept = {"disabled": self.dropped, "unknown": dict(self.aside)}
        return {name: part for name, part in kept.items() if part} or None

    def to_json(self) -> dict[str, Any]:
        return {"answers": self.answers, "findings": [f.to_json() for f in self.findings]}


def validate(questionnaire: Questionnaire, raw: RawAnswers, *, facts: Facts = _NO_FACTS) -> Validated:
    """Reads `raw` against `questionnaire`. `facts` are the record's values for hidden items; never raises on input.

    Raises ValueError when a fact does not fit its hidden item, which is the caller's mistake and not the patient's.
    """
    read_in: Answers = {}
    remarks: dict[str, list[Finding]] = {}
    aside = dict(raw.aside)
    for link_id, entry in raw.entries.items():
        item = questionnaire.by_link_id.get(link_id)
        if item is None or not item.is_question:
            aside[link_id] = as_aside([*entry.texts, *(["absent"] if entry.absent else [])])
            continue
        values, remarks[link_id] = _read_entry(item, entry)
        if values:
            read_in[link_id] = values
        elif entry.absent:
            aside[link_id] = as_aside({"absent": True})
    if questionnaire.scored or questionnaire.fixed:
        aside |= _without_its_own(questionnaire, read_in, facts)
    settled, differs = _settle(questionnaire, read_in, facts)
    on = enabled(questionnaire, settled)
    answers = {link_id: values for link_id, values in settled.items() if link_id in on}
    dropped = {link_id: values for link_id, values in settled.items() if link_id not in on}
    if questionnaire.scored:
        answers |= stored_scores(questionnaire, answers)
    findings = [Finding(link_id, "unknown-question", Severity.NOTE) for link_id in aside]
    for link_id in differs:
        findings.append(Finding(link_id, "hidden-fact-differs", Severity.NOTE))
        aside[link_id] = as_aside(read_in[link_id])
    findings += [Finding(link_id, "dropped", Severity.NOTE) for link_id in dropped]
    for link_id, item in questionnaire.by_link_id.items():
        if link_id in on:
            findings += remarks.get(link_id, ())
            if link_id not in answers and (item.required or (item.items and item.is_question)):
                findings += _missing(questionnaire, item, answers)
    return Validated(answers, dropped, aside, tuple(findings))


Read = tuple[list[Value], list[Finding]]


def _read_entry(item: Item, entry: RawEntry) -> Read:
    """The same short text to the same question is read once in this process: thousands of patients say the same."""
    texts, absent, confirmed = entry
    if len(texts) != 1 or absent or confirmed or len(texts[0]) > KEPT_LENGTH:
        return _read_anew(item, entry)
    known: Read | None = item.known.get(texts[0])
    if known is None:
        known = _read_anew(item, entry)
        if len(item.known) < KEPT_TEXTS:
            item.known[texts[0]] = known
    return known


def _read_anew(item: Item, entry: RawEntry) -> Read:
    texts = entry.texts
    if len(texts) > 1 and (item.options or not item.repeats):
        texts = tuple(dict.fromkeys(texts))
    if len(texts) > 1 and not item.repeats:
        return [_unreadable(" / ".join(texts))], [Finding(item.link_id, "several-answers")]
    values: list[Value] = []
    findings: list[Finding] = []
    for text in texts:
        value, finding = _read_text(item, text, entry.confirmed)
        values.append(value)
        findings += [finding] if finding else []
    if entry.absent and item.could_not_measure and all("unreadable" in value for value in values):
        return [{"absent": ABSENT} | ({"text": values[0]["unreadable"]} if values else {})], []
    return values, findings + counted(item, values) if item.repeats else findings


def _read_text(item: Item, text: str, confirmed: Sequence[str]) -> tuple[Value, Finding | None]:
    value = read(item, text)
    if isinstance(value, str):
        return _unreadable(text), Finding(item.link_id, value)
    finding = oddities(item, value)
    if finding and finding.severity is Severity.CONFIRM and any(read(item, said) == value for said in confirmed):
        return value | {"confirmed": True}, None
    return value, finding


def _unreadable(text: str) -> Value:
    return {"unreadable": text[:LONGEST_UNREADABLE]}


def _without_its_own(questionnaire: Questionnaire, read_in: Answers, facts: Facts) -> dict[str, str]:
    """Puts the document's constants in place, and takes away what was sent to items that only this program fills in."""
    aside: dict[str, str] = {}
    own = {item.link_id: list(item.initial) for item in questionnaire.fixed if item.link_id not in facts}
    own |= {item.link_id: [] for item in questionnaire.scored}
    for link_id, values in own.items():
        sent = read_in.pop(link_id, values)
        if [scalar_of(value) for value in sent] != [scalar_of(value) for value in values]:
            aside[link_id] = as_aside(sent)
        if values:
            read_in[link_id] = values
    return aside


def _settle(questionnaire: Questionnaire, read_in: Answers, facts: Facts) -> tuple[Answers, tuple[str, ...]]:
    """The answers with the hidden facts beside them, and the facts that the page was shown differently.

    The record's fact counts, unless the one the page was shown keeps an answer that would otherwise be dropped: someone
    who measured on a page opened before the record changed must not have measured in vain.
    """
    known = {
        link_id: [_fact(item, facts[link_id])]
        for link_id in facts
        if (item := questionnaire.by_link_id.get(link_id)) is not None and item.hidden
    }
    differs = tuple(link_id for link_id, values in known.items() if read_in.get(link_id, values) != values)
    by_record = read_in | known
    if not differs:
        return by_record, ()
    kept = [
        sum(link_id in enabled(questionnaire, given) for link_id in given) for given in (by_record, known | read_in)
    ]
    return (known | read_in if kept[1] > kept[0] else by_record), differs


def _fact(item: Item, fact: bool | int | str) -> Value:
    value = read(item, str(fact).lower() if isinstance(fact, bool) else str(fact))
    if isinstance(value, str):
        raise ValueError(f"the fact {item.link_id} cannot be {fact!r}: {value}")
    return value


def _missing(questionnaire: Questionnaire, item: Item, answers: Answers) -> list[Finding]:
    """Of a required item without an answer, and of a question whose follow-up has one. Required holds only while
    enabled, and under a question only once that question is answered.
    """
    if item.hidden or item.read_only:
        return []
    if item.is_question:
        if not item.required and not any(child.link_id in answers for child in item.items):
            return []
        parent = questionnaire.by_link_id[item.parent] if item.parent else None
        asked = parent is None or not parent.is_question or parent.link_id in answers
        return [Finding(item.link_id, "required-measure" if item.could_not_measure else "required")] if asked else []
    return [] if _any_answered(item, answers) else [Finding(item.link_id, "required-group")]


def _any_answered(item: Item, answers: Answers) -> bool:
    return any(child.link_id in answers or _any_answered(child, answers) for child in item.items)


def canonical_bytes(answers: Mapping[str, Any]) -> bytes:
    """The same bytes for the same content, whatever the order it came in: JSON with sorted keys, no spaces."""
    return orjson.dumps(answers, option=orjson.OPT_SORT_KEYS)


def answers_digest(answers: Mapping[str, Any]) -> bytes:
    """SHA-256 of `canonical_bytes`."""
    return hashlib.sha256(canonical_bytes(answers)).digest()


def value_of(answers: Mapping[str, Sequence[Value]], link_id: str) -> bool | int | Decimal | str | None:
    """The first readable value of a question, typed; None when it is absent, unreadable or was not given."""
    for value in answers.get(link_id, ()):
        if "absent" not in value and "unreadable" not in value:
            return scalar_of(value)
    return None


def values(answers: Mapping[str, Sequence[Value]]) -> dict[str, bool | int | Decimal | str | None]:
    """Every answered question, typed: None for "could not measure", the bare text where it is unreadable."""
    return {link_id: scalar_of(given[0]) for link_id, given in answers.items() if given}
