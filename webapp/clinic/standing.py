"""The open call-back of a patient as the patient's page shows it: its reasons, and who has it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import g

from notifications import inbound
from records.db import db
from triage.callbacks import AlertDetail, CallbackDetail
from triage.levels import Level
from triage.models import AlertKind, Assessment
from triage.wording import Wording
from webapp.clinic import rules
from webapp.clinic.board import wait
from webapp.extensions import language, translator
from webapp.permissions import allows


@dataclass(frozen=True)
class Alert:
    """One reason to call that still stands; `has_limits` when values crossed limits, which its sentences name."""

    detail: AlertDetail
    sentences: Sequence[str]
    has_limits: bool
    assessment: uuid.UUID | None = None

    @property
    def level(self) -> Level:
        return Level.from_code(self.detail.level)


@dataclass(frozen=True)
class Call:
    """The open call-back."""

    detail: CallbackDetail
    alerts: list[Alert]
    waiting: str
    is_mine: bool

    @property
    def waits_for_physician(self) -> bool:
        """It is the physician's, and the person signed in is none."""
        return self.detail.for_physician and not allows(g.staff.role, "callback.decide")

    @property
    def has_limits(self) -> bool:
        return any(alert.has_limits for alert in self.alerts)

    @property
    def level(self) -> Level:
        return Level.from_code(self.detail.level)


def call(found: Sequence[CallbackDetail], now: datetime) -> Call | None:
    standing = next((detail for detail in found if detail.is_open), None)
    if standing is None:
        return None
    newest = sorted(standing.alerts, key=lambda alert: alert.raised_at, reverse=True)
    alerts = [_alert(alert) for alert in newest if alert.closed_at is None]
    alerts.sort(key=lambda alert: -alert.level)
    return Call(standing, alerts, wait(now - standing.opened_at), standing.claimed_by_id == g.staff.id)


def _alert(detail: AlertDetail) -> Alert:
    assessed = db.session.get(Assessment, detail.assessment_id) if detail.assessment_id else None
    if assessed is None:
        return Alert(detail, [*detail.words, *_written(detail)], has_limits=False)
    document = rules.document_of(assessed.protocol_version_id)
    said = Wording(document, assessed.facts, assessed.limits, assessed.explanation, language())
    return Alert(detail, detail.words, bool(said.comparisons()), assessed.public_id)


def _written(detail: AlertDetail) -> list[str]:
    """What the patient wrote, when that is the reason to call."""
    if detail.kind != AlertKind.WROTE or detail.cause is None:
        return []
    body = inbound.body_of(db.session, public_id=detail.cause)
    return [translator().gettext("“%(text)s”", text=body)] if body else []
