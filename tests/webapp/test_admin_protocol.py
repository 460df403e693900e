"""The protocol's pages: what is in force in words, limits changed into a version, and who may sign it."""

from __future__ import annotations

import re
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from records import audit, clock
from records import enrolment as enrolments
from records.models import AuditEntry, EnrolmentState, Programme, Role, Staff
from tests.factories import make_application, make_team
from tests.webapp.signing import make_person, post, sign_in
from triage import documents, protocols
from triage.models import ProtocolStatus, ProtocolVersion
from webapp import firstrun
from webapp.admin import differences
from webapp.admin.limits_form import PREFIX
from webapp.admin.rule_words import Words, groups

PROTOCOL = "/en/admin/protocol"
LIMITS = f"{PROTOCOL}/limits"
REASON = "The ward sees too many orange calls at night"


@pytest.fixture
def programme(session: Session) -> Programme:
    made = firstrun.load_programme(session, clock.now())
    session.commit()
    return made


@pytest.fixture
def author(session: Session, programme: Programme) -> Staff:
    return make_person(session, role=Role.PHYSICIAN, email="author@centre.example", language="en")


@pytest.fixture
def physician(session: Session, programme: Programme) -> Staff:
    return make_person(session, role=Role.PHYSICIAN, email="signer@centre.example", language="en")


def versions(session: Session) -> list[ProtocolVersion]:
    session.expire_all()
    return protocols.versions(session, slug="covid-19")


def filled(page: str) -> dict[str, str]:
    """Every field of the limits form as the page shows it."""
    found = re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found if name != "csrf_token"}


def change(client: FlaskClient, *, page: str = LIMITS, **changes: str) -> TestResponse:
    """Send the form as shown, with `changes`: names of limits, or reason, based_on, newest."""
    known = filled(client.get(page).text) | {"reason": REASON}
    named = {name if name in known else PREFIX + name: value for name, value in changes.items()}
    return post(client, page, known | named, to=LIMITS)


def sign(client: FlaskClient, version: ProtocolVersion, **changes: str) -> TestResponse:
    page = f"{PROTOCOL}/{version.public_id}"
    return post(client, page, filled(client.get(page).text) | {"read": "y"} | changes, to=f"{page}/sign")


def test_without_a_programme_the_page_says_what_to_run(app: Flask, session: Session) -> None:
    administrator = make_person(session, role=Role.ADMINISTRATOR)

    page = sign_in(app, administrator).get(PROTOCOL)

    assert page.status_code == 200
    assert "vigidom load-programme" in page.text


def test_an_unsigned_protocol_says_that_it_serves_rehearsal_only_and_offers_its_signature(
    app: Flask, physician: Staff
) -> None:
    page = sign_in(app, physician).get(PROTOCOL).text

    assert "it serves rehearsal only" in page
    assert "A physician must sign it before a real patient is invited." in page
    assert "Read and sign version 1" in page


def test_an_administrator_sees_the_state_and_no_signature(app: Flask, session: Session, programme: Programme) -> None:
    client = sign_in(app, make_person(session, role=Role.ADMINISTRATOR))
    page = client.get(PROTOCOL).text
    version = versions(session)[0]

    assert "it serves rehearsal only" in page
    assert "Read and sign" not in page
    assert 'name="read"' not in client.get(f"{PROTOCOL}/{version.public_id}").text


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("en", ["Temperature above 40.0\u202f°C", "Breathlessness: when talking or at rest", "Lives alone: yes"]),
        ("fr", ["Température au-dessus de 40,0\u202f°C", "Essoufflement\u202f: en parlant ou au repos"]),
    ],
)
def test_every_rule_is_a_sentence_with_its_source(
    app: Flask, physician: Staff, language: str, sentences: list[str]
) -> None:
    page = unescape(sign_in(app, physician).get(f"/{language}/admin/protocol").text)
    document = documents.from_library("covid-19")

    assert all(f"<li>{sentence}" in page for sentence in sentences)
    assert all(Words(document, language).rule(rule) in page and rule.source in page for rule in document.rules)


