"""A version on the answers that patients really gave: asked for, and read before anybody signs."""

from __future__ import annotations

import uuid
from datetime import date
from typing import cast

from flask import Response as FlaskResponse
from flask import flash, g, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from records import clock
from records.db import db
from records.spreadsheets import written
from triage import replay
from triage.drafting_models import ProtocolReplay, ReplayState
from triage.models import ProtocolVersion
from triage.outcome_models import OutcomeKind
from triage.refusals import Refused
from webapp.admin import replay_page, versions
from webapp.admin.blueprint import blueprint
from webapp.admin.replay_form import ReplayForm
from webapp.extensions import translator
from webapp.lazy import lazy
from webapp.permissions import access

KINDS = {
    OutcomeKind.ADMITTED: lazy("Admitted to hospital"),
    OutcomeKind.INTENSIVE_CARE: lazy("In intensive care"),
    OutcomeKind.DECEASED: lazy("Deceased"),
}
Page = str | Response | tuple[str, int]


@blueprint.get("/protocol/<uuid:public_id>/replay", endpoint="replay")
@access("protocol.read")
def shown(public_id: uuid.UUID) -> Page:
    chosen = versions.version(public_id)
    return _page(chosen, ReplayForm(_today(chosen)))


@blueprint.post("/protocol/<uuid:public_id>/replay")
@access("protocol.edit")
def ask_for_replay(public_id: uuid.UUID) -> Page:
    chosen = versions.version(public_id)
    form = ReplayForm(_today(chosen))
    if form.validate():
        who = {"staff": g.staff, "now": clock.now()}
        days = {"from_on": form.since.data, "to_on": form.until.data}
        try:
            replay.request(db.session, version=chosen, programme=versions.programme_of(chosen), **days, **who)
        except Refused as refused:
            form.form_errors.append(refused.text(translator()))
        else:
            db.session.commit()
            flash(translator().gettext("The replay is asked for. It takes from seconds to a few minutes."))
            return redirect(url_for("admin.replay", public_id=chosen.public_id))
    return _page(chosen, form, 422)


@blueprint.get("/protocol/<uuid:public_id>/replay.csv")
@access("protocol.read")
def replay_csv(public_id: uuid.UUID) -> Page:
    chosen = versions.version(public_id)
    known = _latest(chosen)
    if known is None or known.result is None:
        return redirect(url_for("admin.replay", public_id=chosen.public_id))
    name = f"replay-{chosen.slug}-{chosen.number}-{known.from_on}-{known.to_on}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    told = replay_page.for_reader(cast("replay.Replayed", known.result), clock.now())
    body = written(replay.as_csv(told))
    db.session.commit()
    return FlaskResponse(body, mimetype="text/csv", headers=headers)


def _latest(chosen: ProtocolVersion) -> ProtocolReplay | None:
    return replay.latest(db.session, version=chosen)


def _today(chosen: ProtocolVersion) -> date:
    return replay_page.today(versions.programme_of(chosen))


def _page(chosen: ProtocolVersion, form: ReplayForm, code: int = 200) -> Response:
    programme, known, now = versions.programme_of(chosen), _latest(chosen), clock.now()
    told = None
    if known is not None and known.state == ReplayState.DONE and known.result is not None:
        told = replay_page.page(
            cast("replay.Replayed", known.result), version=chosen, against=known.against, programme=programme, now=now
        )
    body = render_template(
        "admin/replay.html",
        version=chosen,
        programme=programme,
        form=form,
        known=known,
        page=told,
        number=replay_page.number,
        reason_why=lambda code: replay.why(code).text(translator()),
        fact_label=_labels(chosen),
        kinds={code.value: label for code, label in KINDS.items()},
        now=now,
    )
    db.session.commit()
    return make_response(body, code)


def _labels(chosen: ProtocolVersion) -> dict[str, str]:
    words = versions.shown(chosen).words
    return {name: fact.labels[words.language] for name, fact in words.facts.items()}
