"""The first question on a phone at 400 kb/s: what is transferred, in how many requests, and when it is painted. With
Lighthouse's command (an npm package that is no dependency of ours) also its mobile scores.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from bench import cohort, servers
from bench.house import House
from bench.timing import Figure
from records import clock, doors
from records.db import db
from records.models import Enrolment
from webapp.patient import cookies

SLOW = {"offline": False, "latency": 150, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
"""400 kb/s both ways, 150 ms to each request's answer."""
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
CATEGORIES = ("performance", "accessibility", "best-practices")


def measure(house: House, *, repetitions: int, lighthouse: str | None) -> list[Figure]:
    """A browser of its own each time, then the same one again, which has the scripts and the sheet."""
    with house.connect() as connection:
        group = cohort.make(house, connection, 1, sealed=True)
    with servers.serving(house) as server, _chromium() as browser:
        url = f"http://127.0.0.1:{server.port}/fr/checkin"
        token = _session(house, group.first)
        _open(browser, url, token)  # the first request of a process reads the documents
        first, again = [], []
        for _ in range(repetitions):
            context = _context(browser, url, token)
            first.append(_visit(context, url))
            again.append(_visit(context, url))
            context.close()
        figures = [*_figures("first visit", first), *_figures("again", again)]
        return figures + (_lighthouse(lighthouse, url, token, house.folder) if lighthouse else [])


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)


def _session(house: House, enrolment: int) -> str:
    with house.app.app_context():
        token = doors.start_session(db.session, enrolment=db.session.get_one(Enrolment, enrolment), now=clock.now())
        db.session.commit()
        return token


def _context(browser: Browser, url: str, token: str) -> BrowserContext:
    context = browser.new_context(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    context.add_cookies([{"name": cookies.SESSION, "value": token, "url": url}])
    return context


def _open(browser: Browser, url: str, token: str) -> None:
    context = _context(browser, url, token)
    context.new_page().goto(url)
    context.close()


def _visit(context: BrowserContext, url: str) -> dict[str, float]:
    page = context.new_page()
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW)
    sent: list[float] = []
    line.on("Network.loadingFinished", lambda said: sent.append(said["encodedDataLength"]))
    page.goto(url)
    page.wait_for_selector("html[data-ready=yes]")
    found = {
        "bytes": sum(sent),
        "requests": len([size for size in sent if size]),
        "first paint": page.evaluate(PAINT),
        "answerable": page.evaluate("performance.now()"),
    }
    page.close()
    return found


def _figures(when: str, found: list[dict[str, float]]) -> list[Figure]:
    units = {"bytes": "bytes", "requests": "", "first paint": "ms", "answerable": "ms"}
    return [
        Figure("phone", f"{when}: {name}", unit, tuple(each[name] for each in found)) for name, unit in units.items()
    ]


def _lighthouse(command: str, url: str, token: str, folder: Path) -> list[Figure]:
    """Three runs in its own mobile settings."""
    report, headers = folder / "lighthouse.json", folder / "headers.json"
    headers.write_bytes(orjson.dumps({"Cookie": f"{cookies.SESSION}={token}"}))
    scores: dict[str, list[float]] = {name: [] for name in CATEGORIES}
    missed: dict[str, Any] = {}
    for _ in range(3):
        flags = f"--chrome-flags=--headless=new {' '.join(ARGUMENTS)}"
        told = ["--quiet", "--output=json", f"--output-path={report}", f"--extra-headers={headers}", flags]
        subprocess.run([command, url, *told, f"--only-categories={','.join(CATEGORIES)}"], check=True)
        said = orjson.loads(report.read_bytes())
        for name in CATEGORIES:
            scores[name].append(said["categories"][name]["score"] * 100)
        missed |= {audit["id"]: _first_of(audit) for audit in said["audits"].values() if _is_missed(audit)}
    return [Figure("phone", f"Lighthouse {name}", "", tuple(values), notes=missed) for name, values in scores.items()]


def _is_missed(audit: dict[str, Any]) -> bool:
    return audit["scoreDisplayMode"] == "binary" and audit["score"] is not None and audit["score"] < 1


def _first_of(audit: dict[str, Any]) -> str:
    """What was found, shortly."""
    items = audit.get("details", {}).get("items") or [{}]
    return str(items[0].get("node", {}).get("snippet") or items[0].get("description") or items[0])[:160]
