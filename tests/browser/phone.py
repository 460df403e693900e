"""A phone in a test's hand: opens the questions, answers them, and counts what arrived."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from questionnaires.models import Response
from records.models import Enrolment

Enter = Callable[[Page, Enrolment], None]
ALL_DAY = {"opens": time(0, 0), "closes": time(23, 59, 59)}


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


AT_ONCE = """(answers) => {
  for (const [name, value] of Object.entries(answers)) {
    for (const field of document.getElementsByName(`answer-${name}`)) {
      if (field.type === "radio") field.checked = field.value === value;
      else field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
  for (let step; (step = document.querySelector(".vd-step.is-current")).dataset.step !== "check"; ) {
    step.querySelector("[data-continue]").click();
    document.querySelector("#alarm:not([hidden]) [data-return=continue]")?.click();
    if (step === document.querySelector(".vd-step.is-current")) throw new Error(step.dataset.step);
  }
}"""


def answer_at_once(page: Page, answers: dict[str, str]) -> None:
    """Where a test is not about the questions: all of them answered by script, up to the list to check."""
    page.evaluate(AT_ONCE, answers)
    expect(page.locator("[data-step=check]")).to_be_visible()


def responses(session: Session) -> int | None:
    session.rollback()
    return session.scalar(select(func.count()).select_from(Response))


def press_to(page: Page, name: str) -> None:
    for _ in range(12):
        if page.evaluate("() => document.activeElement.name") == name:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the keyboard does not reach {name}")


def until(page: Page, expression: str) -> None:
    """Until a promise becomes true, which `wait_for_function` does not wait for."""
    for _ in range(200):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(25)
    pytest.fail(f"never true: {expression}")


def kept_in(page: Page, store: str) -> list[dict[str, object]]:
    """What the phone's database holds in one of its stores."""
    found: list[dict[str, object]] = page.evaluate(
        "(name) => new Promise((done) => { const opening = indexedDB.open('vigidom');"
        " opening.onsuccess = () => { const database = opening.result;"
        " database.transaction(name).objectStore(name).getAll().onsuccess = (event) => {"
        " database.close(); done(event.target.result); }; }; })",
        store,
    )
    return found


def gone_from(page: Page, store: str) -> None:
    """Until nothing is left there: what forgets works beside the page."""
    for _ in range(200):
        if not kept_in(page, store):
            return
        page.wait_for_timeout(25)
    pytest.fail(f"still in {store}: {len(kept_in(page, store))}")
