"""Claims on the staff's pages: kept while open, lost with a sentence, handed over, and told of; the clock of a call."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from records import clock
from records.models import Enrolment, Role
from tests.webapp.signing import post
from tests.webapp.ward import ORANGE, RED, Ward, enter, open_ward
from triage import callbacks
from triage.callbacks import events
from triage.models import EventKind

QUARTER = timedelta(minutes=15)


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


@pytest.fixture
def enrolment(ward: Ward) -> Enrolment:
    made = ward.patient()
    ward.answer(made, ORANGE)
    return made


def address(ward: Ward, enrolment: Enrolment, act: str) -> str:
    return f"/en/callbacks/{ward.callback(enrolment).public_id}/{act}"


def file(enrolment: Enrolment) -> str:
    return f"/en/patients/{enrolment.public_id}"


def claimed(
    app: Flask, ward: Ward, enrolment: Enrolment, name: str = "Ada Nord", role: str = Role.OPERATOR
) -> FlaskClient:
    browser = enter(app, ward, role, name)
    post(browser, "/en/queue", {}, to=address(ward, enrolment, "claim"))
    return browser


def renewed(browser: FlaskClient, ward: Ward, enrolment: Enrolment):
    return post(browser, "/en/patients", {}, to=address(ward, enrolment, "renew"))


def test_an_open_page_keeps_its_call_and_hears_until_when(app: Flask, ward: Ward, enrolment: Enrolment) -> None:
    browser = claimed(app, ward, enrolment)
    html = browser.get(file(enrolment)).text
    assert f'data-renew="{address(ward, enrolment, "renew")}"' in html

    answer = renewed(browser, ward, enrolment)

    assert (answer.status_code, answer.json["worse"]) == (200, False)
    assert answer.json["until"].startswith("You have this call until")


def test_a_page_whose_call_was_taken_over_hears_by_whom_and_writes_nothing(
    app: Flask, ward: Ward, enrolment: Enrolment
) -> None:
    first = claimed(app, ward, enrolment)
    second = enter(app, ward, Role.OPERATOR, "Bea Sud")
    post(second, "/en/queue", {}, to=address(ward, enrolment, "take-over"))

    answer = renewed(first, ward, enrolment)

    assert answer.status_code == 409
    assert "Bea Sud" in answer.json["lost"]
    shown = first.get("/en/queue").text
    assert "Bea Sud has taken over a call-back of yours." in shown
    seen = re.search(r'action="(/en/notices/[^"]+/seen)"', shown)
    assert seen is not None
    back = post(first, "/en/queue", {"back": file(enrolment)}, to=seen.group(1))
    assert back.location == file(enrolment)
    assert "has taken over" not in first.get("/en/queue").text


def test_a_worse_reason_is_said_on_every_page_until_its_holder_says_that_they_saw_it(
    app: Flask, ward: Ward, enrolment: Enrolment
) -> None:
    browser = claimed(app, ward, enrolment)
    assert "vd-notice" not in browser.get("/en/queue").text
    ward.answer(enrolment, RED)

    assert renewed(browser, ward, enrolment).json["worse"]
    assert "A call-back of yours has got worse." in browser.get("/en/patients").text
    assert not re.search(r'id="claim-worse"[^>]*hidden', browser.get(file(enrolment)).text)
    post(browser, file(enrolment), {}, to=address(ward, enrolment, "seen"))

    assert "got worse" not in browser.get("/en/patients").text
    assert re.search(r'id="claim-worse"[^>]*hidden', browser.get(file(enrolment)).text)
    assert not renewed(browser, ward, enrolment).json["worse"]


def test_the_next_call_opens_the_most_urgent_patient(app: Flask, ward: Ward, enrolment: Enrolment) -> None:
    red = ward.red()
    browser = enter(app, ward, Role.OPERATOR)

    opened = [post(browser, "/en/patients", {}, to="/en/callbacks/next").location for _ in range(3)]

    assert opened == [file(red), file(enrolment), "/en/queue"]
    assert "Nobody is waiting whom you could call now." in browser.get("/en/queue").text


def test_a_list_is_handed_over_and_the_colleague_told(app: Flask, ward: Ward, enrolment: Enrolment) -> None:
    browser = claimed(app, ward, enrolment)
    other = enter(app, ward, Role.OPERATOR, "Bea Sud")
    colleague = ward.person(Role.OPERATOR, "Bea Sud")
    ward.person(Role.OPERATOR, "Cleo Sud")
    assert "Bea Sud" in browser.get("/en/callbacks/mine").text

    nobody = post(browser, "/en/callbacks/mine", {"to": "", "which": "all"}, to="/en/callbacks/hand-over")
    sent = {"to": str(colleague.public_id), "which": "chosen", "callback": str(ward.callback(enrolment).public_id)}
    done = post(browser, "/en/callbacks/mine", sent, to="/en/callbacks/hand-over")

    assert nobody.status_code == 422
    assert re.search(r"<option value=\S+ disabled>Cleo Sud \(not signed in\)", nobody.text)
    assert "choose a colleague of your team" in nobody.text
    assert done.location == "/en/callbacks/mine"
    assert "Bea Sud now has one call-back of yours." in browser.get("/en/callbacks/mine").text
    assert "Ada Nord has handed a call-back over to you." in other.get("/en/queue").text
    assert ward.callback(enrolment).claimed_by_id == colleague.id


def test_somebody_of_another_team_gets_nothing_handed_over(app: Flask, ward: Ward, enrolment: Enrolment) -> None:
    browser = claimed(app, ward, enrolment)
    stranger = ward.person(Role.OPERATOR, "Cleo Loin", team=ward.another_team())

    sent = {"to": str(stranger.public_id), "which": "all"}
    answer = post(browser, "/en/callbacks/mine", sent, to="/en/callbacks/hand-over")

    assert (answer.status_code, "Cleo Loin does not work in the team" in answer.text) == (422, True)


def test_who_watches_the_centre_sees_every_claim_also_one_that_ran_out(
    app: Flask, ward: Ward, enrolment: Enrolment
) -> None:
    person, late = ward.person(Role.OPERATOR, "Ada Nord"), ward.red()
    for one, ago in ((enrolment, timedelta()), (late, 2 * QUARTER)):
        callbacks.claim(ward.session, callback=ward.callback(one).public_id, staff=person, now=clock.now() - ago)
    ward.session.commit()

    shown = enter(app, ward, Role.SUPERVISOR).get("/en/callbacks/claimed").text

    assert shown.count("Ada Nord") == 2
    assert shown.count("anybody may claim it") == 1
    assert enter(app, ward, Role.OPERATOR).get("/en/callbacks/claimed").status_code == 403


def test_a_call_is_handed_up_and_stands_in_the_physicians_view(app: Flask, ward: Ward, enrolment: Enrolment) -> None:
    browser = claimed(app, ward, enrolment)
    enter(app, ward, Role.PHYSICIAN, "Dr Iris Est")
    assert "Dr Iris Est" in browser.get(file(enrolment)).text

    answer = post(browser, file(enrolment), {}, to=address(ward, enrolment, "hand-up"))

    assert answer.location == "/en/queue"
    assert (ward.callback(enrolment).for_physician, ward.callback(enrolment).claimed_by_id) == (True, None)


def test_a_process_with_a_wrong_clock_claims_nothing(app: Flask, ward: Ward, enrolment: Enrolment, monkeypatch) -> None:
    holder = claimed(app, ward, enrolment)
    browser = enter(app, ward, Role.OPERATOR, "Bea Sud")
    truth = clock.now
    monkeypatch.setattr(clock, "now", lambda: truth() + QUARTER)

    answers = [renewed(one, ward, enrolment).status_code for one in (holder, browser)]
    for act in ("claim", "take-over", "calling-back", "bridge"):
        post(browser, "/en/queue", {"verified": "yes", "called": "patient"}, to=address(ward, enrolment, act))
        assert "clock is wrong" in browser.get("/en/queue").text, act

    assert answers == [503, 503]
    assert ward.callback(enrolment).claimed_by_id == ward.person(Role.OPERATOR, "Ada Nord").id


def test_the_clock_of_a_call_back_tells_what_happened_also_when_it_is_closed(
    app: Flask, ward: Ward, enrolment: Enrolment
) -> None:
    browser = claimed(app, ward, enrolment)
    ward.answer(enrolment, RED)
    callback, person = ward.callback(enrolment), ward.person(Role.OPERATOR, "Ada Nord")
    given = {"callback": callback.public_id, "staff": person, "now": clock.now()}
    callbacks.acknowledge(ward.session, **given)
    callbacks.add_attempt(ward.session, **given, outcome="reached", verified=False)
    callbacks.add_attempt(ward.session, **given, outcome="reached", verified=True)
    seen = [alert.public_id for alert in ward.alerts(enrolment)]
    callbacks.dispose(ward.session, **given, kind="advice", seen_alerts=seen)
    ward.session.commit()
    link = address(ward, enrolment, "clock")
    assert link in browser.get(file(enrolment)).text

    shown = browser.get(link).text

    told = ["Opened: the answers.", "Ada Nord claimed it.", "Worse: the answers.", "Ada Nord said that they saw"]
    told += ["Ada Nord called the patient: Somebody else, or name and date of birth not right."]
    told += ["Ada Nord called the patient: Reached.", "Ada Nord decided: Advice given", "Closed."]
    places = [shown.find(sentence) for sentence in told]
    assert -1 not in places
    assert places == sorted(places)
    stranger = enter(app, ward, Role.OPERATOR, "Cleo Loin", team=ward.another_team())
    assert stranger.get(link).status_code == 404


def test_the_clock_of_a_call_that_was_announced_can_be_read(app: Flask, ward: Ward, enrolment: Enrolment) -> None:
    """The hours of an announcement are named as the people of a take-over are."""
    row, now = ward.callback(enrolment), clock.now()
    hours = {"from": now.isoformat(), "until": (now + QUARTER).isoformat()}
    events.record(ward.session, callback_id=row.id, kind=EventKind.ANNOUNCED, now=now, **hours)
    ward.session.commit()

    assert enter(app, ward).get(address(ward, enrolment, "clock")).status_code == 200
