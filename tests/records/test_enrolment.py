"""Enrolments: who is refused or held, and which step is possible from which state."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from records import audit, audit_check, crypto, enrolment, patients, texts
from records.enrolment import AgeRefused, AlreadyFollowed, WrongState
from records.models import AuditEntry, EndReason, Enrolment, EnrolmentState, Patient, PauseReason, RiskTier, Role
from records.refusals import FieldErrors
from tests.factories import (
    NOW,
    make_application,
    make_enrolment,
    make_identity,
    make_programme,
    make_staff,
    make_team,
)

TODAY = NOW.date()
S = EnrolmentState


def enrol(session: Session, **overrides: Any) -> Enrolment:
    patient = overrides.pop("patient", None)
    return enrolment.enrol(
        session,
        application=make_application(**overrides),
        programme=make_programme(session),
        team=make_team(session),
        actor=audit.SYSTEM,
        patient=patient,
        rehearsal=True,
        now=NOW,
    )


def acts(session: Session, made: Enrolment) -> list[dict[str, Any]]:
    query = sa.select(AuditEntry.canonical).where(AuditEntry.subject_id == made.public_id).order_by(AuditEntry.number)
    return [orjson.loads(canonical) for canonical in session.scalars(query)]


def test_an_enrolment_keeps_everything_that_was_entered(session: Session) -> None:
    entered = make_application(
        zone="Indian/Reunion",
        address="1 rue du Port\r\n97420 Le Port",
        emergency_name="Noé Payet",
        emergency_phone="0692 12 34 56",
        gp_name="Dr Garnier",
        gp_phone="0262 12 34 56",
        conditions=("diabetes", "cancer"),
        risk_tier="high",
        onset_on=TODAY - timedelta(days=3),
        lives_alone=True,
        has_oximeter=True,
        email="Lea@Example.org",
    )
    made = enrolment.enrol(
        session,
        application=entered,
        programme=make_programme(session),
        team=make_team(session),
        actor=audit.SYSTEM,
        rehearsal=True,
        now=NOW,
    )
    session.commit()

    kept = enrolment.application_of(made)
    assert kept == replace(
        entered,
        identity=replace(entered.identity, email="lea@example.org"),
        address="1 rue du Port\n97420 Le Port",
        emergency_phone="+262692123456",
        gp_phone="+262262123456",
        conditions=("cancer", "diabetes"),
    )
    assert (made.state, made.consent_at, made.hold_reason) == (S.ENROLLED, NOW, None)


def test_no_particular_stands_in_the_database_in_clear(session: Session) -> None:
    enrol(session, address="12 rue des Lilas", emergency_name="Noé Payet", gp_name="Garnier")
    session.commit()

    row = session.execute(sa.text("SELECT address, emergency_contact, gp, e::text FROM enrolments e")).one()
    stored = b"".join(bytes(value) for value in row[:3]) + row[3].encode()
    for clear in (b"Lilas", b"Payet", b"Garnier"):
        assert clear not in stored
        assert clear.hex().encode() not in stored


def test_an_address_moved_to_another_enrolment_does_not_open(session: Session) -> None:
    made = enrol(session, address="12 rue des Lilas", gp_name="Garnier")
    made.gp = made.address

    with pytest.raises(crypto.SealBroken):
        enrolment.particulars(made)


@pytest.mark.parametrize(
    ("born", "refused"),
    [(date(2008, 3, 10), False), (date(2008, 3, 11), True), (date(2026, 3, 10), True), (date(1930, 1, 1), False)],
)
def test_nobody_under_eighteen_is_enrolled(session: Session, born: date, refused: bool) -> None:
    if not refused:
        assert enrol(session, birth_date=born).state == S.ENROLLED
        return
    with pytest.raises(AgeRefused) as refusal:
        enrol(session, birth_date=born)
    assert "18" in refusal.value.text(texts.translator("fr"))
    assert session.scalar(sa.select(sa.func.count(Patient.id))) == 0


@pytest.mark.parametrize(
    ("conditions", "hold"),
    [
        ((), None),
        (("diabetes",), None),
        (("pregnancy",), "pregnancy"),
        (("respiratory-disease", "diabetes"), "respiratory-disease"),
        (("home-oxygen", "respiratory-disease", "pregnancy"), "home-oxygen"),
    ],
)
def test_whom_the_usual_limits_do_not_fit_is_held_for_a_physician(
    session: Session, conditions: tuple[str, ...], hold: str | None
) -> None:
    made = enrol(session, conditions=conditions)

    assert (made.state, made.hold_reason) == (S.HELD if hold else S.ENROLLED, hold)


def test_a_refusal_keeps_who_refused_and_nothing_else(session: Session) -> None:
    made = enrol(
        session,
        consent="refused",
        address="12 rue des Lilas",
        conditions=("home-oxygen",),
        email="lea@example.org",
        lives_alone=True,
        onset_on=TODAY,
        phone="not a number",
    )
    session.commit()

    assert (made.state, made.hold_reason, made.consent, made.consent_at) == (S.REFUSED, None, "refused", None)
    assert (made.address, made.conditions, made.onset_on, made.lives_alone, made.code) == (None, [], None, False, None)
    identity = patients.reveal(made.patient)
    assert identity.family_name
    assert (identity.phone, identity.email) == (None, None)
    assert acts(session, made)[0]["details"]["consent"] == "refused"


BAD = [
    ("zone", "Europe/Atlantis"),
    ("zone", ""),
    ("language", "xx"),
    ("risk_tier", "extreme"),
    ("risk_tier", ""),
    ("consent", ""),
    ("consent", "yes"),
    ("conditions", ("diabetes", "unknown")),
    ("onset_on", TODAY + timedelta(days=1)),
    ("onset_on", TODAY - timedelta(days=61)),
    ("address", "x" * 501),
    ("address", "1 rue\x07"),
    ("emergency_name", "x" * 101),
    ("emergency_phone", "12"),
    ("gp_name", "a\nb\x00"),
    ("gp_phone", "hello"),
    ("family_name", ""),
    ("birth_date", TODAY + timedelta(days=3)),
    ("phone", ""),
    ("email", "x"),
]


@pytest.mark.parametrize(("field", "value"), BAD)
def test_an_impossible_field_is_refused_by_name_and_changes_nothing(
    session: Session, field: str, value: object
) -> None:
    with pytest.raises(FieldErrors) as refused:
        enrol(session, **{field: value})

    assert set(refused.value.errors) == {field}
    assert all(refused.value.texts(texts.translator("fr")).values())
    assert session.scalar(sa.select(sa.func.count(Patient.id))) == 0


def test_the_last_days_that_are_still_possible_are_taken(session: Session) -> None:
    made = enrol(session, onset_on=TODAY - timedelta(days=60), address="x" * 500)

    assert made.onset_on == TODAY - timedelta(days=60)


def test_today_is_the_patients_own_day(session: Session) -> None:
    """At 13:30 UTC it is the next day in Nouméa already."""
    evening = datetime(2026, 3, 10, 13, 30, tzinfo=UTC)
    application = make_application(zone="Pacific/Noumea", onset_on=date(2026, 3, 11))
    where = {"programme": make_programme(session), "team": make_team(session), "actor": audit.SYSTEM}

    made = enrolment.enrol(session, application=application, rehearsal=True, now=evening, **where)
    assert made.onset_on == date(2026, 3, 11)
    paris = replace(application, zone="Europe/Paris")
    with pytest.raises(FieldErrors):
        enrolment.enrol(session, application=paris, rehearsal=True, now=evening, **where)


def do(session: Session, act: str, made: Enrolment) -> None:
    how: dict[str, Any] = {"enrolment": made, "actor": audit.SYSTEM, "now": NOW}
    if act == "pause":
        how |= {"owner": make_staff(session), "review_on": TODAY, "reason": PauseReason.ASKED}
    if act == "discharge":
        how |= {"reason": EndReason.ADMITTED}
    getattr(enrolment, act)(session, **how)


AFTER = {
    ("release", S.HELD): S.ENROLLED,
    ("invite", S.ENROLLED): S.INVITED,
    ("activate", S.INVITED): S.ACTIVE,
    ("pause", S.INVITED): S.PAUSED,
    ("pause", S.ACTIVE): S.PAUSED,
    ("resume", S.PAUSED): S.ACTIVE,
    ("discharge", S.ENROLLED): S.DISCHARGED,
    ("discharge", S.HELD): S.DISCHARGED,
    ("discharge", S.INVITED): S.DISCHARGED,
    ("discharge", S.ACTIVE): S.DISCHARGED,
    ("discharge", S.PAUSED): S.DISCHARGED,
}
ACTS = ("release", "invite", "activate", "pause", "resume", "discharge")


@pytest.mark.parametrize("state", list(S))
@pytest.mark.parametrize("act", ACTS)
def test_every_step_is_possible_from_its_states_and_no_other(session: Session, act: str, state: S) -> None:
    made = make_enrolment(session, state)
    session.commit()
    before = len(acts(session, made))

    if (act, state) in AFTER:
        do(session, act, made)
        session.commit()
        assert made.state == AFTER[act, state]
        assert len(acts(session, made)) == before + 1
        assert audit_check.verify(session).problems == []
        return
    with pytest.raises(WrongState) as refused:
        do(session, act, made)
    session.rollback()
    assert made.state == state
    assert len(acts(session, made)) == before
    assert "%(" not in refused.value.text(texts.translator("fr"))


def test_the_follow_up_begins_in_the_patients_day_and_lasts_thirty(session: Session) -> None:
    made = make_enrolment(session, S.INVITED, zone="Pacific/Noumea")
    begun = datetime(2026, 3, 10, 14, 0, tzinfo=UTC)

    enrolment.activate(session, enrolment=made, actor=audit.SYSTEM, now=begun)

    assert (made.activated_at, made.next_checkin_at) == (begun, begun)
    assert made.ends_on == date(2026, 3, 11) + timedelta(days=29)


def test_somebody_paused_before_coming_in_is_waited_for_again(session: Session) -> None:
    made = make_enrolment(session, S.INVITED)
    do(session, "pause", made)
    later = NOW + timedelta(days=2)

    enrolment.resume(session, enrolment=made, actor=audit.SYSTEM, now=later)

    assert (made.state, made.invited_at, made.next_checkin_at) == (S.INVITED, later, None)


def test_a_pause_has_an_owner_and_asks_nothing_until_it_ends(session: Session) -> None:
    made = make_enrolment(session, S.ACTIVE)
    owner = make_staff(session, Role.PHYSICIAN)
    how = {"enrolment": made, "actor": audit.SYSTEM, "now": NOW}

    review_on = TODAY + timedelta(days=5)
    enrolment.pause(session, owner=owner, review_on=review_on, reason=PauseReason.ELSEWHERE, **how)
    session.commit()
    assert (made.pause_owner_id, made.pause_review_on, made.next_checkin_at) == (owner.id, review_on, None)

    enrolment.resume(session, **how)
    session.commit()
    assert (made.paused_at, made.pause_owner_id, made.pause_review_on, made.pause_reason) == (None,) * 4
    assert made.next_checkin_at == NOW


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("review_on", {"review_on": TODAY - timedelta(days=1)}),
        ("review_on", {"review_on": TODAY + timedelta(days=61)}),
        ("review_on", {"review_on": None}),
        ("reason", {"reason": "she is in love"}),
    ],
)
def test_a_pause_without_a_sensible_review_or_reason_is_refused(
    session: Session, field: str, values: dict[str, Any]
) -> None:
    made = make_enrolment(session, S.ACTIVE)
    how: dict[str, Any] = {"review_on": TODAY, "reason": PauseReason.ASKED, "owner": make_staff(session)}

    with pytest.raises(FieldErrors) as refused:
        enrolment.pause(session, enrolment=made, actor=audit.SYSTEM, now=NOW, **(how | values))
    assert set(refused.value.errors) == {field}
    assert made.state == S.ACTIVE


def test_a_discharge_says_why_and_clears_the_pause(session: Session) -> None:
    made = make_enrolment(session, S.PAUSED)

    with pytest.raises(FieldErrors):
        enrolment.discharge(session, enrolment=made, reason="tired", actor=audit.SYSTEM, now=NOW)
    enrolment.discharge(session, enrolment=made, reason=EndReason.DECEASED, actor=audit.SYSTEM, now=NOW)
    session.commit()

    assert (made.end_reason, made.ended_at, made.paused_at, made.pause_review_on) == ("deceased", NOW, None, None)
    assert acts(session, made)[-1]["details"] == {"reason": "deceased", "from": "paused"}


@pytest.mark.parametrize("act", ["activate", "discharge"])
def test_of_two_who_act_at_once_only_one_succeeds(session: Session, engine: sa.Engine, act: str) -> None:
    made = make_enrolment(session, S.INVITED)
    session.commit()
    key, together, results = made.id, threading.Barrier(2), []

    def act_now() -> None:
        with Session(engine) as mine:
            own = mine.get_one(Enrolment, key)
            together.wait(timeout=30)
            try:
                do(mine, act, own)
                mine.commit()
                results.append("done")
            except WrongState:
                results.append("refused")

    threads = [threading.Thread(target=act_now) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == ["done", "refused"]
    assert audit_check.verify(session).problems == []


def test_a_second_episode_waits_for_the_end_of_the_first(session: Session) -> None:
    first = make_enrolment(session, S.ACTIVE)
    session.commit()

    with pytest.raises(AlreadyFollowed):
        enrol(session, patient=first.patient)
    session.rollback()
    do(session, "discharge", first)
    second = enrol(session, patient=first.patient, given_name="Renée", phone="06 39 98 00 01")
    session.commit()

    assert (second.patient, second.state) == (first.patient, S.ENROLLED)
    assert patients.reveal(first.patient).given_name == "Renée"
    assert session.scalar(sa.select(sa.func.count(Patient.id))) == 1


def test_the_database_itself_refuses_a_second_open_episode(session: Session) -> None:
    first = make_enrolment(session, S.ACTIVE)
    second = make_enrolment(session, S.INVITED)
    second.patient_id = first.patient_id

    with pytest.raises(IntegrityError, match="one_open"):
        session.flush()


def test_the_database_itself_refuses_a_follow_up_that_nobody_looks_after(session: Session) -> None:
    make_enrolment(session, S.ACTIVE)
    for change, refusal in {
        "next_checkin_at = NULL": "active_has_next",
        "state = 'paused', paused_at = now()": "pause_is_owned",
        "state = 'paused'": "paused_is_dated",
        "state = 'discharged'": "end_has_reason",
        "state = 'held'": "hold_has_reason",
    }.items():
        with pytest.raises(IntegrityError, match=refusal), session.begin_nested():
            session.execute(sa.text(f"UPDATE enrolments SET {change}"))


def test_a_known_patient_who_now_refuses_keeps_what_was_known(session: Session) -> None:
    first = make_enrolment(session, S.DISCHARGED)
    before = patients.reveal(first.patient)

    second = enrol(session, patient=first.patient, consent="refused", given_name="Other")

    assert second.state == S.REFUSED
    assert patients.reveal(first.patient) == before


@pytest.mark.parametrize(
    ("change", "asked_now"),
    [
        ({"zone": "Indian/Reunion"}, True),
        ({"risk_tier": RiskTier.HIGH}, True),
        ({"onset_on": TODAY}, True),
        ({"lives_alone": True}, False),
        ({"address": "2 rue du Port"}, False),
        ({"gp_name": "Garnier"}, False),
        ({"conditions": ("diabetes",)}, False),
        ({"language": "en"}, False),
    ],
)
def test_a_change_is_kept_and_the_schedule_looked_at_when_it_matters(
    session: Session, change: dict[str, Any], asked_now: bool
) -> None:
    made = make_enrolment(session, S.ACTIVE)
    session.commit()
    later, planned = NOW + timedelta(hours=1), NOW + timedelta(hours=22)
    made.next_checkin_at = planned
    changed_to = replace(enrolment.application_of(made), **change)

    fields = enrolment.change_details(session, enrolment=made, application=changed_to, actor=audit.SYSTEM, now=later)
    session.commit()

    assert enrolment.application_of(made) == changed_to
    assert made.next_checkin_at == (later if asked_now else planned)
    assert fields == [next(iter(change)) if "gp_name" not in change else "gp"]
    assert acts(session, made)[-1]["details"]["fields"] == fields


def test_saving_without_a_change_writes_nothing(session: Session) -> None:
    made = make_enrolment(session, S.ACTIVE, address="1 rue du Port")
    before = len(acts(session, made))
    same = enrolment.application_of(made)

    assert enrolment.change_details(session, enrolment=made, application=same, actor=audit.SYSTEM, now=NOW) == []
    assert len(acts(session, made)) == before


@pytest.mark.parametrize(
    ("state", "after"), [(S.ENROLLED, S.HELD), (S.INVITED, S.HELD), (S.ACTIVE, S.ACTIVE), (S.PAUSED, S.PAUSED)]
)
def test_a_pregnancy_learned_before_the_beginning_holds_the_enrolment(session: Session, state: S, after: S) -> None:
    made = make_enrolment(session, state)
    pregnant = replace(enrolment.application_of(made), conditions=("pregnancy",))

    enrolment.change_details(session, enrolment=made, application=pregnant, actor=audit.SYSTEM, now=NOW)

    assert made.state == after
    if after == S.HELD:
        do(session, "release", made)
        again = replace(enrolment.application_of(made), lives_alone=True)
        enrolment.change_details(session, enrolment=made, application=again, actor=audit.SYSTEM, now=NOW)
        assert made.state == S.ENROLLED, "a hold that a physician lifted does not come back"


def test_a_pregnancy_learned_in_a_pause_before_the_beginning_is_not_forgotten_when_it_ends(session: Session) -> None:
    made = make_enrolment(session, S.INVITED)
    do(session, "pause", made)
    pregnant = replace(enrolment.application_of(made), conditions=("pregnancy",))

    enrolment.change_details(session, enrolment=made, application=pregnant, actor=audit.SYSTEM, now=NOW)
    session.commit()

    assert (made.state, made.paused_at) == (S.HELD, None)
    with pytest.raises(WrongState):
        do(session, "resume", made)


def test_a_correction_cannot_withdraw_consent_or_change_a_refusal(session: Session) -> None:
    made, refused = make_enrolment(session, S.ACTIVE), make_enrolment(session, S.REFUSED)
    withdrawn = replace(enrolment.application_of(made), consent="refused")

    enrolment.change_details(session, enrolment=made, application=withdrawn, actor=audit.SYSTEM, now=NOW)
    assert (made.consent, made.state) == ("oral", S.ACTIVE)
    how = {"application": make_application(), "actor": audit.SYSTEM, "now": NOW}
    with pytest.raises(WrongState):
        enrolment.change_details(session, enrolment=refused, **how)


@pytest.mark.parametrize(
    ("state", "tier", "step"),
    [
        (S.HELD, "standard", ("physician", "set-limits", NOW + timedelta(hours=24))),
        (S.HELD, "high", ("physician", "set-limits", NOW + timedelta(hours=4))),
        (S.ENROLLED, "standard", ("enroller", "invite", NOW + timedelta(hours=24))),
        (S.INVITED, "standard", ("patient", "activate", NOW + timedelta(hours=24))),
        (S.INVITED, "high", ("patient", "activate", NOW + timedelta(hours=4))),
        (S.ACTIVE, "standard", ("service", "ask", NOW)),
        (S.PAUSED, "standard", ("owner", "review", datetime(2026, 3, 13, 7, 0, tzinfo=UTC))),
        (S.REFUSED, "standard", None),
        (S.DISCHARGED, "standard", None),
    ],
)
def test_every_open_enrolment_names_who_acts_next_and_when(
    session: Session, state: S, tier: str, step: tuple[str, str, datetime] | None
) -> None:
    made = make_enrolment(session, state, risk_tier=tier)

    found = enrolment.next_step(made, made.programme, NOW)

    assert found == (enrolment.NextStep(*step) if step else None)


def test_the_centre_calls_whoever_never_came_in(session: Session) -> None:
    made = make_enrolment(session, S.INVITED, risk_tier="high")
    due = NOW + timedelta(hours=4)

    assert enrolment.next_step(made, made.programme, due) == enrolment.NextStep("centre", "call", due)


def test_the_day_of_first_symptoms_is_day_zero(session: Session) -> None:
    made = make_enrolment(session, onset_on=TODAY - timedelta(days=6))
    unknown = make_enrolment(session)

    assert enrolment.day(made, TODAY) == 6
    assert enrolment.day(made, TODAY - timedelta(days=6)) == 0
    assert enrolment.day(unknown, TODAY) is None


def test_a_whole_story_is_told_by_its_chain_without_any_identity(session: Session) -> None:
    physician = make_staff(session, Role.PHYSICIAN)
    actor = audit.Actor.staff(physician, "192.0.2.1")
    made = make_enrolment(session, S.PAUSED, actor=actor, conditions=("pregnancy",), owner=physician)
    enrolment.resume(session, enrolment=made, actor=actor, now=NOW)
    enrolment.discharge(session, enrolment=made, reason=EndReason.COMPLETED, actor=actor, now=NOW)
    session.commit()

    told = acts(session, made)
    assert [act["action"].removeprefix("enrolment.") for act in told] == [
        "made",
        "released",
        "invited",
        "activated",
        "paused",
        "resumed",
        "discharged",
    ]
    assert {act["actor"]["id"] for act in told} == {str(physician.public_id)}
    assert made.enrolled_by_id == physician.id
    identity = patients.reveal(made.patient)
    everything = orjson.dumps(told).decode()
    for clear in (identity.family_name, identity.given_name, identity.phone or "", identity.birth_date.isoformat()):
        assert clear not in everything


def test_a_real_patient_has_no_number_of_fiction(session: Session) -> None:
    with pytest.raises(FieldErrors):
        make_enrolment(session, rehearsal=False, phone="06 39 98 00 01")
    assert not make_enrolment(session, rehearsal=False).patient.rehearsal


def test_the_factory_makes_people_who_differ() -> None:
    one, other = make_identity(), make_identity()

    assert one.phone != other.phone
    assert one.birth_date != other.birth_date


def test_details_that_somebody_else_changed_meanwhile_are_not_overwritten(session: Session) -> None:
    made = make_enrolment(session, S.ACTIVE, gp_name="Dr Roux")
    opened = enrolment.application_of(made)
    how = {"enrolment": made, "actor": audit.SYSTEM, "now": NOW, "version": enrolment.version_of(opened)}
    enrolment.change_details(session, application=replace(opened, gp_name="Dr Blanc"), **how)

    with pytest.raises(enrolment.ChangedMeanwhile):
        enrolment.change_details(session, application=replace(opened, lives_alone=True), **how)

    assert enrolment.particulars(made).gp_name == "Dr Blanc"
    assert not made.lives_alone


def test_a_step_of_the_follow_up_is_no_change_of_details(session: Session) -> None:
    made = make_enrolment(session, S.INVITED)
    opened = enrolment.application_of(made)
    do(session, "activate", made)
    changed = replace(opened, lives_alone=True)

    version = enrolment.version_of(opened)
    enrolment.change_details(session, enrolment=made, application=changed, actor=audit.SYSTEM, now=NOW, version=version)

    assert made.lives_alone


def test_a_corrected_number_is_found_by_its_new_digits_and_no_longer_by_the_old(session: Session) -> None:
    made = make_enrolment(session, S.ACTIVE)
    old = enrolment.application_of(made)
    new = replace(old, identity=replace(old.identity, phone="+33639980123"))

    enrolment.change_details(session, enrolment=made, application=new, actor=audit.SYSTEM, now=NOW)

    assert patients.by_phone(session, phone="+33639980123") == [made.patient]
    assert patients.by_phone(session, phone=old.identity.phone) == []
    assert acts(session, made)[-1]["details"]["fields"] == ["phone"]


def test_details_can_still_be_corrected_long_after_the_first_symptoms(session: Session) -> None:
    made = make_enrolment(session, S.ACTIVE, onset_on=TODAY - timedelta(days=40))
    changed = replace(enrolment.application_of(made), gp_name="Dr Blanc")
    how = {"enrolment": made, "actor": audit.SYSTEM, "now": NOW + timedelta(days=30)}

    assert enrolment.change_details(session, application=changed, **how) == ["gp"]
    with pytest.raises(FieldErrors):
        enrolment.change_details(session, application=replace(changed, onset_on=TODAY - timedelta(days=61)), **how)


def test_an_invitation_sent_again_keeps_the_code_and_is_written_down(session: Session) -> None:
    made = make_enrolment(session, S.INVITED)
    digest, later = made.code_digest, made.invited_at + timedelta(minutes=10)

    enrolment.invite_again(session, enrolment=made, actor=audit.SYSTEM, now=later)

    assert (made.state, made.invited_at, made.code_digest) == (S.INVITED, later, digest)
    assert acts(session, made)[-1]["action"] == "enrolment.invited-again"


def test_an_invitation_is_not_sent_again_within_ten_minutes(session: Session) -> None:
    made = make_enrolment(session, S.INVITED)
    invited_at = made.invited_at
    soon = invited_at + timedelta(minutes=9, seconds=59)

    with pytest.raises(enrolment.InvitedJustNow):
        enrolment.invite_again(session, enrolment=made, actor=audit.SYSTEM, now=soon)

    assert made.invited_at == invited_at


def test_after_a_wrong_number_was_corrected_the_invitation_leaves_at_once(session: Session) -> None:
    made = make_enrolment(session, S.INVITED)
    known = enrolment.application_of(made)
    right = replace(known, identity=replace(known.identity, phone="+33639980123"))
    soon = made.invited_at + timedelta(minutes=2)
    enrolment.change_details(session, enrolment=made, application=right, actor=audit.SYSTEM, now=soon)

    enrolment.invite_again(session, enrolment=made, actor=audit.SYSTEM, now=soon)

    assert made.invited_at == soon


@pytest.mark.parametrize("state", [S.ENROLLED, S.HELD, S.ACTIVE, S.PAUSED, S.DISCHARGED, S.REFUSED])
def test_only_who_is_invited_is_invited_again(session: Session, state: S) -> None:
    made = make_enrolment(session, state)

    with pytest.raises(WrongState):
        enrolment.invite_again(session, enrolment=made, actor=audit.SYSTEM, now=NOW + timedelta(days=1))
