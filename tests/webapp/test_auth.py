"""The staff door: sign-in, set-up link, sign-out, and the session between them."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import escape
from sqlalchemy.orm import Session

from records import audit, clock, crypto, staff, texts
from records.models import AuditEntry, Role, Staff, StaffSession
from tests.webapp.signing import PASSWORD, make_person, post, sign_in
from webapp.auth import sessions

SIGN_IN = "/fr/staff/sign-in"


def said(message: str) -> str:
    return str(escape(texts.translator("fr").gettext(message)))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def physician(session: Session) -> Staff:
    return make_person(session, role=Role.PHYSICIAN, email="medecin@centre.example")


def invited(session: Session, now=None) -> tuple[Staff, str]:
    person, token = staff.invite(
        session,
        email="nouvelle@centre.example",
        name="Dominique Laurier",
        role=Role.OPERATOR,
        teams=[],
        language="en",
        actor=audit.SYSTEM,
        now=now or clock.now(),
    )
    session.commit()
    return person, token


def test_signing_in_stores_a_session_and_hands_out_a_cookie_that_scripts_cannot_read(client, session, physician):
    answer = post(client, SIGN_IN, {"email": "Medecin@Centre.example ", "password": PASSWORD})

    assert answer.status_code == 302
    cookie = next(header for header in answer.headers.getlist("Set-Cookie") if header.startswith(sessions.COOKIE))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Expires" not in cookie
    stored = session.scalars(sa.select(StaffSession)).one()
    assert stored.staff_id == physician.id
    token = cookie.split(";")[0].split("=", 1)[1]
    assert stored.token_digest == crypto.digest_token(token)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("medecin@centre.example", "not the password at all"),
        ("nobody@centre.example", PASSWORD),
        ("not an address", PASSWORD),
    ],
)
def test_every_refused_sign_in_says_the_same_sentence_and_opens_no_session(client, session, physician, email, password):
    answer = post(client, SIGN_IN, {"email": email, "password": password})

    assert answer.status_code == 422
    assert said("The e-mail address or the password is not right.") in answer.text
    assert password not in answer.text
    assert session.scalar(sa.select(sa.func.count()).select_from(StaffSession)) == 0


def test_a_disabled_member_of_staff_is_out_at_the_next_click(app, session, physician):
    signed_in = sign_in(app, physician)
    staff.disable(session, staff=physician, actor=audit.SYSTEM, now=clock.now())
    session.commit()

    assert SIGN_IN in signed_in.get("/fr/queue").location


def test_too_many_wrong_passwords_close_the_door_also_to_the_right_one(client, session, physician):
    for _ in range(10):
        post(client, SIGN_IN, {"email": physician.email, "password": "wrong wrong wrong"})

    answer = post(client, SIGN_IN, {"email": physician.email, "password": PASSWORD})

    assert answer.status_code == 422
    assert said("Too many tries. Wait a quarter of an hour, then try again.") in answer.text


@pytest.mark.parametrize("field", ["email", "password"])
def test_an_empty_field_is_asked_for_by_name(client, physician, field):
    answer = post(
        client, SIGN_IN, {"email": physician.email, "password": PASSWORD, field: " " if field == "email" else ""}
    )

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "\t//evil.example",
        "/a\nb",
        "/" + "a" * 600,
        "queue",
    ],
)
def test_after_signing_in_nobody_is_sent_outside_the_service(client, physician, address):
    answer = post(client, SIGN_IN, {"email": physician.email, "password": PASSWORD, "next": address})

    assert answer.status_code == 302
    assert answer.location == "/fr/queue"


def test_after_signing_in_one_lands_where_one_wanted_to_go(client, physician):
    wanted = client.get("/fr/patients?text=a").location
    assert wanted.startswith(SIGN_IN)

    answer = post(
        client, wanted, {"email": physician.email, "password": PASSWORD, "next": "/fr/patients?text=a"}, to=SIGN_IN
    )

    assert answer.location == "/fr/patients?text=a"
    assert 'value="/fr/patients?text=a"' in client.get(wanted).text or client.get(wanted).status_code == 302


@pytest.mark.parametrize(
    ("role", "page"),
    [
        (Role.ENROLLER, "/en/patients"),
        (Role.OPERATOR, "/en/queue"),
        (Role.PHYSICIAN, "/en/queue"),
        (Role.SUPERVISOR, "/en/admin/setup"),  # who is in no team has one to make first
        (Role.ADMINISTRATOR, "/en/admin/protocol"),
    ],
)
def test_each_role_starts_on_its_own_page_in_its_own_language(app, session, role, page):
    person = make_person(session, role=role, language="en")

    answer = post(app.test_client(), SIGN_IN, {"email": person.email, "password": PASSWORD})

    assert answer.location == page


def test_signing_out_ends_the_session_in_the_database_and_not_only_the_cookie(app, session, physician):
    client = sign_in(app, physician)
    token = client.get_cookie(sessions.COOKIE).value

    answer = post(client, "/fr/queue", {}, to="/fr/staff/sign-out")

    assert answer.location == SIGN_IN
    client.set_cookie(sessions.COOKIE, token)
    assert SIGN_IN in client.get("/fr/queue").location
    assert session.scalars(sa.select(StaffSession)).one().revoked_at is not None


def test_signing_out_needs_the_pages_own_token(app, session, physician):
    client = sign_in(app, physician)

    assert client.post("/fr/staff/sign-out").status_code == 400
    assert client.get("/fr/queue").status_code == 200


def test_a_page_that_asks_by_itself_does_not_keep_a_session_alive(app, session, physician):
    client = sign_in(app, physician)
    before = clock.now() - timedelta(minutes=5)
    session.execute(sa.update(StaffSession).values(seen_at=before))
    session.commit()

    client.get("/fr/queue/rows", headers={sessions.ACTIVE: "0"})
    assert session.scalars(sa.select(StaffSession.seen_at)).one() == before
    client.get("/fr/queue/rows", headers={sessions.ACTIVE: "1"})
    session.rollback()
    assert session.scalars(sa.select(StaffSession.seen_at)).one() > before


def test_a_session_idle_for_half_an_hour_is_over(app, session, physician):
    client = sign_in(app, physician)
    session.execute(sa.update(StaffSession).values(seen_at=clock.now() - timedelta(minutes=31)))
    session.commit()

    assert SIGN_IN in client.get("/fr/queue").location


def test_a_made_up_cookie_opens_nothing(client, physician):
    client.set_cookie(sessions.COOKIE, "x" * 50)

    assert SIGN_IN in client.get("/fr/queue").location


def test_a_set_up_link_lets_its_owner_choose_a_password_once(app, session):
    person, token = invited(session)
    client = app.test_client()
    page = f"/en/staff/set-up/{token}"
    assert "Dominique Laurier" in client.get(page).text

    answer = post(client, page, {"password": PASSWORD, "again": PASSWORD})

    assert answer.location == "/en/staff/sign-in"
    assert sign_in(app, person).get("/en/queue").status_code == 200
    again = client.get(page)
    assert again.status_code == 410
    assert "administrator" in again.text
    assert client.post(page, data={"password": "x"}).status_code == 400


@pytest.mark.parametrize(
    ("password", "again", "says"),
    [
        ("short", "short", "at least 12"),
        ("password1234", "password1234", "easy to guess"),
        ("dominique in the garden 9", "dominique in the garden 9", "must not contain"),
        (PASSWORD, PASSWORD + "!", "differ"),
        ("", "", "Type a password"),
    ],
)
def test_a_password_that_will_not_do_is_refused_with_what_to_do_and_the_link_stays_good(
    client, session, password, again, says
):
    _, token = invited(session)

    answer = post(client, f"/en/staff/set-up/{token}", {"password": password, "again": again})

    assert answer.status_code == 422
    assert says in answer.text
    assert session.scalars(sa.select(Staff)).one().password_hash is None
    assert client.get(f"/en/staff/set-up/{token}").status_code == 200


@pytest.mark.parametrize("token", ["x", "a" * 43, "%00", "..%2f"])
def test_a_set_up_link_that_nobody_made_tells_nothing(client, session, token):
    assert client.get(f"/fr/staff/set-up/{token}").status_code in (404, 410)


def test_an_expired_set_up_link_says_whom_to_ask(client, session):
    _, token = invited(session, now=clock.now() - timedelta(hours=73))

    answer = client.get(f"/fr/staff/set-up/{token}")

    assert answer.status_code == 410
    assert said("This link was used already or is too old. Ask your administrator for a new one.") in answer.text


def test_signing_in_and_out_stands_in_the_audit_trail_without_the_address_of_anybody(app, session, physician):
    client = sign_in(app, physician)
    post(client, "/fr/queue", {}, to="/fr/staff/sign-out")

    entries = session.scalars(sa.select(AuditEntry).where(AuditEntry.subject_id == physician.public_id)).all()
    written = b" ".join(entry.canonical for entry in entries)
    assert b"staff.signed-in" in written
    assert b"staff.signed-out" in written
    assert physician.email.encode() not in written
