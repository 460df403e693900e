"""Writing rules in a real browser, with script and without: pages free of axe's findings, none wider than itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, Route, expect
from sqlalchemy.orm import Session

from records import clock
from records.models import Role, Staff
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_admin import Axe, come_in, look_at
from tests.webapp.signing import make_person, make_team
from triage.drafting_models import ProtocolDraft
from webapp import firstrun

BOTH = pytest.mark.parametrize(
    ("language", "size", "script"),
    [("fr", PHONE, False), ("fr", PHONE, True), ("en", DESKTOP, True)],
    ids=["fr-phone-plain", "fr-phone", "en-desktop"],
)


@pytest.fixture
def physician(session: Session) -> Staff:
    firstrun.load_programme(session, clock.now())
    return make_person(session, role=Role.PHYSICIAN, team=make_team(session))


def press(page: Page, do: str) -> None:
    page.locator(f"button[value='{do}']").click()


def open_tools(page: Page, part: str) -> None:
    page.locator(f"#{part} > .vd-part__tools summary").click()


@pytest.mark.walk
@BOTH
def test_a_rule_with_a_count_in_a_row_is_built_from_nothing(
    new_context: Callable, session: Session, physician: Staff, axe: Axe, language: str, size: dict, script: bool
) -> None:
    page, mark = (
        new_context(viewport=size, java_script_enabled=script).new_page(),
        f"{language}-{size['width']}{'' if script else '-plain'}",
    )
    look = look_at if script else picture
    come_in(page, physician, language)
    page.goto(f"/{language}/admin/drafts")
    look(page, axe, f"drafts-{mark}")
    page.click("main form button[type=submit]")
    page.wait_for_url("**/drafts/*-*")
    address = page.url
    look(page, axe, f"draft-{mark}")
    page.goto(f"{address}/rule")
    look(page, axe, f"rule-empty-{mark}")
    press(page, "save")
    look(page, axe, f"rule-refused-{mark}")
    page.select_option("#when-new", "spo2")
    press(page, "add:")
    page.select_option("#when-0-relation", "<=")
    page.select_option("#when-0-limit", "spo2_orange")
    open_tools(page, "when-0")
    press(page, "wrap-consecutive:0")
    page.fill("#when-0-count", "2")
    page.fill("#when-0-days", "2")
    page.select_option("#when-new", "lives_alone")
    press(page, "add:")
    page.check("#when-1-answer")
    page.check("input[name=decision][value=orange]")
    for code in ("fr", "en", "ar"):
        page.fill(f"#to_patient_{code}", f"SpO2 {{spo2}} % ({code})")
        page.fill(f"#to_caller_{code}", f"SpO2 {{spo2}} % twice and alone ({code})")
    page.fill("#source", "Decided here, 22 November 2026")
    press(page, "look")
    look(page, axe, f"rule-built-{mark}")
    press(page, "save")
    page.wait_for_url("**/drafts/*-*#rule-*")
    look(page, axe, f"draft-with-rule-{mark}")
    page.goto(f"{address}/case?edge=0")
    look(page, axe, f"case-prepared-{mark}")
    press(page, "save")
    look(page, axe, f"case-refused-{mark}")
    page.goto(f"{address}/limit?limit=spo2_orange")
    look(page, axe, f"limit-{mark}")
    page.goto(f"{address}/fact")
    look(page, axe, f"source-{mark}")
    page.goto(f"{address}/fact?source=change|spo2|0|12")
    look(page, axe, f"fact-{mark}")
    saved = session.scalars(sa.select(ProtocolDraft)).one().document["rules"][-1]
    assert saved["when"]["all"][0]["consecutive"] == 2
    expect(page.locator("main")).to_be_visible()


@pytest.mark.walk
def test_a_values_name_goes_into_the_text_that_was_chosen_before_the_script_came(
    desk: Page, session: Session, physician: Staff
) -> None:
    come_in(desk, physician, "fr")
    desk.goto("/fr/admin/drafts")
    desk.click("main form button[type=submit]")
    desk.wait_for_url("**/drafts/*-*")
    rule = session.scalars(sa.select(ProtocolDraft)).one().document["rules"][0]["id"]
    held: list[Route] = []
    desk.route("**/builder.js*", lambda route: held.append(route))
    desk.goto(f"{desk.url}/rule?rule={rule}", wait_until="commit")
    desk.fill("#to_caller_en", "At ")

    held[0].continue_()
    place = desk.locator(".vd-places__insert").first
    place.click()

    expect(desk.locator("#to_caller_en")).to_have_value(f"At {place.inner_text()}")


def picture(page: Page, _axe: Axe, name: str) -> None:
    """Where no script runs, axe cannot."""
    if folder := os.environ.get("VIGIDOM_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True, caret="initial")
