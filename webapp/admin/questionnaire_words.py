"""A questionnaire's parts as the administrator's pages call them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from questionnaires.findings import Finding
from questionnaires.languages import spoken
from questionnaires.messages import message
from questionnaires.models import VersionStatus
from questionnaires.schema import Item, Questionnaire
from records.refusals import Sentence
from records.texts import Translator

KINDS = {
    "group": Sentence("group"),
    "display": Sentence("text to read"),
    "boolean": Sentence("yes or no"),
    "decimal": Sentence("number"),
    "integer": Sentence("whole number"),
    "quantity": Sentence("measure"),
    "string": Sentence("a line of text"),
    "text": Sentence("text"),
    "url": Sentence("web address"),
    "choice": Sentence("choice"),
    "open-choice": Sentence("choice or own words"),
    "date": Sentence("date"),
    "dateTime": Sentence("date and time"),
    "time": Sentence("time of day"),
}
STATES = {
    VersionStatus.DRAFT: Sentence("draft"),
    VersionStatus.PUBLISHED: Sentence("published"),
    VersionStatus.RETIRED: Sentence("retired"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A finding for a page: the item, as its linkId and as people read it, and why."""

    link_id: str
    name: str
    reason: str


def kind(item: Item, t: Translator) -> str:
    return KINDS[item.type].text(t)


def name_of(questionnaire: Questionnaire, item: Item, language: str) -> str:
    """The item's text, shortened, in the language that the questionnaire would speak to such a reader."""
    text = item.text.speak(spoken(questionnaire, language)).strip() or item.link_id
    return text if len(text) <= 120 else f"{text[:119]}…"


def told(findings: Iterable[Finding], language: str, questionnaire: Questionnaire | None = None) -> list[Told]:
    found = []
    for finding in findings:
        item = questionnaire.by_link_id.get(finding.link_id) if questionnaire else None
        name = name_of(questionnaire, item, language) if questionnaire and item else ""
        found.append(Told(finding.link_id, name, message(finding, language)))
    return found
