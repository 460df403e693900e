"""What patients of the other programmes would type, from the same strain: a heart that fails, an operation that heals.

Pure; every draw is the caller's. Weights and temperatures are in tenths.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from random import Random
from types import MappingProxyType

from records.texts import DECIMAL_COMMA
from webapp.rehearsal.cast import Person
from webapp.rehearsal.courses import HOURS

Meant = dict[str, str]
GRAMS_PER_STRAIN = 40
HEAVIEST_SWING = 3
"""Tenths of a kilogram by which a scale and a breakfast differ from day to day."""


def heart_failure(under: int, person: Person, _now: datetime, rng: Random) -> Meant:
    """Water gathers under strain: weight, legs, breath, in this order."""
    weight = 550 + person.number * 37 % 400 + under * GRAMS_PER_STRAIN // 100
    return {
        "chest-pain": _flag(under >= 115 and rng.random() < 0.06),
        "breathlessness": _step(under, (60, "none"), (100, "effort"), (130, "slight-effort"), last="at-rest"),
        "night": _step(under, (95, "fine"), (125, "woke"), last="sitting"),
        "pillows": str(2 + (under >= 85)),
        "swelling": _flag(under >= 75 and rng.random() < 0.6),
        "dizziness": "dizzy" if under >= 60 and rng.random() < 0.08 else "none",
        "palpitations": "passed" if under >= 60 and rng.random() < 0.08 else "none",
        "tired": _flag(under >= 90),
        "weight": _tenths(weight + rng.randint(-HEAVIEST_SWING, HEAVIEST_SWING), person.language),
        "systolic": str(128 - under // 5 + rng.randint(-8, 8)),
        "heart-rate": str(66 + under // 4 + rng.randint(-5, 5)),
        "medicines": "missed" if rng.random() < 0.04 else "taken",
    }


def after_surgery(under: int, person: Person, now: datetime, rng: Random) -> Meant:
    """Pain wanes with the days; under strain the wound reddens and fever comes."""
    healed = max(0, int((now.date() - person.onset_on).total_seconds()) // (24 * HOURS))
    return {
        "chest-pain": _flag(under >= 115 and rng.random() < 0.06),
        "breathlessness": "effort" if under >= 110 and rng.random() < 0.2 else "none",
        "confusion": "false",
        "bleeding": "stained" if healed < 3 and rng.random() < 0.3 else "none",
        "wound": "red" if under >= 80 and rng.random() < 0.7 else "clean",
        "wound-pus": _flag(under >= 100 and rng.random() < 0.5),
        "wound-open": "false",
        "pain": str(min(10, max(0, 4 - healed // 2 + under // 30 + rng.randint(-1, 1)))),
        "pain-uncontrolled": _flag(under >= 95 and rng.random() < 0.3),
        "temperature": _tenths(366 + under * 17 // 100 + round(rng.gauss(0, 2)), person.language),
        "chills": "strong" if under >= 105 and rng.random() < 0.3 else "none",
        "vomiting": "some" if healed < 2 and rng.random() < 0.1 else "none",
        "calf": "false",
        "urine": "normal",
    }


MEANT: Mapping[str, Callable[[int, Person, datetime, Random], Meant]] = MappingProxyType(
    {"heart-failure": heart_failure, "after-surgery": after_surgery}
)
"""By the programme's slug; COVID-19 has a course of its own."""


def _flag(raised: bool) -> str:
    return "true" if raised else "false"


def _step(under: int, *steps: tuple[int, str], last: str) -> str:
    return next((code for most, code in steps if under < most), last)


def _tenths(value: int, language: str) -> str:
    whole, tenth = divmod(value, 10)
    return f"{whole}{',' if language in DECIMAL_COMMA else '.'}{tenth}"
