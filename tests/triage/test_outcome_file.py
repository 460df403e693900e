"""A hospital's file of outcomes as hospitals write it: separators, marks, headings, words and days."""

from __future__ import annotations

from datetime import date

import pytest

from triage.outcome_file import BadLine, Line, UnreadableFile, day, kind, read, rejected
from triage.outcome_models import OutcomeKind

ADMITTED, CARE, DECEASED = OutcomeKind.ADMITTED, OutcomeKind.INTENSIVE_CARE, OutcomeKind.DECEASED
MARCH = date(2026, 3, 9)


@pytest.mark.parametrize(
    "text",
    [
        "patient,kind,date\na,admitted,2026-03-09\n",
        "\ufeffpatient;kind;date\r\na;admitted;09/03/2026\r\n",
        "Date;Nature;Identifiant;Service\n9.3.2026;Hospitalisée;a;Pneumologie\n",
        'date,"KIND",patient\n2026-03-09 14:05,Admission, a \n\n,,\n',
    ],
)
def test_a_file_is_read_whatever_program_wrote_it(text: str) -> None:
    sheet = read(text.encode())

    assert sheet.lines == [Line(2, "a", ADMITTED, MARCH)]
    assert sheet.rejects == []


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("admitted", ADMITTED),
        ("Hospitalisé", ADMITTED),
        ("intensive-care", CARE),
        ("Intensive care", CARE),
        ("Réanimation", CARE),
        ("SOINS INTENSIFS", CARE),
        ("deceased", DECEASED),
        ("Décès", DECEASED),
        ("décédée", DECEASED),
    ],
)
def test_kinds_are_known_in_both_languages(word: str, meant: OutcomeKind) -> None:
    assert kind(word) is meant


@pytest.mark.parametrize("word", ["", "better", "admitted and deceased", "discharged"])
def test_another_word_is_refused_with_the_right_ones(word: str) -> None:
    with pytest.raises(BadLine, match="write admitted, intensive-care or deceased"):
        kind(word)


@pytest.mark.parametrize(
    "typed", ["", "9/3/26", "31/02/2026", "2026-13-01", "03/09", "yesterday", "20260309", "1/1/0000"]
)
def test_a_day_that_does_not_exist_or_could_be_two_is_refused(typed: str) -> None:
    with pytest.raises(BadLine, match="write 2026-11-22 or 22/11/2026"):
        day(typed)


def test_each_bad_line_is_told_by_its_number_and_all_others_are_taken() -> None:
    sheet = read(
        b'patient,kind,date\n,admitted,2026-03-09\na,cured,2026-03-09\na,admitted,soon\n"a\nb",admitted,2026-03-09\n'
    )

    assert [one.number for one in sheet.rejects] == [2, 3, 4]
    assert [one.why.split()[0] for one in sheet.rejects] == ["names", "does", "has"]
    assert [(line.number, line.patient) for line in sheet.lines] == [(6, "a\nb")]


def test_a_cell_too_many_is_no_guess() -> None:
    sheet = read(b"patient,kind,date\na,admitted,2026-03-09,deceased\n")

    assert sheet.lines == []
    assert "quotation marks" in sheet.rejects[0].why


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("patient,kind,date\nJosé,admitted,2026-03-09\n".encode("latin-1"), "UTF-8"),
        (b"", "no column patient and no column kind and no column date"),
        (b"patient,date\na,2026-03-09\n", "no column kind"),
        (b'patient,kind,date\n"a,admitted,' + b"x" * 140_000, "no CSV"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_says_what_to_do(content: bytes, told: str) -> None:
    with pytest.raises(UnreadableFile, match=told):
        read(content)


def test_what_was_not_taken_is_written_as_it_came_and_can_be_mended_and_read_again() -> None:
    sheet = read("Identifiant;Nature;Date;Service\na;guéri;09/03/2026;Pneumo; Nord\nb;Décès;32/03/2026;«R»\n".encode())

    kept = rejected(sheet)

    text = kept.decode("utf-8-sig")
    assert text.splitlines()[0] == "Identifiant;Nature;Date;Service;more 1;line;problem"
    assert text.splitlines()[1].startswith("a;guéri;09/03/2026;Pneumo; Nord;2;")
    mended = read(text.replace("32/03", "31/03").encode())
    assert mended.lines == [Line(3, "b", DECEASED, date(2026, 3, 31))]
