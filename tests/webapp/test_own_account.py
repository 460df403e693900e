"""One's own account: the telephone at which one is paged, sealed; another password, and every other session ended."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from records.models import Role, Staff
from records.staff.telephones import phone_of
from tests.webapp.signing import PASSWORD
from tests.webapp.ward import Ward, enter, open_ward

NEW = "copper ladder violet sundial"


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


def send(client: FlaskClient, path: str, page: str = "/en/staff/account", **typed: str) -> object:
    token = re.search(r'name="[\w-]*csrf_token"[^>]*value="([^"]+)"', client.get(page).text)
    given = token[1] if token else ""
    tokens = {"csrf_token": given, "own-csrf_token": given, "new-csrf_token": given}
    return client.post(path, data=tokens | {name.replace("__", "-"): value for name, value in typed.items()})


def number(ward: Ward, person: Staff) -> str | None:
    ward.session.rollback()
    return phone_of(ward.session.get_one(Staff, person.id))


def test_a_telephone_is_kept_sealed_and_shown_to_its_owner(app: Flask, ward: Ward) -> None:
    person, client = ward.person(Role.PHYSICIAN), enter(app, ward, Role.PHYSICIAN)
    answer = send(client, "/en/staff/account/phone", own__phone="06 12 34 56 78")

    assert answer.status_code == 302
    assert number(ward, person) == "+33612345678"
    assert b"612345678" not in ward.session.scalar(sa.select(Staff.phone).where(Staff.id == person.id))
    assert "06 12 34 56 78" in client.get("/en/staff/account").text
    assert send(client, "/en/staff/account/phone", own__phone="").status_code == 302
    assert number(ward, person) is None


@pytest.mark.parametrize(
    ("typed", "said"), [("12", "does not exist"), ("01 42 34 56 78", "gets no texts"), ("my phone", "not a telephone")]
)
def test_a_number_that_no_text_reaches_is_refused_beside_its_field(
    app: Flask, ward: Ward, typed: str, said: str
) -> None:
    person, client = ward.person(Role.OPERATOR), enter(app, ward, Role.OPERATOR)
    answer = send(client, "/en/staff/account/phone", own__phone=typed)
    assert (answer.status_code, number(ward, person)) == (422, None)
    assert said in answer.text
    assert typed in answer.text


def test_a_password_is_changed_with_the_old_one_and_ends_every_other_session(app: Flask, ward: Ward) -> None:
    here, elsewhere = enter(app, ward, Role.OPERATOR), enter(app, ward, Role.OPERATOR)
    path = "/en/staff/account/password"
    wrong = send(here, path, new__old="not this one at all", new__password=NEW, new__again=NEW)
    assert (wrong.status_code, "not your present password" in wrong.text) == (422, True)
    weak = send(here, path, new__old=PASSWORD, new__password="bonjourbonjour", new__again="bonjourbonjour")
    assert weak.status_code == 422
    assert elsewhere.get("/en/staff/account").status_code == 200

    assert send(here, path, new__old=PASSWORD, new__password=NEW, new__again=NEW).status_code == 302
    assert here.get("/en/staff/account").status_code == 200
    assert elsewhere.get("/en/staff/account").status_code == 302


def test_an_administrator_enters_somebodys_telephone_on_their_page(app: Flask, ward: Ward) -> None:
    person, client = ward.person(Role.PHYSICIAN), enter(app, ward, Role.ADMINISTRATOR)
    page = f"/en/admin/staff/{person.public_id}"
    assert send(client, f"{page}/phone", page, own__phone="+33 6 12 34 56 79").status_code == 302
    assert number(ward, person) == "+33612345679"