def test_rules_stand_by_level_worst_first_and_silences_apart() -> None:
    found = [(group.level.code, group.on_silence) for group in groups(documents.from_library("covid-19"))]

    assert found == [("red", False), ("orange", False), ("red", True), ("silent_urgent", True)]


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (
            {
                "all": [
                    {"compare": "spo2", "op": "<", "value": 95},
                    {"any": [{"missing": "spo2"}, {"missing": "chills"}]},
                ]
            },
            "SpO2 (oxygen) below 95\u202f% and (SpO2 (oxygen) not known or Chills not known)",
        ),
        ({"not": {"compare": "spo2", "op": "<=", "value": 92}}, "SpO2 (oxygen) above 92\u202f%"),
        ({"not": {"missing": "spo2"}}, "Not (SpO2 (oxygen) not known)"),
        ({"not": {"compare": "fainted", "op": "=", "value": True}}, "Fainted or nearly: no"),
        ({"compare": "chills", "op": "!=", "value": "none"}, "Chills: anything but none"),
        (
            {"change": "spo2", "since": "spo2_previous", "op": "<=", "value": -3},
            "SpO2 (oxygen) less Previous SpO2 at most -3\u202f%",
        ),
        (
            {"at_least": 1, "of": [{"missing": "spo2"}, {"missing": "chills"}]},
            "At least 1 of these: SpO2 (oxygen) not known · Chills not known",
        ),
    ],
)
def test_every_shape_of_a_condition_has_words(when: dict, words: str) -> None:
    written = documents.dump(documents.from_library("covid-19"))
    written["rules"][0]["when"], written["cases"] = when, written["cases"][:1]
    spoken = written["languages"]
    written["rules"][0]["to_patient"] = written["rules"][0]["to_caller"] = dict.fromkeys(spoken, "x")
    document = documents.load(written)

    assert Words(document, "en").rule(document.rules[0]) == words


def test_a_changed_limit_makes_a_draft_that_changes_nothing_yet(app: Flask, session: Session, author: Staff) -> None:
    answer = change(sign_in(app, author), temperature_red_high=" 39,5 ")

    made, first = versions(session)
    assert answer.status_code == 302
    assert (made.number, made.status, made.author_id, made.reason) == (2, ProtocolStatus.DRAFT, author.id, REASON)
    limits = {limit.name: limit.text for limit in documents.load(made.document).limits}
    assert limits["temperature_red_high"] == "39.5"
    programme = session.scalars(sa.select(Programme)).one()
    assert protocols.bound(session, programme_id=programme.id, now=clock.now()).id == first.id


def test_differences_are_sentences_in_the_pages_language(app: Flask, session: Session, author: Staff) -> None:
    client = sign_in(app, author)
    address = change(client, temperature_red_high="39.5").location

    assert "Temperature red, above: 40.0 → 39.5 °C" in client.get(address).text
    assert "Température rouge, au-dessus de\u202f: 40,0 → 39,5 °C" in client.get(address.replace("/en/", "/fr/")).text
    assert "Temperature red, above: 40.0 → 39.5 °C" in client.get(PROTOCOL).text, "the history tells it too"


def test_a_change_of_anything_but_limits_is_never_passed_over() -> None:
    old = documents.from_library("covid-19")
    written = documents.dump(old)
    written["rules"][0]["to_caller"]["en"] = "Hot"

    told = differences.between(old, documents.load(written), "en")

    assert len(told) == 1
    assert "→ “Hot”" in told[0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"temperature_red_high": ""}, "Enter a number."),
        ({"temperature_red_high": "hot"}, "Type digits only"),
        ({"temperature_red_high": "39,55"}, "too many digits after the decimal mark"),
        ({"temperature_red_high": "NaN"}, "Type digits only"),
        ({"temperature_red_high": "1e3"}, "Type digits only"),
        ({"temperature_red_high": "9" * 5000}, "too long"),
        ({"temperature_red_high": "-40"}, "without a minus sign"),
        ({"temperature_red_high": "<script>alert(1)</script>"}, "too long"),
        ({"temperature_red_high": "\x00"}, "Type digits only"),
        ({"temperature_red_high": "45"}, "45.0 is outside its allowed range: choose from 38.5 to 41.5"),
        ({"spo2_red": "95"}, "SpO2 red, at most (95) must not be above SpO2 orange, at most (94)"),
        ({"spo2_orange": "91"}, "SpO2 red, at most (92) must not be above SpO2 orange, at most (91)"),
        ({"reason": ""}, "Type the reason"),
        ({"reason": "   "}, "Type the reason"),
        ({"reason": "x" * 501}, "too long: at most 500"),
        ({"reason": "a\x00b"}, "characters that cannot be read"),
        ({}, "These are the limits in use already."),
    ],
)
def test_what_cannot_be_taken_is_said_beside_the_field_and_nothing_typed_is_lost(
    app: Flask, session: Session, author: Staff, changes: dict[str, str], said: str
) -> None:
    answer = change(sign_in(app, author), heart_rate_red_high="130", **changes)

    assert answer.status_code == 422
    assert said in unescape(answer.text)
    assert "<script>alert" not in answer.text
    for name, typed in changes.items():
        shown = filled(answer.text).get(PREFIX + name)
        assert name == "reason" or "\x00" in typed or shown == typed, "what was typed is still in the field"
    assert len(versions(session)) == 1


def test_an_order_is_refused_beside_the_limit_that_was_changed(app: Flask, author: Staff) -> None:
    page = change(sign_in(app, author), spo2_orange="91").text

    assert f'id="{PREFIX}spo2_orange-error"' in page
    assert f'id="{PREFIX}spo2_red-error"' not in page


