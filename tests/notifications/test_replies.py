"""One figure in answer to the text of a call: 9 makes it red, 2 puts it off; of anybody else a person reads it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications import announcing, inbound, reserved
from notifications.models import Inbound, InboundKind
from records import patients, phones
from records.audit import SYSTEM
from records.models import AuditEntry, Enrolment, Role
from records.staff.telephones import set_phone
from tests.factories import NOW, make_staff
from tests.notifications.test_announcing import MINUTE, Centre
from triage import callbacks
from triage.duty import shifts
from triage.levels import Level
from triage.models import Alert, Callback, CallbackEvent, Duty

OURS = "+33644600000"


@pytest.fixture
def centre(session: Session) -> Centre:
    return Centre(session)


def announced(centre: Centre, level: Level = Level.ORANGE, **given: object) -> Callback:
    """Somebody who was told that they will be called, by somebody who has let go since."""
    callback = centre.waiting(level, **given)
    centre.claim(callback)
    centre.announce()
    callbacks.release(centre.session, callback=callback.public_id, staff=centre.caller, now=NOW)
    centre.session.commit()
    return callback


def write(centre: Centre, callback: Callback, body: str, *, sid: str = "SM1", now: datetime = NOW + MINUTE) -> str:
    enrolment = centre.session.get_one(Enrolment, callback.enrolment_id)
    phone = patients.reveal(enrolment.patient).phone
    assert phone is not None
    said = {"provider_id": sid, "from_phone": phone, "to_phone": OURS, "body": body, "now": now}
    reply = inbound.receive(centre.session, **said)  # type: ignore[arg-type]
    centre.session.commit()
    assert reply is not None
    return reply


def now_of(centre: Centre, callback: Callback) -> Callback:
    found = select(Callback).where(Callback.id == callback.id)
    return centre.session.scalars(found.execution_options(populate_existing=True)).one()


def events(centre: Centre) -> list[str]:
    return [event.kind for event in centre.session.scalars(select(CallbackEvent).order_by(CallbackEvent.id))]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        *((body, InboundKind.WORSE) for body in ("9", " 9 ", "9.", "٩", "۹", "9 !", "«9»", "9\ufe0f\u20e3", "9")),
        *((body, InboundKind.LATER) for body in ("2", "2.", "٢", "\u2068٢\u2069")),
        *((body, None) for body in ("", "29", "9 jours", "9,2", "39.2", "neuf", "1", "²", "9 2", "STOP", "...")),
    ],
)
def test_a_figure_alone_answers_in_any_digits(body: str, kind: InboundKind | None) -> None:
    assert reserved.reply_of(body) is kind


def test_nine_makes_it_red_and_says_so(centre: Centre) -> None:
    callback = announced(centre)
    reply = write(centre, callback, "9")
    assert "you now come first" in reply
    assert "15" in reply
    found = now_of(centre, callback)
    assert (found.rank, found.due_at) == (Level.RED, NOW + 11 * MINUTE)
    worst = centre.session.scalars(select(Alert).order_by(Alert.rank.desc())).first()
    assert worst is not None
    assert (worst.kind, worst.reasons) == ("asked", [{"code": "asked-worse"}])
    assert "said-worse" in events(centre)
    assert centre.told()[0].reply == "worse"
    assert centre.session.scalars(select(Inbound.kind)).one() == "worse"


@pytest.mark.parametrize("phone", [False, True])
def test_nine_at_night_says_who_knows_of_it(centre: Centre, phone: bool) -> None:
    callback = announced(centre)
    night = NOW.replace(hour=21)
    doctor = make_staff(centre.session, Role.PHYSICIAN, teams=[centre.team], now=NOW)
    if phone:
        set_phone(centre.session, staff=doctor, typed="+33639980007", actor=SYSTEM, now=NOW, rehearsal=True)
    hours = {"from_at": night - 60 * MINUTE, "until_at": night + 600 * MINUTE}
    shifts.add(centre.session, team=centre.team, person=doctor, duty=Duty.ON_CALL, **hours, by=doctor, now=NOW)

    reply = write(centre, callback, "9", now=night)
    assert ("physician on call has been told" in reply) is phone
    assert ("nobody reads this" in reply) is not phone
    assert "15" in reply
    assert now_of(centre, callback).rank == Level.RED


def test_nine_wakes_a_red_that_was_put_off_and_tells_who_holds_it(centre: Centre) -> None:
    callback = announced(centre, Level.RED)
    centre.tried(callback, "no-answer", NOW)
    assert now_of(centre, callback).next_try_at is not None
    write(centre, callback, "٩")
    found = now_of(centre, callback)
    assert found.next_try_at is None
    assert found.worsened_at == NOW + MINUTE
    assert found.claim_ends_at == NOW + 3 * MINUTE


def test_nine_at_night_is_told_that_nobody_reads_and_is_red_in_the_morning(centre: Centre) -> None:
    callback = announced(centre)
    night = NOW + timedelta(hours=13)
    reply = write(centre, callback, "9", now=night)
    assert "nobody reads this before 08:00" in reply
    assert now_of(centre, callback).rank == Level.RED


def test_two_puts_an_orange_off_by_an_hour_of_the_centre(centre: Centre) -> None:
    callback = announced(centre)
    reply = write(centre, callback, "2")
    assert "after 11:01" in reply
    assert now_of(centre, callback).next_try_at == NOW + 61 * MINUTE
    assert centre.told()[0].reply == "later"
    assert "said-later" in events(centre)


def test_two_in_the_evening_means_tomorrow_morning(centre: Centre) -> None:
    callback = announced(centre)
    evening = datetime.fromisoformat("2026-03-10T19:30:00+01:00")
    write(centre, callback, "2", now=evening)
    assert now_of(centre, callback).next_try_at == datetime.fromisoformat("2026-03-11T08:30:00+01:00")


def test_two_never_delays_a_red(centre: Centre) -> None:
    callback = announced(centre, Level.RED)
    reply = write(centre, callback, "2")
    assert "cannot put off" in reply
    assert "15" in reply
    found = now_of(centre, callback)
    assert (found.next_try_at, found.due_at) == (None, NOW + 10 * MINUTE)
    assert "said-later" in events(centre)


def test_a_call_is_put_off_twice_a_day_and_not_for_ever(centre: Centre) -> None:
    callback = announced(centre)
    said = [write(centre, callback, "2", sid=f"SM{n}", now=NOW + n * 70 * MINUTE) for n in range(1, 4)]
    assert ["after" in reply for reply in said] == [True, True, False]


@pytest.mark.parametrize("body", ["9", "2"])
def test_the_same_text_twice_counts_once_and_gets_the_same_answer(centre: Centre, body: str) -> None:
    callback = announced(centre)
    first = write(centre, callback, body)
    version = now_of(centre, callback).version
    assert write(centre, callback, body, now=NOW + 30 * MINUTE) == first
    assert now_of(centre, callback).version == version
    acts = [entry for entry in centre.session.scalars(select(AuditEntry)) if b"patient.said" in entry.canonical]
    assert len(acts) == 1


@pytest.mark.parametrize("body", ["9", "2"])
def test_from_whom_no_text_of_a_call_went_a_person_reads_it(centre: Centre, body: str) -> None:
    callback = centre.waiting()
    assert "Nobody watches" in write(centre, callback, body)
    assert now_of(centre, callback).rank == Level.ORANGE
    assert {alert.kind for alert in centre.session.scalars(select(Alert))} == {"asked", "wrote"}


def test_a_day_later_the_figure_means_nothing_any_more(centre: Centre) -> None:
    callback = announced(centre)
    assert "Nobody watches" in write(centre, callback, "9", now=NOW + timedelta(hours=25))


def test_the_text_of_a_try_can_be_answered_too(centre: Centre) -> None:
    callback = centre.waiting()
    centre.tried(callback, "no-answer", NOW)
    announcing.tell_of_tries(centre.session, now=NOW + MINUTE, limit=10)
    write(centre, callback, "9", now=NOW + 2 * MINUTE)
    assert now_of(centre, callback).rank == Level.RED


def test_of_several_on_one_phone_those_answer_who_were_told(centre: Centre) -> None:
    shared = phones.fictional(4343)
    told, untold = announced(centre, phone=shared), centre.waiting(phone=shared)
    write(centre, told, "9")
    assert [now_of(centre, one).rank for one in (told, untold)] == [Level.RED, Level.ORANGE]


def test_worse_after_the_call_is_a_new_red(centre: Centre) -> None:
    callback = announced(centre)
    callback = now_of(centre, callback)
    callback.state, callback.closed_at = "closed", NOW
    centre.session.commit()
    write(centre, callback, "9")
    standing = centre.session.scalars(select(Callback).where(Callback.state == "open")).one()
    assert (standing.enrolment_id, standing.rank) == (callback.enrolment_id, Level.RED)


def test_later_after_the_call_is_read_by_a_person(centre: Centre) -> None:
    callback = now_of(centre, announced(centre))
    callback.state, callback.closed_at = "closed", NOW
    centre.session.commit()
    assert "Nobody watches" in write(centre, callback, "2")
