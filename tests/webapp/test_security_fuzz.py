"""Hostile forms at every door, as everybody: never a broken page, and nothing changed by what was refused."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.webapp.house import House, opened
from webapp import permissions

pytestmark = pytest.mark.drill

HOSTILE = (
    "",
    "\0",
    "a\0b@centre.example",
    "\ud83d",
    "\u202eevil",
    "<script>alert(1)</script>",
    "'; DROP TABLE staff; --",
    "%(name)s %s {0} {{7*7}}",
    "9" * 400,
    "-1",
    "1e309",
    "NaN",
    "٣٧",
    "²",
    "01/01/0001",
    "31/12/9999",
    "9999-12-31",
    "//evil.example",
    "a\r\nSet-Cookie: b=c",
    "😀" * 50,
    "true",
    "+33 6 12 34 56 78",
    "0033999",
    str(uuid.UUID(int=0)),
    "x" * 5000,
)
EXAMPLES = 80
ROUNDS = 6
REFUSED = range(400, 500)
Form = dict[str, list[str]]


@pytest.fixture(scope="module")
def standing(migrated_app: Flask, engine: sa.Engine, superuser: sa.Engine) -> Iterator[House]:
    with opened(migrated_app, engine, superuser) as house:
        house.read_pages()
        yield house


@pytest.fixture
def house(standing: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """Without form tokens, so that what lies behind them is reached."""
    monkeypatch.setitem(standing.app.config, "WTF_CSRF_ENABLED", False)
    return standing


def forms(house: House, rule: Rule) -> st.SearchStrategy[Form]:
    """The fields of the page's own form: some with what pages offer, some with one and the same hostile text."""
    names = house.names(rule)
    offered = st.sampled_from(sorted(house.values))
    evil = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=8)).map(_as_sent)

    def fill(text: str) -> st.SearchStrategy[Form]:
        one = st.one_of(st.just([text]), st.just([text]), offered.map(lambda value: [value]), st.just([text, ""]))
        return st.dictionaries(st.sampled_from(names), one, min_size=len(names) * 2 // 3)

    return evil.flatmap(fill)


def _as_sent(text: str) -> str:
    """What bytes can carry: lone halves of a character have none."""
    return text.encode("utf-8", "replace").decode()


def run(house: House, send: Callable[[FlaskClient, Rule, Form], TestResponse], rules: list[Rule]) -> None:
    state = [house.everything()]

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data(), st.sampled_from(rules))
    def check(data: st.DataObject, rule: Rule) -> None:
        declared = permissions.declared(house.app, rule.endpoint)
        who = data.draw(st.one_of(st.sampled_from(house.insiders(declared)), st.sampled_from(sorted(house.clients))))
        form = data.draw(forms(house, rule))
        answer = send(house.clients[who], rule, form)
        answer.close()
        assert answer.status_code < 500, (who, rule.rule, form)
        before, state[0] = state[0], house.everything()
        shut_out = declared in permissions.PERMISSIONS and who not in house.insiders(declared)
        if answer.status_code in REFUSED or shut_out:
            assert state[0] == before, (who, rule.rule, answer.status, form)

    check()


def test_no_form_breaks_a_page_and_a_refused_one_changes_nothing(house: House) -> None:
    rules = [rule for rule in house.rules() if "POST" in rule.methods and rule.endpoint != "auth.sign_out"]

    run(house, lambda client, rule, form: client.post(house.address(rule), data=form), rules)


def test_no_hostile_text_breaks_any_form_that_is_full_of_it(house: House) -> None:
    """Another text in each field, and others in each round, so that a few pages meet all of them."""
    evil = [_as_sent(text) for text in HOSTILE]
    turn = 0
    for rule in house.rules():
        if "POST" not in rule.methods or rule.endpoint == "auth.sign_out":
            continue
        for _ in range(ROUNDS):
            turn += 1
            form = {name: evil[(turn * 7 + place) % len(evil)] for place, name in enumerate(house.names(rule))}
            answer = house.insider(rule).post(house.address(rule), data=form)
            assert answer.status_code < 500, (rule.rule, form)


def test_no_query_or_header_breaks_a_page(house: House) -> None:
    rules = [rule for rule in house.rules() if "GET" in rule.methods]

    def send(client: FlaskClient, rule: Rule, form: Form) -> TestResponse:
        words = [texts[0] for texts in form.values()]
        names = ("text", "state", "from", "next", "correct")
        plain = [word for word in words if word.isprintable()]
        headers = list(zip(("Accept-Language", "If-None-Match", "Referer", "Range"), plain, strict=False))
        asked = dict(zip(names, words, strict=False))
        return client.get(house.address(rule), query_string=asked, headers=headers)

    run(house, send, rules)


def test_no_cookie_breaks_a_page(house: House) -> None:
    for value in map(_as_sent, HOSTILE):
        client = house.app.test_client()
        for name in ("vigidom_staff", "vigidom_patient", "vigidom_device", "vigidom_browser", "vigidom_form"):
            client.set_cookie(name, value[:3000])
        for page in ("/", "/fr/queue", "/fr/checkin", "/fr/enter", "/fr/staff/sign-in"):
            assert client.get(page).status_code < 500, (page, value)
