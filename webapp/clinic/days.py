"""How long a follow-up has been going, in the words of what its programme counts from."""

from __future__ import annotations

from records.models import DayZero
from records.texts import Translator
from webapp.lazy import lazy

COUNTED_FROM = {
    DayZero.SYMPTOMS: lazy("day of illness"),
    DayZero.OPERATION: lazy("days since the operation"),
    DayZero.START: lazy("day of follow-up"),
}
"""What a bare "day 3" counts."""


def said(day_zero: DayZero, day: int | None, t: Translator) -> str:
    """A few words for the line under a patient's name; empty when nothing is to be said."""
    if day is None:
        return t.gettext("first symptoms not known") if day_zero == DayZero.SYMPTOMS else ""
    if day_zero == DayZero.SYMPTOMS:
        return t.gettext("day %(day)s of illness", day=day)
    if day_zero == DayZero.OPERATION:
        return t.gettext("day %(day)s after the operation", day=day)
    return t.gettext("day %(day)s of the follow-up", day=day)
