"""A stored response as it leaves: by whom, for whom, through which door, to which version, with its scores."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from questionnaires import fhir, versions
from questionnaires.models import Informant, QuestionnaireVersion, Response
from questionnaires.schema import OWN, Answers, ItemType, Questionnaire
from questionnaires.scores import scores
from records import clock
from records.models import Enrolment, Patient, Staff

AMENDS = f"{OWN}amends"
DOOR = f"{OWN}door"
CARER = "carer"


def exported(session: Session, response: Response) -> dict[str, Any]:
    """A FHIR R4 QuestionnaireResponse, JSON-able; people are named by their opaque ids alone, as logical references.

    `source` is who said it, `author` who wrote it down. Of a carer nothing is known but whose carer it is: a contained
    RelatedPerson. An amendment has the status "amended" and names what it amends.
    """
    version = session.get_one(QuestionnaireVersion, response.version_id)
    questionnaire = versions.parsed(version)
    patient = session.get_one(Patient, response.patient_id)
    zone = clock.zone(session.get_one(Enrolment, response.enrolment_id).zone)
    written = fhir.questionnaire_response(
        questionnaire,
        scored(questionnaire, response.answers),
        authored=(response.completed_at or response.received_at).astimezone(zone),
        status="amended" if response.amends_id else "completed",
        language=response.language,
        identifier=str(response.public_id),
        zone=zone,
    )
    subject = _logical("Patient", patient.public_id)
    carer = {"resourceType": "RelatedPerson", "id": CARER, "patient": subject}
    by_carer = response.informant == Informant.CARER
    said_by = {"type": "RelatedPerson", "reference": f"#{CARER}"} if by_carer else subject
    recorder = session.get(Staff, response.recorded_by_id) if response.recorded_by_id else None
    people = {
        "subject": subject,
        "author": _logical("Practitioner", recorder.public_id) if recorder else said_by,
        "source": said_by,
    }
    items = {"item": written.pop("item")} if "item" in written else {}
    inside = {"contained": [carer]} if by_carer else {}
    return {**written, **inside, "extension": _extensions(session, response), **people, **items}


def scored(questionnaire: Questionnaire, answers: Mapping[str, Any]) -> Answers:
    """The answers, and the scores that are known beside them, as answers to their hidden items; a score that was stored
    with the answers stays as it is.
    """
    found: Answers = dict(answers)
    for link_id, score in scores(questionnaire, answers).items():
        if score is not None and link_id not in answers:
            found[link_id] = [_number(questionnaire.by_link_id[link_id].type, score)]
    return found


def _number(kind: ItemType, score: Decimal) -> dict[str, Any]:
    whole = kind is ItemType.INTEGER and score == score.to_integral_value()
    return {"integer": int(score)} if whole else {"decimal": f"{score:f}"}


def _logical(kind: str, public_id: object) -> dict[str, Any]:
    """A reference for whoever does not know our addresses, of which there are none for people."""
    return {"type": kind, "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{public_id}"}}


def _extensions(session: Session, response: Response) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"url": DOOR, "valueCode": str(response.door)}]
    if response.amends_id:
        amended = session.get_one(Response, response.amends_id)
        found.append({"url": AMENDS, "valueReference": _logical("QuestionnaireResponse", amended.public_id)})
    return found
