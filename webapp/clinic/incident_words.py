"""What made many patients silent at once, in words."""

from __future__ import annotations

from triage.models import IncidentKind, Settled
from webapp.lazy import lazy

KINDS = {
    IncidentKind.NOT_SENT: lazy("Our texts do not leave"),
    IncidentKind.NOT_ARRIVING: lazy("Our texts leave and do not arrive"),
    IncidentKind.SITE: lazy("Patients could not open their questions"),
    IncidentKind.RAISED: lazy("Many patients silent from one cause"),
}

SETTLED = {
    Settled.ANSWERED: lazy("Answered since"),
    Settled.REACHED: lazy("Reached by telephone"),
    Settled.ENDED: lazy("No longer followed"),
}
