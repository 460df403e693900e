"""The words of doors: how a patient is asked, who answered, and by which door it came."""

from __future__ import annotations

from questionnaires.models import Door, Informant
from records.enrolment import DoorReason
from records.models import AnswersBy
from webapp.lazy import lazy

DOORS = {
    AnswersBy.PHONE: lazy("By a text with a link"),
    AnswersBy.STAFF: lazy("The centre telephones"),
    AnswersBy.PAPER: lazy("On sheets of paper"),
}
DOOR_REASONS = {
    DoorReason.ASKED: lazy("The patient asked for it"),
    DoorReason.NO_SMARTPHONE: lazy("No smartphone"),
    DoorReason.NO_NETWORK: lazy("No network where the patient is"),
    DoorReason.CANNOT_USE: lazy("Cannot see or use the page"),
    DoorReason.LANGUAGE: lazy("The language"),
    DoorReason.CAN_AGAIN: lazy("The patient can use the page again"),
    DoorReason.OTHER: lazy("Another reason"),
}
INFORMANTS = {Informant.PATIENT: lazy("The patient"), Informant.CARER: lazy("Somebody close, for the patient")}
CAME_BY = {
    Door.PHONE: lazy("on the patient’s own phone"),
    Door.STAFF: lazy("on the telephone with the centre"),
    Door.PAPER: lazy("on paper"),
    Door.TEXT: lazy("by text message"),
    Door.VOICE: lazy("by voice"),
}
