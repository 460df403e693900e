"""The sentence for a finding, in a language. The same templates travel to the phone, whose script fills them alike."""

from functools import lru_cache

from questionnaires.findings import Finding
from questionnaires.refusals import REFUSALS
from records import texts

ANSWERING = {
    "required": "Answer this question.",
    "required-measure": "Enter the number you measured, or tick “I could not measure”.",
    "required-group": "Answer at least one question of this part.",
    "several-answers": "Choose one answer only.",
    "empty": "Enter a number.",
    "too-long": "This number is too long. Type it again.",
    "not-a-number": "Type digits only, without a unit.",
    "unclear": "This number can be read in two ways. Type it without spaces, with one decimal mark at most.",
    "too-many-decimals": "There are too many digits after the decimal mark. Type fewer.",
    "not-whole": "Enter a whole number, without decimals.",
    "negative": "Type the number without a minus sign.",
    "unit-missing": "Choose the unit you measured in.",
    "not-an-option": "Choose one of the answers shown.",
    "not-a-date": "Type the date as day, month, year, for example 27/3/2026.",
    "not-an-address": "Type the address without spaces.",
    "not-a-moment": "Type the date and the time, for example 27/3/2026 08:30.",
    "not-a-time": "Type the time as hours and minutes, for example 08:30.",
    "text-too-short": "Your text is too short. It needs at least %(least)s characters.",
    "text-unlike": "Your text does not have the form asked for. Look at the example and type it again.",
    "several-exclusive": "One of your answers can only stand alone. Keep that one, or the others.",
    "too-few-answers": "Give at least %(least)s answers.",
    "too-many-answers": "Give at most %(most)s answers.",
    "text-too-long": "Your text is too long. Keep it to %(most)s characters.",
    "how-many": "Give %(least)s to %(most)s answers.",
    "implausible": "You typed %(value)s, which is very unusual. Is that right?",
    "unlikely": "You typed %(value)s. Is that right?",
    "date-implausible": "You typed %(value)s, which is very unusual. Is that right?",
    "unknown-question": "An answer came in to a question that this questionnaire does not have.",
    "hidden-fact-differs": "The page was opened before the record was changed.",
    "dropped": "This question is no longer asked; its answer was set aside.",
}


@lru_cache
def templates(language: str) -> dict[str, str]:
    """Each code a patient can meet, with its sentence; figures stand as `%(name)s`."""
    t = texts.translator(language)
    return {code: t.gettext(sentence) for code, sentence in ANSWERING.items()}


def decimal_mark(language: str) -> str:
    return "." if language == "en" else ","


def message(finding: Finding, language: str) -> str:
    """The sentence for `finding`; a code without a sentence is a programming error and raises KeyError."""
    sentence = templates(language).get(finding.code)
    if sentence is None:
        sentence = texts.translator(language).gettext(REFUSALS[finding.code])
    return sentence % _figures(finding, language)


def _figures(finding: Finding, language: str) -> dict[str, str]:
    """Numbers with the language's decimal mark; texts that a document brought stay as they are."""
    shown = dict(finding.params)
    if "value" in shown:
        shown["value"] = shown["value"].replace(".", decimal_mark(language))
    return shown
