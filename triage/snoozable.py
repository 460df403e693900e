"""Which rules of an assessment a physician may put off."""

from __future__ import annotations

from sqlalchemy.orm import Session

from questionnaires import versions
from questionnaires.models import QuestionnaireVersion, Response
from triage import protocols
from triage.conditions.shapes import facts_of
from triage.documents import Document
from triage.facts import OF_ANSWERS
from triage.levels import Level
from triage.models import Assessment, ProtocolVersion
from triage.snoozed import evaluated


def offered(session: Session, assessment: Assessment) -> tuple[str, ...]:
    """The orange ones that fired, where nothing is red or in doubt; none that reads a score: other answers make the
    same total, and what got worse behind it would stay quiet.
    """
    if assessment.level != Level.ORANGE.code or assessment.call_15 or assessment.explanation["doubts"]:
        return ()
    fired = (entry["rule"] for entry in assessment.explanation["rules"] if entry["outcome"] is True)
    told = tuple(rule for rule in fired if evaluated(assessment.explanation, rule) is not None)
    scoring = _reading_scores(session, assessment) if told else frozenset()
    return tuple(rule for rule in told if rule not in scoring)


def _reading_scores(session: Session, assessment: Assessment) -> frozenset[str]:
    version = session.get_one(ProtocolVersion, assessment.protocol_version_id)
    document = protocols.compiled(session, version_id=version.id, digest=version.digest).document
    response = session.get_one(Response, assessment.response_id)
    items = versions.parsed(session.get_one(QuestionnaireVersion, response.version_id)).by_link_id
    scores = {link_id for link_id, item in items.items() if item.score is not None}
    return _rules_of(document, scores)


def _rules_of(document: Document, scores: set[str]) -> frozenset[str]:
    named = {fact.name for fact in document.facts if fact.source.kind in OF_ANSWERS and fact.source.key in scores}
    return frozenset(rule.id for rule in document.rules if facts_of(rule.when) & named)
