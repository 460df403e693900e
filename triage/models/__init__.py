"""Tables of this room: protocols and what they said; call-backs; the centre around its queue."""

from triage.models.callbacks import (
    Alert,
    AlertKind,
    Attempt,
    AttemptOutcome,
    Callback,
    CallbackState,
    Called,
    Disposition,
    DispositionKind,
    Incident,
    IncidentKind,
    NextStep,
)
from triage.models.duty import Duty, Escalation, EscalationKind, Shift
from triage.models.happened import CallbackEvent, EventKind, Notice, NoticeKind
from triage.models.incidents import IncidentMember, Settled
from triage.models.kept import CallDraft, Letter, MovedAnswer, SavedView
from triage.models.protocols import (
    Assessment,
    PatientLimit,
    ProtocolInForce,
    ProtocolStatus,
    ProtocolVersion,
)
from triage.models.telephone import BridgedCall, BridgeState, CallAnnouncement, Reply

__all__ = [
    "Alert",
    "AlertKind",
    "Assessment",
    "Attempt",
    "AttemptOutcome",
    "BridgeState",
    "BridgedCall",
    "CallAnnouncement",
    "CallDraft",
    "Callback",
    "CallbackEvent",
    "CallbackState",
    "Called",
    "Disposition",
    "DispositionKind",
    "Duty",
    "Escalation",
    "EscalationKind",
    "EventKind",
    "Incident",
    "IncidentKind",
    "IncidentMember",
    "Letter",
    "MovedAnswer",
    "NextStep",
    "Notice",
    "NoticeKind",
    "PatientLimit",
    "ProtocolInForce",
    "ProtocolStatus",
    "ProtocolVersion",
    "Reply",
    "SavedView",
    "Settled",
    "Shift",
]
