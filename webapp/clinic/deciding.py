"""Writing what came of a call-back."""

from __future__ import annotations

import uuid

from flask import flash, redirect, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from records import clock
from records.db import db
from records.models import Enrolment
from triage import callbacks
from triage.models import DispositionKind
from triage.refusals import Refused
from webapp import kept
from webapp.clinic import forms
from webapp.clinic.blueprint import blueprint
from webapp.clinic.calls import again, forget
from webapp.clinic.claiming import about, whose
from webapp.clinic.decision_form import DispositionForm
from webapp.clinic.patients import page
from webapp.clinic.standing import call
from webapp.extensions import language, translator
from webapp.formatting import enumerated
from webapp.permissions import KEEPS, access

KEEPS["clinic.dispose"] = kept.page


@blueprint.post("/callbacks/<uuid:public_id>/dispositions")
@access("callback.work")
def dispose(public_id: uuid.UUID) -> AnyResponse:
    enrolment = whose(public_id)
    form = forms.disposition_form(enrolment, clock.now())
    if kept.is_back():
        return page(enrolment, disposition=form)
    if not form.validate():
        return page(enrolment, 422, disposition=form)
    try:
        said = {"kind": form.kind.data, "note": form.note.data, "details": form.details(), "useful": form.was_useful()}
        seen = {"seen_alerts": form.seen_alerts(), "form_key": form.form_key}
        outcome = callbacks.dispose(db.session, **about(public_id), **said, **seen)
        forget(public_id, "disposition-")
        db.session.commit()
    except Refused as refused:
        return again(enrolment, "disposition", form, refused)
    return _disposed(outcome, enrolment, form)


def _disposed(outcome: callbacks.Outcome, enrolment: Enrolment, form: DispositionForm) -> AnyResponse:
    t = translator()
    to_patient = redirect(url_for("clinic.patient", public_id=enrolment.public_id))
    if form.kind.data == DispositionKind.GP:
        address = url_for("clinic.letter", public_id=enrolment.public_id, disposition=outcome.disposition)
        flash(Markup('<a href="{}">{}</a>').format(address, t.gettext("Make the letter to the practitioner")), "info")
    if outcome.closed:
        flash(t.gettext("The call-back is closed."), "success")
        return to_patient if form.kind.data == DispositionKind.GP else redirect(url_for("clinic.queue"))
    if form.kind.data == DispositionKind.TO_PHYSICIAN:
        flash(t.gettext("The call-back waits for a physician."), "success")
        return to_patient
    flash(
        t.gettext("It is written down. The call-back stays open, for this: %(reasons)s", reasons=_left(enrolment)),
        "info",
    )
    return to_patient


def _left(enrolment: Enrolment) -> str:
    """What stands still, most of all what came in after the page was opened."""
    found = callbacks.detail(db.session, enrolment=enrolment, language=language(), now=clock.now(), limit=1)
    standing = call(found, clock.now())
    words = [sentence for alert in standing.alerts for sentence in alert.sentences] if standing else []
    return enumerated(dict.fromkeys(words))
