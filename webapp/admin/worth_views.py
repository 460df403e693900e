"""What rules were worth, and what another limit would have meant. No page of these has anybody's identity."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from flask import Response, abort, current_app, make_response, render_template, request

from records import clock, programmes
from records.db import db
from records.models import Programme
from records.refusals import Refused
from triage import documents, worth
from triage.models import ProtocolVersion
from triage.worth import table
from webapp import choosing, formatting
from webapp.admin import versions, worth_chart, worth_page
from webapp.admin.blueprint import blueprint
from webapp.admin.rule_words import Words
from webapp.admin.worth_form import WorthForm
from webapp.extensions import language, translator
from webapp.permissions import access

OF_CSV = "text/csv"


@dataclass(frozen=True)
class Asked:
    programme: Programme
    version: ProtocolVersion
    form: WorthForm
    synthetic: bool

    def given(self) -> dict[str, object]:
        said = {"programme": self.programme, "rehearsal": self.synthetic, "now": clock.now()}
        return {**said, **self.form.asked()}


def _asked() -> Asked | None:
    """None before any protocol is loaded."""
    of, now = versions.programme(), clock.now()
    current = versions.in_use(of, now) if of else None
    if of is None or current is None:
        return None
    form = WorthForm(clock.local_day(now, of.zone))
    return Asked(of, current, form, not current_app.config["VIGIDOM"].production)


def _page(template: str, asked: Asked, **given: object) -> Response:
    known = [(one.slug, choosing.name(one.name, language())) for one in programmes.loaded(db.session)]
    share = {"share": worth_page.share, "number": formatting.number}
    body = render_template(template, asked=asked, programme=asked.programme, programmes=known, **share, **given)
    return make_response(body, 422 if asked.form.errors else 200)


@blueprint.get("/protocol/worth", endpoint="worth")
@access("protocol.read")
def shown() -> Response | str:
    asked = _asked()
    if asked is None:
        return render_template("admin/no_protocol.html")
    found = _measured(asked)
    names = worth_page.Names(asked.programme, asked.version)
    sort = request.args.get("sort", "")
    lines = worth_page.lines(found, names, sort) if found else []
    tried = worth.uses(documents.reload(asked.version.document)).values()
    words = Words(documents.reload(asked.version.document), language())
    sorts = {"sort": sort, "sorts": worth_page.SORTS}
    return _page("admin/worth.html", asked, found=found, lines=lines, tried=tried, words=words, **sorts)


@blueprint.get("/protocol/worth.csv")
@access("protocol.read")
def worth_csv() -> Response | str:
    asked = _asked()
    found = _measured(asked) if asked else None
    if asked is None or found is None:
        return shown()
    names = worth_page.Names(asked.programme, asked.version)
    rows = [(line.row, line.period, line.name, line.level) for line in worth_page.lines(found, names)]
    name = f"worth-{asked.programme.slug}-{asked.form.since.data}-{asked.form.until.data}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(table.as_csv(rows), mimetype=OF_CSV, headers=headers)


def _measured(asked: Asked) -> worth.Worth | None:
    """None where the form, or the number of call-backs, is refused; the form says why."""
    if asked.form.form_errors or not asked.form.validate():
        return None
    try:
        return worth.measure(db.session, **asked.given(), by=asked.form.by.data)
    except Refused as refused:
        asked.form.form_errors.append(refused.text(translator()))
        return None


@blueprint.get("/protocol/worth/<limit>", endpoint="worth_limit")
@access("protocol.read")
def limit_shown(limit: str) -> Response | str:
    asked = _asked()
    if asked is None:
        return render_template("admin/no_protocol.html")
    document = documents.reload(asked.version.document)
    use = worth.uses(document).get(limit) or abort(404)
    curve = None
    if asked.form.validate():
        try:
            curve = worth.curve(db.session, document=document, use=use, **asked.given())
        except Refused as refused:
            asked.form.form_errors.append(refused.text(translator()))
    words = Words(document, language())
    chart = _chart(curve, words) if curve and curve.patients else None
    return _page("admin/worth_limit.html", asked, use=use, curve=curve, words=words, chart=chart)


def _chart(curve: worth.Curve, words: Words) -> object:
    t = translator()
    marks = [_mark(curve, one, words) for one in curve.candidates]
    return worth_chart.drawn(
        marks,
        title=t.gettext("Alerts a week against patients seen before their event; the table below has the same numbers"),
        along=t.gettext("Alerts a week"),
        upwards=t.gettext("Patients seen before their event"),
        number=lambda tick: formatting.number(Decimal(f"{tick:g}")),
    )


def _mark(curve: worth.Curve, one: worth.Candidate, words: Words) -> worth_chart.Mark:
    low, high = one.sensitivity.interval or (0.0, 1.0)
    return worth_chart.Mark(
        label=words.number(str(one.value)),
        alerts=float(one.alerts / curve.weeks),
        share=one.sensitivity.value or 0.0,
        low=low,
        high=high,
        is_present=one.is_present,
        is_told=one in (curve.fewer, curve.more),
        fits=one.fits,
    )
