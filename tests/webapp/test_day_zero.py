"""From an empty database to a working cell by a supervisor alone; winding down, and starting again."""

from __future__ import annotations

import io
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from records import clock
from records.models import AuditEntry, Programme, Role, Staff
from records.staff.telephones import phone_of
from tests.webapp.signing import PASSWORD, make_person, make_team, post, sign_in
from webapp import firstrun

SETUP = "/en/admin/setup"
PROGRAMME = "/en/admin/setup/programmes/covid-19"
FILE = "/en/admin/staff/file"
ROLL = """Nom;Courriel;Fonction;Langue
Anna Blin;anna@hopital.example;Opératrice;fr
Luc Roy;luc@hopital.example;Médecin;en
"""


@pytest.fixture
def supervisor(app: Flask, session: Session) -> Staff:
    return make_person(session, role=Role.SUPERVISOR, language="en")


@pytest.fixture
def programme(session: Session) -> Programme:
    made = firstrun.load_programme(session, clock.now())
    session.commit()
    return made


def send(client: FlaskClient, to: str, *, page: str, **data: object) -> TestResponse:
    return post(client, page, data, to=to)


def typed(client: FlaskClient, **changes: str) -> dict[str, str]:
    """The form as its page shows it, with `changes`."""
    page = client.get(PROGRAMME).text
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        kind = re.search(r'type="(radio|checkbox)"', tag)
        if name and (not kind or "checked" in tag):
            found[name[1]] = value[1] if value else ""
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else "all"
    found.pop("csrf_token", None)
    return {**found, **changes}


def test_a_supervisor_takes_an_empty_database_to_a_working_cell(
    app: Flask, session: Session, supervisor: Staff
) -> None:
    client = sign_in(app, supervisor)

    empty = client.get(SETUP).text
    send(client, f"{SETUP}/programmes", page=SETUP, slug="covid-19")
    send(client, f"{SETUP}/teams", page=SETUP, **{"team-name": "Cellule Nord"})
    saved = send(client, PROGRAMME, page=PROGRAMME, **typed(client, phone="01 42 34 56 78", red_minutes="15"))
    links = send(
        client,
        FILE,
        page=FILE,
        text=ROLL.replace("Langue", "Équipe;Langue")
        .replace(";fr", ";cellule nord;fr")
        .replace(";en", ";Cellule Nord;en"),
        invite="1",
    )

    assert "None yet" in empty
    assert saved.status_code == 302
    assert len(set(re.findall(r"/staff/set-up/([\w-]+)", links.text))) == 2
    run = session.scalars(select(Programme).execution_options(populate_existing=True)).one()
    assert (run.phone, run.red_minutes) == ("+33142345678", 15)
    made = {
        one.name: (one.role, [team.name for team in one.teams])
        for one in session.scalars(select(Staff))
        if one.set_up_at is None
    }
    assert made == {"Anna Blin": (Role.OPERATOR, ["Cellule Nord"]), "Luc Roy": (Role.PHYSICIAN, ["Cellule Nord"])}


def test_the_list_of_what_is_needed_says_what_is_missing(app: Flask, programme: Programme, supervisor: Staff) -> None:
    page = sign_in(app, supervisor).get(SETUP).text

    assert "still the example one" in page
    assert "No operator has set up their account yet." in page


WRONG = [
    ({"opens": "8 heures"}, "Type an hour as in 08:00"),
    ({"opens": "20:00", "closes": "08:00"}, "The centre must close later than it opens"),
    ({"zone": "Paris"}, "This is not a time zone"),
    ({"red_minutes": "0"}, "Type a whole number of minutes from 1 to 1440."),
    ({"red_minutes": "ten"}, "Type a number of minutes"),
    ({"red_minutes": "150"}, "A red call must be due no later than an orange one."),
    ({"lead_after_minutes": "20"}, "The lead must be told no later than the physician on call."),
    ({"phone": "12"}, "This telephone number does not exist"),
    ({"phone": ""}, "Type the centre&#39;s number"),
    ({"shown_number": "call us"}, "This is not a telephone number"),
    ({"closes": "11:00"}, "outside the centre&#39;s hours"),
    ({"at-0": "quarter past"}, "Type each hour at which patients are asked"),
    ({"at-0": "", "at-1": ""}, "A schedule has one to four slots"),
    ({"at-0": "03:00"}, "would"),
    ({"calls_by": "pigeon"}, "Choose among the choices shown"),
]


@pytest.mark.parametrize(("changes", "sentence"), WRONG)
def test_what_cannot_be_is_refused_in_a_sentence_and_nothing_changes(
    app: Flask, session: Session, programme: Programme, supervisor: Staff, changes: dict[str, str], sentence: str
) -> None:
    client = sign_in(app, supervisor)
    before = (programme.opens, programme.closes, programme.schedule, programme.phone, programme.red_minutes)

    answer = send(client, PROGRAMME, page=PROGRAMME, **typed(client, **changes))

    assert answer.status_code == 422
    assert sentence in answer.text
    session.refresh(programme)
    assert (programme.opens, programme.closes, programme.schedule, programme.phone, programme.red_minutes) == before


def test_hours_and_the_hours_of_asking_change_together(
    app: Flask, session: Session, programme: Programme, supervisor: Staff
) -> None:
    client = sign_in(app, supervisor)

    answer = send(
        client,
        PROGRAMME,
        page=PROGRAMME,
        **typed(client, opens="09h00", closes="17:30", **{"at-0": "9:15", "at-1": ""}),
    )

    assert answer.status_code == 302
    session.refresh(programme)
    assert (f"{programme.opens:%H:%M}", f"{programme.closes:%H:%M}") == ("09:00", "17:30")
    assert [(entry["slot"], entry["at"]) for entry in programme.schedule] == [("morning", "09:15")]


