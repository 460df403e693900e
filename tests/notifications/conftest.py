"""A provider that does as it is told, and a patient with a check-in, for the tests of the outbox."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session, sessionmaker

from notifications import jobs
from notifications.models import Message
from notifications.providers import LookUp, LookUpKind, Outcome, OutcomeKind, Text
from notifications.providers.twilio import TwilioProvider
from questionnaires.models import Checkin
from records.models import Enrolment
from tests import factories
from tests.notifications import twilio_server

URL = "https://suivi.example"
OPENS = datetime.fromisoformat("2026-03-11T08:00:00+01:00")
SILENT = OPENS + timedelta(hours=4)


class Killed(BaseException):
    """The process dies here."""


class Scripted:
    """Keeps what it took over, as a provider does whatever became of the answer."""

    name = "scripted"

    def __init__(self, *, reaches_people: bool = False) -> None:
        self.reaches_people = reaches_people
        self.taken: list[Text] = []
        self.next: deque[Callable[[Text], Outcome]] = deque()
        self.known: LookUp | None = None
        self.asked: list[Text] = []
        self.looked: list[str] = []
        self.lock = threading.Lock()

    def send(self, text: Text) -> Outcome:
        if self.next:
            return self.next.popleft()(text)
        return self.take(text)

    def take(self, text: Text) -> Outcome:
        with self.lock:
            self.taken.append(text)
        return Outcome(OutcomeKind.ACCEPTED, provider_id=f"SM{text.message_public_id.hex}")

    def find(self, text: Text) -> LookUp:
        self.asked.append(text)
        if self.known is not None:
            return self.known
        if any(taken.message_public_id == text.message_public_id for taken in self.taken):
            return LookUp(LookUpKind.FOUND, provider_id=f"SM{text.message_public_id.hex}")
        return LookUp(LookUpKind.ABSENT)

    def look(self, provider_id: str) -> LookUp:
        self.looked.append(provider_id)
        return self.known or LookUp(LookUpKind.FOUND, provider_id=provider_id)

    def dies_after_taking_over(self, text: Text) -> Outcome:
        self.take(text)
        raise Killed

    def dies_before_taking_over(self, _: Text) -> Outcome:
        raise Killed

    def loses_its_answer(self, text: Text) -> Outcome:
        self.take(text)
        return Outcome(OutcomeKind.UNKNOWN, reason="ReadTimeout")

    @property
    def messages(self) -> list[str]:
        return [str(text.message_public_id) for text in self.taken]


def answers(kind: OutcomeKind, reason: str, *, opted_out: bool = False) -> Callable[[Text], Outcome]:
    return lambda _: Outcome(kind, reason=reason, opted_out=opted_out)


@pytest.fixture
def sessions(database: Flask, engine: sa.Engine) -> sessionmaker[Session]:
    return sessionmaker(engine)


@pytest.fixture
def provider() -> Scripted:
    return Scripted()


@pytest.fixture
def beat(sessions: sessionmaker[Session], provider: Scripted) -> Callable[..., dict[str, int]]:
    """One beat of the worker at an instant."""

    def run(now: datetime, **options: object) -> dict[str, int]:
        values: dict[str, object] = {"worker": "w1", "public_url": URL, "now": now, "provider": provider} | options
        return jobs.run(sessions, values.pop("provider"), **values)  # type: ignore[arg-type]

    return run


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, twilio_server.Script]]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with twilio_server.serving() as running:
        yield running


@pytest.fixture
def twilio(wire: tuple[str, twilio_server.Script]) -> Iterator[TwilioProvider]:
    made = TwilioProvider(
        account_sid=twilio_server.ACCOUNT, auth_token=twilio_server.TOKEN, sender="+33644600000", api_url=wire[0]
    )
    yield made
    made.close()


def make_checkin(
    session: Session, enrolment: Enrolment, *, opens_at: datetime = OPENS, slot: str = "morning", **changed: object
) -> Checkin:
    values: dict[str, object] = {
        "enrolment_id": enrolment.id,
        "local_on": opens_at.date(),
        "slot": slot,
        "opens_at": opens_at,
        "closes_at": opens_at + timedelta(hours=4),
        "state": "open",
    }
    made = Checkin(**{**values, **changed})
    session.add(made)
    session.flush()
    return made


@pytest.fixture
def checkin(session: Session) -> Checkin:
    """An open check-in of an active patient, committed."""
    made = make_checkin(session, factories.make_enrolment(session))
    session.commit()
    return made


def messages(session: Session) -> dict[str, Message]:
    """Every message by purpose and number, as committed."""
    session.rollback()
    return {message.key: message for message in session.scalars(sa.select(Message).order_by(Message.id))}


def only(session: Session) -> Message:
    (message,) = messages(session).values()
    return message
