"""From counts by chunk to rates, percentiles and curves. Counts are whole numbers to the end; see docs/adherence.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

NAMED = ["breakdown", "key"]
COUNTS = [
    *("enrolments", "asked", "in_time", "late", "missed", "timed"),
    *("within_first", "after_first", "after_second", "carer"),
]
PERCENTILES = {"minutes_p25": 25, "minutes_median": 50, "minutes_p75": 75, "minutes_p90": 90}
CURVE = ["day", "at_risk", "stopped", "still", "never_silent_before", "first_silences", "never_silent"]
BREAKDOWNS = ("all", "day", "week", "team", "language", "asked-by", "door", "informant")
FEWEST = 5
"""A row about fewer follow-ups than this is not shown: it would tell of people and not of a service."""


@dataclass(frozen=True)
class Part:
    """What was counted of some follow-ups, each of which is in no other part.

    counts: (breakdown, key, *COUNTS); minutes: (breakdown, key, minutes, answers that took as long);
    courses: (day of the first silence or None, day since which nothing was answered or None, last day asked, how many).
    """

    counts: Sequence[Sequence[Any]]
    minutes: Sequence[Sequence[Any]]
    courses: Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Adherence:
    """`table`: one row for each breakdown and key, with COUNTS and PERCENTILES. `curve`: one row for each day, with
    CURVE. Counts and minutes are Int64, shares Float64; what is not known, or not shown, is <NA>.
    """

    table: pd.DataFrame
    curve: pd.DataFrame

    def rows(self, breakdown: str) -> pd.DataFrame:
        return self.table[self.table["breakdown"] == breakdown]

    def told(self, breakdown: str) -> list[dict[str, Any]]:
        """The rows of one breakdown, or of the curve, as plain values; None for <NA>."""
        rows = self.curve if breakdown == "curve" else self.rows(breakdown)
        return [{name: None if pd.isna(value) else value for name, value in row.items()} for row in records(rows)]

    def without_few(self) -> Adherence:
        """The same with every row of fewer than FEWEST follow-ups emptied, and with it the next smallest one where the
        others would tell what it hides.
        """
        shown = pd.concat([_without_few(self.rows(name)) for name in BREAKDOWNS], ignore_index=True)
        by_carers = (shown["breakdown"] == "informant") & (shown["key"] == "carer")
        if shown.loc[by_carers, "enrolments"].isna().any():  # or every other row would tell of these few
            shown.loc[:, "carer"] = pd.NA
        curve = self.curve.copy()
        numbers = [name for name in CURVE if name != "day"]
        for at_risk, told in (("at_risk", numbers[:3]), ("never_silent_before", numbers[3:])):
            curve.loc[self.curve[at_risk] < FEWEST, told] = pd.NA
        return replace(self, table=shown, curve=curve)


def figures(parts: Iterable[Part]) -> Adherence:
    """Adds the parts up, whatever their order and however many: no more is held than one part and the sums."""
    counts, minutes, courses = Sums(2), Sums(3), Sums(3)
    for part in parts:
        counts.add(part.counts)
        minutes.add(part.minutes)
        courses.add(part.courses)
    table = counts.frame([*NAMED, *COUNTS])
    told = table.merge(_percentiles(minutes.frame([*NAMED, "minutes", "answers"])), on=NAMED, how="left")
    return Adherence(_in_order(told), _curve(courses.frame(["silent_on", "stopped_on", "last_on", "enrolments"])))


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


class Sums:
    """Rows whose first `named` cells say what was counted, added up."""

    def __init__(self, named: int) -> None:
        self.named = named
        self.rows: dict[tuple[Any, ...], Sequence[int]] = {}

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        for row in rows:
            name, more = tuple(row[: self.named]), row[self.named :]
            before = self.rows.get(name)
            self.rows[name] = more if before is None else [a + b for a, b in zip(before, more, strict=True)]

    def frame(self, columns: Sequence[str]) -> pd.DataFrame:
        rows = [(*name, *numbers) for name, numbers in self.rows.items()]
        frame = pd.DataFrame(rows, columns=list(columns), dtype="object")
        return frame.astype({name: "string" if name in NAMED else "Int64" for name in columns})


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    place = table["breakdown"].map(BREAKDOWNS.index)
    number = pd.to_numeric(table["key"].where(table["breakdown"] == "day"), errors="coerce")
    order = table.assign(place=place, number=number).sort_values(["place", "number", "key"], kind="stable").index
    return table.loc[order].reset_index(drop=True)


def _percentiles(minutes: pd.DataFrame) -> pd.DataFrame:
    """The nearest rank: the least number of minutes within which at least so many per cent of the answers came."""
    minutes = minutes.sort_values("minutes", kind="stable")
    groups = minutes.groupby(NAMED, sort=False)
    found = minutes[NAMED].drop_duplicates()
    so_far, in_all = groups["answers"].cumsum(), groups["answers"].transform("sum")
    for name, percent in PERCENTILES.items():
        reached = minutes[so_far * 100 >= in_all * percent].drop_duplicates(NAMED)
        found = found.merge(reached[[*NAMED, "minutes"]].rename(columns={"minutes": name}), on=NAMED, how="left")
    return found


def _curve(courses: pd.DataFrame) -> pd.DataFrame:
    """Product-limit estimates by day: who stopped, and who was silent for the first time, of those at risk that day."""
    days = pd.Series(range(1, int(courses["last_on"].max()) + 1 if len(courses) else 1), dtype="Int64")
    at_risk, stopped = _at_risk(courses, days, "stopped_on")
    heard, silent = _at_risk(courses, days, "silent_on")
    columns = [days, at_risk, stopped, _surviving(at_risk, stopped), heard, silent, _surviving(heard, silent)]
    return pd.DataFrame(dict(zip(CURVE, columns, strict=True)))


def _at_risk(courses: pd.DataFrame, days: pd.Series[int], event: str) -> tuple[pd.Series[int], pd.Series[int]]:
    """For each day, how many had come so far without the event, and of how many it was the day."""
    until = courses[event].fillna(courses["last_on"])
    ending = courses["enrolments"].groupby(until).sum().reindex(days, fill_value=0)
    events = courses["enrolments"].groupby(courses[event]).sum().reindex(days, fill_value=0)
    before = ending.cumsum().shift(1, fill_value=0)
    risk = courses["enrolments"].sum() - before
    return risk.astype("Int64").reset_index(drop=True), events.astype("Int64").reset_index(drop=True)


def _surviving(at_risk: pd.Series[int], events: pd.Series[int]) -> pd.Series[float]:
    return (1 - events / at_risk.where(at_risk > 0)).cumprod().astype("Float64")


def _without_few(rows: pd.DataFrame) -> pd.DataFrame:
    few = rows["enrolments"] < FEWEST
    hidden = rows.loc[few, "enrolments"].sum()
    if few.any() and not few.all() and hidden < FEWEST:
        few |= rows.index == rows.loc[~few, "enrolments"].idxmin()
    shown = rows.copy()
    shown.loc[few, [*COUNTS, *PERCENTILES]] = pd.NA
    return shown
