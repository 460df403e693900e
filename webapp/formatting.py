"""How days, times, waits and numbers look in each language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal

from babel.dates import format_date, format_datetime, format_time, get_timezone_location
from flask import Flask, g
from markupsafe import Markup, escape

from records import clock, phones, texts


def init(app: Flask) -> None:
    app.jinja_env.filters.update(
        day=day,
        weekday=weekday,
        day_in=clock.local_day,
        moment=moment,
        hour=hour,
        clock_hour=clock_hour,
        city=city,
        national=phones.national,
        apart=apart,
        listed=listed,
        enumerated=enumerated,
    )


def _locale() -> str:
    return str(g.get("language", "fr"))


def apart(value: object) -> Markup:
    """A name, an address or a code that somebody typed: it keeps its own direction and turns nothing round it."""
    return Markup("<bdi>{}</bdi>").format(value) if str(value or "") else Markup("")


def listed(values: Iterable[object]) -> Markup:
    """Names in a row, as the page's language separates them, each with its own direction."""
    return escape(texts.separator(_locale())).join(apart(value) for value in values)


def enumerated(values: Iterable[object]) -> str:
    """Words of the page's own language in a row."""
    return texts.separator(_locale()).join(str(value) for value in values)


def day(value: date) -> str:
    return format_date(value, "long", locale=_locale())


def weekday(value: date) -> str:
    return format_date(value, "EEEE d MMMM", locale=_locale())


def moment(value: datetime, zone: str) -> str:
    """A short date with the hour, in `zone`."""
    return format_datetime(clock.local(value, zone), "d MMM HH:mm", locale=_locale())


def hour(value: datetime, zone: str) -> str:
    return format_time(clock.local(value, zone), "HH:mm", locale=_locale())


def clock_hour(value: time) -> str:
    """A time of day that is nobody's instant: opening hours."""
    return f"{value:%H:%M}"


def city(zone: str) -> str:
    """The place a zone is named for, as the language calls it: "Paris", "La Réunion"."""
    return get_timezone_location(clock.zone(zone), locale=_locale(), return_city=True)


def number(value: Decimal) -> str:
    """With the decimal mark of the page's language."""
    text = f"{value:f}"
    return text.replace(".", ",") if _locale() in texts.DECIMAL_COMMA else text
