"""What clinical staff work with: the call-back queue, patients' files, enrolment."""

from webapp.clinic import (
    adherence,
    asking,
    calls,
    claiming,
    details,
    doors,
    enrolling,
    explanation,
    follow,
    paper,
    patients,
    queue,
    snoozing,
    sources,
)
from webapp.clinic.blueprint import blueprint

__all__ = [
    "adherence",
    "asking",
    "blueprint",
    "calls",
    "claiming",
    "details",
    "doors",
    "enrolling",
    "explanation",
    "follow",
    "paper",
    "patients",
    "queue",
    "snoozing",
    "sources",
]
