"""How days, times, waits and numbers look in each language."""

from __future__ import annotations

from datetime import date, datetime, time

from babel.dates import format_date, format_datetime, format_time, get_timezone_location
from flask import Flask, g

from records import clock, phones


def init(app: Flask) -> None:
    app.jinja_env.filters.update(
        day=day, moment=moment, hour=hour, clock_hour=clock_hour, city=city, national=phones.national
    )


def _locale() -> str:
    return str(g.get("language", "fr"))


def day(value: date) -> str:
    return format_date(value, "long", locale=_locale())


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
