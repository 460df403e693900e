"""What stands in the way of asking people with an accepted questionnaire: what this version's pages cannot show, what
is kept but not done, and languages with gaps. Accepting a form never means that half of it is asked.
"""

from collections.abc import Iterator

from questionnaires.findings import Finding, Severity
from questionnaires.languages import missing_translations
from questionnaires.schema import CHOSEN, Item, ItemType, Questionnaire

NOT_SHOWN = {ItemType.DATE_TIME, ItemType.TIME, ItemType.URL, ItemType.OPEN_CHOICE}
STOPS = {"rule-not-checked", "media-not-shown", "no-options", "starts-answered", "range-out-of-order", "no-text"}
STOPS |= {"bound-in-another-unit"}
"""Notes of the reading that somebody must settle in the document first."""


def obstacles(questionnaire: Questionnaire, languages: tuple[str, ...] = ()) -> tuple[Finding, ...]:
    """Each with the item and the reason, in document order by kind; empty when it may be published.

    `languages` are those of the programme: each must be there for every text.
    """
    found = [Finding(note.link_id, note.code, Severity.ERROR, note.params) for note in _notes(questionnaire)]
    for item in questionnaire.by_link_id.values():
        found += [Finding(item.link_id, "not-shown-yet", Severity.ERROR, {"element": what}) for what in _beyond(item)]
    for language in languages:
        for place in missing_translations(questionnaire, language):
            params = {"text": place, "type": language}
            found.append(Finding("", "not-translated", Severity.ERROR, params))
    return tuple(found)


def _notes(questionnaire: Questionnaire) -> Iterator[Finding]:
    return (note for note in questionnaire.warnings if note.code in STOPS)


def _beyond(item: Item) -> Iterator[str]:
    """What the pages of this version do not show, by FHIR's names."""
    if item.type in NOT_SHOWN:
        yield str(item.type)
    if item.options and item.type not in CHOSEN:
        yield f"answerOption ({item.type})"
    if any(option.exclusive for option in item.options):
        yield "optionExclusive"
    if item.control == "slider" or item.step is not None:
        yield "slider"
    shown = {
        "unitOption": item.units,
        "readOnly": item.read_only,
        "regex": item.pattern is not None,
        "minLength": item.min_length is not None,
        "minOccurs": item.fewest is not None,
        "maxOccurs": item.most is not None,
        "score": item.score is not None,
        "repeats": item.repeats and item.type not in CHOSEN,
        "calculatedExpression": item.unfilled,
    }
    yield from (name for name, used in shown.items() if used)
