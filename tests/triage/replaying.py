"""Several patients of one programme, and replays of drafts on what they answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from records.models import Enrolment
from tests.factories import NOW, make_enrolment
from tests.triage.scene import WELL, Scene
from triage import documents
from triage.documents import Document
from triage.models import PatientLimit, ProtocolVersion
from triage.protocols import kept
from triage.replay.result import Replayed
from triage.replay.running import run

COVID = documents.from_library("covid-19")
FROM, TO = NOW.date(), NOW.date() + timedelta(days=6)


def with_temperature(value: str) -> dict[str, Any]:
    return {**WELL, "temperature": [{"decimal": value}]}


def draft(**limits: str) -> Document:
    """The shipped protocol with other limits."""
    return documents.with_limits(COVID, {name: Decimal(value) for name, value in limits.items()})


def changed(edit: Callable[[dict[str, Any]], None]) -> Document:
    """The shipped protocol after `edit` of its JSON, and with one of its cases, for they may come out otherwise."""
    written = documents.dump(COVID)
    written["cases"] = written["cases"][:1]
    edit(written)
    return documents.load(written)


def fact(name: str, source: Mapping[str, Any], kind: str = "number", **given: Any) -> dict[str, Any]:
    labels = dict.fromkeys(("fr", "en", "ar"), name)
    ends = {"lowest": "0", "highest": "200"} if kind in ("number", "days") else {}
    return {"name": name, "kind": kind, "source": dict(source), "labels": labels, **ends, **given}


def rule(name: str, when: Mapping[str, Any], level: str = "orange") -> dict[str, Any]:
    said = dict.fromkeys(("fr", "en", "ar"), name)
    told = {"to_patient": said, "to_caller": said, "source": "these tests"}
    return {"id": name, "level": level, "when": dict(when), **told}


def another(scene: Scene, state: str = "active", **given: Any) -> Enrolment:
    made = make_enrolment(scene.session, state, programme=scene.programme, team=scene.team, **given)
    scene.session.commit()
    return made


def answered(scene: Scene, who: Enrolment, answers: Mapping[str, Any], *, at: datetime = NOW) -> None:
    scene.submit(answers, enrolment_id=who.id, now=at)


def own_limit(scene: Scene, who: Enrolment, name: str, value: str) -> None:
    scene.session.add(
        PatientLimit(
            enrolment_id=who.id,
            name=name,
            value=Decimal(value),
            reason="known to be so",
            author_id=scene.person("physician").id,
            from_at=NOW - timedelta(days=1),
        )
    )
    scene.session.commit()


def bind(scene: Scene, document: Document, *, at: datetime) -> ProtocolVersion:
    """A stored version that assesses from `at` on."""
    version = kept.store(scene.session, document, based_on=None, reason="tried", author=None, now=at)
    kept.bind(scene.session, version=version, programme=scene.programme, from_at=at)
    scene.session.commit()
    return version


def replay(scene: Scene, document: Document, *, first: date = FROM, last: date = TO, **given: Any) -> Replayed:
    values = {"against": COVID, "programme": scene.programme, "now": NOW + timedelta(days=7)} | given
    with Session(scene.session.get_bind()) as session:
        return run(session, document=document, from_on=first, to_on=last, **values)
