"""What a phone keeps of the service: the scripts of a release, the worker, the page without a network."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.webapp.patient_room import enter, hidden, make_followed
from webapp.patient import shell

FOREVER = "public, max-age=31536000, immutable"


def scripts_of(html: str) -> list[str]:
    return re.findall(r'(?:src|href)="([^"]+\.js[^"]*)"', html)


def worker_list(source: str, name: str) -> list[str]:
    found = re.search(rf"const {name} = (\[.*?\]);", source)
    assert found is not None
    return re.findall(r'"([^"]+)"', found[1])


@pytest.fixture(params=["built", "one by one"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The scripts as one built file, and as they are while the built file is not of this release."""
    shell.imports.cache_clear()
    if request.param == "one by one":
        monkeypatch.setattr(shell, "bundle", lambda _name: None)
    yield
    shell.imports.cache_clear()


def test_the_built_script_is_of_this_release() -> None:
    assert [path.name for path in shell.BUILT.iterdir()] == [f"main.{shell.release()}.js"], (
        "see docs/phone.md: npm run build"
    )


@pytest.mark.usefixtures("either_way")
def test_every_script_of_the_page_is_kept_for_good_under_the_address_of_its_release(
    client: FlaskClient, session: Session
) -> None:
    enter(client, session, make_followed(session))
    addresses = scripts_of(client.get("/fr/checkin").text)

    answers = [client.get(address) for address in addresses]

    assert len(addresses) >= 2
    assert all(f"/phone/{shell.release()}/" in address for address in addresses)
    assert {(answer.status_code, answer.mimetype) for answer in answers} == {(200, "text/javascript")}
    assert {answer.headers["Cache-Control"] for answer in answers} == {FOREVER}


@pytest.mark.usefixtures("either_way")
def test_the_page_asks_for_every_script_that_another_one_imports(client: FlaskClient, session: Session) -> None:
    enter(client, session, make_followed(session))
    addresses = scripts_of(client.get("/fr/checkin").text)
    sources = [client.get(address).text for address in addresses]
    imported = {name for source in sources for name in re.findall(r'from "\./(\w+)\.js"', source)}

    assert imported <= {Path(address).stem for address in addresses}


@pytest.mark.parametrize("address", ["/phone/0123456789/js/patient/main.js", "/phone/{}/js/patient/nothing.js"])
def test_a_script_of_another_release_is_not_found(client: FlaskClient, session: Session, address: str) -> None:
    make_followed(session)

    answer = client.get(address.format(shell.release()))

    assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")


def test_the_worker_is_looked_at_anew_each_time_and_keeps_only_what_there_is(
    client: FlaskClient, session: Session
) -> None:
    make_followed(session)
    answer = client.get("/worker.js")
    kept = worker_list(answer.text, "SHELL")

    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("text/javascript", "no-cache")
    assert "worker-src 'self'" in answer.headers["Content-Security-Policy"]
    assert {client.get(address, buffered=True).status_code for address in kept} == {200}
    assert {"/fr/offline", "/en/offline", "/ar/offline"} < set(kept)
    assert not [address for address in kept if "staff" in address or "result" in address]


