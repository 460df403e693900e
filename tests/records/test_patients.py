"""Identity: sealed in its place, found by blind indexes, never twice by mistake."""

from __future__ import annotations

import sys
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import event, true
from sqlalchemy.orm import Session

from records import access, crypto, patients
from records.models import Patient, PatientIndex, PatientKey
from records.patients import Identity, index
from records.refusals import FieldErrors
from tests.factories import NOW, make_enrolment, make_identity, make_patient, make_staff, make_team

LEA = {"given_name": "Léa", "family_name": "N'Diaye-Morel", "birth_date": date(1950, 2, 3), "email": "lea@example.org"}


def kept(session: Session, **overrides: object) -> Patient:
    patient = make_patient(session, **overrides)
    session.commit()
    return patient


def test_an_identity_comes_back_as_it_was_entered(session: Session) -> None:
    identity = make_identity(**LEA)
    patient = patients.create(session, identity=identity, language="fr", rehearsal=True, now=NOW)
    session.commit()

    assert patients.reveal(patient) == identity


def test_nothing_of_an_identity_stands_in_the_database_in_clear(session: Session) -> None:
    patient = kept(session, **LEA)
    indexed = "SELECT string_agg(i::text, ' ') FROM patient_index i"
    whole = f"SELECT p::text, k::text, ({indexed}) FROM patients p JOIN patient_keys k ON true"
    row = session.execute(sa.text(whole)).one()
    stored = bytes(patient.family_name) + bytes(patient.birth_date) + "".join(row).encode()

    for clear in ("Léa", "Morel", "morel", "1950", "lea@example", patients.reveal(patient).phone or "?"):
        assert clear.encode() not in stored
        assert clear.encode().hex() not in stored.decode("latin-1")


def test_a_value_moved_to_another_column_does_not_open(session: Session) -> None:
    patient = kept(session)
    patient.family_name = patient.given_name

    with pytest.raises(crypto.SealBroken):
        patients.reveal(patient)


def test_a_value_moved_to_another_row_does_not_open_even_with_its_key(session: Session) -> None:
    one, other = kept(session), kept(session)
    other.family_name, other.key.wrapped = one.family_name, one.key.wrapped

    with pytest.raises(crypto.SealBroken):
        patients.reveal(other)


def test_a_text_sealed_for_one_place_does_not_open_in_another(session: Session) -> None:
    patient = kept(session)
    here = {"table": "attempts", "column": "note", "public_id": patient.public_id}
    sealed = patients.seal_for(patient, "coughs", **here)

    assert patients.reveal_text(patient, sealed, **here) == "coughs"
    for elsewhere in ({"table": "dispositions"}, {"column": "other"}, {"public_id": kept(session).public_id}):
        with pytest.raises(crypto.SealBroken):
            patients.reveal_text(patient, sealed, **(here | elsewhere))


def test_a_row_read_without_the_orm_is_revealed_too(session: Session) -> None:
    patient = kept(session, **LEA)
    columns = ", ".join(f"p.{name}" for name in ("family_name", "given_name", "birth_date", "phone", "email"))
    row = session.execute(sa.text(f"SELECT {columns}, k.wrapped FROM patients p JOIN patient_keys k ON true")).one()

    sealed = {name: value for name, value in row._mapping.items() if name != "wrapped"}
    found = patients.reveal_row(public_id=patient.public_id, wrapped=row.wrapped, sealed=sealed)

    assert found == patients.reveal(patient)


def test_revealing_fifty_patients_is_one_query(session: Session, engine: sa.Engine) -> None:
    for _ in range(50):
        make_patient(session)
    session.commit()
    statements: list[str] = []

    def hear(*args: object) -> None:
        statements.append(str(args[2]))

    event.listen(engine, "before_cursor_execute", hear)
    names = [patients.reveal(patient).name for patient in session.scalars(sa.select(Patient))]
    event.remove(engine, "before_cursor_execute", hear)

    assert len(names) == 50
    assert len(statements) == 1


@pytest.mark.parametrize("typed", ["ndiaye", "morel", "lea", "LÉA", "N'Diaye", "n’diaye-morel", "diaye", "Morel Léa"])
def test_a_name_is_found_by_any_of_its_words_however_typed(session: Session, typed: str) -> None:
    enrolment = make_enrolment(session, **LEA)
    make_enrolment(session, given_name="Paul", family_name="Garnier")
    session.commit()

    assert patients.search(session, text=typed, scope=true()) == [enrolment]


