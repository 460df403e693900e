"""What a typed identity must satisfy before it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from records import phones
from records.fields import MISSING, Fields
from records.patients.identity import Identity
from records.refusals import Sentence
from records.texts import LANGUAGES

OLDEST_YEARS = 120
NOT_YET_BORN = Sentence("The date of birth is in the future.")
TOO_OLD = Sentence("The date of birth is more than 120 years ago.")
NO_PHONE = Sentence("A telephone number is needed: patients are written to and called.")
UNKNOWN_LANGUAGE = Sentence("Choose one of the languages of the list.")


@dataclass(frozen=True)
class Typing:
    """How typed text is to be read: the region of national numbers, today's date, and whether this is a rehearsal."""

    today: date
    region: str = "FR"
    rehearsal: bool = False


def check_identity(fields: Fields, identity: Identity, typing: Typing, *, reachable: bool = True) -> Identity:
    """`identity` tidied up; what cannot be taken is refused in `fields` under the column's name. `reachable` asks for
    a telephone number.
    """
    return Identity(
        family_name=fields.name("family_name", identity.family_name),
        given_name=fields.name("given_name", identity.given_name),
        birth_date=check_birth_date(fields, identity.birth_date, typing.today),
        phone=check_phone(fields, "phone", identity.phone, typing, required=reachable) or None,
        email=fields.email("email", identity.email),
    )


def check_birth_date(fields: Fields, born: date | None, today: date) -> date:
    if born is None:
        fields.refuse("birth_date", MISSING)
        return today
    if born > today:
        fields.refuse("birth_date", NOT_YET_BORN)
    elif years_between(born, today) > OLDEST_YEARS:
        fields.refuse("birth_date", TOO_OLD)
    return born


def years_between(born: date, today: date) -> int:
    """Age in whole years; somebody born on 29 February grows older on 1 March in other years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def check_phone(fields: Fields, name: str, text: str | None, typing: Typing, *, required: bool = True) -> str:
    if not (text or "").strip():
        if required:
            fields.refuse(name, NO_PHONE)
        return ""
    try:
        return phones.parse(text or "", region=typing.region, rehearsal=typing.rehearsal)
    except phones.BadPhone as error:
        fields.refuse(name, error.sentence)
        return ""


def check_language(fields: Fields, language: str) -> str:
    if language not in LANGUAGES:
        fields.refuse("language", UNKNOWN_LANGUAGE)
    return language
