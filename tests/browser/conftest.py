"""A real server and a real Chromium. `live_server.url` is its address; `page` is a phone, `desk` a desktop window.

With `VIGIDOM_SLOW=0.5` every answer of the server takes half a second longer: a walk that acts on a page before it has
come, which a quick machine hides, then fails.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from records import clock, doors
from records.models import Enrolment
from tests.browser.phone import ALL_DAY
from tests.webapp.patient_room import make_followed

AXE = Path(__file__).parent / "axe" / "axe.min.js"
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}
STANDARD: dict[str, Any] = {"viewport": PHONE, "locale": "fr-FR", "service_workers": "block"}
LEAVING = """
  const leave = (event) => { window.isLeaving ||= !event.defaultPrevented; };
  window.addEventListener("submit", leave);
  window.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='/'], a[href^='http'], a[href^='?']");
    if (link && !link.target && !link.hasAttribute("download")) leave(event);
  });
  window.addEventListener("pageshow", () => { window.isLeaving = false; });
"""
"""Tells from the very click on that this page is about to give way to the next."""
ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("browser")


@dataclass(frozen=True)
class LiveServer:
    """`url` has no slash at its end. `app` is the application that answers, for services called beside it."""

    url: str
    app: Flask

    def at(self, address: str) -> str:
        """This server's address for a path, or for a full link that was made for the service's public address."""
        return self.url + address.removeprefix(self.app.config["VIGIDOM"].public_url)


@pytest.fixture(scope="session")
def _serving(migrated_app: Flask) -> Iterator[LiveServer]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    late = float(os.environ.get("VIGIDOM_SLOW", 0))

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        time.sleep(late)
        return migrated_app.wsgi_app(environ, start_response)

    server = make_server("127.0.0.1", 0, answer, threaded=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="live-server", daemon=True)
    thread.start()
    yield LiveServer(f"http://127.0.0.1:{server.server_port}", migrated_app)
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.fixture
def live_server(database: Flask, _serving: LiveServer) -> LiveServer:
    """The application over HTTP, on this test's empty database."""
    return _serving


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
    if path is None:
        pytest.fail("the browser tests need Chromium: install your system's package `chromium`", pytrace=False)
    arguments = [*ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else ARGUMENTS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


NewContext = Callable[..., BrowserContext]


@pytest.fixture
def new_context(live_server: LiveServer, browser: Browser) -> Iterator[NewContext]:
    """Makes a browser of its own (cookies, storage): `new_context(viewport=DESKTOP, locale="en-GB", …)`. What its pages
    throw, or what the content policy stops, fails the test. `service_workers="allow"` where a test is about them.
    """
    opened: list[BrowserContext] = []
    faults: list[str] = []

    def make(**options: Any) -> BrowserContext:
        context = browser.new_context(**STANDARD | {"base_url": live_server.url} | options)
        context.set_default_timeout(15_000)
        context.add_init_script(LEAVING)
        context.on("weberror", lambda fault: faults.append(str(fault.error)))
        context.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()
    assert not faults


def settle(page: Page) -> None:
    """Until the page that was asked for has come, and its scripts: for looking at what a click led to."""
    page.wait_for_function("() => !window.isLeaving && document.readyState === 'complete'")


@pytest.fixture
def page(new_context: NewContext) -> Page:
    """A phone, in French."""
    return new_context(is_mobile=True, has_touch=True).new_page()


@pytest.fixture
def desk(new_context: NewContext) -> Page:
    """A desktop window, in French."""
    return new_context(viewport=DESKTOP).new_page()


@pytest.fixture
def axe() -> Callable[[Page], list[str]]:
    """`axe(page)` is every accessibility violation on the page as one readable line each: assert that it is []."""
    source = AXE.read_text()

    def violations(page: Page) -> list[str]:
        settle(page)
        page.evaluate(f"() => {{ {source} }}")
        found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")["violations"]
        return [f"{v['id']}: {node['html'][:160]} ({v['help']})" for v in found for node in v["nodes"]]

    return violations


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
