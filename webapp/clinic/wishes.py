"""What a patient asked for on their own page, or by text, as far as whoever calls them should know it."""

from __future__ import annotations

from datetime import datetime

from notifications.departures import BY_PAGE
from records.db import db
from records.models import Enrolment, OptOut
from triage.situation import known_zone
from webapp import formatting
from webapp.extensions import translator
from webapp.patient import mine_reading


def of(enrolment: Enrolment, now: datetime) -> list[str]:
    """Sentences for the head of the file: a reminder put off, and who stopped the texts when."""
    said = []
    checkin = mine_reading.asked_now(db.session, enrolment, now)
    if checkin is not None and checkin.remind_at is not None and checkin.remind_at > now:
        zone = known_zone(enrolment.zone, enrolment.programme.zone)
        hours = {"hour": formatting.hour(checkin.remind_at, zone), "end": formatting.hour(checkin.closes_at, zone)}
        said.append(
            translator().gettext(
                "The patient asked to be reminded at %(hour)s (local time there); silence still counts from %(end)s.",
                **hours,
            )
        )
    stopped = mine_reading.opted_out(db.session, enrolment)
    return [*said, _stopped(enrolment, stopped)] if stopped else said


def _stopped(enrolment: Enrolment, stopped: OptOut) -> str:
    t, when = translator(), formatting.moment(stopped.since_at, enrolment.programme.zone)
    if stopped.source == f"{BY_PAGE}{enrolment.public_id}":
        return t.gettext("No texts: the patient stopped them on their own page, %(when)s.", when=when)
    if stopped.source.startswith(BY_PAGE):
        return t.gettext("No texts: somebody else followed with this number stopped them, %(when)s.", when=when)
    if stopped.source == "sms":
        return t.gettext("No texts: STOP was written from this number, %(when)s.", when=when)
    return t.gettext("No texts: this number asked its operator for silence, %(when)s.", when=when)
