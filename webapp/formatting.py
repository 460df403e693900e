"""How days, times, waits and numbers look in each language."""

from __future__ import annotations

from datetime import date, datetime

from babel.dates import format_date, format_datetime, format_time
from flask import Flask, g

from records import clock


def init(app: Flask) -> None:
    app.jinja_env.filters.update(day=day, moment=moment, hour=hour)


def _locale() -> str:
    return str(g.get("language", "fr"))


def day(value: date) -> str:
    return format_date(value, "long", locale=_locale())


def moment(value: datetime, zone: str) -> str:
    """A short date with the hour, in `zone`."""
    return format_datetime(clock.local(value, zone), "d MMM HH:mm", locale=_locale())


def hour(value: datetime, zone: str) -> str:
    return format_time(clock.local(value, zone), "HH:mm", locale=_locale())
