"""Who said it and who wrote it down, as FHIR says it and without a name."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from questionnaires import library, response_export, versions
from questionnaires.models import Door, Informant, Response
from questionnaires.response_checks import validate_response
from tests.factories import NOW, make_enrolment, make_staff
from tests.questionnaires.documents import WELL, answer


@pytest.mark.parametrize("informant", list(Informant))
@pytest.mark.parametrize("door", [Door.PHONE, Door.STAFF, Door.PAPER])
def test_an_export_names_source_and_author_by_identifiers_alone(
    session: Session, informant: Informant, door: Door
) -> None:
    enrolment, caller = make_enrolment(session), make_staff(session)
    asked = versions.load_library(session, programme=enrolment.programme, now=NOW)
    stored = Response(
        patient_id=enrolment.patient_id,
        enrolment_id=enrolment.id,
        version_id=asked.id,
        key=uuid.uuid4(),
        content_digest=b"x",
        answers=answer(library.questionnaire(), WELL, has_oximeter=True).answers,
        door=door,
        informant=informant,
        recorded_by_id=None if door is Door.PHONE else caller.id,
        language="fr",
        due_at=NOW,
        received_at=NOW,
        completed_at=NOW - timedelta(days=2) if door is Door.PAPER else None,
    )
    session.add(stored)
    session.flush()

    exported = response_export.exported(session, stored)

    patient = f"urn:uuid:{enrolment.patient.public_id}"
    assert exported["subject"]["identifier"]["value"] == patient
    assert exported["source"]["type"] == ("RelatedPerson" if informant is Informant.CARER else "Patient")
    if door is Door.PHONE:
        assert exported["author"] == exported["source"]
    else:
        assert exported["author"]["type"] == "Practitioner"
        assert exported["author"]["identifier"]["value"] == f"urn:uuid:{caller.public_id}"
    if informant is Informant.CARER:
        (carer,) = exported["contained"]
        assert carer["patient"]["identifier"]["value"] == patient
        assert exported["source"]["reference"] == f"#{carer['id']}"
    assert exported["authored"].startswith("2026-03-08" if door is Door.PAPER else "2026-03-10")
    assert "display" not in str({name: exported[name] for name in ("subject", "source", "author")})
    judged = validate_response(library.questionnaire(), exported)
    assert [issue for issue in judged["issue"] if issue["severity"] == "error"] == []
