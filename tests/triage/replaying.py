"""Several patients of one programme, and replays of drafts on what they answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from records.models import Enrolment
from tests.factories import NOW, make_enrolment
from tests.triage.scene import WELL, Scene
from triage import documents
from triage.documents import Document
from triage.replay.result import Replayed
from triage.replay.running import run

COVID = documents.from_library("covid-19")
FROM, TO = NOW.date(), NOW.date() + timedelta(days=6)


def with_temperature(value: str) -> dict[str, Any]:
    return {**WELL, "temperature": [{"decimal": value}]}


def draft(**limits: str) -> Document:
    """The shipped protocol with other limits."""
    return documents.with_limits(COVID, {name: Decimal(value) for name, value in limits.items()})


def changed(edit: Any) -> Document:
    """The shipped protocol after `edit` of its JSON; its own cases go, for they may come out otherwise."""
    written = documents.dump(COVID) | {"cases": []}
    edit(written)
    return documents.load(written)


def another(scene: Scene, **given: Any) -> Enrolment:
    made = make_enrolment(scene.session, programme=scene.programme, team=scene.team, **given)
    scene.session.commit()
    return made


def answered(scene: Scene, who: Enrolment, answers: Mapping[str, Any], *, at: datetime = NOW) -> str:
    """The public id of the response."""
    return str(scene.submit(answers, enrolment_id=who.id, now=at).response)


def replay(scene: Scene, document: Document, *, first: date = FROM, last: date = TO, **given: Any) -> Replayed:
    values = {"against": COVID, "programme": scene.programme, "now": NOW + timedelta(days=7)} | given
    with Session(scene.session.get_bind()) as session:
        return run(session, document=document, from_on=first, to_on=last, **values)
