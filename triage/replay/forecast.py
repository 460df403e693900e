"""From the call-backs of a period to those of tomorrow, held against the roster. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

from triage.replay.result import HOURS, Side

PERCENTILE = 95
DAY_HOURS = 24


def means(by_hour: Sequence[Sequence[int]]) -> list[float | None]:
    """Of each hour of the week; None where the period holds no such hour."""
    return [round(sum(counts) / len(counts), 4) if counts else None for counts in by_hour]


def quantile(mean: float, percent: int = PERCENTILE) -> int:
    """The least number that a Poisson count of this mean does not exceed in `percent` of 100 cases."""
    if mean <= 0:
        return 0
    if mean > 500:  # the sum below would underflow; here the normal curve is as good
        return math.ceil(mean + 1.645 * math.sqrt(mean))
    term = total = math.exp(-mean)
    number = 0
    while total < percent / 100:
        number += 1
        term *= mean / number
        total += term
    return number


def highs(by_hour: Sequence[Sequence[int]], scale: float) -> list[float | None]:
    """What an hour seldom exceeds: the 95th percentile of chance alone, or the busiest such hour of the period where
    that was worse, for illness comes in waves and a month holds four of each hour.
    """
    found: list[float | None] = []
    for counts in by_hour:
        if not counts:
            found.append(None)
            continue
        chance = quantile(scale * sum(counts) / len(counts))
        found.append(round(max(chance, scale * max(counts)), 4))
    return found


def side(
    by_hour: Sequence[Sequence[int]], *, scale: float, minutes: float, callers: Sequence[int] | None, tomorrow: date
) -> Side:
    mean = [None if value is None else round(value * scale, 4) for value in means(by_hour)]
    high = highs(by_hour, scale)
    hours = range(tomorrow.weekday() * DAY_HOURS, (tomorrow.weekday() + 1) * DAY_HOURS)
    return {
        "mean": mean,
        "high": high,
        "work": [None if value is None else round(value * minutes / 60, 4) for value in mean],
        "over": over(mean, minutes, callers),
        "over_high": over(high, minutes, callers),
        "tomorrow": added_up([mean[hour] for hour in hours]),
        "tomorrow_high": high_of_day(by_hour, scale, hours),
    }


def over(calls: Sequence[float | None], minutes: float, callers: Sequence[int] | None) -> list[int]:
    """Hours whose calls need more caller-hours than the roster has."""
    if callers is None:
        return []
    return [hour for hour in range(HOURS) if (calls[hour] or 0) * minutes / 60 > callers[hour] + 1e-9]


def added_up(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(sum(known), 4) if known else None


def high_of_day(by_hour: Sequence[Sequence[int]], scale: float, hours: range) -> float | None:
    """Of the whole day: its hours are not all at their worst at once."""
    days = [[by_hour[hour][week] for hour in hours] for week in range(len(by_hour[hours[0]]))]
    (found,) = highs([[sum(day) for day in days]], scale)
    return found
