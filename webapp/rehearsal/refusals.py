"""When a rehearsal may not take place: it would mix invented people with real ones, or write to real telephones."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from records import refusals
from records.models import Heartbeat, Patient
from records.refusals import Sentence
from webapp.config import Settings

WORKER_SEEN = timedelta(seconds=12)

PRODUCTION = Sentence("This is a production service. Rehearse on a demonstration of its own.")
REAL_PROVIDER = Sentence("Texts would go to real telephones. Set VIGIDOM_SMS_PROVIDER=console to rehearse.")
REAL_PATIENTS = Sentence("This database holds real patients. Rehearse in an empty database.")
WORKER_AWAKE = Sentence(
    "A worker is at work in this database and would mix the rehearsal's days with today. Stop it, then rehearse again."
)


class Refused(refusals.Refused):
    """No rehearsal here; nothing was changed."""


def check(session: Session, settings: Settings, *, ends_at: datetime) -> None:
    """Raises Refused unless everybody here is invented and nothing can reach anybody else."""
    if settings.production:
        raise Refused(PRODUCTION)
    if settings.sms_provider != "console":
        raise Refused(REAL_PROVIDER)
    if session.scalar(select(Patient.id).where(Patient.rehearsal.is_(False)).limit(1)) is not None:
        raise Refused(REAL_PATIENTS)
    seen = session.scalar(select(func.max(Heartbeat.beat_at)))
    if seen is not None and seen > ends_at - WORKER_SEEN:
        raise Refused(WORKER_AWAKE)
