"""A patient's phone, for real: script, storage, keyboard."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from questionnaires.models import Response
from records import doors
from records.models import Enrolment
from records.patients import reveal
from tests.browser.conftest import NewContext
from tests.browser.phone import ALL_DAY, answer, answer_all, open_questions, press_to
from tests.webapp.patient_room import GREEN, RED, make_followed
from triage.models import Assessment, Callback
from webapp.patient import shell

pytestmark = pytest.mark.walk

CASES = Path(__file__).parents[1] / "questionnaires" / "number_cases.json"


def test_a_patient_walks_from_the_link_to_a_red_result(page: Page, session: Session, followed: Enrolment) -> None:
    born = reveal(followed.patient).birth_date

    page.goto(f"/q/{doors.make_link('invite', followed.public_id)}")
    page.get_by_label("Jour", exact=True).fill(str(born.day))
    page.get_by_label("Mois", exact=True).fill(str(born.month))
    page.get_by_role("button", name="Continuer").click()
    page.wait_for_selector("html[data-ready]")
    answer_all(page, RED)
    page.get_by_role("button", name="Envoyer mes réponses").click()

    page.wait_for_url("**/checkin/result/*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nous vous appelons dans les 10 minutes")
    expect(page.get_by_role("link", name="Appeler le 15")).to_have_attribute("href", "tel:15")
    assert session.scalars(select(Assessment.level)).all() == ["red"]
    assert session.scalar(select(func.count()).select_from(Callback)) == 1


def test_a_sign_of_danger_shows_call_15_at_once_without_a_network(page: Page, followed: Enrolment, enter) -> None:
    enter(page, followed)
    open_questions(page)
    page.context.set_offline(True)
    answer(page, "none")
    answer(page, "same")

    answer(page, "true")

    expect(page.locator("#alarm")).to_be_visible()
    expect(page.locator("#alarm h1")).to_be_focused()
    expect(page.locator("#alarm a[href='tel:15']")).to_be_visible()
    assert page.evaluate("() => document.getElementById('main').inert")
    page.locator("[data-return=change]").click()
    assert not page.evaluate("() => document.getElementById('main').inert")
    expect(page.locator(".is-current")).to_have_attribute("data-step", "chest-pain")
    answer(page, "true")
    expect(page.locator("#alarm")).to_be_hidden()
    expect(page.locator(".is-current")).to_have_attribute("data-step", "blue-lips")


@pytest.mark.parametrize(("spo2", "danger"), [("92", True), ("91,0", False), ("93", False), ("٩٢", True)])
def test_low_oxygen_is_a_sign_of_danger_in_any_digits(
    page: Page, session: Session, enter, spo2: str, danger: bool
) -> None:
    enter(page, make_followed(session, has_oximeter=True, **ALL_DAY))
    open_questions(page)
    for value in list(GREEN.values())[:10]:
        answer(page, value)

    answer(page, spo2)

    assert page.locator("#alarm").is_visible() == danger


def test_an_unlikely_value_is_asked_about_once(page: Page, session: Session, followed: Enrolment, enter) -> None:
    enter(page, followed)
    open_questions(page)
    for value in list(GREEN.values())[:7]:
        answer(page, value)

    answer(page, "41,5")
    expect(page.locator(".is-current [data-likely]")).to_contain_text("41,5")
    page.locator(".is-current [data-correct]").click()
    answer(page, "41,4")
    page.locator(".is-current [data-confirm]").click()
    for value in list(GREEN.values())[8:]:
        answer(page, value)
    page.locator("[data-send]").click()

    page.wait_for_url("**/checkin/result/*")
    assert session.scalars(select(Response)).one().answers["temperature"] == [{"decimal": "41.4", "confirmed": True}]


def test_what_is_not_answered_is_asked_again_in_place(page: Page, followed: Enrolment, enter) -> None:
    enter(page, followed)
    open_questions(page)

    page.locator(".is-current [data-continue]").click()
    expect(page.locator(".is-current [data-error]")).to_be_visible()
    expect(page.locator(".is-current input").first).to_be_focused()
    for value in list(GREEN.values())[:7]:
        answer(page, value)
    answer(page, "38 6")
    expect(page.locator(".is-current [data-error]")).to_be_visible()
    page.locator(".is-current input[type=checkbox]").check()
    page.locator(".is-current [data-continue]").click()

    expect(page.locator(".is-current")).to_have_attribute("data-step", "heart-rate")


def test_an_answer_can_be_changed_from_the_list(page: Page, followed: Enrolment, enter) -> None:
    enter(page, followed)
    open_questions(page)
    answer_all(page, GREEN)
    expect(page.locator("#answers dt")).to_have_count(len(GREEN))

    page.get_by_role("button", name="Modifier : Quelle est votre température").click()
    answer(page, "37,9")

    expect(page.locator("[data-step=check]")).to_be_visible()
    expect(page.locator("#answers")).to_contain_text("37,9")


def test_everything_can_be_done_from_the_keyboard(page: Page, session: Session, followed: Enrolment, enter) -> None:
    enter(page, followed)
    open_questions(page)

    for link_id, value in GREEN.items():
        expect(page.locator(".is-current")).to_have_attribute("data-step", link_id)
        press_to(page, f"answer-{link_id}")
        if page.locator(".is-current input[type=radio]").count():
            page.keyboard.press("Space")
            keys = page.locator(".is-current input[type=radio]").evaluate_all("all => all.map((one) => one.value)")
            for _ in range(keys.index(value)):
                page.keyboard.press("ArrowDown")
        else:
            page.keyboard.type(value)
        page.keyboard.press("Enter")
    while not page.evaluate("() => 'send' in document.activeElement.dataset"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.wait_for_url("**/checkin/result/*")
    kept = session.scalars(select(Response)).one().answers
    assert kept["temperature"] == [{"decimal": "37.2"}]
    assert session.scalars(select(Assessment.level)).all() == ["green"]


def test_showing_one_question_shifts_nothing(page: Page, followed: Enrolment, enter) -> None:
    enter(page, followed)
    page.add_init_script(
        "window.shift = 0;"
        "new PerformanceObserver((list) => list.getEntries().forEach((entry) => { window.shift += entry.value; }))"
        ".observe({type: 'layout-shift', buffered: true});"
    )
    open_questions(page)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    assert page.evaluate("() => window.shift") < 0.01


def test_the_phone_reads_numbers_as_the_server_does(page: Page, followed: Enrolment, enter) -> None:
    enter(page, followed)
    open_questions(page)
    cases = json.loads(CASES.read_text())

    read = page.evaluate(
        "async (cases) => { const { parseNumber } = await import('/static/js/patient/numbers.js');"
        " return cases.map((each) => { const { value = null, problem = null } = parseNumber(each.text, each);"
        " return { value, problem }; }); }",
        cases,
    )

    wrong = [
        (case["text"][:30], got)
        for case, got in zip(cases, read, strict=True)
        if got != {"value": case["value"], "problem": case["problem"]}
    ]
    assert wrong == []


def test_the_script_is_small() -> None:
    assert len(gzip.compress(next(shell.BUILT.iterdir()).read_bytes())) < 10_000


def test_on_a_narrow_screen_with_large_text_nothing_is_cut(
    new_context: NewContext, session: Session, enter, followed: Enrolment
) -> None:
    page = new_context(viewport={"width": 320, "height": 640}).new_page()
    enter(page, followed)
    open_questions(page)
    page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")

    for value in GREEN.values():
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 320
        answer(page, value)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 320


def test_at_400_kilobits_the_first_question_is_there_without_its_script(page: Page, followed: Enrolment, enter) -> None:
    """The words stand before any module has come: the page does not wait for what makes it better."""
    enter(page, followed)
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    slow = {"offline": False, "latency": 150, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
    line.send("Network.emulateNetworkConditions", slow)
    held: list[Route] = []
    page.route("**/main.js", lambda route: held.append(route))

    page.goto("/fr/checkin", wait_until="commit")

    expect(page.locator(".is-current [data-heading]")).to_be_visible()
    expect(page.locator("#step-temperature")).to_be_hidden()
    page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length")
    for route in held:
        route.continue_()
    page.wait_for_selector("html[data-ready]")


def test_with_reduced_motion_nothing_moves(new_context: NewContext, followed: Enrolment, enter) -> None:
    page = new_context(reduced_motion="reduce").new_page()
    enter(page, followed)
    open_questions(page)

    moving = page.evaluate(
        "() => [...document.querySelectorAll('*')].filter((one) => { const style = getComputedStyle(one);"
        " const seconds = (text) => Math.max(...text.split(',').map(parseFloat));"
        " return seconds(style.transitionDuration) > 0.01 || seconds(style.animationDuration) > 0.01 ||"
        " style.scrollBehavior === 'smooth'; }).map((one) => one.className)"
    )

    assert moving == []
