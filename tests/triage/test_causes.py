"""A silence's cause: one for each, from what is known of its texts, its page and how the patient is asked."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from questionnaires.models import CheckinState
from records import contacts, patients
from records.models import PatientIndex, Why
from tests.factories import NOW
from tests.statements import counted
from tests.triage.scene import Scene, set_scene
from triage import causes, jobs, reasons
from triage.causes import Cause, Known, Text, cause_of

HOUR = timedelta(hours=1)
NOTHING: dict[str, Any] = {}
LEFT_AT_4 = {"opened_at": NOW + HOUR, "left_at_question": 4}

CAUSES = [
    pytest.param([], {}, {}, Cause.NOT_SENT, "the service was not at work", id="no text was even owed"),
    pytest.param([("not-sent", "not-tried")], {}, {}, Cause.NOT_SENT, "the service was not at work", id="slept"),
    pytest.param([("not-sent", "quiet-hours")], {}, {}, Cause.NOT_SENT, "it was night", id="at night"),
    pytest.param([("not-sent", "daily-cap")], {}, {}, Cause.NOT_SENT, "all the texts of a day", id="a day's texts"),
    pytest.param(
        [("not-sent", None)], {}, {}, Cause.NOT_SENT, "No text was sent", id="not sent, before reasons were kept"
    ),
    pytest.param(
        [("not-sent", "provider")] * 2, {}, {}, Cause.PROVIDER_DOWN, "did not take them", id="never taken over"
    ),
    pytest.param([("failed", "provider")], {}, {}, Cause.PROVIDER_DOWN, "did not take them", id="refused"),
    pytest.param(
        [("failed", "undelivered")], {}, {}, Cause.NOT_DELIVERED, "None of its texts was delivered", id="lost"
    ),
    pytest.param(
        [("not-sent", "provider"), ("failed", "undelivered")], {}, {}, Cause.NOT_DELIVERED, "delivered", id="lost last"
    ),
    pytest.param(
        [("failed", "undelivered"), ("delivered", None)], {}, {}, Cause.DELIVERED_NOT_OPENED, "not opened", id="read"
    ),
    pytest.param([("failed", "undelivered"), ("sent", None)], {}, {}, Cause.UNKNOWN, "nothing says", id="no receipt"),
    pytest.param([("unknown", "doubtful")], {}, {}, Cause.UNKNOWN, "Nobody knows", id="doubtful"),
    pytest.param([("failed", "bad-number")], {}, {}, Cause.NO_NUMBER, "refused", id="bad number"),
    pytest.param([("not-sent", "landline")], {}, {}, Cause.NO_NUMBER, "landline", id="landline"),
    pytest.param([("not-sent", "no-phone")], {}, {}, Cause.NO_NUMBER, "No number", id="no number when it was sent"),
    pytest.param([("not-sent", "opted-out")], {}, {}, Cause.OPTED_OUT, "asked for no texts", id="STOP before"),
    pytest.param([("delivered", None)], {"opened_at": NOW}, {}, Cause.OPENED, "sent nothing", id="opened"),
    pytest.param([("delivered", None)], LEFT_AT_4, {}, Cause.OPENED_LEFT, "left at question 4", id="left at 4"),
    pytest.param([], {}, {"answers_by": "staff"}, Cause.ASKED_OTHERWISE, "the centre’s turn", id="by telephone"),
    pytest.param([], {}, {"answers_by": "paper"}, Cause.ASKED_OTHERWISE, "on paper", id="on paper"),
    pytest.param([], LEFT_AT_4, {"answers_by": "paper"}, Cause.OPENED_LEFT, "question 4", id="on paper, but opened"),
]


def silent(scene: Scene, texts: list[tuple[str, str | None]], **page: Any) -> None:
    checkin = scene.checkin(state=CheckinState.MISSED, closed_at=NOW + 4 * HOUR, **page)
    for number, (outcome, why) in enumerate(texts):
        about = {"about": checkin.public_id, "channel": "sms", "purpose": "checkin", "outcome": outcome, "reason": why}
        how = {"enrolment_id": scene.enrolment.id, "source": uuid.uuid4(), "at": NOW + number * HOUR}
        contacts.note(scene.session, **how, **about)
    elsewhere = {"about": uuid.uuid4(), "channel": "sms", "purpose": "checkin", "outcome": "delivered", "at": NOW}
    contacts.note(scene.session, enrolment_id=scene.enrolment.id, source=uuid.uuid4(), **elsewhere)
    scene.session.commit()
    jobs.raise_silences(scene.session, now=NOW + 4 * HOUR)
    scene.session.commit()


@pytest.mark.parametrize(("texts", "page", "patient", "cause", "said"), CAUSES)
def test_a_silence_stands_with_the_cause_that_its_rows_tell(
    session: Session, texts: list[tuple[str, str | None]], page: dict[str, Any], patient: Any, cause: Cause, said: str
) -> None:
    scene = set_scene(session)
    for name, value in patient.items():
        setattr(scene.enrolment, name, value)

    silent(scene, texts, **page)

    (alert,) = scene.alerts()
    assert alert.cause == cause
    assert said in reasons.words({"reasons": alert.reasons}, "en")[1], "the row shows the first two sentences"
    assert reasons.words({"reasons": alert.reasons}, "fr")[1] != reasons.words({"reasons": alert.reasons}, "ar")[1]


def test_a_number_that_said_stop_is_the_cause_whatever_was_sent_before(session: Session) -> None:
    scene = set_scene(session)
    phone = patients.reveal(scene.enrolment.patient).phone
    assert phone is not None
    contacts.opt_out(session, phone=phone, now=NOW, source="sms")

    silent(scene, [("delivered", None)])

    assert scene.alerts()[0].cause == Cause.OPTED_OUT


def test_a_patient_without_a_number_is_told_apart_from_one_whose_texts_were_not_sent(session: Session) -> None:
    scene = set_scene(session)
    session.execute(sa.delete(PatientIndex).where(PatientIndex.kind == "phone"))

    silent(scene, [])

    assert scene.alerts()[0].cause == Cause.NO_NUMBER


def test_working_out_causes_costs_the_beat_no_statement(session: Session, engine: sa.Engine) -> None:
    """As many for twenty silences of all causes as for one: who is silent, put off, the alerts, and the mark."""
    scene = set_scene(session)
    scene.checkin(state=CheckinState.MISSED, closed_at=NOW + 4 * HOUR)
    jobs.raise_silences(session, now=NOW + 4 * HOUR)  # this process reads the protocol, once
    session.commit()
    for number in range(20):
        opens_at = NOW + (5 + number) * HOUR
        missed = {"state": CheckinState.MISSED, "closed_at": opens_at + 4 * HOUR, "slot": f"s{number}"}
        scene.checkin(opens_at=opens_at, **missed)

    with counted(engine) as sent:
        assert jobs.raise_silences(session, now=NOW + 40 * HOUR) == 20

    assert len([one for one in sent if "SAVEPOINT" not in one]) == 4, sent


def test_many_texts_of_doubtful_fate_are_the_providers_and_few_are_their_numbers() -> None:
    doubtful = Known("phone", has_phone=True, texts=(Text("unknown", "doubtful"),))
    well = Known("phone", has_phone=True, texts=(Text("delivered"),))

    assert causes.outage([doubtful] * 20 + [well] * 80)
    assert not causes.outage([doubtful] * 19)
    assert not causes.outage([doubtful] * 20 + [well] * 81)
    assert cause_of(doubtful, outage=True).cause == Cause.PROVIDER_DOWN
    assert cause_of(well, outage=True).cause == Cause.DELIVERED_NOT_OPENED


KNOWN = st.builds(
    Known,
    answers_by=st.sampled_from(["phone", "staff", "paper"]),
    has_phone=st.booleans(),
    opted_out=st.booleans(),
    opened=st.booleans(),
    question=st.none() | st.integers(1, 40),
    texts=st.lists(
        st.builds(
            Text,
            st.sampled_from(["sent", "delivered", "failed", "unknown", "not-sent"]),
            st.none() | st.sampled_from([one.value for one in Why]),
        ),
        max_size=4,
    ).map(tuple),
)


@given(KNOWN, st.booleans())
def test_every_silence_has_one_cause_with_words_in_each_language(known: Known, outage: bool) -> None:
    found = cause_of(known, outage=outage)

    assert found.cause in Cause
    said = [reasons.words({"reasons": [found.reason()]}, language)[0] for language in ("en", "fr", "ar")]
    assert len(set(said)) == 3
    assert not any("%(" in sentence for sentence in said)
    assert found.cause in (Cause.OPENED, Cause.OPENED_LEFT) or not (known.opened or known.question)
    assert found.cause is not Cause.NOT_SENT or not {"sent", "delivered", "unknown"} & known.outcomes()
