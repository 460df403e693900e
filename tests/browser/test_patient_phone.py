"""A patient's phone, for real: script, storage, network, keyboard."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from questionnaires.models import Response
from records import clock, doors
from records.models import Enrolment, PatientSession
from records.patients import reveal
from tests.browser.conftest import PHONE, LiveServer, NewContext
from tests.webapp.patient_room import DANGER, GREEN, RED, make_followed
from triage.models import Assessment, Callback

CASES = Path(__file__).parents[1] / "questionnaires" / "number_cases.json"
ALL_DAY = {"opens": time(0, 0), "closes": time(23, 59, 59)}


@pytest.fixture
def followed(session: Session) -> Enrolment:
    return make_followed(session, **ALL_DAY)


@pytest.fixture
def enter(session: Session, live_server: LiveServer) -> Callable[[Page, Enrolment], None]:
    """Gives a window a running session of the patient."""

    def do(page: Page, enrolment: Enrolment) -> None:
        token = doors.start_session(session, enrolment=enrolment, now=clock.now())
        session.commit()
        page.context.add_cookies([{"name": "vigidom_patient", "value": token, "url": live_server.url}])

    return do


def open_questions(page: Page, language: str = "fr") -> None:
    page.goto(f"/{language}/checkin")
    page.wait_for_selector("html[data-ready]")


def answer(page: Page, value: str) -> None:
    step = page.locator(".vd-step.is-current")
    if step.locator("input[type=radio]").count():
        step.locator(f"input[value='{value}']").check()
    else:
        step.locator("input[type=text]").fill(value)
    step.locator("[data-continue]").click()


def answer_all(page: Page, answers: dict[str, str]) -> None:
    for value in answers.values():
        answer(page, value)
        if page.locator("#alarm").is_visible():
            page.locator("[data-return=continue]").click()
    expect(page.locator("[data-step=check]")).to_be_visible()


def responses(session: Session) -> int | None:
    session.rollback()
    return session.scalar(select(func.count()).select_from(Response))


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


def test_three_taps_on_send_are_one_report(page: Page, session: Session, followed: Enrolment, enter) -> None:
    enter(page, followed)
    open_questions(page)
    answer_all(page, GREEN)

    page.evaluate(
        "() => { const send = document.querySelector('[data-send]'); for (let n = 0; n < 3; n++) send.click(); }"
    )

    page.wait_for_url("**/checkin/result/*")
    assert responses(session) == 1


def test_without_a_network_answers_wait_on_the_phone_and_leave_once(
    page: Page, session: Session, followed: Enrolment, enter
) -> None:
    enter(page, followed)
    open_questions(page)
    answer_all(page, GREEN)

    page.context.set_offline(True)
    page.locator("[data-send]").click()
    expect(page.locator("#saved")).to_have_attribute("data-state", "waiting")
    expect(page.locator("#saved")).to_be_focused()
    expect(page.locator("#saved")).to_contain_text("pas encore envoyées")
    assert responses(session) == 0
    page.context.set_offline(False)

    page.wait_for_url("**/checkin/result/*")
    assert responses(session) == 1


def test_a_window_closed_before_the_network_came_back_sends_when_opened_again(
    page: Page, session: Session, followed: Enrolment, enter
) -> None:
    enter(page, followed)
    open_questions(page)
    answer_all(page, DANGER)
    page.context.set_offline(True)
    page.locator("[data-send]").click()
    expect(page.locator("#saved")).to_have_attribute("data-state", "waiting")
    context = page.context
    page.close()
    context.set_offline(False)

    again = context.new_page()
    again.goto("/fr/checkin")

    again.wait_for_url("**/checkin/result/*")
    assert responses(session) == 1
    assert session.scalars(select(Assessment.call_15)).all() == [True]


def test_a_reply_that_was_lost_on_the_way_doubles_nothing(
    page: Page, session: Session, followed: Enrolment, enter
) -> None:
    enter(page, followed)
    open_questions(page)
    answer_all(page, GREEN)
    statuses: list[int] = []

    def lose_the_first(route: Route) -> None:
        reply = route.fetch()
        statuses.append(reply.status)
        route.abort() if len(statuses) == 1 else route.fulfill(response=reply)

    page.route("**/api/answers", lose_the_first)
    page.locator("[data-send]").click()

    page.wait_for_url("**/checkin/result/*")
    assert statuses == [201, 200]
    assert responses(session) == 1


def test_a_server_in_trouble_is_tried_again(page: Page, session: Session, followed: Enrolment, enter) -> None:
    enter(page, followed)
    open_questions(page)
    answer_all(page, GREEN)
    tries: list[int] = []

    def fail_twice(route: Route) -> None:
        tries.append(1)
        route.fulfill(status=503, body="<html>") if len(tries) < 3 else route.continue_()

    page.route("**/api/answers", fail_twice)
    page.locator("[data-send]").click()
    expect(page.locator("#saved")).to_have_attribute("data-state", "waiting")
    page.locator("[data-retry]").click()

    page.wait_for_url("**/checkin/result/*")
    assert responses(session) == 1


def test_an_ended_session_keeps_the_answers_until_one_has_entered_again(
    page: Page, session: Session, followed: Enrolment, enter
) -> None:
    enter(page, followed)
    open_questions(page)
    answer_all(page, GREEN)
    session.query(PatientSession).delete()
    session.commit()

    page.locator("[data-send]").click()
    expect(page.locator("#saved")).to_have_attribute("data-state", "signed-out")
    assert responses(session) == 0
    page.get_by_role("link", name="Entrer à nouveau").click()
    born = reveal(followed.patient).birth_date
    page.get_by_label("Votre code").fill(doors.code_of(followed) or "")
    page.get_by_label("Jour", exact=True).fill(str(born.day))
    page.get_by_label("Mois", exact=True).fill(str(born.month))
    page.get_by_role("button", name="Continuer").click()

    page.wait_for_url("**/checkin/result/*")
    assert responses(session) == 1


def test_on_a_shared_phone_nobody_sends_or_sees_anothers_answers(
    page: Page, session: Session, followed: Enrolment, enter
) -> None:
    other = make_followed(session)
    enter(page, followed)
    open_questions(page)
    answer_all(page, GREEN)
    page.context.set_offline(True)
    page.locator("[data-send]").click()
    expect(page.locator("#saved")).to_have_attribute("data-state", "waiting")
    phone = page.context
    page.close()  # its script sends on its own as soon as the network is back
    phone.set_offline(False)

    page = phone.new_page()
    enter(page, other)
    open_questions(page)

    expect(page.locator(".is-current [data-progress]")).to_have_text("Question 1 sur 13")
    expect(page.locator("#saved")).to_be_hidden()
    assert responses(session) == 0
    enter(page, followed)
    page.goto("/fr/checkin")
    page.wait_for_url("**/checkin/result/*")
    session.rollback()
    assert session.scalars(select(Response.enrolment_id)).all() == [followed.id]


def test_a_draft_survives_a_reload_and_the_other_language(page: Page, followed: Enrolment, enter) -> None:
    enter(page, followed)
    open_questions(page)
    for value in list(GREEN.values())[:7]:
        answer(page, value)
    page.locator(".is-current input[type=text]").fill("38,4")

    page.reload()
    page.wait_for_selector("html[data-ready]")
    expect(page.locator(".is-current input[type=text]")).to_have_value("38,4")
    page.get_by_role("link", name="English").click()
    page.wait_for_selector("html[data-ready]")

    expect(page.locator(".is-current [data-progress]")).to_have_text("Question 8 of 13")
    expect(page.locator(".is-current input[type=text]")).to_have_value("38,4")
    page.locator(".is-current [data-back]").click()
    expect(page.locator(".is-current input[value=false]")).to_be_checked()


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


def press_to(page: Page, name: str) -> None:
    for _ in range(12):
        if page.evaluate("() => document.activeElement.name") == name:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the keyboard does not reach {name}")


def test_without_script_it_is_one_plain_form(
    new_context: NewContext, session: Session, followed: Enrolment, enter
) -> None:
    page = new_context(java_script_enabled=False).new_page()
    enter(page, followed)
    page.goto("/fr/checkin")

    page.get_by_role("button", name="Envoyer mes réponses").click()
    expect(page.get_by_role("heading", name="Vos réponses ne sont pas encore envoyées")).to_be_visible()
    for link_id, value in GREEN.items():
        field = page.locator(f"[name=answer-{link_id}]")
        field.first.fill(value) if field.count() == 1 else page.locator(
            f"[name=answer-{link_id}][value={value}]"
        ).check()
    page.get_by_role("button", name="Envoyer mes réponses").click()

    page.wait_for_url("**/checkin/result/*")
    assert responses(session) == 1


def test_without_script_a_sign_of_danger_stands_before_what_is_asked_again(
    new_context: NewContext, followed: Enrolment, enter
) -> None:
    page = new_context(java_script_enabled=False).new_page()
    enter(page, followed)
    page.goto("/fr/checkin")

    page.locator("[name=answer-chest-pain][value=true]").check()
    page.get_by_role("button", name="Envoyer mes réponses").click()

    expect(page.get_by_role("heading", name="Appelez le 15 maintenant")).to_be_in_viewport()


@pytest.mark.parametrize("name", ["main.js", "outbox.js"])
def test_when_a_script_does_not_arrive_the_plain_form_comes_back(
    browser: Browser, live_server: LiveServer, followed: Enrolment, enter, name: str
) -> None:
    context = browser.new_context(viewport=PHONE, base_url=live_server.url)
    page = context.new_page()
    enter(page, followed)
    page.route(f"**/{name}", lambda route: route.abort())

    page.goto("/fr/checkin")

    expect(page.get_by_role("button", name="Envoyer mes réponses")).to_be_visible()
    expect(page.locator("[name=answer-temperature]")).to_be_visible()
    context.close()


def test_a_browser_that_keeps_nothing_gets_the_plain_form(
    page: Page, session: Session, followed: Enrolment, enter
) -> None:
    enter(page, followed)
    page.add_init_script("indexedDB.open = () => { throw new DOMException('private window'); };")

    page.goto("/fr/checkin")
    for link_id, value in GREEN.items():
        field = page.locator(f"[name=answer-{link_id}]")
        field.first.fill(value) if field.count() == 1 else page.locator(
            f"[name=answer-{link_id}][value={value}]"
        ).check()
    page.get_by_role("button", name="Envoyer mes réponses").click()

    page.wait_for_url("**/checkin/result/*")
    assert responses(session) == 1


def test_a_phone_that_is_full_sends_the_plain_form(page: Page, session: Session, followed: Enrolment, enter) -> None:
    enter(page, followed)
    open_questions(page)
    page.evaluate(
        "() => { IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); }; }"
    )
    answer_all(page, GREEN)

    page.locator("[data-send]").click()

    page.wait_for_url("**/checkin/result/*")
    assert responses(session) == 1


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
    import gzip

    sources = (Path(__file__).parents[2] / "webapp" / "static" / "js" / "patient").glob("*.js")

    assert sum(len(gzip.compress(source.read_bytes())) for source in sources) < 12_000


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
