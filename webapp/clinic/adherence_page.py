"""Adherence as its page shows it: tables in words, and the same days as curves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from records import texts
from webapp import formatting
from webapp.clinic import charts
from webapp.clinic.board import wait
from webapp.extensions import language, translator
from webapp.lazy import lazy

if TYPE_CHECKING:
    from questionnaires.adherence_figures import Adherence

ORIGIN = datetime(2000, 1, 1, tzinfo=UTC)
"""Day 0 of the axis, which counts days and has no date."""
NOTHING = "–"
DOORS = {
    "phone": lazy("By the patient's own page"),
    "staff": lazy("By telephone with the centre"),
    "paper": lazy("On paper"),
    "text": lazy("By text message"),
    "voice": lazy("By voice"),
}
WHO = {"patient": lazy("The patient"), "carer": lazy("A carer")}
ASKED_BY = {
    "phone": lazy("By a text with a link"),
    "staff": lazy("By telephone by the centre"),
    "paper": lazy("By sheets of paper"),
}
CURVES = {
    "in_time": lazy("Answered in time"),
    "still": lazy("Still answering"),
    "never_silent": lazy("Never silent"),
}


@dataclass(frozen=True)
class Row:
    """One line of a table. Numbers are texts; NOTHING where it is not known or too few would be told of."""

    name: str
    enrolments: str
    asked: str
    in_time: str
    late: str
    missed: str
    quarter: str
    median: str
    three_quarters: str
    ninety: str
    within_first: str
    after_first: str
    after_second: str
    carer: str


@dataclass(frozen=True)
class DayRow:
    row: Row
    at_risk: str
    still: str
    never_silent: str


@dataclass(frozen=True)
class Table:
    caption: str
    head: str
    rows: list[Row]
    of_answers: bool = False


@dataclass(frozen=True)
class Page:
    whole: Row
    days: list[DayRow]
    chart: Markup
    tables: list[Table]


def page(found: Adherence, teams: Mapping[str, str]) -> Page | None:
    """What there is to show; None when nobody was asked anything. `teams` are their names by key."""
    whole = found.told("all")
    if not whole:
        return None
    return Page(_row(whole[0], ""), _days(found), _chart(found), [_table(found, *one) for one in _tables(teams)])


def _tables(teams: Mapping[str, str]) -> list[tuple[str, str, str, Callable[[str], str]]]:
    t = translator()
    return [
        ("week", t.gettext("By week in which the follow-up began"), t.gettext("Week of"), _monday),
        ("team", t.gettext("By team"), t.gettext("Team"), lambda key: teams.get(key, key)),
        ("language", t.gettext("By language of the patient"), t.gettext("Language"), _language),
        (
            "asked-by",
            t.gettext("By how the patient is asked now"),
            t.gettext("Asked how"),
            _from(ASKED_BY),
        ),
        ("door", t.gettext("Answers, by the way they came"), t.gettext("Way"), _from(DOORS)),
        ("informant", t.gettext("Answers, by who gave them"), t.gettext("Answered by"), _from(WHO)),
    ]


def _from(words: Mapping[str, object]) -> Callable[[str], str]:
    return lambda key: str(words.get(key, key))


def _monday(key: str) -> str:
    return formatting.day(date.fromisoformat(key))


def _language(key: str) -> str:
    return texts.LANGUAGES.get(key, key)


def _table(found: Adherence, breakdown: str, caption: str, head: str, named: Callable[[str], str]) -> Table:
    rows = [_row(row, named(row["key"])) for row in found.told(breakdown)]
    return Table(caption, head, rows, breakdown in ("door", "informant"))


def _row(row: Mapping[str, Any], name: str) -> Row:
    answers = None if row["asked"] is None else row["in_time"] + row["late"]
    return Row(
        name=name,
        enrolments=_count(row["enrolments"]),
        asked=_count(row["asked"]),
        **{kept: _share(row[kept], row["asked"]) for kept in ("in_time", "late", "missed")},
        quarter=_time(row["minutes_p25"]),
        median=_time(row["minutes_median"]),
        three_quarters=_time(row["minutes_p75"]),
        ninety=_time(row["minutes_p90"]),
        within_first=_share(row["within_first"], row["timed"]),
        **{name: _share(row[name], answers) for name in ("after_first", "after_second", "carer")},
    )


def _days(found: Adherence) -> list[DayRow]:
    curve = {row["day"]: row for row in found.told("curve")}
    return [_day(row, curve[int(row["key"])]) for row in found.told("day")]


def _day(row: Mapping[str, Any], curve: Mapping[str, Any]) -> DayRow:
    return DayRow(
        _row(row, row["key"]),
        _count(curve["at_risk"]),
        _percent(curve["still"]),
        _percent(curve["never_silent"]),
    )


def _count(value: Any) -> str:
    return NOTHING if value is None else str(value)


def _share(part: Any, whole: Any) -> str:
    return NOTHING if part is None or not whole else _percent(part / whole)


def _percent(share: Any) -> str:
    return NOTHING if share is None else f"{_hundredths(share)}\u00a0%"


def _hundredths(share: Any) -> int:
    """Whole per cents, but neither all nor nobody unless that is so."""
    rounded = int(share * 100 + 0.5 + 1e-9)
    return min(max(rounded, 1), 99) if 0 < share < 1 else rounded


def _time(minutes: Any) -> str:
    return NOTHING if minutes is None else wait(timedelta(minutes=minutes))


def _chart(found: Adherence) -> Markup:
    rows = {int(row["key"]): row for row in found.told("day")}
    course = found.told("curve")
    days = [row["day"] for row in course]
    answered = [_part(rows[day]["in_time"], rows[day]["asked"]) if day in rows else None for day in days]
    curves = {"in_time": answered} | {name: [row[name] for row in course] for name in ("still", "never_silent")}
    series = [_series(str(CURVES[name]), days, shares) for name, shares in curves.items()]
    every = max(1, -(-len(days) // 15))
    axis = [(_at(day), str(day)) for day in days if (day - 1) % every == 0]
    title = translator().gettext("Shares by day of follow-up, from 0 to 100 %%; the table below has the same numbers")
    return charts.multiples(series, title, _at(1), _at(max(2, *days, 2)), axis, comma=language() != "en")


def _part(part: Any, whole: Any) -> float | None:
    return None if part is None or not whole else part / whole


def _series(label: str, days: Sequence[int], shares: Sequence[Any]) -> charts.Series:
    known = [(day, share) for day, share in zip(days, shares, strict=True) if share is not None]
    points = [(_at(day), Decimal(_hundredths(share))) for day, share in known]
    return charts.Series(label, "%", Decimal(0), Decimal(100), (), points)


def _at(day: int) -> datetime:
    return ORIGIN + timedelta(days=day)
