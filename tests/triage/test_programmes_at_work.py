"""The whole line for each programme beside COVID-19: enrolled, asked, answered, assessed, called back."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from questionnaires import jobs, versions
from questionnaires.answers import raw_from_json, validate
from questionnaires.models import Checkin, CheckinState
from records import clock, programmes, staff
from records import enrolment as enrolments
from records.audit import SYSTEM, Actor
from records.models import Enrolment, EnrolmentState, Programme, Role, Staff
from records.refusals import FieldErrors
from tests.factories import NOW, make_application, make_enrolment, make_team
from tests.statements import counted
from triage import callbacks, intake, protocols
from triage.assess import reassess
from triage.limits_due import who_is_due
from triage.models import Assessment, Callback

HEART = {
    "chest-pain": "false",
    "breathlessness": "none",
    "night": "fine",
    "pillows": "2",
    "swelling": "false",
    "dizziness": "none",
    "palpitations": "none",
    "tired": "false",
    "weight": "80,0",
    "medicines": "taken",
}
SURGERY = {
    "chest-pain": "false",
    "breathlessness": "none",
    "confusion": "false",
    "bleeding": "none",
    "wound": "clean",
    "wound-pus": "false",
    "wound-open": "false",
    "pain": "3",
    "pain-uncontrolled": "false",
    "temperature": "36,9",
    "chills": "none",
    "vomiting": "none",
    "calf": "false",
    "urine": "normal",
}
ENROLLED = datetime(2026, 3, 23, 6, 30, tzinfo=UTC)


class Follow:
    """One patient of a programme, and the days of their follow-up."""

    def __init__(self, session: Session, slug: str, well: Mapping[str, str], **given: Any) -> None:
        self.session, self.well = session, well
        self.programme = load(session, slug)
        self.version, self.asked = versions.in_force(session, programme_id=self.programme.id, now=NOW)
        self.team = make_team(session)
        values = {"programme": self.programme, "team": self.team, "now": ENROLLED}
        self.enrolment = make_enrolment(session, EnrolmentState.ACTIVE, **(values | given))
        session.commit()

    def ask(self, now: datetime) -> Checkin:
        jobs.close_checkins(self.session, now=now)
        assert jobs.open_checkins(self.session, now=now)
        self.session.commit()
        return self.session.scalars(sa.select(Checkin).order_by(Checkin.opens_at.desc()).limit(1)).one()

    def submission(self, *, key: uuid.UUID | None = None, **said: str | None) -> intake.Submission:
        texts = {**self.well, **{name.replace("_", "-"): text for name, text in said.items()}}
        raw = {name: {"raw": [text]} if text is not None else {"absent": True} for name, text in texts.items()}
        validated = validate(self.asked, raw_from_json(raw))
        assert not validated.errors
        key, answers = key or uuid.uuid4(), validated.answers
        return intake.Submission(self.enrolment.id, key, self.version.id, answers, "fr")

    def answer(self, now: datetime, **said: Any) -> intake.Receipt:
        actor = Actor.patient(self.enrolment.patient, "192.0.2.7")
        receipt = intake.submit(self.session, submission=self.submission(**said), actor=actor, now=now)
        self.session.commit()
        return receipt

    def operator(self) -> Staff:
        who = {"email": "nurse@centre.example", "name": "Alix Renard", "role": Role.OPERATOR, "language": "fr"}
        made, _ = staff.invite(self.session, teams=[self.team], actor=SYSTEM, now=NOW, **who)
        self.session.commit()
        return made


def load(session: Session, slug: str) -> Programme:
    programme = programmes.load_library(session, now=NOW, slug=slug)
    versions.load_library(session, programme=programme, now=NOW)
    protocols.load_library(session, programme=programme, now=NOW)
    return programme


def morning(day: int, hour: int = 9) -> datetime:
    """An hour of the patient's own clock, in Paris, across the change to summer time on 29 March."""
    return clock.instant(date(2026, 3, 23) + timedelta(days=day), time(hour), "Europe/Paris")


