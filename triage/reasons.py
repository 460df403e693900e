"""Why somebody is to be called, as stored with an alert, and in words for the queue.

A reason is `{"text": {language: sentence}}` with the rule or doubt it came from, written when the rules ran, or
`{"code": …, "given": {…}}` for what happened without rules. Neither holds identity.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from records.texts import Translator, translator
from triage.assess import Assessment
from triage.causes import CODE, WORDS
from triage.documents import Document
from triage.wording import Wording, word

CODES = {
    "silence": "No answer to the check-in",
    "no-text-arrived": "None of its texts arrived: not sent, refused or not delivered",
    "never-invited": (
        "Enrolled and not invited: the patient's own limits, the signature of the protocol or the invitation is missing"
    ),
    "never-activated": "Invited, but never opened the questionnaire",
    "review-due": "The follow-up is paused: the day to look at it again has come",
    "limits-due": "The patient's own limits are missing, have run out or run out within a day: a physician sets them",
    "opted-out": "Wants no more messages: follow up by telephone",
    "wrote": "Wrote a message",
    "outcome-due": "Sent to hospital or an ambulance was sent: find out what came of it",
    "welfare-due": "A welfare check was asked for: find out what came of it",
    "moved-here": "Answers given in another file were moved here: look at them, and call",
    "moved-away": "Answers given here were of somebody else and were moved: without them, later answers are worse",
    "moved-before": "Answers were moved here: beside them, later answers are worse",
    "follow-up-ends": (
        "The last day of the follow-up is over: it goes on day by day until no call is owed and the last check-in "
        "shows no warning sign"
    ),
    "unreached": "Several calls reached nobody",
    "asked-worse": "Asked to be called: feels worse",
    "asked-question": "Asked to be called: a question about the follow-up",
    "asked-treatment": "Asked to be called: a question about a treatment",
    "asked-technical": "Asked to be called: something does not work",
    "asked-unsaid": "Asked to be called, without saying why",
    **{f"{CODE}{detail}": sentence for detail, sentence in WORDS.items()},
}


def from_assessment(document: Document, assessment: Assessment) -> list[dict[str, Any]]:
    """The sentences for the caller in every language of the protocol, worst first, each with where it came from."""
    said = {language: word(document, assessment, language) for language in document.languages}
    lines = {language: wording.to_caller() for language, wording in said.items()}
    sources = _sources(next(iter(said.values())))
    return [
        {**source, "text": {language: texts[number] for language, texts in lines.items()}}
        for number, source in enumerate(sources)
    ]


def _sources(wording: Wording) -> list[dict[str, str]]:
    """In the order of `to_caller`: the rules it tells, then the kinds of doubt."""
    rules = [{"rule": rule.id, "level": rule.level.code} for rule in wording.told()]
    return rules + [{"doubt": reason.value} for reason, _ in wording.grouped_doubts()]


def from_code(code: str) -> dict[str, Any]:
    return {"code": code}


def words(alert: Mapping[str, Any], language: str) -> list[str]:
    """The reasons of one alert (an object with its `reasons`) as sentences, in the order in which they were stored."""
    t = translator(language)
    return [sentence for reason in alert["reasons"] for sentence in _sentences(reason, t)]


def all_words(alerts: Iterable[Mapping[str, Any]], language: str) -> list[str]:
    """Those of several alerts, worst alert first, none said twice."""
    ranked = sorted(alerts, key=lambda alert: -alert["rank"])
    return list(dict.fromkeys(sentence for alert in ranked for sentence in words(alert, language)))


def _sentences(reason: Mapping[str, Any], t: Translator) -> list[str]:
    if "code" in reason:
        return [t.gettext(CODES[reason["code"]], **reason.get("given", {}))]
    texts = reason["text"]
    return [texts.get(t.language) or next(iter(texts.values()))]