def test_of_two_people_who_change_a_programme_the_second_is_told(
    app: Flask, session: Session, programme: Programme, supervisor: Staff
) -> None:
    mine, theirs = sign_in(app, supervisor), sign_in(app, make_person(session, role=Role.ADMINISTRATOR, language="en"))
    sent = typed(mine, orange_minutes="90")
    send(theirs, PROGRAMME, page=PROGRAMME, **typed(theirs, silent_minutes="60"))

    refused = send(mine, PROGRAMME, page=PROGRAMME, **sent)

    assert refused.status_code == 422
    assert "Somebody else has changed this programme meanwhile" in refused.text
    assert 'value="90"' in refused.text
    session.refresh(programme)
    assert (programme.orange_minutes, programme.silent_minutes) == (120, 60)


def test_a_programme_that_is_closed_takes_nobody_in_until_it_is_opened_again(
    app: Flask, session: Session, programme: Programme, supervisor: Staff
) -> None:
    client = sign_in(app, supervisor)

    send(client, f"{PROGRAMME}/close", page=PROGRAMME)
    closed = client.get("/en/patients/new").text
    send(client, f"{PROGRAMME}/open", page=PROGRAMME)

    assert "takes nobody in" in closed
    session.refresh(programme)
    assert programme.closed_at is None
    actions = [entry.canonical for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert [name for name in (b"programme.closed", b"programme.reopened") if any(name in one for one in actions)] == [
        b"programme.closed",
        b"programme.reopened",
    ]


FILES = [
    ("name,email\nAnna,a@b.example", "role is missing"),
    ("", "email and role; name is missing"),
    ("name,email,role", "names nobody"),
    ('name,email,role\n"Anna,a@b.example,operator', "Line"),
    ("name,email,role\nAnna,anna,operator", "This is not an e-mail address"),
    ("name,email,role\nAnna,a@b.example,king", "This role is not known"),
    ("name,email,role\nAnna,a@b.example,administrator", "Only an administrator can invite an administrator."),
    ("name,email,role,team\nAnna,a@b.example,operator,Süd", "There is no team of yours called Süd"),
    ("name,email,role\nA,a@b.example,operator\nB,A@b.example,operator", "stands twice in the file: line 2"),
    ("name,email,role,language\nA,a@b.example,operator,tlh", "This language is not known"),
    ("name,email,role,phone\nA,a@b.example,operator,01 42 34 56 78", "A fixed line gets no texts"),
]


@pytest.mark.parametrize(("text", "sentence"), FILES)
def test_a_file_that_cannot_be_taken_invites_nobody_and_says_what_to_mend(
    app: Flask, session: Session, supervisor: Staff, text: str, sentence: str
) -> None:
    client = sign_in(app, supervisor)

    answer = send(client, FILE, page=FILE, text=text, invite="1")

    assert answer.status_code == 422
    assert sentence in answer.text
    assert list(session.scalars(select(Staff))) == [supervisor]


def test_a_file_is_looked_at_before_anybody_is_invited(app: Flask, session: Session) -> None:
    supervisor = make_person(session, role=Role.SUPERVISOR, team=make_team(session), language="en")
    client = sign_in(app, supervisor)

    looked = send(client, FILE, page=FILE, file=(io.BytesIO("\ufeff".encode() + ROLL.encode()), "staff.csv"))

    assert looked.status_code == 200
    assert "Invite 2 people" in looked.text
    assert list(session.scalars(select(Staff))) == [supervisor]


def test_a_file_that_is_no_text_is_refused(app: Flask, supervisor: Staff) -> None:
    client = sign_in(app, supervisor)

    answer = send(client, FILE, page=FILE, file=(io.BytesIO(b"PK\x03\x04\xff\xfe"), "staff.xlsx"))

    assert answer.status_code == 422
    assert "not plain text in UTF-8" in answer.text


def test_somebody_who_works_here_already_is_named_and_nobody_else_is_invited(
    app: Flask, session: Session, supervisor: Staff
) -> None:
    client = sign_in(app, supervisor)
    known = make_person(session, role=Role.OPERATOR)

    answer = send(
        client, FILE, page=FILE, text=f"name,email,role\nA,new@b.example,operator\nB,{known.email},operator", invite="1"
    )

    assert answer.status_code == 422
    assert "is a member of staff already" in answer.text
    assert session.scalar(select(Staff).where(Staff.email == "new@b.example")) is None


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ENROLLER, Role.PHYSICIAN])
def test_only_supervisors_and_administrators_set_a_centre_up(app: Flask, session: Session, role: Role) -> None:
    client = sign_in(app, make_person(session, role=role, language="en"))

    assert [client.get(page).status_code for page in (SETUP, FILE)] == [403, 403]


def test_a_supervisor_in_no_team_yet_starts_where_a_centre_is_set_up(app: Flask, supervisor: Staff) -> None:
    client = app.test_client()

    answer = post(client, "/en/staff/sign-in", {"email": supervisor.email, "password": PASSWORD})

    assert answer.location.endswith(SETUP)


def test_a_telephone_of_the_file_is_kept_sealed(app: Flask, session: Session) -> None:
    supervisor = make_person(session, role=Role.SUPERVISOR, team=make_team(session), language="en")
    client = sign_in(app, supervisor)

    send(client, FILE, page=FILE, text="name,email,role,mobile\nA,a@b.example,operator,07 56 78 12 34", invite="1")

    made = session.scalars(select(Staff).where(Staff.email == "a@b.example")).one()
    assert phone_of(made) == "+33756781234"
    assert b"756781234" not in (made.phone or b"")
