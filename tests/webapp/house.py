"""One of everything, everybody's browser, and what the pages offer to be sent: where hostile input is tried out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from questionnaires.models import QuestionnaireVersion
from records import audit, clock, doors, staff
from records.db import Base
from records.models import Role
from tests.webapp.ward import Ward, enter, open_ward
from triage import drafts, protocols
from webapp import permissions
from webapp.patient import reception

UNCOUNTED = {"throttles", "staff_sessions", "access_entries"}
"""A refused try is counted, a session is seen, a page that was read is logged: all three on purpose."""
FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
FIELD = re.compile(r'<(?:input|textarea|select)[^>]*\bname="([^"]+)"[^>]*>')
VALUE = re.compile(r'<(?:input|option)[^>]*\bvalue="([^"]*)"')


class House:
    """One of everything, everybody's browser, and what their pages offer to be sent."""

    def __init__(self, app: Flask, session: Session, ward: Ward) -> None:
        self.app, self.session = app, session
        sick = ward.red()
        sick_callback = ward.callback(sick).public_id
        version = protocols.versions(session, slug=ward.programme.slug)[0].public_id
        questionnaire = session.get_one(QuestionnaireVersion, ward.version_id).public_id
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
        ids["questionnaires"] = questionnaire
        base = protocols.versions(session, slug=ward.programme.slug)[0]
        draft = drafts.begin(session, based_on=base, staff=ward.person(Role.PHYSICIAN), now=clock.now())
        ids["drafts"] = draft.public_id
        session.commit()
        self.known = {name: str(value) for name, value in ids.items()}
        self.owner = reception.owner_of(sick)
        self.tokens = {"auth": token, "patient": doors.make_link("invite", sick.public_id)}
        self.fields: dict[str, set[str]] = {}
        self.values = set(self.known.values())

    def rules(self) -> list[Rule]:
        return [rule for rule in self.app.url_map.iter_rules() if rule.endpoint != "static"]

    def address(self, rule: Rule) -> str:
        kind = next((name for name in self.known if f"/{name}/<uuid:" in rule.rule), "patients")
        values = dict.fromkeys(rule.arguments, self.known[kind])
        if "language" in rule.arguments:
            values["language"] = "fr"
        if "leg" in rule.arguments:
            values["leg"] = "caller"
        if "filename" in rule.arguments:
            values["filename"] = "icon.svg"
        if "token" in rule.arguments:
            values["token"] = self.tokens[rule.endpoint.split(".")[0]]
        return str(self.app.url_map.bind("localhost").build(rule.endpoint, values))

    def insiders(self, declared: str | None) -> list[str]:
        """Who gets past the door of a route."""
        if declared in permissions.PERMISSIONS:
            return sorted(role.value for role in permissions.PERMISSIONS[declared])
        return ["patient"] if declared == "patient" else ["stranger", "patient", Role.PHYSICIAN.value]

    def insider(self, rule: Rule) -> FlaskClient:
        """The browser of somebody who gets past the door of a route, the same one each time."""
        return self.clients[self.insiders(permissions.declared(self.app, rule.endpoint))[-1]]

    def names(self, rule: Rule) -> list[str]:
        """The fields of a page's form and some others; not the mark of whose answers they are, which is read first."""
        found = self.fields.get(self.address(rule), set()) | {"key", "next", "version", "checkin"}
        return sorted(found - {"owner"})

    def read_pages(self) -> None:
        """Which fields each address takes, and every value that a page offers."""
        for rule in self.rules():
            if "GET" not in rule.methods:
                continue
            page = self.address(rule)
            declared = permissions.declared(self.app, rule.endpoint)
            for reader in self.insiders(declared)[-3 if declared == "public" else -1 :]:
                text = self.clients[reader].get(page).text
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


@contextmanager
def opened(app: Flask, engine: sa.Engine, superuser: sa.Engine) -> Iterator[House]:
    """A house for all tests of one file: none of them relies on what another left in it."""
    with Session(engine) as session:
        yield House(app, session, open_ward(session))
    deletes = [f"DELETE FROM {table.name}" for table in Base.metadata.sorted_tables]
    with superuser.connect() as connection:
        connection.execute(sa.text(";".join(["SET session_replication_role = replica", *deletes])))
