"""Hostile forms at every door, as everybody: never a broken page, and nothing changed by what was refused."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from records import audit, clock, doors, staff
from records.db import Base
from records.models import Role
from tests.webapp.ward import Ward, enter, open_ward
from triage import protocols
from webapp import permissions

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
EXAMPLES = 200
UNCOUNTED = {"throttles", "staff_sessions", "access_entries"}
"""A refused try is counted, a session is seen, a page that was read is logged: all three on purpose."""
REFUSED = range(400, 500)
FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
FIELD = re.compile(r'<(?:input|textarea|select)[^>]*\bname="([^"]+)"[^>]*>')
VALUE = re.compile(r'<(?:input|option)[^>]*\bvalue="([^"]*)"')
Form = dict[str, list[str]]


class House:
    """One of everything, everybody's browser, and what their pages offer to be sent."""

    def __init__(self, app: Flask, session: Session, ward: Ward) -> None:
        self.app, self.session = app, session
        sick = ward.red()
        sick_callback = ward.callback(sick).public_id
        version = protocols.versions(session, slug=ward.programme.slug)[0].public_id
        person, token = staff.invite(
            session, email="new@centre.example", name="Noa", role=Role.OPERATOR, teams=[ward.team],
            actor=audit.SYSTEM, now=clock.now(),
        )  # fmt: skip
        self.clients: dict[str, FlaskClient] = {role.value: enter(app, ward, role) for role in Role}
        self.clients["stranger"], self.clients["patient"] = app.test_client(), app.test_client()
        cookie = doors.start_session(session, enrolment=sick, now=clock.now())
        self.clients["patient"].set_cookie("vigidom_patient", cookie)
        session.commit()
        ids = {"patients": sick.public_id, "callbacks": sick_callback, "protocol": version, "staff": person.public_id}
        self.known = {name: str(value) for name, value in ids.items()}
        self.tokens = {"auth": token, "patient": doors.make_link("invite", sick.public_id)}
        self.fields: dict[str, set[str]] = {}
        self.values = set(self.known.values())
        self._read_pages()

    def rules(self) -> list[Rule]:
        return [rule for rule in self.app.url_map.iter_rules() if rule.endpoint != "static"]

    def address(self, rule: Rule) -> str:
        kind = next((name for name in self.known if f"/{name}/<uuid:" in rule.rule), "patients")
        values = dict.fromkeys(rule.arguments, self.known[kind])
        if "language" in rule.arguments:
            values["language"] = "fr"
        if "token" in rule.arguments:
            values["token"] = self.tokens[rule.endpoint.split(".")[0]]
        return str(self.app.url_map.bind("localhost").build(rule.endpoint, values))

    def insiders(self, declared: str | None) -> list[str]:
        """Who gets past the door of a route."""
        if declared in permissions.PERMISSIONS:
            return sorted(role.value for role in permissions.PERMISSIONS[declared])
        return ["patient"] if declared == "patient" else ["stranger", "patient", Role.PHYSICIAN.value]

    def names(self, rule: Rule) -> list[str]:
        """The fields of a page's form and some others; not the mark of whose answers they are, which is read first."""
        found = self.fields.get(self.address(rule), set()) | {"key", "next", "version", "checkin"}
        return sorted(found - {"owner"})

    def _read_pages(self) -> None:
        """Which fields each address takes, and every value that a page offers."""
        for rule in self.rules():
            readers = ("stranger", "patient", Role.PHYSICIAN.value, Role.ADMINISTRATOR.value)
            for client in (self.clients[name] for name in readers if "GET" in rule.methods):
                page = self.address(rule)
                text = client.get(page).text
                self.values |= {unescape(value) for value in VALUE.findall(text)}
                for tag, inside in FORM.findall(text):
                    action = re.search(r'action="([^"]+)"', tag)
                    names = {unescape(name) for name in FIELD.findall(inside)} - {"csrf_token"}
                    self.fields.setdefault(unescape(action[1]) if action else page, set()).update(names)

    def everything(self) -> list[tuple[object, ...]]:
        """A print of every row of every table that must not change by itself."""
        tables = [table.name for table in Base.metadata.sorted_tables if table.name not in UNCOUNTED]
        parts = [f"SELECT '{name}', count(*), max(xmin::text::bigint) FROM {name}" for name in tables]
        found = [tuple(row) for row in self.session.execute(sa.text(" UNION ALL ".join(parts)))]
        self.session.rollback()
        return found


@pytest.fixture
def house(app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch) -> House:
    """Without form tokens, so that what lies behind them is reached."""
    made = House(app, session, open_ward(session))
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    return made


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
    for rule in house.rules():
        if "POST" not in rule.methods or rule.endpoint == "auth.sign_out":
            continue
        client = house.clients[house.insiders(permissions.declared(house.app, rule.endpoint))[-1]]
        for evil in map(_as_sent, HOSTILE):
            answer = client.post(house.address(rule), data=dict.fromkeys(house.names(rule), evil))
            assert answer.status_code < 500, (rule.rule, evil)


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


def test_no_cookie_breaks_a_page(app: Flask, session: Session) -> None:
    open_ward(session)
    for value in map(_as_sent, HOSTILE):
        client = app.test_client()
        for name in ("vigidom_staff", "vigidom_patient", "vigidom_device", "vigidom_browser", "vigidom_form"):
            client.set_cookie(name, value[:3000])
        for page in ("/", "/fr/queue", "/fr/checkin", "/fr/enter", "/fr/staff/sign-in"):
            assert client.get(page).status_code < 500, (page, value)
