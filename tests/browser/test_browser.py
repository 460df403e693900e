"""The tools of the browser tests themselves: a check that cannot fail proves nothing."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.conftest import LiveServer


def test_the_live_server_answers_a_real_browser(page: Page, live_server: LiveServer) -> None:
    answer = page.goto("/health")

    assert answer is not None
    assert answer.json() == {"status": "ok"}


def test_axe_sees_what_a_screen_reader_would_miss(page: Page, axe: Callable[[Page], list[str]]) -> None:
    page.set_content('<html lang="fr"><title>t</title><main><h1>t</h1><img src="data:,"></main></html>')

    assert [violation.split(":")[0] for violation in axe(page)] == ["image-alt"]
