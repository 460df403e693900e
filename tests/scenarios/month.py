"""A rehearsed month: thousands of synthetic patients, the courses of their illness, what they answered and what the
shipped rules said of it, written in bulk.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from questionnaires import versions
from records import clock
from records.models import Enrolment, Patient, PatientKey
from tests.factories import make_enrolment, make_programme, make_team
from triage import outcomes, protocols
from triage.assess import Assessment, CompiledProtocol, assess, compile_protocol
from triage.documents import Document, from_library
from triage.facts import Inputs, gather
from webapp.rehearsal.cast import Habit, Person, cast
from webapp.rehearsal.courses import Condition, condition, strain
from webapp.rehearsal.draws import draws

FIRST, LAST = date(2026, 3, 2), date(2026, 3, 29)
BEGINS, NOW = datetime(2026, 3, 2, 5, 0, tzinfo=UTC), datetime(2026, 3, 30, 7, 0, tzinfo=UTC)
SERIOUS = 100
"""From this strain on somebody may be admitted (see webapp.rehearsal.courses)."""
SIGNS = ("chest-pain", "blue-lips", "confusion", "fainted", "cannot-eat-drink")
FOLLOWED = timedelta(days=21)
SEED = 5


@dataclass
class Said:
    """One answer: when it was due, and what the rules read from it."""

    at: datetime
    inputs: Inputs


@dataclass
class Life:
    """One patient of the month. `admitted_on` is the day after which nothing is answered any more."""

    person: Person
    enrolment: Enrolment
    said: list[Said] = field(default_factory=list)
    admitted_on: date | None = None


class Month:
    """Everybody's month under the shipped protocol; written once, and kept for what must be expected of a replay."""

    def __init__(self, session: Session, count: int) -> None:
        self.session = session
        self.programme = make_programme(session)
        self.version = versions.load_library(session, programme=self.programme, now=BEGINS)
        self.shipped = protocols.load_library(session, programme=self.programme, now=BEGINS)
        self.protocol = compile_protocol(from_library(self.programme.slug))
        people = cast(count, seed=SEED, starts_at=BEGINS, ends_at=NOW, first_phone=1)
        enrolments = enrolled(session, self.programme, people)
        self.lives = [lived(person, made) for person, made in zip(people, enrolments, strict=True)]
        self.rows = written(session, self)
        session.commit()

    @property
    def admitted(self) -> list[Life]:
        return [life for life in self.lives if life.admitted_on is not None]


def enrolled(session: Session, programme: Any, people: list[Person]) -> list[Enrolment]:
    """One patient by the real steps; the others borrow the sealed identity, which nobody opens here."""
    model = make_enrolment(session, programme=programme, team=make_team(session, now=BEGINS), now=BEGINS)
    patients = copied(session, Patient, model.patient, [{"public_id": uuid.uuid4()} for _ in people])
    copied(session, PatientKey, model.patient.key, [{"patient_id": made} for made in patients])
    ids = copied(
        session,
        Enrolment,
        model,
        [
            {
                "public_id": uuid.uuid4(),
                "patient_id": patient,
                "zone": person.zone,
                "risk_tier": person.risk_tier,
                "onset_on": person.onset_on if person.onset_known else None,
                "lives_alone": person.lives_alone,
                "has_oximeter": person.has_oximeter,
                "enrolled_at": person.enrol_at,
                "activated_at": person.enrol_at,
                "next_checkin_at": NOW + timedelta(days=1),
            }
            for person, patient in zip(people, patients, strict=True)
        ],
    )
    found = {made.id: made for made in session.scalars(sa.select(Enrolment).where(Enrolment.id.in_(ids)))}
    return [found[number] for number in ids]


def copied(session: Session, model: type[Any], like: Any, changes: list[dict[str, Any]]) -> list[int]:
    """Rows like one that is there, with something else in some columns; their ids in the same order."""
    columns = [column.key for column in model.__table__.columns if column.key not in ("id", "code", "code_digest")]
    rows = [{name: getattr(like, name) for name in columns} | change for change in changes]
    return list(session.scalars(sa.insert(model).returning(model.id, sort_by_parameter_order=True), rows))


def lived(person: Person, enrolment: Enrolment) -> Life:
    """Each morning's answer after the enrolment, for FOLLOWED, or until the patient is admitted or falls silent."""
    life, rng, before = Life(person, enrolment), draws(SEED, "month", person.number), None
    if person.habit is Habit.NEVER:
        return life
    previous: dict[str, Any] | None = None
    for at in mornings(person):
        under = strain(person.course, onset_on=person.onset_on, turn=person.turn, at=at)
        answers = stored(condition(under, before, rng), person)
        life.said.append(Said(at, inputs(person, answers, previous, at)))
        previous, before = answers, under
        if under >= SERIOUS and rng.random() < 0.8:
            life.admitted_on = clock.local_day(at, person.zone)
            break
    return life


