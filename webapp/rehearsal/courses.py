"""How an illness goes: from a course and an hour to what a patient would measure. Pure; every draw is the caller's.

Strain is a whole number: 0 is well, about 55 the worst of an ordinary illness, from 100 on somebody should call.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from random import Random

HOURS = 3600
HELD_HOURS = 20
EASES_PER_HOUR = 2
"""After a turn for the worse: how long the worst lasts, and how fast it eases."""


class Course(StrEnum):
    """`well` is over within days; `slow` takes weeks."""

    WELL = "well"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn for the worse: the strain climbs to `peak`, reached at `worst_at` after `rise_hours`."""

    worst_at: datetime
    rise_hours: int
    peak: int


@dataclass(frozen=True, slots=True)
class Condition:
    """What there is to measure and to say, in the questionnaire's codes. `temperature` is in tenths of a degree."""

    temperature: int
    heart_rate: int
    respiratory_rate: int
    spo2: int
    breathlessness: str
    change: str
    chills: str
    malaise: str
    confinement: str
    signs: frozenset[str]


def strain(course: Course, *, onset_on: date, turn: Turn | None, at: datetime) -> int:
    """The strain at an instant: the ordinary one of that day of illness, or the turn's where that is worse."""
    day = (at.date() - onset_on).days
    ordinary = max(0, 38 - 5 * abs(day - 3)) if course is Course.WELL else max(0, 56 - 4 * abs(day - 7))
    return max(ordinary, _turned(turn, at, ordinary)) if turn else ordinary


def _turned(turn: Turn, at: datetime, base: int) -> int:
    hours = int((at - turn.worst_at).total_seconds()) // HOURS
    if hours < 0:
        return base + (turn.peak - base) * max(0, turn.rise_hours + hours) // turn.rise_hours
    return turn.peak - EASES_PER_HOUR * max(0, hours - HELD_HOURS)


def condition(now: int, before: int | None, rng: Random) -> Condition:
    """What a patient under strain `now` would find; `before` was the strain at the previous answer."""
    temperature = 368 + now * 21 // 100 + round(rng.gauss(0, 3))
    return Condition(
        temperature=temperature,
        heart_rate=70 + (temperature - 368) + now * 9 // 100 + rng.randint(-7, 7),
        respiratory_rate=14 + now * 8 // 100 + rng.randint(-1, 1),
        spo2=min(99, 98 - max(0, now - 25) * 7 // 100 + _oximeter_error(now, rng)),
        breathlessness=_breathlessness(now, rng),
        change=_change(now, now if before is None else before, rng),
        chills=_chills(now, rng),
        malaise="none" if now < 12 else "mild" if now < 75 else "marked",
        confinement=_confinement(rng),
        signs=_signs(now, rng),
    )


def _oximeter_error(now: int, rng: Random) -> int:
    drawn = rng.random()
    if now >= 60:
        return -1 if drawn < 0.3 else 0
    return -1 if drawn < 0.07 else 1 if drawn > 0.6 else 0


def _breathlessness(now: int, rng: Random) -> str:
    drawn = rng.random()
    if now < 45:
        return "none"
    if now < 70:
        return "unusual-effort" if drawn < 0.1 else "none"
    if now < 100:
        return "unusual-effort" if drawn < 0.8 else "none"
    if now < 115:
        return "slight-effort" if drawn < 0.55 else "unusual-effort"
    return "talking" if drawn < 0.25 else "slight-effort"


def _change(now: int, before: int, rng: Random) -> str:
    drawn, step = rng.random(), now - before
    if step >= 20:
        return "worse" if drawn < 0.7 else "same"
    return "better" if step <= -4 and drawn < 0.6 else "same"


def _chills(now: int, rng: Random) -> str:
    drawn = rng.random()
    if now >= 70 and drawn < 0.2:
        return "strong"
    return "mild" if now >= 25 and drawn < 0.35 else "none"


def _confinement(rng: Random) -> str:
    drawn = rng.random()
    return "cannot-go-on" if drawn < 0.002 else "hard" if drawn < 0.02 else "fine"


def _signs(now: int, rng: Random) -> frozenset[str]:
    """The red flags, each by its own chance; none while the strain is ordinary."""
    chances = {"chest-pain": 0.06, "fainted": 0.05, "cannot-eat-drink": 0.04, "confusion": 0.01, "blue-lips": 0.01}
    drawn = {sign: rng.random() for sign in chances}
    return frozenset(sign for sign, chance in chances.items() if now >= 105 and drawn[sign] < chance)