def test_a_weight_that_rises_over_days_is_called_back_and_the_call_closes_it(session: Session) -> None:
    heart = Follow(session, "heart-failure", HEART)
    assert (heart.enrolment.onset_on, heart.enrolment.has_oximeter) == (None, False)
    assert heart.enrolment.ends_on == date(2026, 6, 20)
    weights = ["80,0", "80,6", "81,2", "81,9", None]
    levels = []
    for day, weight in enumerate(weights):
        checkin = heart.ask(morning(day))
        levels.append(heart.answer(morning(day), weight=weight).level)
        session.refresh(checkin)
        assert checkin.state == CheckinState.ANSWERED
    assert levels == ["green", "green", "green", "green", "orange"]

    heart.ask(morning(5))
    receipt = heart.answer(morning(5), weight="82,7")

    assert receipt.level == "orange"
    callback = session.scalars(sa.select(Callback)).one()
    nurse = heart.operator()
    (row,) = callbacks.queue(session, staff=nurse, now=morning(5)).rows
    assert (row.day_zero, row.day, row.course_of) == ("start", 5, "weight")
    assert [str(point.value) for point in row.course] == ["80.0", "80.6", "81.2", "81.9", "82.7"]
    assert "Poids\u202f: de 80,0 à 82,7\u202fkg en 7 jours (alerte à partir de 2,3\u202fkg de plus)" in row.words("fr")

    callbacks.claim(session, callback=callback.public_id, staff=nurse, now=morning(5))
    how = {"callback": callback.public_id, "staff": nurse, "now": morning(5)}
    callbacks.add_attempt(session, **how, outcome="reached", verified=True)
    seen = [alert["public_id"] for alert in row.alerts]
    told = {"kind": "advice", "seen_alerts": seen, "now": morning(5)}
    assert callbacks.dispose(session, callback=callback.public_id, staff=nurse, **told).closed


def test_the_look_back_is_part_of_the_one_read_and_is_lived_again_exactly(session: Session) -> None:
    heart = Follow(session, "heart-failure", HEART)
    heart.ask(morning(5))
    heart.answer(morning(5), weight="80,0")
    heart.ask(morning(8))
    submission, actor = heart.submission(weight="82,1"), Actor.patient(heart.enrolment.patient, "192.0.2.7")

    with counted(session) as statements:
        receipt = intake.submit(session, submission=submission, actor=actor, now=morning(8))

    assert len(statements) == 2
    assert receipt.level == "orange"
    made = session.scalars(sa.select(Assessment).order_by(Assessment.id.desc()).limit(1)).one()
    assert made.facts["weight_lowest_3d"]["value"] == 800  # 73 hours before, three days by the patient's clock
    assert made.facts["weight_lowest_1d"]["status"] == "missing"
    version, rules = protocols.in_force(session, programme_id=heart.programme.id, rehearsal=True, now=NOW)
    assert version.looks_back == {"days": 7, "answers": ["weight"]}
    assert reassess(rules, facts=made.facts, own_limits=made.limits).to_json()["explanation"] == made.explanation


def test_a_corrected_weight_stands_for_the_one_it_corrects(session: Session) -> None:
    heart = Follow(session, "heart-failure", HEART)
    heart.ask(morning(0))
    key = uuid.uuid4()
    heart.answer(morning(0), key=key, weight="70,0")
    heart.answer(morning(0, 10), key=key, weight="80,0")
    heart.ask(morning(1))

    assert heart.answer(morning(1), weight="80,4").level == "green"


def test_a_correction_the_day_after_is_of_the_day_that_it_corrects(session: Session) -> None:
    heart = Follow(session, "heart-failure", HEART)
    heart.answer(morning(0), weight="80,0")
    key = uuid.uuid4()
    assert heart.answer(morning(3, 23), key=key, weight="80,2").level == "green"

    assert heart.answer(morning(4, 1), key=key, weight="82,1").level == "orange"


