"""Tables of the floor. Columns and constraints only; behaviour is in the functions of `records`."""

from records.models.audit import AccessEntry, AuditEntry, AuditHead
from records.models.contacts import Contact, OptOut, Why
from records.models.doors import Device, EnteredBy, PatientCode, PatientSession, Throttle
from records.models.enrolments import (
    AnswersBy,
    Consent,
    EndReason,
    Enrolment,
    EnrolmentState,
    HoldReason,
    PauseReason,
    RiskTier,
)
from records.models.heartbeats import Heartbeat
from records.models.patients import Patient, PatientIndex, PatientKey
from records.models.programmes import CallsBy, DayZero, Programme, Team
from records.models.staff import Role, Staff, StaffSession, StaffSetup, StaffTeam

__all__ = [
    "AccessEntry",
    "AnswersBy",
    "AuditEntry",
    "AuditHead",
    "CallsBy",
    "Consent",
    "Contact",
    "DayZero",
    "Device",
    "EndReason",
    "Enrolment",
    "EnrolmentState",
    "EnteredBy",
    "Heartbeat",
    "HoldReason",
    "OptOut",
    "Patient",
    "PatientCode",
    "PatientIndex",
    "PatientKey",
    "PatientSession",
    "PauseReason",
    "Programme",
    "RiskTier",
    "Role",
    "Staff",
    "StaffSession",
    "StaffSetup",
    "StaffTeam",
    "Team",
    "Throttle",
    "Why",
]
