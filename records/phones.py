"""Telephone numbers: any national typing in, E.164 stored, national form shown."""

from __future__ import annotations

from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

from records.refusals import Refused, Sentence

LONGEST = 40
REGIONS = {
    "Europe/Paris": "FR",
    "Indian/Reunion": "RE",
    "Indian/Mayotte": "YT",
    "America/Cayenne": "GF",
    "America/Guadeloupe": "GP",
    "America/Marigot": "MF",
    "America/St_Barthelemy": "BL",
    "America/Martinique": "MQ",
    "America/Miquelon": "PM",
    "Pacific/Noumea": "NC",
    "Pacific/Tahiti": "PF",
    "Pacific/Wallis": "WF",
    "Europe/Brussels": "BE",
    "Europe/Luxembourg": "LU",
    "Europe/Zurich": "CH",
    "Europe/London": "GB",
}
ONE_DIALLING_PLAN = ("FR", "RE", "YT", "GP", "MQ", "GF", "PM")
FICTION = "+3363998"
TEXTABLE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
NOBODY = {
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.UAN,
    PhoneNumberType.PAGER,
    PhoneNumberType.VOICEMAIL,
}

NOT_A_NUMBER = Sentence(
    "This is not a telephone number. Type it as in 06 12 34 56 78, or with the country code as in +33 6 12 34 56 78."
)
NOT_IN_USE = Sentence(
    "This telephone number does not exist. Check each digit, or type it with the country code as in +33 6 12 34 56 78."
)
NOT_A_PERSON = Sentence("This number is a service, not a person's telephone. Type the patient's own number.")
HAS_EXTENSION = Sentence("A number with an extension cannot be reached by the service. Type a direct number.")


class BadPhone(Refused):
    """The text is no number at which a person can be called."""


def region_of(zone: str) -> str:
    """The country whose national typing to expect in an IANA zone; France where nothing better is known."""
    return REGIONS.get(zone, "FR")


def parse(text: str, *, region: str = "FR", rehearsal: bool = False) -> str:
    """`text` as E.164. Raises BadPhone with what to type. Numbers reserved for fiction pass only in a rehearsal."""
    number = _direct(text, region)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if is_fictional(e164):
        if not rehearsal:
            raise BadPhone(NOT_IN_USE)
        return e164
    _refuse_unused(number)
    if phonenumbers.number_type(number) in NOBODY:
        raise BadPhone(NOT_A_PERSON)
    return e164


def parse_service(text: str, *, region: str = "FR") -> str:
    """The number of a centre or a service as E.164; it may be free of charge or shared. Raises BadPhone."""
    number = _direct(text, region)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if is_fictional(e164):
        raise BadPhone(NOT_IN_USE)
    _refuse_unused(number)
    return e164


def _direct(text: str, region: str) -> PhoneNumber:
    if not text or len(text) > LONGEST or any(character.isalpha() for character in text):
        raise BadPhone(NOT_A_NUMBER)
    number = _read(" ".join(text.split()), region)
    if number.extension:
        raise BadPhone(HAS_EXTENSION)
    return number


def _refuse_unused(number: PhoneNumber) -> None:
    if not phonenumbers.is_valid_number(number):
        raise BadPhone(NOT_IN_USE)


def _read(text: str, region: str) -> PhoneNumber:
    """Overseas departments share France's 0-dialling: 06 92 … typed in Paris is a number of Réunion."""
    try:
        first = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise BadPhone(NOT_A_NUMBER) from error
    if region not in ONE_DIALLING_PLAN or phonenumbers.is_valid_number(first):
        return first
    for other in ONE_DIALLING_PLAN:
        candidate = phonenumbers.parse(text, other)
        if phonenumbers.is_valid_number(candidate):
            return candidate
    return first


@lru_cache(maxsize=4096)
def can_receive_texts(e164: str) -> bool:
    """Whether a text message can reach this number; a landline can only be called."""
    return is_fictional(e164) or phonenumbers.number_type(phonenumbers.parse(e164)) in TEXTABLE


def national(e164: str) -> str:
    """The number as people of its country write it: 06 12 34 56 78."""
    return phonenumbers.format_number(phonenumbers.parse(e164), PhoneNumberFormat.NATIONAL)


def international(e164: str) -> str:
    """The number as it is dialled from anywhere, in groups: +33 6 12 34 56 78."""
    return phonenumbers.format_number(phonenumbers.parse(e164), PhoneNumberFormat.INTERNATIONAL)


def fictional(n: int) -> str:
    """The n-th of the 10,000 mobile numbers that France keeps for fiction (06 39 98 …), then again from the first."""
    return f"{FICTION}{n % 10_000:04d}"


def is_fictional(e164: str) -> bool:
    return e164.startswith(FICTION) and len(e164) == len(FICTION) + 4
