"""Each type of question: from the text a person gave to the stored value, and what is odd about that value."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from questionnaires.findings import Finding, Severity
from questionnaires.numbers import NumberProblem, parse_number, plain_digits
from questionnaires.schema import MEASURED, Item, ItemType, Value

ABSENT = "could-not-measure"
DECIMALS = 2
"""Allowed where a questionnaire does not say: enough for any home measure, too few for "1.000" to pass as one."""
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_LOCAL = re.compile(r"([0-9]{1,2})[./ -]([0-9]{1,2})[./ -]([0-9]{4})")

Reading = Value | str
"""The stored value, or the code of the finding that says why there is none."""


def decimals_of(item: Item) -> int:
    return DECIMALS if item.decimals is None else item.decimals


def _number(item: Item, text: str) -> Decimal | str:
    number = parse_number(text, decimals=decimals_of(item), signed=allows_negative(item))
    if number is NumberProblem.TOO_MANY_DECIMALS and decimals_of(item) == 0:
        return "not-whole"
    return number


def allows_negative(item: Item) -> bool:
    return not isinstance(item.low, Decimal) or item.low < 0


def _boolean(_item: Item, text: str) -> Reading:
    return {"boolean": text == "true"} if text in {"true", "false"} else "not-an-option"


def _integer(item: Item, text: str) -> Reading:
    number = _number(item, text)
    if isinstance(number, str):
        return str(number)
    return {"integer": int(number)}


def _decimal(item: Item, text: str) -> Reading:
    number = _number(item, text)
    return str(number) if isinstance(number, str) else {"decimal": f"{number:f}"}


def _quantity(item: Item, text: str) -> Reading:
    number = _number(item, text)
    if isinstance(number, str):
        return str(number)
    value: Value = {"quantity": f"{number:f}"}
    return value | {"unit": item.unit.code} if item.unit else value


def _choice(item: Item, text: str) -> Reading:
    option = item.option_by_key.get(text)
    if option is None:
        return "not-an-option"
    value: Value = {option.kind: option.value}
    return value | {"system": option.system or ""} if option.key != str(option.value) else value


def _string(_item: Item, text: str) -> Reading:
    return {"string": text}


def _date(_item: Item, text: str) -> Reading:
    """ISO, or day, month and year: no other order is ever read."""
    plain = plain_digits(text)
    if found := _ISO.fullmatch(plain):
        year, month, day = (int(part) for part in found.groups())
    elif found := _LOCAL.fullmatch(plain):
        day, month, year = (int(part) for part in found.groups())
    else:
        return "not-a-date"
    try:
        return {"date": date(year, month, day).isoformat()}
    except ValueError:
        return "not-a-date"


READERS: Mapping[ItemType, Callable[[Item, str], Reading]] = {
    ItemType.BOOLEAN: _boolean,
    ItemType.DECIMAL: _decimal,
    ItemType.INTEGER: _integer,
    ItemType.QUANTITY: _quantity,
    ItemType.STRING: _string,
    ItemType.TEXT: _string,
    ItemType.CHOICE: _choice,
    ItemType.DATE: _date,
}


def read(item: Item, text: str) -> Reading:
    """The stored value that `text` says, or the code of the reason it says none."""
    return READERS[item.type](item, text)


def scalar_of(value: Value) -> bool | int | Decimal | str | None:
    """The typed content of a stored value: numbers as int or Decimal, codes, dates and texts as str, None if absent.

    An unreadable value gives its text, which no rule on numbers or codes takes for a reading.
    """
    for kind in ("boolean", "integer", "code", "string", "date", "time", "unreadable"):
        if kind in value:
            content: bool | int | str = value[kind]
            return content
    for kind in ("decimal", "quantity"):
        if kind in value:
            return Decimal(value[kind])
    return None


def oddities(item: Item, value: Value) -> Finding | None:
    """What to ask about a readable value: beyond the plausible or the likely range, or longer than asked for."""
    if item.type in MEASURED:
        return _beyond(item, Decimal(value.get("integer") or value.get("decimal") or value.get("quantity") or 0))
    if "string" in value and item.max_length is not None and len(value["string"]) > item.max_length:
        return Finding(item.link_id, "text-too-long", Severity.ERROR, {"most": str(item.max_length)})
    return _date_beyond(item, value["date"]) if "date" in value else None


def _date_beyond(item: Item, day: str) -> Finding | None:
    """ISO days compare as texts, at the coarser precision of a bound such as 2026-03."""
    early = isinstance(item.low, str) and day[: len(item.low)] < item.low
    late = isinstance(item.high, str) and day[: len(item.high)] > item.high
    return Finding(item.link_id, "date-implausible", Severity.CONFIRM, {"value": day}) if early or late else None


def _beyond(item: Item, number: Decimal) -> Finding | None:
    for code, low, high in (("implausible", item.low, item.high), ("unlikely", item.likely_low, item.likely_high)):
        if (isinstance(low, Decimal) and number < low) or (isinstance(high, Decimal) and number > high):
            return Finding(item.link_id, code, Severity.CONFIRM, {"value": f"{number:f}"})
    return None
