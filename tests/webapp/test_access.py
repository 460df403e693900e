"""Who may open what: every route says so, and a stranger gets no further than the door."""

from __future__ import annotations

import uuid

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from records.models import Role
from tests.webapp.signing import make_person, sign_in
from tests.webapp.ward import open_ward
from webapp import permissions


def routes(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def address(rule: Rule) -> str:
    values = {"language": "fr", "token": "x" * 43, "filename": "icon.svg"}
    path = rule.rule
    for part in rule.arguments:
        stand_in = values.get(part, str(uuid.uuid4()))
        path = "".join(_filled(piece, part, stand_in) for piece in _pieces(path))
    return path


def _pieces(path: str) -> list[str]:
    pieces, rest = [], path
    while "<" in rest:
        before, _, after = rest.partition("<")
        inside, _, rest = after.partition(">")
        pieces += [before, f"<{inside}>"]
    return [*pieces, rest]


def _filled(piece: str, name: str, value: str) -> str:
    return value if piece.startswith("<") and piece.strip("<>").split(":")[-1] == name else piece


def test_every_route_declares_who_may_enter_it(app: Flask) -> None:
    undeclared = [
        rule.endpoint for rule in app.url_map.iter_rules() if permissions.declared(app, rule.endpoint) is None
    ]

    assert undeclared == []


def test_a_route_that_declares_nothing_stops_the_application() -> None:
    app = Flask(__name__)
    app.add_url_rule("/forgotten", "forgotten", lambda: "open to all")

    with pytest.raises(permissions.UndeclaredAccess, match="forgotten"):
        permissions.init(app)


def test_a_rule_that_does_not_exist_cannot_be_declared() -> None:
    with pytest.raises(permissions.UndeclaredAccess, match=r"patient\.raed"):
        permissions.access("patient.raed")


def test_a_stranger_meets_the_sign_in_page_at_every_staff_route(app: Flask) -> None:
    client = app.test_client()
    for rule in routes(app):
        if permissions.declared(app, rule.endpoint) in permissions.OPEN_DOORS:
            continue
        method = "GET" if "GET" in rule.methods else "POST"
        answer = client.open(address(rule), method=method)
        closed = answer.status_code == 302 and "/staff/sign-in" in answer.location
        assert closed or (method == "POST" and answer.status_code == 400), (rule.rule, answer.status)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_opens_what_the_table_says_and_nothing_else(app: Flask, session: Session, role: Role) -> None:
    open_ward(session)
    client = sign_in(app, make_person(session, role=role))
    for rule in routes(app):
        declared = permissions.declared(app, rule.endpoint)
        if declared in permissions.OPEN_DOORS or "GET" not in rule.methods or "language" not in rule.arguments:
            continue
        answer = client.get(address(rule))
        forbidden = answer.status_code == 403
        assert forbidden is not permissions.allows(role, declared), (role, rule.rule, answer.status)


def test_what_may_be_read_does_not_let_an_operator_enrol_or_decide(app: Flask, session: Session) -> None:
    allowed = {name for name in permissions.PERMISSIONS if permissions.allows(Role.OPERATOR, name)}

    reads = {"queue.read", "patient.read", "rota.read"}
    works = {"callback.work", "callback.hand-over", "patient.door", "answers.record", "answers.move"}
    assert allowed == {*reads, *works, "account.own"}


def test_administrators_see_no_patient(app: Flask, session: Session) -> None:
    allowed = {name for name in permissions.PERMISSIONS if permissions.allows(Role.ADMINISTRATOR, name)}

    assert not {name for name in allowed if name.startswith(("patient.", "queue.", "callback."))}


@pytest.mark.parametrize("path", ["/de/queue", "/fr/nowhere", "/fr/patients/not-a-uuid"])
def test_what_does_not_exist_says_so_in_a_page_of_ours(app: Flask, database: Flask, path: str) -> None:
    answer = app.test_client().get(path, headers={"Accept-Language": "fr"})

    assert answer.status_code == 404
    assert "Il n’y a rien à cette adresse" in answer.text
