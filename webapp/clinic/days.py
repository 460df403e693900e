"""How long a follow-up has been going, in the words of what its programme counts from."""

from __future__ import annotations

from records.models import DayZero, Programme, RiskTier
from records.texts import Translator
from webapp.clinic import wording
from webapp.lazy import lazy

COUNTED_FROM = {
    DayZero.SYMPTOMS: lazy("day of illness"),
    DayZero.OPERATION: lazy("days since the operation"),
    DayZero.START: lazy("day of follow-up"),
}
"""What a bare "day 3" counts."""


RISKS_ALIKE = {
    RiskTier.STANDARD: lazy("Standard"),
    RiskTier.HIGH: lazy("High: not begun after 4 hours, the centre calls"),
}
"""Where everybody is asked equally often, the risk says only how soon somebody who never begins is called."""


def risks(programme: Programme) -> dict[RiskTier, object]:
    """What each risk means in this programme."""
    alike = all(slot["tier"] == "all" for slot in programme.schedule)
    return dict(RISKS_ALIKE if alike else wording.RISKS)


def said(day_zero: DayZero, day: int | None, t: Translator) -> str:
    """A few words for the line under a patient's name; empty when nothing is to be said."""
    if day is None:
        return t.gettext("first symptoms not known") if day_zero == DayZero.SYMPTOMS else ""
    if day_zero == DayZero.SYMPTOMS:
        return t.gettext("day %(day)s of illness", day=day)
    if day_zero == DayZero.OPERATION:
        return t.gettext("day %(day)s after the operation", day=day)
    return t.gettext("day %(day)s of the follow-up", day=day)