def mornings(person: Person) -> Iterator[datetime]:
    until = min(person.quiet_from or NOW, person.enrol_at + FOLLOWED)
    for days in range((LAST - FIRST).days + 1):
        at = clock.instant(FIRST + timedelta(days=days), time(8), person.zone)
        if person.enrol_at < at < until:
            yield at


def stored(found: Condition, person: Person) -> dict[str, Any]:
    """As the questionnaire stores it."""
    codes = {
        "breathlessness": found.breathlessness,
        "breathlessness-change": found.change,
        "chills": found.chills,
        "malaise": found.malaise,
        "confinement": found.confinement,
    }
    whole, tenth = divmod(found.temperature, 10)
    answers: dict[str, Any] = {name: [{"code": code}] for name, code in codes.items()}
    answers |= {sign: [{"boolean": sign in found.signs}] for sign in SIGNS}
    answers |= {"temperature": [{"decimal": f"{whole}.{tenth}"}], "heart-rate": [{"integer": found.heart_rate}]}
    answers["respiratory-rate"] = [{"integer": found.respiratory_rate}]
    return answers | ({"spo2": [{"integer": found.spo2}]} if person.has_oximeter else {})


def inputs(person: Person, answers: Mapping[str, Any], previous: Mapping[str, Any] | None, at: datetime) -> Inputs:
    onset = person.onset_on if person.onset_known else None
    known = {"risk_tier": person.risk_tier, "lives_alone": person.lives_alone, "has_oximeter": person.has_oximeter}
    days = (clock.local_day(at, person.zone) - onset).days if onset else None
    history = {"missed_checkins_in_a_row": 0, "failed_calls": 0, "last_level": None}
    return Inputs(answers=answers, previous=previous, patient=known | {"day_of_illness": days}, history=history)


def judged(protocol: CompiledProtocol, said: Said) -> Assessment:
    return assess(protocol, gather(protocol.document.facts, said.inputs))


RESPONSES = """
    COPY responses (public_id, patient_id, enrolment_id, version_id, key, content_digest, answers, door, language,
        due_at, received_at) FROM STDIN
"""
TOLD = """
    CREATE TEMP TABLE told (response uuid, level text, call_15 boolean, facts jsonb, limits jsonb, explanation jsonb)
    ON COMMIT DROP
"""
ASSESSMENTS = """
    INSERT INTO assessments (public_id, response_id, enrolment_id, protocol_version_id, level, call_15, facts, limits,
        explanation, assessed_at)
    SELECT gen_random_uuid(), r.id, r.enrolment_id, %(protocol)s, t.level, t.call_15, t.facts, t.limits, t.explanation,
        r.received_at
    FROM told t JOIN responses r ON r.public_id = t.response ORDER BY r.due_at, r.id
"""


def written(session: Session, month: Month) -> int:
    """Every answer with what the shipped rules said of it, and every admission; how many answers."""
    session.execute(sa.text("SET LOCAL statement_timeout = '5min'"))
    connection = session.connection().connection.driver_connection
    assert connection is not None
    keys = [(life, said, uuid.uuid4()) for life in month.lives for said in life.said]
    with connection.cursor() as cursor:
        with cursor.copy(RESPONSES) as copy:
            for life, said, key in keys:
                who, answers = life.enrolment, orjson.dumps(said.inputs.answers).decode()
                at = said.at + timedelta(minutes=40)
                row = (
                    key,
                    who.patient_id,
                    who.id,
                    month.version.id,
                    key,
                    b"month",
                    answers,
                    "phone",
                    "fr",
                    said.at,
                    at,
                )
                copy.write_row(row)
        cursor.execute(TOLD)
        with cursor.copy("COPY told FROM STDIN") as copy:
            for _, said, key in keys:
                found = judged(month.protocol, said)
                trees = found.explanation | {"rules": []}  # most of the bytes, and no replay reads them
                parts = (orjson.dumps(part).decode() for part in (found.facts, found.own_limits, trees))
                copy.write_row((key, found.level.code, found.call_15, *parts))
        cursor.execute(ASSESSMENTS, {"protocol": month.shipped.id})
    for life in month.admitted:
        told = {"kind": "admitted", "on_day": life.admitted_on, "source": "import"}
        outcomes.record(session, enrolment_id=life.enrolment.id, now=NOW, **told)
    return len(keys)


def rated_lower(month: Month, draft: Document) -> set[str]:
    """The public ids of the admitted whom `draft` rates lower in an answer at most 30 days before, one by one."""
    other = compile_protocol(draft)
    return {
        str(life.enrolment.public_id)
        for life in month.admitted
        if any(judged(other, said).level < judged(month.protocol, said).level for said in life.said)
    }
