"""Each type of question: from the text a person gave to the stored value, and what is odd about that value."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from questionnaires.fhir_values import is_address
from questionnaires.findings import Finding, Severity
from questionnaires.moments import as_typed, order, read_day, read_moment, read_time
from questionnaires.numbers import NumberProblem, parse_number
from questionnaires.patterns import matches
from questionnaires.schema import CHOSEN, MEASURED, Item, ItemType, Unit, Value
from questionnaires.together import chosen

ABSENT = "could-not-measure"
DECIMALS = 2
"""Allowed where a questionnaire does not say: enough for any home measure, too few for "1.000" to pass as one."""
LARGEST_INTEGER = 2**31
"""FHIR's integers have 32 bits."""

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
    return {"integer": int(number)} if abs(number) < LARGEST_INTEGER else "too-long"


def _decimal(item: Item, text: str) -> Reading:
    number = _number(item, text)
    return str(number) if isinstance(number, str) else {"decimal": f"{number:f}"}


def _quantity(item: Item, text: str) -> Reading:
    typed, unit = apart(item, text)
    number = _number(item, typed)
    if isinstance(number, str):
        return str(number)
    if unit is None and offered_units(item):
        return "unit-missing"
    value: Value = {"quantity": f"{number:f}"}
    return value | {"unit": unit.code} if unit else value


def offered_units(item: Item) -> tuple[Unit, ...]:
    """The units that a person chooses from: none where there is one only, or nothing to choose."""
    return item.units if item.type is ItemType.QUANTITY and len(item.units) > 1 else ()


def unit_of(item: Item) -> Unit | None:
    """The unit that goes without saying."""
    if item.type is ItemType.QUANTITY and item.units:
        return item.units[0] if len(item.units) == 1 else None
    return item.unit


def apart(item: Item, text: str) -> tuple[str, Unit | None]:
    """A typed measure and its unit. A unit that was chosen stands behind the number, after a space ("82,5 kg")."""
    named = [unit for unit in offered_units(item) if text.endswith(f" {unit.code}")]
    if not named:
        return text, unit_of(item)
    unit = max(named, key=lambda each: len(each.code))
    return text.removesuffix(unit.code), unit


def _choice(item: Item, text: str) -> Reading:
    option = item.option_by_key.get(text)
    if option is None:
        return "not-an-option"
    value: Value = {option.kind: option.value}
    return value | {"system": option.system or ""} if option.key != str(option.value) else value


def _open_choice(item: Item, text: str) -> Reading:
    return _choice(item, text) if text in item.option_by_key else {"string": text}


def _string(_item: Item, text: str) -> Reading:
    return {"string": text}


def _url(_item: Item, text: str) -> Reading:
    return {"uri": text} if is_address(text) else "not-an-address"


def _date(_item: Item, text: str) -> Reading:
    day = read_day(text)
    return "not-a-date" if day is None else {"date": day}


def _date_time(_item: Item, text: str) -> Reading:
    moment = read_moment(text)
    return "not-a-moment" if moment is None else {"datetime": moment}


def _time(_item: Item, text: str) -> Reading:
    clock = read_time(text)
    return "not-a-time" if clock is None else {"time": clock}


READERS: Mapping[ItemType, Callable[[Item, str], Reading]] = {
    ItemType.BOOLEAN: _boolean,
    ItemType.DECIMAL: _decimal,
    ItemType.INTEGER: _integer,
    ItemType.QUANTITY: _quantity,
    ItemType.STRING: _string,
    ItemType.TEXT: _string,
    ItemType.URL: _url,
    ItemType.CHOICE: _choice,
    ItemType.OPEN_CHOICE: _open_choice,
    ItemType.DATE: _date,
    ItemType.DATE_TIME: _date_time,
    ItemType.TIME: _time,
}


def read(item: Item, text: str) -> Reading:
    """The stored value that `text` says, or the code of the reason it says none."""
    if item.options and item.type not in CHOSEN:
        if text in item.option_by_key:
            return _choice(item, text)
        value = READERS[item.type](item, text)
        return value if isinstance(value, str) or chosen(item, value) else "not-an-option"
    return READERS[item.type](item, text)


def scalar_of(value: Value) -> bool | int | Decimal | str | None:
    """The typed content of a stored value: numbers as int or Decimal, codes, dates and texts as str, None if absent.

    An unreadable value gives its text, which no rule on numbers or codes takes for a reading.
    """
    for kind in ("boolean", "integer", "code", "string", "date", "time", "unreadable", "datetime", "uri"):
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
        return _beyond(item, value)
    if "string" in value or "uri" in value:
        return _text_oddity(item, value.get("string") or value.get("uri") or "")
    for kind in ("date", "datetime", "time"):
        if kind in value:
            return _moment_beyond(item, value[kind])
    return None


def _text_oddity(item: Item, text: str) -> Finding | None:
    if item.max_length is not None and len(text) > item.max_length:
        return Finding(item.link_id, "text-too-long", Severity.ERROR, {"most": str(item.max_length)})
    if item.min_length is not None and len(text) < item.min_length:
        return Finding(item.link_id, "text-too-short", Severity.ERROR, {"least": str(item.min_length)})
    if item.pattern is not None and not matches(item.pattern, text):
        return Finding(item.link_id, "text-unlike")
    return None


def _moment_beyond(item: Item, moment: str) -> Finding | None:
    early = isinstance(item.low, str) and order(moment, item.low) < 0
    late = isinstance(item.high, str) and order(moment, item.high) > 0
    params = {"value": as_typed(moment)}
    return Finding(item.link_id, "date-implausible", Severity.CONFIRM, params) if early or late else None


def _beyond(item: Item, value: Value) -> Finding | None:
    """A bound of another unit than the value's says nothing about it."""
    number = Decimal(value.get("integer") or value.get("decimal") or value.get("quantity") or 0)
    low = item.low if item.low_unit is None or item.low_unit == value.get("unit") else None
    high = item.high if item.high_unit is None or item.high_unit == value.get("unit") else None
    for code, least, most in (("implausible", low, high), ("unlikely", item.likely_low, item.likely_high)):
        if (isinstance(least, Decimal) and number < least) or (isinstance(most, Decimal) and number > most):
            return Finding(item.link_id, code, Severity.CONFIRM, {"value": f"{number:f}"})
    return None