def test_another_patients_weight_is_nobody_elses(session: Session) -> None:
    one, other = (Follow(session, "heart-failure", HEART) for _ in range(2))
    one.session.execute(sa.update(Enrolment).values(next_checkin_at=morning(1)))
    one.answer(morning(1), weight="60,0")

    assert other.answer(morning(1, 10), weight="80,0").level == "green"


def test_a_wound_that_reddens_with_fever_is_called_back(session: Session) -> None:
    surgery = Follow(session, "after-surgery", SURGERY, onset_on=date(2026, 3, 22))
    surgery.ask(morning(0))
    assert surgery.answer(morning(0)).level == "green"
    surgery.ask(morning(0, 16))
    receipt = surgery.answer(morning(0, 16), wound="red", temperature="38,4")

    assert receipt.level == "orange"
    (row,) = callbacks.queue(session, staff=surgery.operator(), now=morning(1)).rows
    assert (row.day_zero, row.day, row.programme["fr"]) == ("operation", 2, "Suivi à domicile après une opération")
    assert row.words("en")[0].startswith("Temperature 38.4")
    jobs.close_checkins(session, now=morning(1))
    surgery.ask(morning(1))
    red = surgery.answer(morning(1), chest_pain="true")
    assert (red.level, red.call_15) == ("red", True)


def test_a_person_is_followed_in_two_programmes_at_once_each_with_its_own_rules(session: Session) -> None:
    heart = Follow(session, "heart-failure", HEART)
    patient = heart.enrolment.patient
    surgery = Follow(session, "after-surgery", SURGERY, patient=patient, onset_on=date(2026, 3, 22))

    assert heart.answer(morning(0), weight="80,0").level == "green"
    assert surgery.answer(morning(0), temperature="39,1").level == "red"
    assert surgery.enrolment.patient_id == heart.enrolment.patient_id


def test_what_a_programme_does_not_ask_is_not_kept_and_what_it_counts_from_is_needed(session: Session) -> None:
    heart, surgery, team = load(session, "heart-failure"), load(session, "after-surgery"), make_team(session)

    def enrol(programme: Programme, **given: Any) -> Enrolment:
        application = make_application(**given)
        made = {"application": application, "programme": programme, "team": team, "actor": SYSTEM, "rehearsal": True}
        return enrolments.enrol(session, **made, now=NOW)

    given = {"onset_on": NOW.date(), "has_oximeter": True, "conditions": ("pregnancy", "home-oxygen")}
    kept = enrol(heart, **given)
    assert (kept.onset_on, kept.has_oximeter, kept.state) == (None, False, EnrolmentState.ENROLLED)
    assert enrol(surgery, **given).onset_on == NOW.date()
    for onset, told in ((None, "Fill in"), (NOW.date() + timedelta(days=1), "cannot be in the future")):
        with pytest.raises(FieldErrors) as refused:
            enrol(surgery, onset_on=onset)
        assert list(refused.value.errors) == ["onset_on"], told


def test_nobody_waits_for_own_limits_in_a_programme_whose_limits_no_condition_moves(session: Session) -> None:
    heart = Follow(session, "heart-failure", HEART, conditions=("home-oxygen",))

    assert heart.enrolment.state == EnrolmentState.ACTIVE
    assert list(who_is_due(session, now=NOW, limit=10)) == []


@pytest.mark.parametrize("slug", ["heart-failure", "after-surgery"])
def test_a_programme_is_loaded_once_with_hours_at_which_its_silences_can_be_called(session: Session, slug: str) -> None:
    assert load(session, slug).id == load(session, slug).id
    programmes.check_schedule(programmes.by_slug(session, slug=slug))
    assert {programme.slug for programme in programmes.loaded(session)} == {slug}


def test_a_programme_that_is_not_shipped_is_refused_with_those_that_are(session: Session) -> None:
    with pytest.raises(programmes.NotShipped) as refused:
        programmes.load_library(session, now=NOW, slug="asthma")

    assert refused.value.sentence.values == {"slug": "asthma", "known": "after-surgery, covid-19, heart-failure"}
