"""Signing in through the front door, as a browser does: forms with their token, cookies, redirects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from records import audit, clock, staff, teams
from records.models import Role, Staff, Team

PASSWORD = "marmot lantern seventeen glacier"
TOKEN = re.compile(r'name="[\w-]*csrf_token"[^>]*value="([^"]+)"')


def make_team(session: Session, name: str = "Nord") -> Team:
    return teams.create(session, name=name, actor=audit.SYSTEM, now=clock.now())


def make_person(session: Session, *, role: Role, team: Team | None = None, email: str = "", **values: Any) -> Staff:
    """A member of staff who has chosen PASSWORD; committed."""
    said = {"name": f"Camille {role.value.title()}", "language": "fr"} | values
    person, token = staff.invite(
        session,
        email=email or f"{role.value}@centre.example",
        role=role,
        teams=[team] if team else [],
        actor=audit.SYSTEM,
        now=clock.now(),
        **said,
    )
    staff.set_up(session, token=token, password=PASSWORD, now=clock.now())
    session.commit()
    return person


def post(
    client: FlaskClient, page: str, data: Mapping[str, Any], *, to: str | None = None, **more: Any
) -> TestResponse:
    """Post `data` to `to` (or the page itself) with the token that `page` shows."""
    found = TOKEN.search(client.get(page).text)
    assert found, f"{page} shows no form"
    return client.post(to or page, data={"csrf_token": unescape(found[1]), **data}, **more)


def sign_in(app: Flask, person: Staff, password: str = PASSWORD) -> FlaskClient:
    client = app.test_client()
    answer = post(client, "/fr/staff/sign-in", {"email": person.email, "password": password})
    assert answer.status_code == 302, answer.text
    return client
