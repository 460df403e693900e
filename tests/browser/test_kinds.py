"""Every kind of question on a phone, with the script: in French and in Arabic, from the first to the stored answer.

With `VIGIDOM_SHOTS=<folder>` each screen leaves its picture there.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.models import Response
from questionnaires.reading import parse
from questionnaires.screens import to_client
from records import clock, doors
from tests import factories
from tests.browser.conftest import PHONE, LiveServer, NewContext
from tests.questionnaires.documents import form
from tests.questionnaires.every_kind import STORED, document
from tests.questionnaires.judging import CASES
from tests.webapp.patient_room import make_followed
from tests.webapp.test_patient_kinds import ask_every_kind

pytestmark = pytest.mark.walk

SHOTS = os.environ.get("VIGIDOM_SHOTS")
LOOKED_AT = {"helper", "weight", "pain-untouched", "medicines", "check"}
"""By axe, each time; the plain form shows it all the others at once."""
NARROW = {"width": 320, "height": 640}


class Phone:
    """One phone that answers; `look` is called on every screen."""

    def __init__(self, page: Page, language: str, axe: Callable[[Page], list[str]]) -> None:
        self.page, self.language, self.axe = page, language, axe
        self.violations: list[str] = []

    @property
    def step(self) -> Locator:
        return self.page.locator(".vd-step.is-current")

    def look(self, name: str) -> None:
        assert self.page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"], name
        if SHOTS or name in LOOKED_AT:
            self.violations += self.axe(self.page)
        if SHOTS:
            self.page.screenshot(path=Path(SHOTS) / f"kind-{self.language}-{name}.png", full_page=True)

    def go_on(self) -> None:
        name = self.step.get_attribute("data-step")
        self.look(str(name))
        self.step.locator("[data-continue]").click()
        expect(self.page.locator(f".vd-step.is-current[data-step='{name}']")).to_have_count(0)

    def fill(self, *texts: str) -> None:
        for field, text in zip(self.step.locator("input[type=text]:visible").all(), texts, strict=True):
            field.fill(text)

    def is_refused(self) -> None:
        """Asked again in place, with the focus on what to mend."""
        self.step.locator("[data-continue]").click()
        expect(self.step.locator("[data-error]")).to_be_visible()
        expect(self.step.locator(":focus")).to_have_count(1)


@pytest.fixture(params=["fr", pytest.param("ar", marks=pytest.mark.walk)])
def phone(
    request: pytest.FixtureRequest, new_context: NewContext, session: Session, live_server: LiveServer, axe
) -> Phone:
    enrolment = make_followed(session, now=factories.NOW)
    ask_every_kind(session, enrolment)
    token = doors.start_session(session, enrolment=enrolment, now=clock.now())
    session.commit()
    page = new_context(viewport=PHONE, locale=request.param, is_mobile=True, has_touch=True).new_page()
    page.context.add_cookies([{"name": "vigidom_patient", "value": token, "url": live_server.url}])
    page.goto(f"/{request.param}/checkin")
    page.wait_for_selector("html[data-ready]")
    return Phone(page, request.param, axe)


def test_every_kind_is_answered_one_question_at_a_time(phone: Phone, session: Session) -> None:
    phone.step.locator("input[value=true]").check()
    phone.go_on()
    phone.step.locator("input[value=half]").check()
    phone.go_on()
    _alone(phone)
    phone.step.locator("select").select_option("r7")
    phone.go_on()
    _own_words(phone)
    phone.fill("٧٢")
    phone.go_on()
    _weight(phone)
    _pain(phone)
    phone.fill("31", "2", "2026")
    phone.is_refused()
    phone.fill("3", "11", "2026")
    phone.go_on()
    phone.fill("٢١", "11", "2026", "8", "5")
    phone.go_on()
    phone.fill("22", "30")
    phone.go_on()
    _medicines(phone)
    phone.fill("ab123")
    phone.is_refused()
    phone.fill("AB123")
    phone.go_on()
    phone.fill("https://example.org/photo")
    phone.go_on()
    phone.step.locator("textarea").fill("Slept badly.")
    phone.go_on()
    phone.go_on()  # the plan, which is read
    phone.go_on()  # the thanks
    phone.step.locator("input[value=true]").check()
    phone.go_on()
    phone.fill("More tired")
    phone.page.reload()  # everything is a draft by now
    phone.page.wait_for_selector("html[data-ready]")
    phone.go_on()
    phone.look("check")
    expect(phone.page.locator("#answers")).to_contain_text("3/11/2026")
    phone.page.locator("[data-send]").click()
    phone.page.wait_for_url("**/checkin/result/*")

    assert phone.violations == []
    session.rollback()
    assert session.scalars(select(Response)).one().answers == STORED


def _alone(phone: Phone) -> None:
    """ "None of these" unticks the others, and each of them unticks it."""
    boxes = {name: phone.step.locator(f"input[value={name}]") for name in ("swelling", "cough", "none")}
    boxes["swelling"].check()
    boxes["none"].check()
    expect(boxes["swelling"]).not_to_be_checked()
    boxes["cough"].check()
    expect(boxes["none"]).not_to_be_checked()
    boxes["swelling"].check()
    phone.go_on()


def _own_words(phone: Phone) -> None:
    phone.step.locator("input[value=nurse]").check()
    phone.fill("My neighbour")
    expect(phone.step.locator("input[value=nurse]")).not_to_be_checked()
    phone.go_on()


def _weight(phone: Phone) -> None:
    phone.fill("82,5")
    phone.is_refused()
    phone.step.locator("select").select_option("kg")
    phone.go_on()


def _pain(phone: Phone) -> None:
    """A slider that nobody touched is no answer; the field beside it takes the same."""
    slider, line = phone.step.locator("input[type=range]"), phone.step.locator("input[type=text]")
    phone.look("pain-untouched")
    expect(line).to_have_value("")
    slider.click()  # in the middle, where the thumb waits already
    expect(line).to_have_value("5")
    slider.press("ArrowLeft" if phone.language == "fr" else "ArrowRight")
    expect(line).to_have_value("4")
    phone.go_on()


def _medicines(phone: Phone) -> None:
    places = phone.step.locator("input[type=text]:visible")
    expect(places).to_have_count(1)
    for name in ("ramipril", "wrong", "bisoprolol"):
        places.last.fill(name)
        if name != "bisoprolol":
            phone.step.locator("[data-add]").click()
    expect(phone.step.locator("[data-add]")).to_be_hidden()
    phone.step.locator("[data-remove]").nth(1).click()
    expect(places).to_have_count(2)
    phone.go_on()


def test_the_phone_judges_as_the_server_does(page: Page, live_server: LiveServer) -> None:
    screens = [to_client(form(case["item"]), "en")["screens"][0] for case in CASES]
    page.goto("/fr/enter")

    judged = page.evaluate(
        "async (cases) => { const { judge } = await import('/static/js/patient/answers.js');"
        " return cases.map(([screen, entry]) => { const { error, confirm } = judge(screen, entry);"
        " return error ?? confirm ?? null; }); }",
        [[screen, case["entry"]] for screen, case in zip(screens, CASES, strict=True)],
    )

    wrong = [(c["item"]["type"], c["entry"], said) for c, said in zip(CASES, judged, strict=True) if said != c["asks"]]
    assert wrong == []


ASKED = [
    ({}, ["well", "worse"]),
    ({"worse": ["true"]}, ["how", "well", "worse"]),
    ({"worse": ["false"]}, ["well", "worse"]),
]


def test_a_follow_up_is_asked_once_what_it_waits_for_is_answered(page: Page, live_server: LiveServer) -> None:
    screens = to_client(parse(document()), "en")["screens"]
    page.goto("/fr/enter")

    found = page.evaluate(
        "async ([screens, all]) => { const { askedAmong } = await import('/static/js/patient/redflag.js');"
        " return all.map((given) => askedAmong(screens, (id) => given[id] ?? []).map((screen) => screen.linkId)); }",
        [screens, [given for given, _ in ASKED]],
    )

    assert [sorted({"how", "well", "worse"} & set(asked)) for asked in found] == [wanted for _, wanted in ASKED]


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_the_plain_form_of_every_kind_fits_a_narrow_screen_in_large_letters(
    new_context: NewContext, session: Session, live_server: LiveServer, axe, language: str
) -> None:
    enrolment = make_followed(session, now=factories.NOW)
    ask_every_kind(session, enrolment)
    token = doors.start_session(session, enrolment=enrolment, now=clock.now())
    session.commit()
    page = new_context(viewport=NARROW, locale=language).new_page()
    page.route("**/*.js", lambda route: route.abort())  # axe needs a page that runs scripts; ours do not arrive
    page.context.add_cookies([{"name": "vigidom_patient", "value": token, "url": live_server.url}])
    page.goto(f"/{language}/checkin")

    page.locator("[name=answer-weight]").fill("82,5")
    page.locator("[name=day-onset]").fill("31")
    page.locator("#checkin button[type=submit]").last.click()
    page.wait_for_url("**/checkin/answers")  # and until everything of it is there
    page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")

    assert page.locator(".nhsuk-error-summary__list li").count() == 3  # well, the unit, the date
    assert page.evaluate("() => document.documentElement.scrollWidth") <= NARROW["width"]
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"kind-{language}-plain.png", full_page=True)
    assert axe(page) == []
