"""Staff: set up once by a link, signed in under caps, and out again."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy.orm import Session

from records import audit, staff, texts, throttles
from records.models import AuditEntry, Role, Staff, StaffSession, StaffSetup
from records.refusals import FieldErrors
from records.staff import SetupLinkRefused, SignInRefused, browsers, passwords, sessions
from tests.factories import NOW, PASSWORD, make_staff, make_team

HERE = "192.0.2.1"


def invite(session: Session, **overrides: object) -> tuple[Staff, str]:
    values = {"email": "Anne@Centre.example", "name": "Anne Perrin", "role": Role.PHYSICIAN, "teams": []}
    return staff.invite(session, **(values | overrides), actor=audit.SYSTEM, now=NOW)


def sign_in(session: Session, **overrides: object) -> object:
    values = {"email": "anne@centre.example", "password": PASSWORD, "from_address": HERE, "now": NOW}
    result = staff.sign_in(session, **(values | overrides))
    session.commit()
    return result


def member(session: Session) -> Staff:
    person = make_staff(session, email="anne@centre.example")
    session.commit()
    return person


def signed_in(session: Session) -> str:
    member(session)
    result = sign_in(session)
    assert isinstance(result, tuple)
    return result[1]


def test_somebody_invited_chooses_a_password_once_and_signs_in(session: Session) -> None:
    person, token = invite(session, teams=[make_team(session, "North")])
    assert staff.invited(session, token=token, now=NOW) is person
    staff.set_up(session, token=token, password=PASSWORD, now=NOW)
    session.commit()

    result = sign_in(session, email=" ANNE@centre.example ")
    assert isinstance(result, tuple)
    assert result[0].staff is person
    assert [team.name for team in person.teams] == ["North"]
    with pytest.raises(SetupLinkRefused):
        staff.set_up(session, token=token, password=PASSWORD, now=NOW)


def test_no_secret_is_stored_as_it_is(session: Session) -> None:
    _, link = invite(session)
    staff.set_up(session, token=link, password=PASSWORD, now=NOW)
    result = sign_in(session)
    assert isinstance(result, tuple)

    tables = [str(row) for table in ("staff", "staff_setups", "staff_sessions") for row in everything(session, table)]
    for secret in (link, result[1], PASSWORD):
        assert not any(secret in row or secret.encode().hex() in row for row in tables)
    assert "$argon2id$" in tables[0]


def everything(session: Session, table: str) -> list[str]:
    return list(session.scalars(sa.text(f"SELECT {table}::text FROM {table}")))


@pytest.mark.parametrize(("hours", "good"), [(71, True), (72, False), (1000, False)])
def test_a_set_up_link_is_good_for_seventy_two_hours(session: Session, hours: int, good: bool) -> None:
    person, token = invite(session)
    later = NOW + timedelta(hours=hours)

    if good:
        assert staff.set_up(session, token=token, password=PASSWORD, now=later) is person
        return
    with pytest.raises(SetupLinkRefused):
        staff.set_up(session, token=token, password=PASSWORD, now=later)


def test_a_new_invitation_before_set_up_replaces_the_old_link(session: Session) -> None:
    person, old = invite(session)
    again, new = invite(session, name="Anne Perrin-Roche", role=Role.SUPERVISOR)

    assert again is person
    assert (person.name, person.role) == ("Anne Perrin-Roche", "supervisor")
    with pytest.raises(SetupLinkRefused):
        staff.invited(session, token=old, now=NOW)
    assert staff.invited(session, token=new, now=NOW) is person


def test_the_e_mail_of_somebody_who_is_set_up_cannot_be_invited_again(session: Session) -> None:
    member(session)

    with pytest.raises(FieldErrors) as refused:
        invite(session)
    assert set(refused.value.errors) == {"email"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", ""),
        ("email", "anne"),
        ("name", ""),
        ("name", "x" * 101),
        ("role", "boss"),
        ("role", ""),
        ("language", "xx"),
    ],
)
def test_an_impossible_invitation_is_refused_by_field(session: Session, field: str, value: str) -> None:
    with pytest.raises(FieldErrors) as refused:
        invite(session, **{field: value})

    assert set(refused.value.errors) == {field}
    assert session.scalar(sa.select(sa.func.count(Staff.id))) == 0


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", passwords.TOO_SHORT),
        ("orchid lan!", passwords.TOO_SHORT),
        ("x" * 201, passwords.TOO_LONG),
        ("perrin orchid lantern", passwords.ABOUT_YOU),
        ("orchid ANNE lantern plum", passwords.ABOUT_YOU),
        ("passwordpassword", passwords.GUESSABLE),
        ("aaaaaaaaaaaaaaaa", passwords.GUESSABLE),
        ("azertyuiopqsdf", passwords.GUESSABLE),
    ],
)
def test_a_weak_password_is_refused_and_the_link_stays_good(session: Session, password: str, why: object) -> None:
    _, token = invite(session)

    with pytest.raises(FieldErrors) as refused:
        staff.set_up(session, token=token, password=password, now=NOW)
    assert refused.value.errors == {"password": why}
    assert staff.set_up(session, token=token, password=PASSWORD, now=NOW).set_up_at == NOW


@pytest.mark.parametrize(
    "how", [{"password": "wrong"}, {"email": "nobody@centre.example"}, {"email": "", "password": ""}]
)
def test_a_wrong_e_mail_and_a_wrong_password_are_refused_alike(session: Session, how: dict[str, str]) -> None:
    member(session)

    assert sign_in(session, **how) == SignInRefused(sessions.WRONG)
    assert session.scalar(sa.select(sa.func.count(StaffSession.id))) == 0


def test_somebody_not_yet_set_up_cannot_sign_in(session: Session) -> None:
    invite(session)

    assert sign_in(session, password="") == SignInRefused(sessions.WRONG)


def test_an_unknown_e_mail_costs_the_same_hashing(session: Session) -> None:
    """Counted, not timed: a password for nobody is held against a hash of the same making."""
    passwords._nobodys_hash.cache_clear()

    sign_in(session, email="nobody@centre.example")

    assert passwords._nobodys_hash.cache_info().misses == 1
    assert not passwords.is_outdated(passwords._nobodys_hash())


def test_ten_wrong_tries_close_the_door_of_an_e_mail_for_a_quarter_of_an_hour(session: Session) -> None:
    member(session)
    for n in range(10):
        assert sign_in(session, password="wrong", from_address=f"192.0.2.{n}") == SignInRefused(sessions.WRONG)

    assert sign_in(session, from_address="198.51.100.1") == SignInRefused(sessions.WAIT)
    assert sign_in(session, email="other@centre.example") == SignInRefused(sessions.WRONG), "others are not shut out"
    assert isinstance(sign_in(session, now=NOW + timedelta(minutes=15)), tuple)


def test_fifty_wrong_tries_close_the_door_of_an_address(session: Session) -> None:
    member(session)
    for _ in range(49):
        throttles.failed(session, door=throttles.Door.SIGN_IN_ADDRESS, subject=HERE, now=NOW)
    assert sign_in(session, email="guess@centre.example", password="wrong") == SignInRefused(sessions.WRONG)

    assert sign_in(session) == SignInRefused(sessions.WAIT)
    assert isinstance(sign_in(session, from_address="192.0.2.99"), tuple)


def test_strangers_do_not_lock_anybody_out_of_a_browser_in_which_they_signed_in_before(session: Session) -> None:
    person = member(session)
    mark = staff.mark(None, email=person.email)
    for _ in range(60):
        throttles.failed(session, door=throttles.Door.SIGN_IN, subject=person.email, now=NOW)
        throttles.failed(session, door=throttles.Door.SIGN_IN_ADDRESS, subject=HERE, now=NOW)

    assert sign_in(session) == SignInRefused(sessions.WAIT)
    assert isinstance(sign_in(session, browser=mark), tuple)


def test_a_known_browser_has_ten_tries_too_and_only_for_its_own_people(session: Session) -> None:
    person = member(session)
    mark = staff.mark(None, email=person.email)
    for _ in range(10):
        assert sign_in(session, password="wrong", browser=mark) == SignInRefused(sessions.WRONG)

    assert sign_in(session, browser=mark) == SignInRefused(sessions.WAIT)
    assert isinstance(sign_in(session), tuple), "its tries are nobody else's"
    assert browsers.known(mark, email="other@centre.example") is None


@pytest.mark.parametrize("marks", [None, "", ".", "x" * 5000, "é.\0", "A" * 32, ".".join(["A" * 32] * 20)])
def test_no_browser_marks_itself(migrated_app: Flask, marks: str | None) -> None:
    assert browsers.known(marks, email="a@centre.example") is None
    assert browsers.known(staff.mark(marks, email="a@centre.example"), email="a@centre.example") is not None


def test_a_shared_workstation_knows_several_people_and_forgets_the_first_of_many(migrated_app: Flask) -> None:
    people = [f"p{n}@centre.example" for n in range(browsers.MOST + 1)]
    marks = None
    for email in people:
        marks = staff.mark(marks, email=email)

    assert [browsers.known(marks, email=email) is not None for email in people] == [False] + [True] * browsers.MOST
    assert staff.mark(marks, email=people[-1]) == marks


@pytest.mark.parametrize("email", ["a\0b@centre.example", "x" * 5000])
def test_an_e_mail_that_cannot_be_stored_is_nobodys(session: Session, email: str) -> None:
    member(session)

    assert sign_in(session, email=email) == SignInRefused(sessions.WRONG)


def test_the_service_hashes_at_the_strength_of_the_recommendation() -> None:
    """RFC 9106, second recommended option: argon2id, 3 passes over 64 MiB, 4 lanes."""
    made = passwords.STANDARD.hash("x")

    assert made.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_an_older_hash_is_made_anew_at_sign_in(session: Session) -> None:
    person = member(session)
    person.password_hash = PasswordHasher(time_cost=2, memory_cost=64, parallelism=1).hash(PASSWORD)
    before = person.password_hash

    assert isinstance(sign_in(session), tuple)
    assert person.password_hash != before
    assert isinstance(sign_in(session), tuple)


def test_signing_in_forgives_the_tries_before_it(session: Session) -> None:
    member(session)
    for _ in range(3):
        for _ in range(9):
            sign_in(session, password="wrong")
        assert isinstance(sign_in(session), tuple)


def test_the_refusals_are_said_in_french() -> None:
    french = texts.translator("fr")

    assert "mot de passe" in sessions.WRONG.text(french)
    assert "quart d’heure" in sessions.WAIT.text(french)


@pytest.mark.parametrize(("minutes", "alive"), [(0, True), (29, True), (30, False), (600, False)])
def test_a_session_ends_when_idle_for_thirty_minutes(session: Session, minutes: int, alive: bool) -> None:
    token = signed_in(session)

    found = staff.session_of(session, token=token, now=NOW + timedelta(minutes=minutes))
    assert (found is not None) is alive


def test_a_session_that_is_used_ends_after_twelve_hours(session: Session) -> None:
    token = signed_in(session)
    for step in range(1, 29):
        assert staff.session_of(session, token=token, now=NOW + timedelta(minutes=25 * step))

    assert staff.session_of(session, token=token, now=NOW + timedelta(hours=12)) is None


def test_a_session_is_marked_as_seen_at_most_once_a_minute(session: Session) -> None:
    token = signed_in(session)

    for seconds, seen in [(30, 0), (59, 0), (60, 60), (100, 60), (120, 120)]:
        found = staff.session_of(session, token=token, now=NOW + timedelta(seconds=seconds))
        assert found is not None
        assert found.seen_at == NOW + timedelta(seconds=seen)


def test_a_wrong_secret_opens_no_session(session: Session) -> None:
    token = signed_in(session)

    assert staff.session_of(session, token=token[:-1] + "!", now=NOW) is None
    assert staff.session_of(session, token="", now=NOW) is None


def test_signing_out_ends_the_session_at_once(session: Session) -> None:
    token = signed_in(session)
    found = staff.session_of(session, token=token, now=NOW)
    assert found is not None

    staff.sign_out(session, staff_session=found, now=NOW)
    assert staff.session_of(session, token=token, now=NOW) is None


def test_somebody_disabled_is_out_at_once_and_stays_out(session: Session) -> None:
    token = signed_in(session)
    person = session.scalars(sa.select(Staff)).one()

    staff.disable(session, staff=person, actor=audit.SYSTEM, now=NOW)
    session.commit()

    assert staff.session_of(session, token=token, now=NOW) is None
    assert sign_in(session) == SignInRefused(sessions.WRONG)
    with pytest.raises(FieldErrors):
        invite(session)


def test_disabling_spends_an_open_set_up_link(session: Session) -> None:
    person, token = invite(session)
    staff.disable(session, staff=person, actor=audit.SYSTEM, now=NOW)

    with pytest.raises(SetupLinkRefused):
        staff.set_up(session, token=token, password=PASSWORD, now=NOW)


def test_a_lost_password_is_replaced_by_a_new_link(session: Session) -> None:
    token = signed_in(session)
    person = session.scalars(sa.select(Staff)).one()
    link = staff.renew(session, staff=person, actor=audit.SYSTEM, now=NOW)
    session.commit()

    assert staff.session_of(session, token=token, now=NOW) is None
    assert sign_in(session) == SignInRefused(sessions.WRONG)
    staff.set_up(session, token=link, password="viaduct plum orchid lantern", now=NOW)
    assert isinstance(sign_in(session, password="viaduct plum orchid lantern"), tuple)


def test_every_act_on_staff_is_on_their_chain(session: Session) -> None:
    administrator = make_staff(session, Role.ADMINISTRATOR)
    actor = audit.Actor.staff(administrator, HERE)
    person, token = staff.invite(
        session, email="a@b.example", name="Anne", role=Role.OPERATOR, teams=[], actor=actor, now=NOW
    )
    staff.set_up(session, token=token, password=PASSWORD, now=NOW)
    sign_in(session, email="a@b.example")
    staff.disable(session, staff=person, actor=actor, now=NOW)
    session.commit()

    query = sa.select(AuditEntry.canonical).where(AuditEntry.subject_id == person.public_id)
    told = [orjson.loads(canonical) for canonical in session.scalars(query.order_by(AuditEntry.number))]
    assert [act["action"] for act in told] == ["staff.invited", "staff.set-up", "staff.signed-in", "staff.disabled"]
    assert told[0]["actor"]["id"] == str(administrator.public_id)
    assert "a@b.example" not in orjson.dumps(told).decode()
    assert session.scalar(sa.select(sa.func.count(StaffSetup.id)).where(StaffSetup.used_at.is_(None))) == 0
