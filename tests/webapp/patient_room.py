"""What the tests of the patient's rooms start from: a patient who is followed, and answers to every question."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires import reading, versions
from questionnaires.models import Checkin, QuestionnaireInForce, QuestionnaireVersion
from records import clock, doors
from records.models import Enrolment
from tests import factories
from triage import protocols

GREEN = {
    "breathlessness": "none",
    "breathlessness-change": "same",
    "chest-pain": "false",
    "blue-lips": "false",
    "confusion": "false",
    "fainted": "false",
    "cannot-eat-drink": "false",
    "temperature": "37,2",
    "heart-rate": "72",
    "respiratory-rate": "16",
    "chills": "none",
    "malaise": "none",
    "confinement": "fine",
}
ORANGE = GREEN | {"temperature": "39,2"}
RED = GREEN | {"fainted": "true"}
DANGER = GREEN | {"chest-pain": "true"}


def make_followed(
    session: Session, state: str = "active", *, now: datetime | None = None, **overrides: Any
) -> Enrolment:
    """A committed patient of the COVID-19 programme; hours of the centre by `opens` and `closes`."""
    now = now or clock.now()
    hours = {name: overrides.pop(name) for name in ("opens", "closes") if name in overrides}
    programme = factories.make_programme(session, **hours)
    versions.load_library(session, programme=programme, now=factories.NOW)
    protocols.load_library(session, programme=programme, now=factories.NOW)
    made = factories.make_enrolment(session, state, programme=programme, now=now, **overrides)
    session.commit()
    return made


def make_checkin(
    session: Session, enrolment: Enrolment, *, opened: datetime, slot: str = "morning", **columns: Any
) -> Checkin:
    checkin = Checkin(
        enrolment_id=enrolment.id,
        local_on=clock.local_day(opened, enrolment.zone),
        slot=slot,
        opens_at=opened,
        closes_at=opened + timedelta(hours=4),
        **columns,
    )
    session.add(checkin)
    session.commit()
    return checkin


def enter(client: FlaskClient, session: Session, enrolment: Enrolment) -> None:
    """Gives the browser a running session of this patient."""
    client.set_cookie("vigidom_patient", doors.start_session(session, enrolment=enrolment, now=clock.now()))
    session.commit()


def as_form(answers: dict[str, str], **fields: str) -> dict[str, str]:
    return {f"answer-{link_id}": value for link_id, value in answers.items()} | fields


def as_json(answers: dict[str, str]) -> dict[str, Any]:
    return {link_id: {"raw": [value]} for link_id, value in answers.items()}


def hidden(html: str, name: str) -> str:
    """The value of a hidden field of a page."""
    tag = next(tag for tag in re.findall(r"<input[^>]*>", html) if f'name="{name}"' in tag)
    found = re.search(r'value="([^"]*)"', tag)
    assert found is not None
    return found[1]


def bring_into_force(session: Session, version: str, url: str | None = None) -> None:
    """The programme's questionnaire, unchanged, under another version, or as a form by others."""
    bound = session.scalars(select(QuestionnaireInForce)).one()
    url = url or bound.version.url
    document = bound.version.document | {"url": url, "version": version}
    digest, now = reading.parse(document).digest, clock.now()
    made = {"url": url, "version": version, "status": "published", "document": document}
    newer = QuestionnaireVersion(**made, digest=digest, created_at=now, published_at=now)
    session.add(newer)
    session.flush()
    session.add(QuestionnaireInForce(programme_id=bound.programme_id, version_id=newer.id, from_at=now))
    session.commit()
