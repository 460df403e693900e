"""What a caller has at hand during a call: what was tried, who is called next, how the call shows, what to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup, escape
from sqlalchemy import select

from records import clock, phones
from records.db import db
from records.models import CallsBy, Enrolment
from triage.callbacks import tries
from triage.levels import Level
from triage.models import AlertKind, Attempt, Callback, Called, NextStep
from webapp import formatting
from webapp.clinic import call_form, scripts, wording
from webapp.clinic.file import File
from webapp.extensions import language, translator

LAST = 6


@dataclass(frozen=True)
class LastCall:
    at: datetime
    by: str
    what: str
    reached: bool


@dataclass(frozen=True)
class Panel:
    """`next_step` says who is called next, and when; `shows` what the patient sees when it rings. `is_reached`: since
    the call-back was claimed the patient was, in the last call, so that the decision comes next.
    """

    step: NextStep
    next_step: str
    next_try_at: datetime | None
    last_calls: list[LastCall]
    is_reached: bool
    shows: str
    is_own_number: bool
    is_bridged: bool
    interpreter: str | None
    needs_interpreter: bool
    scripts: Sequence[scripts.Script]
    hang_up: Sequence[object]
    callback_id: int


def of(file: File) -> Panel | None:
    """None without an open call-back."""
    if file.call is None:
        return None
    found = db.session.scalars(select(Callback).where(Callback.public_id == file.call.detail.public_id)).one()
    programme, patient = file.enrolment.programme, file.enrolment.patient
    calls = last_calls(file.enrolment)
    return Panel(
        step=NextStep(found.next_step),
        next_step=_next_step(found, calls, file.zone, file.now),
        next_try_at=found.next_try_at,
        last_calls=calls,
        is_reached=bool(calls and found.claimed_at and calls[0].reached and calls[0].at >= found.claimed_at),
        shows=_shows(file.enrolment),
        is_own_number=programme.calls_by == CallsBy.OWN,
        is_bridged=programme.calls_by == CallsBy.BRIDGE,
        interpreter=programme.interpreter_phone,
        needs_interpreter=patient.language != language(),
        scripts=_scripts(found, calls, file),
        hang_up=scripts.HANG_UP,
        callback_id=found.id,
    )


def _was_handed_up(found: Callback, calls: Sequence[LastCall]) -> bool:
    """By a person, and not because nobody was reached."""
    return found.next_step == NextStep.PHYSICIAN and (not calls or calls[0].reached)


def _scripts(found: Callback, calls: Sequence[LastCall], file: File) -> list[scripts.Script]:
    wanted = [(alert.detail.kind, alert.level) for alert in file.call.alerts] if file.call else []
    if found.next_step != NextStep.CALL_PATIENT and not _was_handed_up(found, calls):
        wanted.insert(0, (AlertKind.UNREACHED, Level.RED))
    return scripts.scripts(wanted)


def last_calls(enrolment: Enrolment) -> list[LastCall]:
    """The newest first, of this call-back and of those before."""
    query = select(Attempt).join(Callback, Callback.id == Attempt.callback_id)
    rows = db.session.scalars(
        query.where(Callback.enrolment_id == enrolment.id).order_by(Attempt.at.desc(), Attempt.id.desc()).limit(LAST)
    )
    return [LastCall(row.at, row.staff.name, what(row), tries.has_reached(row)) for row in rows]


def what(row: Attempt) -> str:
    words = str(call_form.SOMEBODY_ELSE if row.verified is False else wording.OUTCOMES.get(row.outcome, row.outcome))
    if row.called != Called.CONTACT:
        return words
    return translator().gettext("Emergency contact: %(what)s", what=words)


def _next_step(found: Callback, calls: Sequence[LastCall], zone: str, now: datetime) -> str:
    t = translator()
    waits = found.next_try_at is not None and found.next_try_at > now
    when = _when(found.next_try_at, zone, now) if waits and found.next_try_at else ""
    match NextStep(found.next_step):
        case NextStep.PHYSICIAN if _was_handed_up(found, calls):
            return t.gettext("It was handed up: a physician decides what comes next.")
        case NextStep.PHYSICIAN:
            return t.gettext("Nobody was reached. Now a physician decides whether somebody goes and looks.")
        case NextStep.CALL_CONTACT if waits:
            return t.gettext("Next: call the emergency contact, at %(when)s.", when=when)
        case NextStep.CALL_CONTACT:
            return t.gettext("Next: call the emergency contact, now.")
    if waits:
        return t.gettext("Next: call the patient again, at %(when)s.", when=when)
    return t.gettext("Next: call the patient, now.")


def _when(at: datetime, zone: str, now: datetime) -> str:
    same = clock.local_day(at, zone) == clock.local_day(now, zone)
    return formatting.hour(at, zone) if same else formatting.moment(at, zone)


def _shows(enrolment: Enrolment) -> Markup | str:
    """What the patient sees on the telephone when it rings."""
    t, programme = translator(), enrolment.programme
    number = Markup('<bdi dir="ltr" class="vd-nowrap">{}</bdi>').format(
        phones.national(programme.shown_number or programme.phone)
    )
    match programme.calls_by:
        case CallsBy.HOSPITAL:
            words = t.gettext("Call from the hospital's telephone: the patient sees %(number)s, the centre's number.")
        case CallsBy.BRIDGE:
            words = t.gettext(
                "Let the centre call both of you: the patient sees %(number)s. If you dial yourself, the patient sees "
                "your own number."
            )
        case _:
            return t.gettext(
                "The patient will see your own number: this centre has no telephone of its own for these calls. Say "
                "first who you are, and where you call from."
            )
    return escape(words) % {"number": number}
