"""The staff page: inviting, a link shown once, disabling; and who may open which page of this room."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from records import staff
from records.clock import now as clock_now
from records.models import AuditEntry, Role, Staff, StaffSession, Team
from tests.triage.scene import RED, set_scene
from tests.webapp.signing import PASSWORD, make_person, make_team, post, sign_in
from triage import callbacks
from triage.models import CallbackEvent, EventKind
from webapp import firstrun

STAFF = "/en/admin/staff"
ANYBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def administrator(session: Session) -> Staff:
    return make_person(session, role=Role.ADMINISTRATOR, language="en")


@pytest.fixture
def client(app: Flask, administrator: Staff) -> FlaskClient:
    return sign_in(app, administrator)


@pytest.fixture
def team(session: Session) -> Team:
    made = make_team(session)
    session.commit()
    return made


def invitation(team: Team | None = None, **changes: object) -> dict[str, object]:
    said = {"name": "Dominique Laurier", "email": "D.Laurier@centre.example", "role": "operator", "language": "fr"}
    return said | ({"teams": str(team.public_id)} if team else {}) | changes


def link_on(page: str) -> str:
    found = re.search(r'<code id="link">http://localhost(/[^<]+)</code>', page)
    assert found
    return found[1]


def test_an_invited_person_appears_with_a_link_that_works_once(
    app: Flask, session: Session, client: FlaskClient, team: Team
) -> None:
    answer = post(client, STAFF, invitation(team))

    assert answer.status_code == 201
    assert "it works once, for 72 hours" in answer.text
    door, link = app.test_client(), link_on(answer.text)
    assert link.startswith("/fr/staff/set-up/")
    chosen = {"password": PASSWORD, "again": PASSWORD}
    assert post(door, link, chosen).status_code == 302
    assert door.get(link).status_code == 410
    person = session.scalar(sa.select(Staff).where(Staff.email == "d.laurier@centre.example"))
    assert [known.id for known in person.teams] == [team.id]
    page = client.get(STAFF).text
    assert "Dominique Laurier" in page
    assert link not in page, "the link is never shown again"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ""}, "Type the person&#39;s name"),
        ({"name": "12 34"}, "A name needs at least one letter."),
        ({"name": "A\u202eB"}, "characters that cannot be read"),
        ({"name": "x" * 20_000}, "too long"),
        ({"name": "<img src=x onerror=alert(1)>", "email": ""}, "&lt;img src=x"),
        ({"email": "nobody"}, "This is not an e-mail address."),
        ({"email": "a@b.example\nBcc: c@d.example"}, "characters that cannot be read"),
        ({"email": "administrator@centre.example"}, "is a member of staff already"),
        ({"role": ""}, "Choose a role"),
        ({"role": "owner"}, "Choose among the choices shown"),
        ({"teams": ""}, "Choose among the choices shown"),
        ({"teams": []}, "Choose at least one team"),
        ({"teams": ANYBODY}, "Choose among the choices shown"),
        ({"teams": "1 OR 1=1"}, "Choose among the choices shown"),
        ({"language": "xx"}, "Choose among the choices shown"),
    ],
)
def test_an_invitation_that_cannot_be_taken_is_answered_in_words_and_invites_nobody(
    session: Session, client: FlaskClient, team: Team, changes: dict[str, object], said: str
) -> None:
    answer = post(client, STAFF, invitation(team, **changes))

    assert answer.status_code == 422
    assert said in answer.text
    assert "<img src=x" not in answer.text
    assert session.scalar(sa.select(sa.func.count()).select_from(Staff)) == 1


def test_a_renewed_link_ends_the_old_password_and_sessions(
    app: Flask, session: Session, client: FlaskClient, team: Team
) -> None:
    person = make_person(session, role=Role.OPERATOR, team=team)
    theirs = sign_in(app, person)
    page = f"{STAFF}/{person.public_id}"

    answer = post(client, page, {}, to=f"{page}/link")

    assert answer.status_code == 201
    assert theirs.get("/fr/queue").location.startswith("/fr/staff/sign-in")
    assert app.test_client().get(link_on(answer.text)).status_code == 200
    session.refresh(person)
    assert person.password_hash is None


def test_a_disabled_person_is_out_at_once_and_audited(
    app: Flask, session: Session, client: FlaskClient, team: Team, administrator: Staff
) -> None:
    person = make_person(session, role=Role.OPERATOR, team=team)
    theirs = sign_in(app, person)
    page = f"{STAFF}/{person.public_id}"

    assert post(client, page, {}, to=f"{page}/disable").status_code == 422, "one press is not enough"
    assert session.scalar(sa.select(StaffSession.revoked_at).where(StaffSession.staff_id == person.id)) is None
    assert post(client, page, {"sure": "y"}, to=f"{page}/disable").status_code == 302

    assert theirs.get("/fr/queue").location.startswith("/fr/staff/sign-in")
    assert "access ended" in client.get(STAFF).text
    theirs_acts = sa.select(AuditEntry.canonical).where(AuditEntry.subject_id == person.public_id)
    acts = session.scalars(theirs_acts.order_by(AuditEntry.id)).all()
    assert b"staff.disabled" in acts[-1]
    assert str(administrator.public_id).encode() in acts[-1]


def test_what_a_disabled_person_held_is_in_the_queue_again_at_once(
    session: Session, client: FlaskClient, administrator: Staff
) -> None:
    scene = set_scene(session)
    scene.submit(RED)
    callbacks.claim(session, callback=scene.callback().public_id, staff=scene.person(), now=clock_now())
    session.commit()
    page = f"{STAFF}/{scene.person().public_id}"

    assert post(client, page, {"sure": "y"}, to=f"{page}/disable").status_code == 302

    session.expire_all()
    assert scene.callback().claimed_by_id is None
    last = session.scalars(sa.select(CallbackEvent).order_by(CallbackEvent.id.desc())).first()
    assert last is not None
    assert (last.kind, last.staff_id) == (EventKind.RELEASED, administrator.id)


@pytest.mark.parametrize("act", ["disable", "link"])
def test_an_administrator_cannot_lock_themself_out(
    session: Session, client: FlaskClient, administrator: Staff, act: str
) -> None:
    page = f"{STAFF}/{administrator.public_id}"
    assert "This is your own account" in client.get(page).text

    answer = post(client, STAFF, {"sure": "y"}, to=f"{page}/{act}")

    assert answer.status_code == 409
    assert "You cannot do this to your own account." in answer.text
    session.refresh(administrator)
    assert administrator.disabled_at is None
    assert administrator.password_hash is not None


def test_nothing_more_is_done_to_somebody_who_is_disabled(session: Session, client: FlaskClient, team: Team) -> None:
    person = make_person(session, role=Role.OPERATOR, team=team)
    page = f"{STAFF}/{person.public_id}"
    post(client, page, {"sure": "y"}, to=f"{page}/disable")

    answer = post(client, STAFF, {}, to=f"{page}/link")

    assert answer.status_code == 409
    assert "access has ended already" in answer.text


@pytest.mark.parametrize(
    ("name", "said"), [("", "Type the team&#39;s name"), ("Nord", "exists already"), ("y" * 101, "too long")]
)
def test_a_team_is_added_or_refused_in_words(
    session: Session, client: FlaskClient, team: Team, name: str, said: str
) -> None:
    assert post(client, STAFF, {"team-name": "Sud"}, to="/en/admin/teams").status_code == 302

    answer = post(client, STAFF, {"team-name": name}, to="/en/admin/teams")

    assert answer.status_code == 422
    assert said in answer.text
    assert sorted(session.scalars(sa.select(Team.name))) == ["Nord", "Sud"]


PH, SU, AD = Role.PHYSICIAN, Role.SUPERVISOR, Role.ADMINISTRATOR
READERS, EDITORS = {PH, SU, AD}, {PH, AD}
PARTS = ("rule", "limit", "fact", "case")
ROUTES = [
    ("GET", "protocol", READERS),
    ("GET", "protocol/limits", EDITORS),
    ("POST", "protocol/limits", EDITORS),
    ("GET", f"protocol/{ANYBODY}", READERS),
    *(("POST", f"protocol/{ANYBODY}/{act}", {PH}) for act in ("sign", "unschedule")),
    *(("POST", f"protocol/{ANYBODY}/{act}", EDITORS) for act in ("withdraw", "go-back", "replay", "replay-last-weeks")),
    *(("GET", f"protocol/{ANYBODY}/{page}", READERS) for page in ("replay", "replay.csv")),
    *(("GET", f"protocol/{page}", READERS) for page in ("worth", "worth.csv", "worth/<limit>")),
    *(("GET", f"protocol/{page}", READERS) for page in ("entry-errors", "entry-errors.csv")),
    ("GET", "drafts", READERS),
    ("POST", "drafts", EDITORS),
    ("GET", f"drafts/{ANYBODY}", READERS),
    *(("POST", f"drafts/{ANYBODY}/{act}", EDITORS) for act in ("change", "finish", "fact/choose")),
    *((method, f"drafts/{ANYBODY}/{part}", EDITORS) for method in ("GET", "POST") for part in PARTS),
    ("GET", "roster", READERS),
    ("POST", "roster", READERS),
    ("GET", "staff", {AD}),
    ("POST", "staff", {AD}),
    ("POST", "teams", {AD}),
    ("GET", f"staff/{ANYBODY}", {AD}),
    ("POST", f"staff/{ANYBODY}/link", {AD}),
    ("POST", f"staff/{ANYBODY}/phone", {AD}),
    ("POST", f"staff/{ANYBODY}/disable", {AD}),
    ("GET", "staff/file", {SU, AD}),
    ("POST", "staff/file", {SU, AD}),
    ("GET", "setup", {SU, AD}),
    *(("POST", f"setup/{what}", {SU, AD}) for what in ("programmes", "teams")),
    ("GET", "setup/teams", {SU, AD}),
    ("GET", f"setup/teams/{ANYBODY}", {SU, AD}),
    *(("POST", f"setup/teams/{ANYBODY}/{act}", {SU, AD}) for act in ("people", "move", "close", "open")),
    *((method, "setup/programmes/<slug>", {SU, AD}) for method in ("GET", "POST")),
    *(("POST", f"setup/programmes/<slug>/{act}", {SU, AD}) for act in ("close", "open")),
    ("GET", "health", {SU, AD}),
    ("GET", "questionnaires", READERS),
    ("POST", "questionnaires", EDITORS),
    ("GET", f"questionnaires/{ANYBODY}", READERS),
    ("GET", f"questionnaires/{ANYBODY}/document", READERS),
    ("GET", f"questionnaires/{ANYBODY}/preview", READERS),
    ("POST", f"questionnaires/{ANYBODY}/preview", READERS),
    ("POST", f"questionnaires/{ANYBODY}/preview/answers", READERS),
    ("GET", f"questionnaires/{ANYBODY}/preview/end", READERS),
    *(("POST", f"questionnaires/{ANYBODY}/{act}", EDITORS) for act in ("publish", "in-force", "retire")),
]


def test_the_table_below_names_every_route_of_this_room(app: Flask) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("admin.")]
    known = {
        (method, re.sub(r"<uuid:\w+>", ANYBODY, rule.rule.partition("/admin/")[2]))
        for rule in rules
        for method in rule.methods & {"GET", "POST"}
    }
    assert known == {(method, path) for method, path, _ in ROUTES}


@pytest.mark.parametrize("role", Role)
def test_each_role_opens_its_own_routes_and_no_other(app: Flask, session: Session, role: Role) -> None:
    firstrun.load_programme(session, clock_now())
    client = sign_in(app, make_person(session, role=role))
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/fr/nowhere").text)

    for method, path, allowed in ROUTES:
        data = {"csrf_token": token[1]} if method == "POST" else None
        answer = client.open(f"/en/admin/{path}", method=method, data=data)
        assert (answer.status_code == 403) is (role not in allowed), (method, path)
        assert answer.status_code < 500


def test_nobody_signed_out_enters(app: Flask) -> None:
    for method, path, _ in ROUTES:
        answer = app.test_client().open(f"/en/admin/{path}", method=method)
        if method == "GET":
            assert answer.location.startswith("/en/staff/sign-in"), path
        else:
            assert answer.status_code in (302, 400), path


def test_a_form_without_its_token_changes_nothing(session: Session, client: FlaskClient, team: Team) -> None:
    answer = client.post(STAFF, data=invitation(team))

    assert answer.status_code == 400
    assert session.scalar(sa.select(sa.func.count()).select_from(Staff)) == 1


@pytest.mark.parametrize("public_id", ["1", "6b1f7a52-93f4-4c07-9a5e-2d1c8e0f4b3a", "..%2f..", "%00"])
def test_an_unknown_person_is_not_found(client: FlaskClient, public_id: str) -> None:
    assert client.get(f"{STAFF}/{public_id}").status_code == 404


def test_the_link_of_a_token_belongs_to_the_person_it_was_made_for(
    session: Session, client: FlaskClient, team: Team
) -> None:
    token = link_on(post(client, STAFF, invitation(team)).text).rpartition("/")[2]

    assert staff.invited(session, token=token, now=clock_now()).email == "d.laurier@centre.example"
