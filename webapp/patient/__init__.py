"""The patient's rooms: the doors, the consent, the questionnaire and what becomes of its answers."""

from webapp.patient import (
    api,
    checkin,
    consent,
    entrance,
    leaving,
    left,
    measured_again,
    mine,
    mine_open,
    result,
    shell,
)
from webapp.patient.blueprint import blueprint

__all__ = [
    "api",
    "blueprint",
    "checkin",
    "consent",
    "entrance",
    "leaving",
    "left",
    "measured_again",
    "mine",
    "mine_open",
    "result",
    "shell",
]