def test_a_version_made_meanwhile_stops_the_second_author_once(
    app: Flask, session: Session, author: Staff, physician: Staff
) -> None:
    second = sign_in(app, author)
    open_page = filled(second.get(LIMITS).text) | {"reason": REASON, PREFIX + "spo2_red": "91"}
    change(sign_in(app, physician), temperature_red_high="39.5")

    stopped = post(second, LIMITS, open_page)
    assert stopped.status_code == 422
    assert "Version 2 was made while you were writing." in stopped.text
    assert filled(stopped.text)[PREFIX + "spo2_red"] == "91"
    assert len(versions(session)) == 2

    again = post(second, LIMITS, filled(stopped.text) | {"reason": REASON})
    assert again.status_code == 302
    assert [version.number for version in versions(session)] == [3, 2, 1]


@pytest.mark.parametrize("based_on", ["", "x", "00000000-0000-0000-0000-000000000000", "\x00", "1; DROP TABLE staff"])
def test_a_form_based_on_no_version_is_answered_not_found(
    app: Flask, session: Session, author: Staff, based_on: str
) -> None:
    assert change(sign_in(app, author), based_on=based_on, spo2_red="91").status_code == 404
    assert len(versions(session)) == 1


def test_the_bootstrap_walk_ends_with_the_first_real_patient_invited(
    app: Flask, session: Session, programme: Programme
) -> None:
    team = make_team(session)
    physician = make_person(session, role=Role.PHYSICIAN, team=team, language="en")
    enrolment = enrolments.enrol(
        session,
        application=make_application(phone="+33612312345"),
        programme=programme,
        team=team,
        actor=audit.Actor.staff(physician),
        now=clock.now(),
    )
    session.commit()
    client, invite = sign_in(app, physician), f"/en/patients/{enrolment.public_id}/invite"
    post(client, LIMITS, {}, to=invite)
    session.refresh(enrolment)
    assert enrolment.state == EnrolmentState.ENROLLED, "nobody real is invited under an unsigned protocol"

    assert sign(client, versions(session)[0]).status_code == 302
    assert "Version 1 is in force" in client.get(PROTOCOL).text
    post(client, LIMITS, {}, to=invite)

    session.refresh(enrolment)
    assert enrolment.state == EnrolmentState.INVITED
    signed = versions(session)[0]
    assert (signed.status, signed.signed_by_id) == (ProtocolStatus.SIGNED, physician.id)
    chain = sa.select(AuditEntry.canonical).where(AuditEntry.subject_id == signed.public_id)
    acts = session.scalars(chain.order_by(AuditEntry.id)).all()
    assert [b"protocol.signed" in act for act in acts] == [True]


def test_nobody_signs_their_own_draft(app: Flask, session: Session, author: Staff, physician: Staff) -> None:
    client = sign_in(app, author)
    change(client, temperature_red_high="39.5")
    draft = versions(session)[0]
    page = client.get(f"{PROTOCOL}/{draft.public_id}").text
    assert "You wrote this version yourself: another physician must sign it." in page
    assert 'name="read"' not in page

    beside = str(versions(session)[1].public_id)
    forged = post(client, LIMITS, {"read": "y", "against": beside}, to=f"{PROTOCOL}/{draft.public_id}/sign")

    assert forged.status_code == 422
    assert "You wrote this version. Another physician must sign it." in forged.text
    assert versions(session)[0].status == ProtocolStatus.DRAFT
    assert sign(sign_in(app, physician), draft).status_code == 302
    assert versions(session)[0].status == ProtocolStatus.SIGNED


def test_without_the_tick_nothing_is_signed(app: Flask, session: Session, physician: Staff) -> None:
    answer = sign(sign_in(app, physician), versions(session)[0], read="")

    assert answer.status_code == 422
    assert "Tick the box to sign" in answer.text
    assert versions(session)[0].status == ProtocolStatus.DRAFT


def test_differences_read_against_a_replaced_version_must_be_read_again(
    app: Flask, session: Session, author: Staff, physician: Staff
) -> None:
    writer, signer = sign_in(app, author), sign_in(app, physician)
    change(writer, temperature_red_high="39.5")
    page = f"{PROTOCOL}/{versions(session)[0].public_id}"
    read = filled(signer.get(page).text) | {"read": "y"}
    sign(signer, versions(session)[1])
    change(writer, spo2_red="91")
    sign(signer, versions(session)[0])

    late = post(signer, page, read, to=f"{page}/sign")

    assert late.status_code == 422
    assert "Another version came into force meanwhile." in late.text
    assert versions(session)[1].status == ProtocolStatus.DRAFT


def test_a_version_signed_already_is_not_signed_twice(app: Flask, session: Session, physician: Staff) -> None:
    client = sign_in(app, physician)
    version = versions(session)[0]
    sign(client, version)

    again = post(client, LIMITS, {"read": "y", "against": ""}, to=f"{PROTOCOL}/{version.public_id}/sign")

    assert again.status_code == 422
    assert "This version has been signed already." in again.text
