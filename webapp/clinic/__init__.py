"""What clinical staff work with: the call-back queue, patients' files, enrolment."""

from webapp.clinic import asking, calls, details, doors, enrolling, follow, paper, patients, queue, sources
from webapp.clinic.blueprint import blueprint

__all__ = [
    "asking",
    "blueprint",
    "calls",
    "details",
    "doors",
    "enrolling",
    "follow",
    "paper",
    "patients",
    "queue",
    "sources",
]
