"""Why a patient is silent, worked out before anybody calls. Pure: what is known of one check-in in, one cause out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

CODE = "cause-"
"""Before the detail, in the code of the reason that is stored with a silence."""
AT_LEAST, SHARE = 20, 5
"""So many texts of doubtful fate, and one in so many of a chunk's, are no accident of one number."""


class Cause(StrEnum):
    """Exactly one of a silence. `unknown`: texts left, and nothing says whether they arrived."""

    NOT_SENT = "not-sent"
    PROVIDER_DOWN = "provider-down"
    NOT_DELIVERED = "not-delivered"
    DELIVERED_NOT_OPENED = "delivered-not-opened"
    OPENED_LEFT = "opened-left"
    OPENED = "opened"
    OPTED_OUT = "opted-out"
    ASKED_OTHERWISE = "asked-otherwise"
    NO_NUMBER = "no-number"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Text:
    """One try, as `records.contacts` holds it: an outcome and, where it came to nothing, why."""

    outcome: str
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one missed check-in. `question` is how far the patient was who left without sending."""

    answers_by: str
    has_phone: bool
    opted_out: bool = False
    opened: bool = False
    question: int | None = None
    texts: tuple[Text, ...] = ()

    def whys(self) -> frozenset[str | None]:
        return frozenset(text.why for text in self.texts)

    def outcomes(self) -> frozenset[str]:
        return frozenset(text.outcome for text in self.texts)


@dataclass(frozen=True, slots=True)
class Found:
    """A cause with its `detail`: the code of a sentence that says more than the cause alone (see WORDS), or none."""

    cause: Cause
    detail: str
    question: int | None = None

    def reason(self) -> dict[str, Any]:
        """As it is stored with the alert (see triage.reasons)."""
        code: dict[str, Any] = {"code": f"{CODE}{self.detail}"}
        return code if self.question is None else {**code, "given": {"question": self.question}}


WORDS = {
    "not-tried": "No text was sent: the service was not at work",
    "quiet-hours": "No text was sent: it was night where the patient is",
    "daily-cap": "No text was sent: the patient had had all the texts of a day",
    "not-sent": "No text was sent",
    "provider-down": "No text went out: the provider of text messages did not take them",
    "not-delivered": "None of its texts was delivered",
    "delivered-not-opened": "A text was delivered; the questions were not opened",
    "opened-left": "Opened the questions and left at question %(question)s",
    "opened": "Opened the questions and sent nothing",
    "opted-out": "Has asked for no texts, and was sent none",
    "asked-by-staff": "Is asked by telephone: it was the centre’s turn to call",
    "asked-on-paper": "Is asked on paper: no sheet has come in",
    "no-phone": "No number for texts is known",
    "landline": "The number is a landline and gets no texts",
    "bad-number": "The number was refused: it is not one that gets texts",
    "unknown": "Texts went out; nothing says whether they arrived",
    "doubtful": "Nobody knows whether its texts went out",
}
"""The sentence of each detail, without its prefix."""

OF_THE_NUMBER = ("no-phone", "landline", "bad-number")
HELD_BACK = ("daily-cap", "quiet-hours", "not-tried")


def known(row: Mapping[str, Any]) -> Known:
    """From the columns of triage.history.HEARD."""
    return Known(
        answers_by=row["answers_by"],
        has_phone=row["has_phone"],
        opted_out=row["opted_out"],
        opened=row["opened"],
        question=row["left_at_question"],
        texts=tuple(Text(outcome, why) for outcome, why in row["texts"] or ()),
    )


def outage(many: Sequence[Known]) -> bool:
    """Whether so many of these have a text of doubtful fate that it was the provider and not a number."""
    doubtful = sum("unknown" in one.outcomes() for one in many)
    return doubtful >= max(AT_LEAST, len(many) / SHARE)


def cause_of(known: Known, *, outage: bool = False) -> Found:
    """What the patient did says more than how they are asked, and that more than what became of the texts. Of several
    texts the one that came furthest counts.
    """
    return _did(known) or _cannot(known) or _texts(known, outage)


def _did(known: Known) -> Found | None:
    if known.question is not None:
        return Found(Cause.OPENED_LEFT, "opened-left", known.question)
    return Found(Cause.OPENED, "opened") if known.opened else None


def _cannot(known: Known) -> Found | None:
    if known.answers_by != "phone":
        return Found(Cause.ASKED_OTHERWISE, "asked-on-paper" if known.answers_by == "paper" else "asked-by-staff")
    if known.opted_out or "opted-out" in known.whys():
        return Found(Cause.OPTED_OUT, "opted-out")
    if "delivered" in known.outcomes():
        return Found(Cause.DELIVERED_NOT_OPENED, "delivered-not-opened")
    if not known.has_phone:
        return Found(Cause.NO_NUMBER, "no-phone")
    return next((Found(Cause.NO_NUMBER, why) for why in OF_THE_NUMBER if why in known.whys()), None)


def _texts(known: Known, outage: bool) -> Found:
    outcomes, whys = known.outcomes(), known.whys()
    if "sent" in outcomes:
        return Found(Cause.UNKNOWN, "unknown")
    if "unknown" in outcomes:
        return Found(Cause.PROVIDER_DOWN, "provider-down") if outage else Found(Cause.UNKNOWN, "doubtful")
    if any(text.outcome == "failed" and text.why != "provider" for text in known.texts):
        return Found(Cause.NOT_DELIVERED, "not-delivered")
    if "provider" in whys:
        return Found(Cause.PROVIDER_DOWN, "provider-down")
    if not known.texts:
        return Found(Cause.NOT_SENT, "not-tried")
    return Found(Cause.NOT_SENT, next((why for why in HELD_BACK if why in whys), "not-sent"))
