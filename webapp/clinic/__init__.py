"""What clinical staff work with: the call-back queue, patients' files, enrolment."""

from webapp.clinic import calls, details, enrolling, follow, patients, queue
from webapp.clinic.blueprint import blueprint

__all__ = ["blueprint", "calls", "details", "enrolling", "follow", "patients", "queue"]
