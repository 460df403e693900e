"""What each decision starts, as the form says under it."""

from __future__ import annotations

from triage.models import DispositionKind
from webapp.lazy import lazy

STARTS = {
    DispositionKind.ADVICE: lazy("The questionnaires go on as before."),
    DispositionKind.EXTRA_CHECKIN: lazy("The patient is asked once more, and called if no answer comes."),
    DispositionKind.GP: lazy("The questionnaires go on. Afterwards you can make a letter for the practitioner."),
    DispositionKind.TO_PHYSICIAN: lazy("The call-back stays open, for a physician."),
    DispositionKind.HOSPITAL_ADVISED: lazy("In 2 hours somebody asks what came of it."),
    DispositionKind.AMBULANCE: lazy("In 2 hours somebody asks what came of it."),
    DispositionKind.WELFARE_CHECK: lazy("Somebody goes and looks. In 2 hours somebody asks what came of it."),
    DispositionKind.RISK_UP: lazy("Risk becomes high: questionnaires twice a day from now on."),
    DispositionKind.LIMITS_CHANGED: lazy("From now on answers are judged by the patient's own limits."),
    DispositionKind.ADMITTED: lazy("No more messages are sent. The follow-up ends."),
    DispositionKind.DECEASED: lazy("No more messages are sent. The follow-up ends."),
    DispositionKind.ENTRY_ERROR: lazy("Of a red: only after the value was asked again. Both values stay in the file."),
    DispositionKind.UNREACHABLE: lazy(
        "The next questionnaire is asked as planned; without an answer it is a new call."
    ),
    DispositionKind.TECHNICAL: lazy("The questionnaires go on as before."),
}
