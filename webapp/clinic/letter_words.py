"""What was decided, as a letter says it to a colleague."""

from __future__ import annotations

from records.refusals import Sentence
from triage.models import DispositionKind

DECIDED = {
    DispositionKind.ADVICE: Sentence("We gave advice by telephone. The follow-up goes on."),
    DispositionKind.EXTRA_CHECKIN: Sentence("The patient is asked to answer again. The follow-up goes on."),
    DispositionKind.GP: Sentence("We asked the patient to see you. The follow-up goes on."),
    DispositionKind.TO_PHYSICIAN: Sentence("The physician of the centre is looking at it."),
    DispositionKind.RISK_UP: Sentence("We follow the patient more closely from now on."),
    DispositionKind.LIMITS_CHANGED: Sentence("A physician of the centre set limits for this patient."),
    DispositionKind.HOSPITAL_ADVISED: Sentence("We advised the patient to go to hospital."),
    DispositionKind.AMBULANCE: Sentence("We sent an ambulance."),
    DispositionKind.WELFARE_CHECK: Sentence("Nobody could be reached, and we asked for a welfare check."),
    DispositionKind.ADMITTED: Sentence("The patient is in hospital. Our follow-up has ended."),
    DispositionKind.DECEASED: Sentence("The patient has died. Our follow-up has ended."),
    DispositionKind.ENTRY_ERROR: Sentence("A value was typed by mistake. The follow-up goes on."),
    DispositionKind.UNREACHABLE: Sentence("The patient could not be reached."),
    DispositionKind.TECHNICAL: Sentence("The reason was technical. The follow-up goes on."),
    DispositionKind.WRONG_PATIENT: Sentence("The answers were of somebody else and were moved."),
}
"""In the letter's own language."""
