"""Why answers were not moved to another patient. Whoever raises one has changed nothing."""

from __future__ import annotations

from triage.refusals import Refused


class AnswersNotFound(Refused):
    """Absent, or of another team; which of the two is not told."""

    message = "These answers are not among those of your team. Go back to the patient."


class PatientElsewhere(Refused):
    """To whom answers would be moved: absent, or of another team; which of the two is not told."""

    message = "This patient is not among those of your team. Look for the right one, or ask a colleague of their team."


class RefusedPart(Refused):
    message = "This person refused to take part: nothing may be kept of them. Choose another patient."


class RehearsalApart(Refused):
    """Invented answers never reach a real file, nor a real one's leave it for where nobody calls."""

    message = "One of these two is a rehearsal patient, the other is not. Choose another patient."


class AlreadyThere(Refused):
    message = "These answers stand in the file of this patient already. Choose another patient."
