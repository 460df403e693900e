"""Which measures of an answer the result page asks for once more: those outside what is plausible or likely."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import g
from flask_wtf import FlaskForm
from sqlalchemy import exists, select

from questionnaires import screens, versions
from questionnaires.findings import Finding, Severity
from questionnaires.kinds import oddities
from questionnaires.models import QuestionnaireVersion, Response
from questionnaires.schema import MEASURED, Item, Questionnaire, Value
from records.db import db
from webapp.extensions import language
from webapp.patient import forms, reception


def extreme(questionnaire: Questionnaire, answers: Mapping[str, Any]) -> list[str]:
    """The measures whose value lies outside what is plausible or likely, in the order they were asked."""
    return [item.link_id for item in questionnaire.questions if _is_extreme(item, answers.get(item.link_id, ()))]


def _is_extreme(item: Item, values: Sequence[Value]) -> bool:
    readable = [value for value in values if "absent" not in value and "unreadable" not in value]
    found = [oddities(item, value) for value in readable] if item.type in MEASURED else []
    return any(finding is not None and finding.severity is Severity.CONFIRM for finding in found)


def asked_of(answered: Response, errors: Iterable[Finding] = ()) -> tuple[FlaskForm | None, list[screens.Screen]]:
    """What the result page asks to measure again: once, of first answers that nothing has corrected yet."""
    if answered.amends_id is not None or _is_amended(answered):
        return None, []
    questionnaire = questionnaire_of(answered)
    again = extreme(questionnaire, answered.answers)
    if not again:
        return None, []
    facts = reception.facts_of(g.patient_session.enrolment)
    shown = [screen for screen in screens.screens(questionnaire, language(), facts) if screen.link_id in again]
    form = forms.build(shown)
    forms.show_errors(form, errors, language())
    return form, shown


def _is_amended(answered: Response) -> bool:
    return bool(db.session.scalar(select(exists().where(Response.amends_id == answered.id))))


def questionnaire_of(answered: Response) -> Questionnaire:
    return versions.parsed(db.session.get_one(QuestionnaireVersion, answered.version_id))
