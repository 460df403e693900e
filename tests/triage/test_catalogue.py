"""The attributes and items of the history that exist, against what is really filled in and written down."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from records.models.enrolments import RiskTier
from tests.factories import NOW
from tests.triage.factories import HISTORY, PATIENT, WELL, number, rule, tiny
from tests.triage.scene import set_scene
from triage.catalogue import ATTRIBUTES, KNOWN, known
from triage.documents import dump, from_library, load, reload
from triage.facts import Inputs, SourceKind, Status, gather
from triage.findings import ProtocolError
from triage.levels import ASSESSED
from triage.models import Alert
from triage.protocols import kept


def test_everything_that_is_known_of_a_patient_is_in_the_catalogue_and_can_be_read():
    facts = [fact for names in KNOWN.values() for fact in names.values()]

    readings = gather(facts, Inputs(WELL, None, PATIENT, {**HISTORY, "last_level": "green"}))

    assert KNOWN[SourceKind.PATIENT].keys() == PATIENT.keys()
    assert KNOWN[SourceKind.HISTORY].keys() == HISTORY.keys()
    assert {reading.status for reading in readings.values()} == {Status.KNOWN}


def test_codes_of_the_catalogue_are_those_that_are_stored():
    assert {tier.value for tier in RiskTier} == KNOWN[SourceKind.PATIENT]["risk_tier"].choices.keys()
    assert {level.code for level in ASSESSED} == KNOWN[SourceKind.HISTORY]["last_level"].choices.keys()


def test_everything_in_the_catalogue_is_called_by_a_name_in_every_language_of_the_service():
    assert all(set(fact.labels) == {"fr", "en", "ar"} for names in KNOWN.values() for fact in names.values())
    assert known(ATTRIBUTES[0].source) is ATTRIBUTES[0]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ({"patient": "lives_alon"}, "nothing named lives_alon is known of a patient: write lives_alone"),
        ({"patient": "failed_calls"}, "nothing named failed_calls is known of a patient"),
        ({"history": "missed_checkins"}, "is in the history: write missed_checkins_in_a_row"),
    ],
)
def test_an_attribute_that_does_not_exist_is_refused_with_the_one_that_was_meant(source: dict[str, Any], told: str):
    with pytest.raises(ProtocolError) as refused:
        load(tiny(facts=[*tiny()["facts"], number("x", source=source)]))

    assert told in str(refused.value)


@pytest.mark.parametrize("slug", ["covid-19", "heart-failure", "after-surgery"])
def test_shipped_protocols_read_facts_as_the_catalogue_has_them(slug: str):
    facts = [fact for fact in from_library(slug).facts if fact.source.kind in KNOWN]

    for fact in facts:
        own = known(fact.source)
        assert own is not None
        assert (fact.kind, fact.unit, fact.choices.keys()) == (own.kind, own.unit, own.choices.keys())


def test_a_version_stored_before_the_catalogue_knew_less_still_assesses_and_what_is_not_known_is_a_doubt(
    session: Session,
) -> None:
    scene, document, said = set_scene(session), dump(from_library("covid-19")), {"fr": "x", "en": "x", "ar": "x"}
    heavy = rule("heavy", "red", {"compare": "weight", "op": ">=", "value": 40})
    document["facts"].append(number("weight", source={"patient": "weight"}, labels=said))
    document["rules"].append(heavy | {"to_patient": said, "to_caller": said})
    with pytest.raises(ProtocolError, match="nothing named weight"):
        load(document)
    version = kept.store(session, reload(document), based_on=None, reason=None, author=None, now=NOW)
    kept.bind(session, version=version, programme=scene.programme, from_at=NOW)

    receipt = scene.submit(now=NOW)

    assert (receipt.level, scene.count(Alert)) == ("orange", 1)