@pytest.mark.parametrize(
    "typed",
    ["03/02/1950", "1950-02-03", "Morel 3.2.1950", "lea@example.org", "06 39 98 77 77", "+33639987777 lea"],
)
def test_a_patient_is_found_by_birth_date_email_or_number_and_name(session: Session, typed: str) -> None:
    enrolment = make_enrolment(session, **LEA, phone="+33639987777")
    make_enrolment(session, given_name="Paul", family_name="Morel")
    session.commit()

    assert patients.search(session, text=typed, scope=true()) == [enrolment]


@pytest.mark.parametrize("typed", ["", "  ", "-", "mor", "lea garnier", "31/02/1950", "lea 04/02/1950", "%", "x" * 500])
def test_a_search_for_something_else_finds_nobody(session: Session, typed: str) -> None:
    make_enrolment(session, **LEA)
    session.commit()

    assert patients.search(session, text=typed, scope=true()) == []


@pytest.mark.parametrize("typed", ["morel", "morel garnier", "garnier morel"])
def test_of_many_namesakes_the_newest_are_found_first(
    session: Session, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    monkeypatch.setattr(sys.modules["records.patients.search"], "MOST", 2)
    names = ("Morel", "Morel-Garnier", "Morel Garnier", "Garnier", "Garnier-Morel")
    made = [make_enrolment(session, family_name=name, now=NOW + timedelta(hours=n)) for n, name in enumerate(names)]
    session.commit()

    found = patients.search(session, text=typed, scope=true())

    words = [word.capitalize() for word in typed.split()]
    wanted = [one for one, name in zip(made, names, strict=True) if all(word in name for word in words)]
    assert found == wanted[:-3:-1]


def test_a_search_stays_within_the_teams_of_whoever_searches(session: Session) -> None:
    mine, other = make_team(session), make_team(session)
    staff = make_staff(session, teams=[mine])
    enrolment = make_enrolment(session, team=mine, **LEA)
    make_enrolment(session, team=other, **LEA)
    session.commit()

    assert patients.search(session, text="morel", scope=access.scope(staff)) == [enrolment]


def test_an_amended_name_is_found_anew_and_no_longer_by_the_old_one(session: Session) -> None:
    enrolment = make_enrolment(session, **LEA)
    identity = make_identity(**(LEA | {"family_name": "Garnier"}))
    changed = patients.amend(session, patient=enrolment.patient, identity=identity, language="en", now=NOW)
    session.commit()

    assert changed == ["family_name", "phone", "language"]
    assert patients.search(session, text="garnier", scope=true()) == [enrolment]
    assert patients.search(session, text="morel", scope=true()) == []
    assert patients.reveal(enrolment.patient).family_name == "Garnier"


def test_an_amendment_that_changes_nothing_writes_nothing(session: Session) -> None:
    patient = kept(session, **LEA)
    before = bytes(patient.family_name)

    later = NOW + timedelta(days=1)
    same = patients.reveal(patient)
    assert patients.amend(session, patient=patient, identity=same, language="fr", now=later) == []
    assert (bytes(patient.family_name), patient.updated_at) == (before, NOW)


DUPLICATES = [
    ({"given_name": "Lea", "family_name": "Ndiaye", "phone": "+33639981111"}, "birth-and-name"),
    ({"given_name": "Anna", "family_name": "Rossi"}, "phone-and-birth"),
    ({"given_name": "Anna", "family_name": "Morel", "birth_date": date(1990, 1, 1)}, "phone-and-name"),
    ({"given_name": "Anna", "family_name": "Rossi", "birth_date": date(1990, 1, 1)}, None),
    ({"birth_date": date(1990, 1, 1), "phone": "+33639981111"}, None),
    ({"given_name": "Anna", "family_name": "Rossi", "phone": "+33639981111"}, None),
    ({"given_name": "N", "family_name": "de Rossi", "phone": "+33639981111"}, None),
]


@pytest.mark.parametrize(("other", "why"), DUPLICATES)
def test_a_likely_duplicate_is_shown_with_its_reason(session: Session, other: dict[str, object], why: str) -> None:
    known = {**LEA, "phone": "+33639987777", "given_name": "Léa N de"}
    patient = kept(session, **known)

    found = patients.likely_duplicates(session, identity=make_identity(**(known | other)))

    assert [(duplicate.patient, duplicate.why) for duplicate in found] == ([(patient, why)] if why else [])
    assert patients.likely_duplicates(session, identity=make_identity(**(known | other)), besides=patient) == []


@pytest.mark.parametrize(("typed", "found"), [("06.39.98.77.77", 1), ("0033639987777", 1), ("no number", 0), ("", 0)])
def test_a_duplicate_is_found_by_the_number_as_it_was_typed(session: Session, typed: str, found: int) -> None:
    kept(session, family_name="Morel", phone="+33639987777")
    identity = make_identity(family_name="Morel", birth_date=date(1990, 1, 1), phone=typed)

    assert len(patients.likely_duplicates(session, identity=identity)) == found


def test_a_shared_telephone_reaches_every_patient_behind_it(session: Session) -> None:
    one, other = kept(session, phone="+33639985555"), kept(session, phone="+33639985555")
    kept(session)

    assert patients.by_phone(session, phone="+33639985555") == [one, other]


TODAY = NOW.date()
BAD = [
    ("family_name", ""),
    ("family_name", "   "),
    ("family_name", "x" * 101),
    ("family_name", "x" * 1_000_000),
    ("family_name", "Mo\x00rel"),
    ("family_name", "Mo\u202erel"),
    ("family_name", "Mo\ud800rel"),
    ("family_name", "1234"),
    ("given_name", None),
    ("birth_date", TODAY + timedelta(days=2)),
    ("birth_date", TODAY.replace(year=TODAY.year - 122)),
    ("birth_date", None),
    ("phone", "12"),
    ("phone", ""),
    ("email", "no-at-sign"),
    ("email", "two@@example.org"),
    ("email", "a@" + "x" * 300 + ".org"),
]


@pytest.mark.parametrize(("field", "value"), BAD)
def test_an_impossible_identity_is_refused_by_field_and_changes_nothing(
    session: Session, field: str, value: object
) -> None:
    with pytest.raises(FieldErrors) as refused:
        patients.create(session, identity=make_identity(**{field: value}), language="fr", rehearsal=True, now=NOW)

    assert set(refused.value.errors) == {field}
    assert session.scalar(sa.select(sa.func.count()).select_from(Patient)) == 0


def test_every_bad_field_is_told_at_once(session: Session) -> None:
    identity = make_identity(family_name="", birth_date=None, phone="x")

    with pytest.raises(FieldErrors) as refused:
        patients.create(session, identity=identity, language="xx", now=NOW)
    assert set(refused.value.errors) == {"family_name", "birth_date", "phone", "language"}


def test_names_are_tidied_but_not_changed(session: Session) -> None:
    patient = kept(session, family_name="  de   La\u0300 Tour ", given_name="José-María")

    assert patients.reveal(patient).name == "José-María de Là Tour"


def test_the_index_keeps_digests_under_their_version(session: Session) -> None:
    kept(session, **LEA)

    rows = session.scalars(sa.select(PatientIndex)).all()
    assert {row.kind for row in rows} == {"name", "birth", "phone", "email"}
    assert {(row.version, len(row.digest)) for row in rows} == {(crypto.INDEX_VERSION, 16)}
    assert session.scalars(sa.select(PatientKey)).one().patient_id == rows[0].patient_id


@pytest.mark.parametrize(
    ("born", "today", "years"),
    [
        (date(2008, 3, 10), date(2026, 3, 10), 18),
        (date(2008, 3, 11), date(2026, 3, 10), 17),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
    ],
)
def test_an_age_is_counted_in_whole_years(born: date, today: date, years: int) -> None:
    assert patients.years_between(born, today) == years


@given(st.text(min_size=1, max_size=30))
def test_what_is_typed_as_the_stored_name_always_finds_it(name: str) -> None:
    assert set(index.words(name)) <= index.tokens(name)


@example("\N{NEGATIVE SQUARED LATIN CAPITAL LETTER A}\N{PARENTHESIZED LATIN CAPITAL LETTER A}", "")
@given(st.text(max_size=30), st.text(max_size=30))
def test_case_and_accents_never_hide_a_name(name: str, other: str) -> None:
    assert index.plain(index.plain(name)) == index.plain(name)
    assert index.tokens(name) | index.tokens(other) >= index.tokens(f"{name} {other}")


@pytest.mark.parametrize("hidden", ["\u200b", "\u00ad", "\ufeff", "\u200d", "\u200f"])
def test_what_cannot_be_seen_in_a_copied_name_hides_nobody(hidden: str) -> None:
    assert index.tokens(f"Du{hidden}rand{hidden}") == {"durand"}


def test_an_identity_does_not_print_itself() -> None:
    identity = Identity("Morel", "Léa", date(1950, 2, 3))

    assert "Morel" not in repr(identity)
