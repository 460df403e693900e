"""The clock of one call-back as a page: what happened, in order, in words."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import g, render_template, request

from records import access as records_access
from records import clock, patients
from records.db import db
from records.texts import Translator
from triage.callbacks.clock import Clock, clock_of, clocks_of
from triage.callbacks.story import Lap, Moment, What
from triage.levels import Level
from triage.models import AlertKind, EventKind
from webapp import formatting
from webapp.clinic.blueprint import blueprint
from webapp.clinic.board import wait
from webapp.clinic.call_form import SOMEBODY_ELSE
from webapp.clinic.wording import DISPOSITIONS, OUTCOMES
from webapp.extensions import translator
from webapp.lazy import lazy
from webapp.permissions import access

GRAVE = frozenset({What.WORSE, What.DUE, What.SAID_WORSE, EventKind.WORSENED})
ALERTS = {
    AlertKind.ANSWERS: lazy("the answers"),
    AlertKind.SILENCE: lazy("no answer"),
    AlertKind.NEVER_INVITED: lazy("never invited"),
    AlertKind.NEVER_ACTIVATED: lazy("has not begun"),
    AlertKind.REVIEW_DUE: lazy("the pause is to be looked at again"),
    AlertKind.LIMITS_DUE: lazy("limits of the patient’s own are to be set"),
    AlertKind.OPTED_OUT: lazy("no longer wants texts"),
    AlertKind.WROTE: lazy("the patient wrote"),
    AlertKind.OUTCOME_DUE: lazy("the outcome is to be confirmed"),
    AlertKind.FOLLOW_UP_ENDS: lazy("the follow-up ends"),
    AlertKind.UNREACHED: lazy("several calls reached nobody"),
    AlertKind.ASKED: lazy("the patient asked for a call"),
    AlertKind.MOVED: lazy("answers were moved to another patient"),
}


@dataclass(frozen=True)
class Line:
    at: datetime
    text: str
    is_grave: bool
    after: str
    """How long after the call-back was opened."""


@dataclass(frozen=True)
class Waited:
    """One clock in words; `is_late` when nobody called before it had run out."""

    lap: Lap
    level: Level
    waited: str
    late: str

    @property
    def is_late(self) -> bool:
        return bool(self.lap.late_by)


@blueprint.get("/callbacks/<uuid:public_id>/clock")
@access("callback.work")
def callback_clock(public_id: uuid.UUID) -> str:
    now = clock.now()
    found = clock_of(db.session(), callback=public_id, staff=g.staff, now=now)
    opened = {"enrolment_id": found.enrolment.id, "page": "clock", "from_address": request.remote_addr}
    page = render_template(
        "clinic/clock.html",
        clock=found,
        person=patients.reveal(found.enrolment.patient),
        zone=found.enrolment.programme.zone,
        laps=[Waited(lap, Level.from_code(lap.level), wait(lap.waited), wait(lap.late_by)) for lap in found.story.laps],
        lines=_lines(found),
    )
    records_access.log_access(db.session(), staff=g.staff, now=now, **opened)
    db.session.commit()
    return page


@blueprint.context_processor
def _on_pages() -> dict[str, object]:
    return {"clocks_of": lambda enrolment: clocks_of(db.session(), enrolment=enrolment)}


def _lines(found: Clock) -> list[Line]:
    t, zone = translator(), found.enrolment.programme.zone
    return [
        Line(moment.at, said(moment, zone, t), moment.what in GRAVE, wait(moment.at - found.opened_at))
        for moment in found.story.moments
    ]


def said(moment: Moment, zone: str, t: Translator) -> str:
    """One moment as a sentence. A kind that has none is told by its code, rather than not at all."""
    given = {name: value for name, value in moment.details.items() if value is not None}
    words = _raised(moment, given, zone, t) or _worked(moment, given, zone, t) or _passed_on(moment, given, t)
    return words or _elsewhere(moment, given, zone, t) or moment.what


def _by(moment: Moment) -> str:
    return moment.by or "–"


def _raised(moment: Moment, given: Mapping[str, Any], zone: str, t: Translator) -> str:
    if moment.what not in (What.OPENED, What.ALERT, What.WORSE):
        return ""
    reason = str(ALERTS.get(given["kind"], given["kind"]))
    due = formatting.moment(given["due_at"], zone)
    match moment.what:
        case What.OPENED:
            return t.gettext("Opened: %(reason)s. The call is due by %(due)s.", reason=reason, due=due)
        case What.WORSE:
            return t.gettext("Worse: %(reason)s. Its own clock starts: due by %(due)s.", reason=reason, due=due)
    return t.gettext("A further reason: %(reason)s.", reason=reason)


def _worked(moment: Moment, given: Mapping[str, Any], zone: str, t: Translator) -> str:
    match moment.what:
        case What.DUE:
            return t.gettext("The call was due, and nobody had called.")
        case What.CALLED:
            return _called(moment, given, zone, t)
        case What.DECIDED:
            what = str(DISPOSITIONS.get(given["kind"], given["kind"]))
            return t.gettext("%(name)s decided: %(what)s.", name=_by(moment), what=what)
        case What.CLOSED:
            return t.gettext("Closed.")
    return ""


def _called(moment: Moment, given: Mapping[str, Any], zone: str, t: Translator) -> str:
    what = str(SOMEBODY_ELSE if given.get("verified") is False else OUTCOMES.get(given["outcome"], given["outcome"]))
    if given.get("called") == "contact":
        text = t.gettext("%(name)s called the emergency contact: %(what)s.", name=_by(moment), what=what)
    else:
        text = t.gettext("%(name)s called the patient: %(what)s.", name=_by(moment), what=what)
    if given.get("verified"):
        text = f"{text} {t.gettext('Name and date of birth were verified.')}"
    if given.get("next_try_at"):
        text = f"{text} {_next_try(given['next_try_at'], moment.at, zone, t)}"
    return text


def _next_try(at: datetime, told_at: datetime, zone: str, t: Translator) -> str:
    if clock.local_day(at, zone) == clock.local_day(told_at, zone):
        return t.gettext("Next try at %(hour)s.", hour=formatting.hour(at, zone))
    return t.gettext("Next try on %(moment)s.", moment=formatting.moment(at, zone))


def _passed_on(moment: Moment, given: Mapping[str, Any], t: Translator) -> str:
    name = _by(moment)
    match moment.what:
        case EventKind.CLAIMED:
            return t.gettext("%(name)s claimed it.", name=name)
        case EventKind.RELEASED:
            return t.gettext("%(name)s gave it back to the queue.", name=name)
        case EventKind.TAKEN_OVER:
            return t.gettext("%(name)s took it over from %(other)s.", name=name, other=given.get("from", "–"))
        case EventKind.HANDED_OVER:
            return t.gettext("%(name)s handed it over to %(other)s.", name=name, other=given.get("to", "–"))
        case EventKind.EXPIRED:
            return t.gettext("The claim of %(name)s ran out.", name=name)
        case EventKind.WORSENED:
            return t.gettext("It got worse.")
        case EventKind.ACKNOWLEDGED:
            return t.gettext("%(name)s said that they saw the worse reason.", name=name)
    return ""


def _elsewhere(moment: Moment, given: Mapping[str, Any], zone: str, t: Translator) -> str:
    match moment.what:
        case What.ESCALATED if moment.by:
            return t.gettext("Put before %(name)s, for nobody had called.", name=moment.by)
        case What.ESCALATED:
            return t.gettext("To be put before somebody, and nobody was found.")
        case What.TAKEN_UP:
            return t.gettext("%(name)s took notice of it.", name=_by(moment))
        case What.ANNOUNCED if "until_at" in given:
            hours = {name: formatting.hour(given[f"{name}_at"], zone) for name in ("from", "until")}
            return t.gettext("The patient was told of a call between %(from)s and %(until)s.", **hours)
        case What.ANNOUNCED:
            return t.gettext("The patient was told of the call.")
        case What.SAID_WORSE:
            return t.gettext("The patient replied: worse.")
        case What.SAID_LATER:
            return t.gettext("The patient replied: later.")
        case What.AMENDED:
            return t.gettext("The cause of the silence was amended: a report on a text came late.")
        case What.BRIDGED if given.get("ended"):
            return t.gettext("%(name)s ended the call through the centre.", name=_by(moment))
        case What.BRIDGED:
            return t.gettext("%(name)s had the centre’s telephone connect the call.", name=_by(moment))
        case EventKind.NEXT_TRY if given.get("at"):
            return _next_try(datetime.fromisoformat(given["at"]), moment.at, zone, t)
        case EventKind.NEXT_TRY:
            return t.gettext("The next try was set.")
        case EventKind.FOLDED:
            return t.gettext("Put with an incident that silences many patients.")
        case EventKind.UNFOLDED:
            return t.gettext("Taken out of the incident, back into the queue.")
    return ""