def test_the_worker_is_another_one_as_soon_as_a_script_changes(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_followed(session)
    before = client.get("/worker.js").text
    assert client.get("/worker.js").text == before

    monkeypatch.setattr(shell, "release", lambda: "ffffffffff")

    assert client.get("/worker.js").text.splitlines()[0] != before.splitlines()[0]


def test_the_worker_is_another_one_as_soon_as_the_centre_has_another_telephone(
    client: FlaskClient, session: Session
) -> None:
    programme = make_followed(session).programme
    before = client.get("/worker.js").text
    assert programme.phone not in before

    programme.phone = "+33123456789"
    session.commit()

    assert client.get("/worker.js").text.splitlines()[0] != before.splitlines()[0]


def test_the_switch_replaces_the_worker_by_one_that_removes_itself(
    app: Flask, client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_followed(session)
    monkeypatch.setitem(app.config, "VIGIDOM", replace(app.config["VIGIDOM"], phone_worker=False))

    source = client.get("/worker.js").text

    assert "unregister()" in source
    assert "respondWith" not in source


@pytest.mark.parametrize("language", ["fr", "en", "ar"])
def test_the_page_without_a_network_is_nobodys(client: FlaskClient, session: Session, language: str) -> None:
    enrolment = make_followed(session)
    stranger = client.get(f"/{language}/offline").text
    enter(client, session, enrolment)
    token = hidden(client.get(f"/{language}/me").text, "csrf_token")
    told = client.post(f"/{language}/me/close", data={"csrf_token": token})

    assert client.get(f"/{language}/offline").text == stranger
    assert "vd-flash--success" in client.get(told.location).text
    assert 'href="tel:15"' in stranger
    assert "<form" not in stranger


@pytest.mark.parametrize(
    "address", ["/fr/checkin", "/worker.js", "/fr/offline", "/static/build/{css}", "/phone/{v}/js/patient/main.js"]
)
def test_what_a_phone_loads_first_is_compressed_for_who_understands_it(
    client: FlaskClient, session: Session, address: str
) -> None:
    enter(client, session, make_followed(session))
    css = next((shell.STATIC / "build").glob("patient.[0-9a-f]*.css")).name
    address = address.format(css=css, v=shell.release())

    plain, packed = (
        client.get(address, headers={"Accept-Encoding": code}, buffered=True) for code in ("identity", "gzip, br")
    )

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == plain.headers["Vary"]
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 1.5
    unpacked = gzip.decompress(packed.data)
    assert unpacked == plain.data or address == "/fr/checkin"


def test_a_page_that_repeats_what_was_sent_is_never_compressed(client: FlaskClient, session: Session) -> None:
    enrolment = make_followed(session)
    enter(client, session, enrolment)
    gzipped = {"Accept-Encoding": "gzip"}

    for answer in (client.post("/fr/checkin/answers", headers=gzipped), client.get("/fr/enter", headers=gzipped)):
        assert "Content-Encoding" not in answer.headers


def test_a_compressed_file_is_known_again_by_its_mark(client: FlaskClient, session: Session) -> None:
    make_followed(session)
    address = f"/static/build/{next((shell.STATIC / 'build').glob('patient.[0-9a-f]*.css')).name}"
    gzipped = {"Accept-Encoding": "gzip"}
    first = client.get(address, headers=gzipped, buffered=True)

    known = gzipped | {"If-None-Match": first.headers["ETag"]}
    again = client.get(address, headers=known, buffered=True)

    assert (first.headers["ETag"][:2], again.status_code) == ("W/", 304)


def test_the_first_question_weighs_little_with_everything_it_loads(client: FlaskClient, session: Session) -> None:
    """At 400 kb/s a second is 50 kB: the page, its sheet, its scripts and what these import, as they are sent."""
    enter(client, session, make_followed(session))
    wanted, sent = ["/fr/checkin"], {}
    while wanted:
        address = wanted.pop()
        answer = client.get(address, headers={"Accept-Encoding": "gzip"}, buffered=True)
        assert answer.status_code == 200, address
        packed = answer.headers.get("Content-Encoding") == "gzip"
        sent[address] = len(answer.data)
        text = (gzip.decompress(answer.data) if packed else answer.data).decode(errors="replace")
        found = re.findall(r'<(?:link [^>]*rel="stylesheet"[^>]*href|script[^>]* src)="([^"]+)"', text)
        found += re.findall(r'(?:import|from)\s*"([^"]+)"', text) if address.partition("?")[0].endswith(".js") else []
        wanted += [page for page in (urljoin(address, one) for one in found) if page not in {*sent, *wanted}]

    assert len(sent) > 3, sent
    assert sum(sent.values()) <= 35_000, sent
