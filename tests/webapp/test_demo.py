"""The page of texts that reached nobody: only where no text can, only for staff, and safe to look at."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from notifications.models import ConsoleMessage, Message, Purpose
from records import clock
from records.models import Role
from tests.factories import make_enrolment
from tests.webapp.signing import make_person, sign_in
from webapp import config, create_app, demo

PAGE = "/en/demo/messages"


def print_text(session: Session, body: str, *, number: int = 1, enrolment_id: int | None = None) -> None:
    now = clock.now()
    message = Message(
        key=f"test:{number}",
        purpose=Purpose.CHECKIN,
        enrolment_id=enrolment_id or make_enrolment(session).id,
        status="delivered",
        status_at=now,
        created_at=now,
        next_try_at=now,
        expires_at=now + timedelta(hours=1),
    )
    session.add(message)
    session.flush()
    at = now + timedelta(seconds=number)
    session.add(ConsoleMessage(message_id=message.id, recipient="+33•••••••12", body=body, printed_at=at))


def test_a_text_is_shown_with_its_link_to_press(app: Flask, session: Session) -> None:
    print_text(session, "Vigidom - http://localhost/q/abc. Centre: 01")
    client = sign_in(app, make_person(session, role=Role.OPERATOR))

    page = client.get(PAGE).text

    assert '<a href="http://localhost/q/abc">http://localhost/q/abc</a>. Centre: 01' in page
    assert "+33•••••••12" in page
    assert "Questionnaire of the day" in page
    assert "delivered" in page


@pytest.mark.parametrize(
    "body", ["http://localhost.evil.example/q/a", "javascript:alert(1)", '<a href="//x">y</a>', "https://x.example/"]
)
def test_nothing_but_our_own_link_can_be_pressed(app: Flask, session: Session, body: str) -> None:
    print_text(session, body)

    page = sign_in(app, make_person(session, role=Role.OPERATOR)).get(PAGE).text

    assert body in unescape(page)
    assert 'href="http://localhost.evil' not in page
    assert '<a href="//x' not in page
    assert 'href="javascript' not in page


def test_the_last_hundred_are_shown_newest_first(app: Flask, session: Session) -> None:
    enrolment = make_enrolment(session)
    for number in range(demo.LAST + 1):
        print_text(session, f"text {number:03d} end", number=number, enrolment_id=enrolment.id)

    page = sign_in(app, make_person(session, role=Role.OPERATOR)).get(PAGE).text

    assert "text 000 end" not in page
    assert page.index("text 100 end") < page.index("text 001 end")


def test_nobody_signed_out_reads_the_texts(app: Flask) -> None:
    assert app.test_client().get(PAGE).location.startswith("/en/staff/sign-in")


@pytest.mark.parametrize("change", [{"sms_provider": "twilio"}, {"mode": "production"}])
def test_the_page_does_not_exist_where_texts_reach_people(settings: config.Settings, change: dict[str, str]) -> None:
    twilio = {"twilio_account_sid": "AC0", "twilio_auth_token": "token", "twilio_from": "+33755000000"}
    asked = replace(settings, **{**twilio, **change})

    assert not demo.is_shown(asked)
    if not asked.production:
        app = create_app(asked)
        assert "demo.messages" not in app.view_functions
        assert app.test_client().get(PAGE).status_code == 404
