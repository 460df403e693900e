"""Reading a hospital's file of outcomes: which lines are understood, and what is wrong with each of the others. Pure.

The words are those of the command line, in English.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from records.patients.index import plain
from records.spreadsheets import written
from triage.outcome_models import OutcomeKind

HEADERS = {
    "patient": {"patient", "enrolment", "identifiant", "id", "telephone", "phone"},
    "kind": {"kind", "outcome", "event", "type", "nature", "issue", "evenement"},
    "date": {"date", "day", "on", "jour", "le"},
    "born": {"born", "birth date", "date of birth", "ne le", "nee le", "date de naissance", "naissance"},
}
NEEDED = ("patient", "kind", "date")
KINDS = {
    OutcomeKind.ADMITTED: "admitted admission admis admise hospitalise hospitalisee hospitalisation hospitalised",
    OutcomeKind.INTENSIVE_CARE: "icu rea reanimation usi usc",
    OutcomeKind.DECEASED: "deceased died dead death deces decede decedee mort",
}
WORDS = {word: kind for kind, words in KINDS.items() for word in words.split()} | {
    "intensive care": OutcomeKind.INTENSIVE_CARE,
    "soins intensifs": OutcomeKind.INTENSIVE_CARE,
    "soins critiques": OutcomeKind.INTENSIVE_CARE,
}
ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T].*)?", re.ASCII)
FRENCH = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?: .*)?", re.ASCII)


class UnreadableFile(ValueError):
    """Not one line of the file can be taken; says what to do."""


class BadLine(ValueError):
    """Why one line is not taken, and what to do."""


@dataclass(frozen=True, slots=True)
class Line:
    """One event as it is told. `patient` is as it was typed: a public id, or a telephone number beside `born`."""

    number: int
    patient: str
    kind: OutcomeKind
    on_day: date
    born: date | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """A line as it came, by column, and why it was not taken."""

    number: int
    cells: Mapping[str, str]
    why: str


@dataclass(slots=True)
class Sheet:
    """What a file holds. `cells` are the lines as they came, by number, so that none is lost."""

    columns: list[str]
    delimiter: str
    lines: list[Line] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    cells: dict[int, dict[str, str]] = field(default_factory=dict)

    def reject(self, number: int, why: str) -> None:
        self.rejects.append(Reject(number, self.cells[number], why))


def read(content: bytes) -> Sheet:
    """Every line, understood or not; empty ones are passed over. Raises UnreadableFile."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableFile("the file is not UTF-8: save it as “CSV UTF-8” and import it again") from None
    delimiter = _delimiter(text)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = next(rows, [])
        sheet = Sheet([name.strip() for name in header], delimiter)
        places = _places(sheet.columns)
        for row in rows:
            if any(cell.strip() for cell in row):
                _take(sheet, places, rows.line_num, row)
    except csv.Error as error:
        raise UnreadableFile(f"line {rows.line_num} is no CSV ({error}): mend it and import the file again") from None
    return sheet


def _delimiter(text: str) -> str:
    first = text.lstrip("\r\n").partition("\n")[0]
    return ";" if first.count(";") > first.count(",") else ","


def _places(columns: list[str]) -> dict[str, int]:
    """Which column is which, whatever the language, case and accents of the headings."""
    named = [plain(column).replace("_", " ").strip() for column in columns]
    places: dict[str, int] = {}
    for number, name in enumerate(named):
        for column, names in HEADERS.items():
            if name in names:
                places.setdefault(column, number)
    lacking = [column for column in NEEDED if column not in places]
    if lacking:
        raise UnreadableFile(
            f"there is no column {' and no column '.join(lacking)}: the first line must name the columns patient, kind"
            " and date (and born, where patients are named by telephone)"
        )
    return places


def _take(sheet: Sheet, places: Mapping[str, int], number: int, row: list[str]) -> None:
    sheet.cells[number] = _by_column(sheet.columns, row)
    given = {column: row[place].strip() if place < len(row) else "" for column, place in places.items()}
    try:
        if len(row) > len(sheet.columns):
            raise BadLine(f"has {len(row)} cells for {len(sheet.columns)} columns: put quotation marks round the text")
        sheet.lines.append(_line(number, given))
    except BadLine as refused:
        sheet.reject(number, str(refused))


def _by_column(columns: list[str], row: list[str]) -> dict[str, str]:
    kept = dict(zip(columns, row, strict=False))
    return kept | {f"more {place}": cell for place, cell in enumerate(row[len(columns) :], start=1)}


def _line(number: int, given: Mapping[str, str]) -> Line:
    if not given["patient"]:
        raise BadLine(
            "names no patient: write their public id, or their telephone number and, as born, their birth date"
        )
    born = day(given["born"]) if given.get("born") else None
    return Line(number, given["patient"], kind(given["kind"]), day(given["date"]), born)


def kind(word: str) -> OutcomeKind:
    """A word of either language. Raises BadLine."""
    wanted = " ".join(plain(word).replace("-", " ").replace("_", " ").split())
    if wanted not in WORDS:
        raise BadLine(f"does not know the kind “{word[:40]}”: write admitted, intensive-care or deceased")
    return WORDS[wanted]


def day(typed: str) -> date:
    """ISO, or day first as in France; an hour behind it is passed over. Raises BadLine."""
    year, month, of_month = next(_numbers(typed), (0, 0, 0))
    try:
        return date(year, month, of_month)
    except ValueError:
        raise BadLine(f"has no day in “{typed[:40]}”: write 2026-11-22 or 22/11/2026") from None


def _numbers(typed: str) -> Iterator[tuple[int, int, int]]:
    if found := ISO.fullmatch(typed):
        yield int(found[1]), int(found[2]), int(found[3])
    if found := FRENCH.fullmatch(typed):
        yield int(found[3]), int(found[2]), int(found[1])


def rejected(sheet: Sheet) -> bytes:
    """The lines that were not taken, as they came, each with its number and why: mended, this file can be imported."""
    extra = sorted({name for one in sheet.rejects for name in one.cells if name not in sheet.columns})
    file = io.StringIO(newline="")
    columns = [name for name in [*sheet.columns, *extra] if name not in ("line", "problem")]
    writer = csv.DictWriter(file, [*columns, "line", "problem"], delimiter=sheet.delimiter, extrasaction="ignore")
    writer.writeheader()
    for one in sorted(sheet.rejects, key=lambda reject: reject.number):
        writer.writerow({**one.cells, "line": one.number, "problem": one.why})
    return written(file.getvalue())
