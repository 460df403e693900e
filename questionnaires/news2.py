"""NEWS2 as published: Royal College of Physicians, National Early Warning Score (NEWS) 2, London 2017, chart 1.

Every reading is needed. A reading that is missing, or that lies in no band (8.5 breaths), leaves the score unknown: it
is never taken for 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

Bands = tuple[tuple[str | None, str | None, int], ...]
"""(lowest, highest, points), both included; None for no limit."""

RESPIRATORY_RATE: Bands = ((None, "8", 3), ("9", "11", 1), ("12", "20", 0), ("21", "24", 2), ("25", None, 3))
SPO2_SCALE_1: Bands = ((None, "91", 3), ("92", "93", 2), ("94", "95", 1), ("96", None, 0))
SPO2_SCALE_2_LOW: Bands = ((None, "83", 3), ("84", "85", 2), ("86", "87", 1), ("88", "92", 0))
SPO2_SCALE_2_ON_AIR: Bands = (*SPO2_SCALE_2_LOW, ("93", None, 0))
SPO2_SCALE_2_ON_OXYGEN: Bands = (*SPO2_SCALE_2_LOW, ("93", "94", 1), ("95", "96", 2), ("97", None, 3))
SYSTOLIC: Bands = ((None, "90", 3), ("91", "100", 2), ("101", "110", 1), ("111", "219", 0), ("220", None, 3))
HEART_RATE: Bands = (
    (None, "40", 3), ("41", "50", 1), ("51", "90", 0), ("91", "110", 1), ("111", "130", 2), ("131", None, 3),
)  # fmt: skip
TEMPERATURE: Bands = (
    (None, "35.0", 3), ("35.1", "36.0", 1), ("36.1", "38.0", 0), ("38.1", "39.0", 1), ("39.1", None, 2),
)  # fmt: skip
ON_OXYGEN = 2
NOT_ALERT = 3


@dataclass(frozen=True, slots=True)
class Readings:
    """Breaths and beats per minute, per cent, mmHg, degrees Celsius; None for a reading that there is not.

    `hypercapnic` says that SpO2 scale 2 was prescribed (target 88 to 92 %); None where that was asked and is not known.
    """

    respiratory_rate: Decimal | None
    spo2: Decimal | None
    on_oxygen: bool | None
    systolic: Decimal | None
    heart_rate: Decimal | None
    alert: bool | None
    temperature: Decimal | None
    hypercapnic: bool | None = False


def points(readings: Readings) -> Mapping[str, int | None]:
    """The points of each of the seven, None where they cannot be told."""
    oxygen = readings.on_oxygen
    return {
        "respiratory_rate": _banded(RESPIRATORY_RATE, readings.respiratory_rate),
        "spo2": _spo2(readings),
        "on_oxygen": None if oxygen is None else ON_OXYGEN * oxygen,
        "systolic": _banded(SYSTOLIC, readings.systolic),
        "heart_rate": _banded(HEART_RATE, readings.heart_rate),
        "consciousness": None if readings.alert is None else NOT_ALERT * (not readings.alert),
        "temperature": _banded(TEMPERATURE, readings.temperature),
    }


def total(readings: Readings) -> int | None:
    """0 to 20, or None unless all seven are known."""
    each = points(readings).values()
    known = [one for one in each if one is not None]
    return sum(known) if len(known) == len(each) else None


def _spo2(readings: Readings) -> int | None:
    if readings.hypercapnic is None:
        return None
    if not readings.hypercapnic:
        return _banded(SPO2_SCALE_1, readings.spo2)
    if readings.on_oxygen is None:
        return None
    return _banded(SPO2_SCALE_2_ON_OXYGEN if readings.on_oxygen else SPO2_SCALE_2_ON_AIR, readings.spo2)


def _banded(bands: Bands, value: Decimal | None) -> int | None:
    if value is None:
        return None
    for lowest, highest, given in bands:
        if (lowest is None or value >= Decimal(lowest)) and (highest is None or value <= Decimal(highest)):
            return given
    return None
