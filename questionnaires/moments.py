"""FHIR's dates, times and dateTimes: what is one, and which comes first at the precision that both have."""

import re
from datetime import date, datetime

from questionnaires.numbers import plain_digits

_DAY = r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_SECONDS = r":([0-5][0-9])(\.[0-9]{1,9})?"
_ZONE = r"(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)"
_DATE = re.compile(_DAY)
_TIME = re.compile(f"{_CLOCK}{_SECONDS}")
_DATE_TIME = re.compile(rf"{_DAY}|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{_CLOCK}{_SECONDS}{_ZONE}")
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_LOCAL = re.compile(r"([0-9]{1,2})[./ -]([0-9]{1,2})[./ -]([0-9]{4})")
_TYPED_TIME = re.compile(r"([0-9]{1,2})(?::|h| h )([0-9]{2})(?::([0-9]{2}))?")
_TYPED_MOMENT = re.compile(rf"(.{{8,10}})[T ]({_CLOCK})(?:{_SECONDS})?({_ZONE})?")
_OFFSET = re.compile(r"(Z|[+-][0-9]{2}:[0-9]{2})$")
FORMS = {"date": _DATE, "datetime": _DATE_TIME, "time": _TIME}


def is_fhir(kind: str, text: str) -> bool:
    """Whether `text` has the form that FHIR gives a `kind` ("date", "datetime", "time") and is in the calendar."""
    if not FORMS[kind].fullmatch(text):
        return False
    if kind == "time" or len(text) < 10:
        return text[:4] != "0000"
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


def read_day(text: str) -> str | None:
    """ISO, or day, month and year: no other order is ever read. None for anything else."""
    plain = plain_digits(text)
    if found := _ISO.fullmatch(plain):
        year, month, day = (int(part) for part in found.groups())
    elif found := _LOCAL.fullmatch(plain):
        day, month, year = (int(part) for part in found.groups())
    else:
        return None
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def read_time(text: str) -> str | None:
    """`9:05`, `09:05:30` or `9h05` as HH:MM:SS; None for anything else."""
    found = _TYPED_TIME.fullmatch(plain_digits(text))
    if found is None:
        return None
    hour, minute, second = (int(part or 0) for part in found.groups())
    return f"{hour:02}:{minute:02}:{second:02}" if hour < 24 and minute < 60 and second < 60 else None


def read_moment(text: str) -> str | None:
    """A day, or a day and a time with or without its offset, as ISO; without one it is local to the person."""
    plain = plain_digits(text)
    found = _TYPED_MOMENT.fullmatch(plain)
    if found is None:
        return read_day(plain)
    day, clock = read_day(found[1]), read_time(found[2])
    if day is None or clock is None:
        return None
    return f"{day}T{clock[:5]}:{found[4] or '00'}{found[6] or ''}"


def as_typed(moment: str) -> str:
    """An ISO date, time or moment as people type it here: 27/3/2026 08:30. Years and months stay as they are."""
    day, _, clock = moment.partition("T")
    if "T" not in moment and ":" in moment:
        return moment[:5]
    if len(day) == 10:
        year, month, date_ = day.split("-")
        day = f"{int(date_)}/{int(month)}/{year}"
    return f"{day} {clock[:5]}".strip()


def order(first: str, second: str) -> int:
    """Below, at or above 0 as `first` is before, at or after `second`, at the coarser of their precisions.

    Two moments with offsets compare as instants; otherwise the clocks on the wall do. Both must be FHIR's or
    `read_moment`'s.
    """
    if _OFFSET.search(first[10:]) and _OFFSET.search(second[10:]):
        a, b = datetime.fromisoformat(first), datetime.fromisoformat(second)
        return (a > b) - (a < b)
    left, right = (
        _OFFSET.sub("", first) if "T" in first else first,
        _OFFSET.sub("", second) if "T" in second else second,
    )
    coarser = min(len(left), len(right))
    left, right = left[:coarser], right[:coarser]
    return (left > right) - (left < right)
