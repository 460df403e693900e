"""The one number parser. Its table of cases, tests/questionnaires/number_cases.json, also binds the phone's script.

A reader for a locale takes the mark it does not know for a thousands separator and reads "38,6" as 386. This one knows
no thousands separator: a text either has one clear reading or none.
"""

import re
from decimal import Decimal
from enum import StrEnum

LONGEST = 12
_DIGITS = {ord(a): str(n) for zero in "٠۰" for n, a in enumerate(chr(ord(zero) + i) for i in range(10))}
_AROUND = " \t\r\n\u00a0\u202f\u2009\ufeff\u200e\u200f\u061c"
_MARKS = {ord(","): ".", ord("٫"): ".", ord("\u2212"): "-"}
_PLAIN = re.compile(r"-?[0-9]+(?:\.([0-9]+))?")
_NUMBER_LIKE = re.compile(rf"-?[0-9.'’٬{_AROUND}]+")


class NumberProblem(StrEnum):
    """Why a text has no one reading as a number."""

    EMPTY = "empty"
    TOO_LONG = "too-long"
    NOT_A_NUMBER = "not-a-number"
    UNCLEAR = "unclear"
    TOO_MANY_DECIMALS = "too-many-decimals"
    NEGATIVE = "negative"


def plain_digits(text: str) -> str:
    """The text without space or direction marks around it, its Arabic-Indic and Persian digits as 0 to 9."""
    return text.strip(_AROUND).translate(_DIGITS)


def parse_number(text: str, *, decimals: int, signed: bool = False) -> Decimal | NumberProblem:
    """The number that `text` says, as precise as it was typed, or why it says none.

    At most `decimals` digits may follow the mark (`,` `.` or `٫`); three or more of them where fewer are allowed could
    as well be thousands, hence unclear. A minus needs `signed`.
    """
    if len(text) > 4 * LONGEST:
        return NumberProblem.TOO_LONG
    plain = plain_digits(text).translate(_MARKS)
    if not plain:
        return NumberProblem.EMPTY
    if len(plain) > LONGEST:
        return NumberProblem.TOO_LONG
    found = _PLAIN.fullmatch(plain)
    if found is None:
        return NumberProblem.UNCLEAR if _NUMBER_LIKE.fullmatch(plain) else NumberProblem.NOT_A_NUMBER
    after = len(found[1] or "")
    if after > decimals:
        return NumberProblem.UNCLEAR if after >= 3 else NumberProblem.TOO_MANY_DECIMALS
    if plain[0] == "-" and not signed:
        return NumberProblem.NEGATIVE
    number = Decimal(plain)
    return abs(number) if number == 0 else number
