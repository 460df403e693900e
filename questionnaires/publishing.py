"""What stands in the way of asking people with an accepted questionnaire: what this version's pages cannot show, what
is kept but not done, and languages with gaps. Accepting a form never means that half of it is asked.
"""

from collections.abc import Iterator

from questionnaires.controls import MOST_PLACES
from questionnaires.findings import Finding, Severity
from questionnaires.kinds import offered_units
from questionnaires.languages import missing_translations
from questionnaires.schema import Item, ItemType, Questionnaire

STOPS = {"rule-not-checked", "media-not-shown", "no-options", "starts-answered", "range-out-of-order", "no-text"}
STOPS |= {"bound-in-another-unit"}
"""Notes of the reading that somebody must settle in the document first."""


DECIDABLE = frozenset({"starts-answered"})
"""Those that are no fault of the document: whoever publishes decides that people start with an empty question, which is
how every page shows it.
"""


def obstacles(
    questionnaire: Questionnaire, languages: tuple[str, ...] = (), *, decided: frozenset[str] = frozenset()
) -> tuple[Finding, ...]:
    """Each with the item and the reason, in document order by kind; empty when it may be published.

    `languages` are those of the programme: each must be there for every text. `decided` are codes of DECIDABLE.
    """
    found = [
        Finding(note.link_id, note.code, Severity.ERROR, note.params)
        for note in _notes(questionnaire)
        if note.code not in decided & DECIDABLE
    ]
    for item in questionnaire.by_link_id.values():
        found += [
            Finding(item.link_id, "not-shown-yet", Severity.ERROR, {"element": what})
            for what in _beyond(questionnaire, item)
        ]
    for language in languages:
        for place in missing_translations(questionnaire, language):
            params = {"text": place, "type": language}
            found.append(Finding("", "not-translated", Severity.ERROR, params))
    return tuple(found)


def _notes(questionnaire: Questionnaire) -> Iterator[Finding]:
    return (note for note in questionnaire.warnings if note.code in STOPS)


def _beyond(questionnaire: Questionnaire, item: Item) -> Iterator[str]:
    """What the pages of this version do not show, by FHIR's names."""
    conditions = [questionnaire.by_link_id[condition.question] for condition in item.conditions]
    several = item.repeats and not item.options
    shown = {
        "calculatedExpression": item.unfilled,
        "readOnly": item.read_only and item.is_question and not (item.is_fixed or item.unfilled or item.hidden),
        "unitOption": bool(item.units) and item.type is not ItemType.QUANTITY,
        "repeats (boolean)": item.repeats and item.type is ItemType.BOOLEAN,
        "maxOccurs": several and (item.most or 0) > MOST_PLACES,
        "minOccurs": several and (item.fewest or 0) > MOST_PLACES,
        "enableWhen (unitOption)": any(offered_units(question) for question in conditions),
    }
    yield from (name for name, used in shown.items() if used)
