"""A file of people who are to work here: which lines can be invited, and what is wrong with each of the others."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from records.fields import Fields
from records.models import Role, Team
from records.patients.index import plain
from records.refusals import FieldErrors, Refused, Sentence
from records.staff import telephones
from records.texts import DEFAULT, LANGUAGES

MOST_LINES, MOST_BYTES = 2000, 1_000_000
HEADERS = {
    "name": {"name", "nom", "nom complet", "person", "personne", "الاسم"},
    "email": {"email", "e-mail", "mail", "courriel", "adresse e-mail", "adresse electronique", "البريد"},
    "role": {"role", "fonction", "profession", "الدور"},
    "teams": {"teams", "team", "equipe", "equipes", "cellule", "cellules", "cell", "الفريق"},
    "language": {"language", "langue", "اللغة"},
    "phone": {"phone", "telephone", "tel", "mobile", "portable", "الهاتف"},
}
NEEDED = ("name", "email", "role")
ROLES = {
    Role.ENROLLER: "enroller inclusion recruteur recruteuse secretaire secretariat",
    Role.OPERATOR: "operator operateur operatrice appelant appelante",
    Role.PHYSICIAN: "physician doctor medecin docteur",
    Role.SUPERVISOR: "supervisor superviseur superviseure superviseuse cadre",
    Role.ADMINISTRATOR: "administrator admin administrateur administratrice",
}
WORDS = {word: role for role, words in ROLES.items() for word in words.split()}

NOT_TEXT = Sentence("This file is not plain text in UTF-8. Save it as “CSV UTF-8” and choose it again.")
NO_CSV = Sentence("Line %(line)d cannot be read as CSV: mend its quotation marks and choose the file again.")
TOO_BIG = Sentence("This file is too long: at most %(most)d people at once. Cut it in two.")
NO_COLUMN = Sentence("The first line must name the columns name, email and role; %(column)s is missing.")
NOBODY = Sentence("This file names nobody below its first line.")
NO_ROLE = Sentence("This role is not known: write enroller, operator, physician, supervisor or administrator.")
NOT_YOURS_TO_GIVE = Sentence("Only an administrator can invite an administrator.")
NO_LANGUAGE = Sentence("This language is not known: write %(known)s.")
NO_TEAM = Sentence("There is no team of yours called %(team)s. Make it first, or mend the name.")
TEAM_MISSING = Sentence("This person needs at least one team: without one, no patient is seen.")
TWICE = Sentence("This e-mail address stands twice in the file: line %(line)d has it too.")


class UnreadableRoll(Refused):
    """Not one line of the file can be taken."""


@dataclass(frozen=True, slots=True)
class Line:
    """One person as the file tells of them. `errors` by column; without any the line can be invited."""

    number: int
    name: str
    email: str
    role: Role | None
    teams: tuple[Team, ...]
    language: str
    phone: str
    errors: Mapping[str, Sentence] = field(default_factory=dict)


def read(content: bytes, *, teams: Sequence[Team], may_give: frozenset[Role]) -> list[Line]:
    """Every line that names somebody. `teams` are those that may be given, `may_give` the roles; where there is but one
    team, a line that names none means that one. Raises UnreadableRoll.
    """
    rows = _rows(content)
    places = _places(next(rows, (1, []))[1])
    known = {plain(team.name): team for team in teams}
    seen: dict[str, int] = {}
    lines: list[Line] = []
    for number, row in rows:
        if len(lines) == MOST_LINES:
            raise UnreadableRoll(Sentence(TOO_BIG.message, {"most": MOST_LINES}))
        cells = {column: row[place].strip() if place < len(row) else "" for column, place in places.items()}
        lines.append(_line(number, cells, known, may_give, seen))
    if not lines:
        raise UnreadableRoll(NOBODY)
    return lines


def _rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Every line that holds anything, with its number in the file."""
    if len(content) > MOST_BYTES:
        raise UnreadableRoll(Sentence(TOO_BIG.message, {"most": MOST_LINES}))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableRoll(NOT_TEXT) from error
    first = text.lstrip("\r\n").partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    try:
        for row in rows:
            if any(cell.strip() for cell in row):
                yield rows.line_num, row
    except csv.Error as error:
        raise UnreadableRoll(Sentence(NO_CSV.message, {"line": rows.line_num})) from error


def _places(header: Sequence[str]) -> dict[str, int]:
    """Which column is which, whatever the language, case and accents of the headings."""
    named = [plain(cell).replace("_", " ").strip() for cell in header]
    places: dict[str, int] = {}
    for number, name in enumerate(named):
        for column, names in HEADERS.items():
            if name in names:
                places.setdefault(column, number)
    for column in NEEDED:
        if column not in places:
            raise UnreadableRoll(Sentence(NO_COLUMN.message, {"column": column}))
    return places


def _line(
    number: int,
    cells: Mapping[str, str],
    teams: Mapping[str, Team],
    may_give: frozenset[Role],
    seen: dict[str, int],
) -> Line:
    fields = Fields()
    name = fields.name("name", cells["name"])
    email = fields.email("email", cells["email"], required=True) or ""
    if email and email in seen:
        fields.refuse("email", Sentence(TWICE.message, {"line": seen[email]}))
    seen.setdefault(email, number)
    role = _role(fields, cells["role"], may_give)
    language = cells.get("language", "").lower() or DEFAULT
    if language not in LANGUAGES:
        fields.refuse("language", Sentence(NO_LANGUAGE.message, {"known": ", ".join(LANGUAGES)}))
    phone = cells.get("phone", "")
    if phone:
        try:
            telephones.read(phone)
        except FieldErrors as refused:
            fields.refuse("phone", refused.errors["phone"])
    given = _teams(fields, cells.get("teams", ""), teams, role)
    return Line(number, name, email, role, given, language, phone, fields.errors)


def _role(fields: Fields, typed: str, may_give: frozenset[Role]) -> Role | None:
    role = WORDS.get(plain(typed).strip())
    if role is None:
        fields.refuse("role", NO_ROLE)
    elif role not in may_give:
        fields.refuse("role", NOT_YOURS_TO_GIVE)
    return role


def _teams(fields: Fields, typed: str, teams: Mapping[str, Team], role: Role | None) -> tuple[Team, ...]:
    names = [name.strip() for name in typed.split("|") if name.strip()]
    if not names and len(teams) == 1 and role is not Role.ADMINISTRATOR:
        return tuple(teams.values())
    if not names and role not in (None, Role.ADMINISTRATOR):
        fields.refuse("teams", TEAM_MISSING)
    unknown = [name for name in names if plain(name) not in teams]
    if unknown:
        fields.refuse("teams", Sentence(NO_TEAM.message, {"team": unknown[0][:60]}))
    return tuple(dict.fromkeys(teams[plain(name)] for name in names if plain(name) in teams))
