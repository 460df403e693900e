"""The figures at which the phone says "call 15": those of the rules that assess this patient, not a copy of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from questionnaires.schema import Condition, Item, Questionnaire
from records.db import db
from records.models import Enrolment
from triage import documents, followup, protocols
from triage.conditions.shapes import Compare, LimitName
from triage.documents import Document
from triage.facts import SourceKind
from triage.findings import ProtocolError
from triage.refusals import ProtocolUnsigned


def ruled(questionnaire: Questionnaire, enrolment: Enrolment, *, now: datetime) -> Questionnaire:
    """The questionnaire with the limits in force for this patient; as it is while no protocol assesses anybody."""
    who = {"programme_id": enrolment.programme_id, "rehearsal": enrolment.patient.rehearsal}
    try:
        _, protocol = protocols.in_force(db.session, **who, now=now)
    except ProtocolUnsigned:
        return questionnaire
    own = followup.own_limits(db.session, enrolment=enrolment, now=now)
    return with_limits(questionnaire, protocol.document, own)


def with_limits(questionnaire: Questionnaire, document: Document, own: Mapping[str, Decimal]) -> Questionnaire:
    """Every measure that the protocol limits is an emergency where its rules say to call 15, and nowhere else."""
    bounds = _bounds(document, own)
    items = {
        link_id: replace(item, emergencies=bounds[link_id]) if link_id in bounds else item
        for link_id, item in questionnaire.by_link_id.items()
    }
    questions: tuple[Item, ...] = tuple(items[item.link_id] for item in questionnaire.questions)
    return replace(questionnaire, by_link_id=items, questions=questions)


def _bounds(document: Document, own: Mapping[str, Decimal]) -> dict[str, tuple[Condition, ...]]:
    try:
        limits = documents.limits_with(document, own)
    except ProtocolError:  # own limits of another version: the rules do not use them either
        limits = document.limits
    values = {limit.name: Decimal(limit.text) for limit in limits}
    sources = {fact.name: fact.source for fact in document.facts}
    found: dict[str, tuple[Condition, ...]] = {}
    for rule in document.rules:
        when = rule.when
        if rule.on_silence or not isinstance(when, Compare) or not isinstance(when.operand, LimitName):
            continue
        if sources[when.fact].kind is SourceKind.ANSWER:
            link_id = sources[when.fact].key
            bound = Condition(link_id, when.operator, "decimal", values[when.operand.name])
            found[link_id] = found.get(link_id, ()) + ((bound,) if rule.call_15 else ())
    return found
