"""The first page, and the pages for what cannot be served."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from records.models import Role
from tests.webapp.signing import make_person, sign_in


@pytest.mark.parametrize(("path", "said"), [("/fr/", "Saisir mon code"), ("/en/", "Type my code"), ("/", "Saisir")])
def test_a_visitor_is_asked_which_door_is_theirs(app: Flask, path: str, said: str) -> None:
    page = app.test_client().get(path, headers={"Accept-Language": "fr"}).text

    assert said in page
    assert "/enter" in page
    assert "/staff/sign-in" in page


def test_staff_go_to_the_page_of_their_work(app: Flask, session: Session) -> None:
    client = sign_in(app, make_person(session, role=Role.ADMINISTRATOR))

    assert client.get("/").location == "/fr/admin/protocol"


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(
    ("method", "path", "code", "said"),
    [
        ("GET", "/nowhere", 404, {"fr": "Il n’y a rien", "en": "There is nothing"}),
        ("DELETE", "/staff/sign-in", 405, {"fr": "bouton", "en": "button"}),
        ("POST", "/staff/sign-in", 400, {"fr": "rechargez", "en": "reload"}),
    ],
)
def test_what_cannot_be_served_is_said_in_the_pages_language(
    app: Flask, method: str, path: str, code: int, said: dict[str, str], language: str
) -> None:
    answer = app.test_client().open(f"/{language}{path}", method=method, headers={"Accept-Language": language})

    assert answer.status_code == code
    assert said[language] in answer.text
    assert f'<html lang="{language}"' in answer.text


def test_too_much_is_refused_in_words(app: Flask) -> None:
    answer = app.test_client().post("/en/staff/sign-in", data={"email": "x" * 300_000})

    assert answer.status_code == 413
    assert "too large" in answer.text


def test_programs_get_their_problem_as_json(app: Flask) -> None:
    answer = app.test_client().get("/api/nowhere", headers={"Accept-Language": "en"})

    assert answer.status_code == 404
    assert "There is nothing" in answer.json["error"]
