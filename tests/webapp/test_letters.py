"""Letters to the general practitioner: what they say, who may read them, and that they never change."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from records.models import AccessEntry, Role
from tests.webapp.signing import TOKEN, post
from tests.webapp.ward import Ward, enter, open_ward
from triage import letters
from triage.letters import Content
from triage.models import Disposition, DispositionKind, Letter
from webapp.clinic import letter_paper, letter_words

CONTENT = Content(
    language="fr",
    programme="COVID-19",
    team="Nord",
    phone="+33140000000",
    zone="Europe/Paris",
    patient="BENALI Aïcha",
    birth_date="1961-05-17",
    gp="Dr Łukasz Nowak",
    reasons=("SpO2 90 %",),
    values=(("Température", "38,4 °C"),),
    decided="gp",
    decided_at="2026-11-22T10:00:00+00:00",
    called_at="",
    words="Merci de la revoir demain.",
    by="Camille Duval",
    written_at="2026-11-22T10:05:00+00:00",
)


TYPED = "Merci de la revoir lundi"


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


def decided(app: Flask, ward: Ward, role: str = Role.PHYSICIAN, **given):
    """(the patient, the browser of who decided, the address of the letter)."""
    enrolment = ward.red(gp_name="Dr Claire Petit", gp_phone="06 12 34 56 78", **given)
    client = enter(app, ward, role)
    page = f"/fr/patients/{enrolment.public_id}"
    call = f"/fr/callbacks/{ward.callback(enrolment).public_id}"
    post(client, "/fr/queue", {}, to=f"{call}/claim")
    post(client, page, {"attempt-outcome": "reached", "attempt-verified": "y"}, to=f"{call}/attempts")
    seen = ",".join(str(alert.public_id) for alert in ward.alerts(enrolment))
    said = {"disposition-kind": "gp", "disposition-note": "Toux qui dure", "disposition-seen": seen}
    answer = post(client, page, said, to=f"{call}/dispositions")
    assert answer.status_code == 302, answer.text
    disposition = ward.session.scalars(select(Disposition)).one()
    return enrolment, client, f"{page}/dispositions/{disposition.public_id}/letter"


def written(ward: Ward) -> Letter:
    return ward.session.scalars(select(Letter), execution_options={"populate_existing": True}).one()


def test_a_letter_says_who_why_with_values_what_by_whom_and_how_to_reach_the_centre(app: Flask, ward: Ward) -> None:
    enrolment, client, address = decided(app, ward)

    shown = client.get(address).text
    post(client, address, {"words": "Merci de la revoir demain."})

    said = letters.read(written(ward), enrolment)
    assert "Toux qui dure" in shown, "the note stands ready to be edited"
    assert (said.gp, said.words, said.decided) == ("Dr Claire Petit", "Merci de la revoir demain.", "gp")
    assert said.by == ward.person(Role.PHYSICIAN).name
    assert said.phone == ward.programme.phone
    assert any("90" in sentence for sentence in said.reasons)
    assert "38,4 °C" in dict(said.values).values()
    assert "90 %" in dict(said.values).values()


def test_the_same_letter_again_is_the_same_letter_and_the_same_paper(app: Flask, ward: Ward) -> None:
    _, client, address = decided(app, ward)
    for _ in range(2):
        post(client, address, {"words": "Merci."})
    pdf = f"/fr/letters/{written(ward).public_id}.pdf"

    first, second = client.get(pdf), client.get(pdf)

    assert first.data == second.data
    assert (first.data[:5], first.mimetype) == (b"%PDF-", "application/pdf")


def test_whoever_may_not_read_the_patient_gets_no_letter_and_reading_is_logged(app: Flask, ward: Ward) -> None:
    enrolment, client, address = decided(app, ward)
    post(client, address, {"words": ""})
    pdf = f"/fr/letters/{written(ward).public_id}.pdf"
    stranger = enter(app, ward, Role.PHYSICIAN, "Alix Renard", team=ward.another_team())
    administrator = enter(app, ward, Role.ADMINISTRATOR)

    client.get(pdf)

    assert [stranger.get(pdf).status_code, administrator.get(pdf).status_code] == [404, 403]
    logged = select(AccessEntry).where(AccessEntry.page == "letter", AccessEntry.enrolment_id == enrolment.id)
    assert len(ward.session.scalars(logged).all()) >= 2


def test_the_letter_of_another_patients_decision_is_nobodys(app: Flask, ward: Ward) -> None:
    _, client, address = decided(app, ward)
    other = ward.patient()

    answer = client.get(f"/fr/patients/{other.public_id}{address[address.index('/dispositions') :]}")

    assert answer.status_code == 404


@pytest.mark.parametrize(("languages", "language"), [(["fr", "en"], "fr"), (["en", "fr"], "en"), (["ar"], "fr")])
def test_a_letter_is_in_the_centres_language(ward: Ward, languages: list[str], language: str) -> None:
    enrolment = ward.patient()
    enrolment.programme.languages = languages

    assert letters.language_of(enrolment) == language


@pytest.mark.parametrize("name", ["NGUYỄN Thị Hồng", "ŁUKASIEWICZ Żaneta", "ΠΑΠΑΔΟΠΟΥΛΟΥ Ελένη", "МОРОЗОВА Анна"])
def test_names_beyond_latin_1_are_drawn_by_their_own_letters(name: str) -> None:
    drawn = letter_paper.paper(replace(CONTENT, patient=name))

    assert drawn != letter_paper.paper(replace(CONTENT, patient="X"))
    assert letter_paper.missing(name) == set()


def test_arabic_letters_are_joined_and_set_from_right_to_left() -> None:
    """The glyphs of a joined word are not those of its letters one by one."""
    pdf = letter_paper.blank(CONTENT)
    pdf.set_font("DejaVu", "", 12)
    joined, apart = pdf.get_string_width("محمد"), sum(pdf.get_string_width(letter) for letter in "محمد")
    letter_paper.close(pdf)

    assert letter_paper.missing("بن علي محمد") == set()
    assert joined < apart


@pytest.mark.parametrize("kind", list(DispositionKind))
def test_every_decision_has_its_sentence(kind: DispositionKind) -> None:
    assert letter_words.DECIDED[kind].message
    assert len(letter_paper.paper(replace(CONTENT, decided=kind.value))) > 1000


def test_a_long_letter_goes_on_on_a_second_page() -> None:
    long = letter_paper.paper(replace(CONTENT, words="Une phrase qui se répète. " * 300))

    assert long.count(b"/Type /Page\n") > 1


def test_words_typed_while_the_session_ended_come_back_after_signing_in(app: Flask, ward: Ward):
    _, client, address = decided(app, ward)
    token = TOKEN.search(client.get(address).text)
    client.delete_cookie("vigidom_staff")

    kept = client.post(address, data={"csrf_token": token[1], "words": TYPED})
    shown = post(enter(app, ward), address, {"words": TYPED, "show": ""})

    assert (kept.status_code, TYPED in kept.text) == (401, True)
    assert f"{TYPED}</textarea>" in shown.text
    assert ward.session.scalars(select(Letter)).all() == []


def test_a_megabyte_of_words_is_a_sentence_and_kept(app: Flask, ward: Ward):
    _, client, address = decided(app, ward)

    answer = post(client, address, {"words": "x" * 1_000_000})

    assert (answer.status_code, "x" * 1_000_000 in answer.text) == (422, True)
