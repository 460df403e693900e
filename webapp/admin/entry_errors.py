"""Mistaken answers, question by question: a page and a file, without anybody's identity."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from io import StringIO

from flask import Response, current_app, make_response, render_template

from records import clock, programmes
from records.db import db
from records.models import Programme
from records.spreadsheets import no_formula, written
from triage import documents, entry_errors
from triage.documents import Document
from triage.entry_errors import Question
from triage.facts import SourceKind
from triage.worth import table
from webapp import choosing
from webapp.admin import versions, worth_page
from webapp.admin.blueprint import blueprint
from webapp.admin.worth_form import WorthForm
from webapp.extensions import language
from webapp.permissions import access

OF_CSV = "text/csv"
KINDS = ("all", "seen", "unseen", "unknown")
COLUMNS = (
    "question",
    "label",
    *(f"{kind}_{part}" for kind in KINDS for part in ("mistaken", "answers", "low", "high")),
)


@dataclass(frozen=True)
class Asked:
    programme: Programme
    document: Document
    form: WorthForm
    synthetic: bool

    def lines(self) -> list[Question] | None:
        """None while the days cannot be read."""
        if not self.form.validate():
            return None
        days = {"first": self.form.since.data, "last": self.form.until.data}
        given = {"programme": self.programme, "document": self.document, "rehearsal": self.synthetic}
        return entry_errors.measure(db.session, **given, **days)

    @property
    def labels(self) -> dict[str, str]:
        answers = (fact for fact in self.document.facts if fact.source.kind is SourceKind.ANSWER)
        return {fact.source.key: fact.labels.get(language()) or next(iter(fact.labels.values())) for fact in answers}


def _asked() -> Asked | None:
    """None before any protocol is loaded."""
    of, now = versions.programme(), clock.now()
    current = versions.in_use(of, now) if of else None
    if of is None or current is None:
        return None
    form = WorthForm(clock.local_day(now, of.zone))
    return Asked(of, documents.reload(current.document), form, not current_app.config["VIGIDOM"].production)


@blueprint.get("/protocol/entry-errors", endpoint="entry_errors")
@access("protocol.read")
def shown() -> Response | str:
    asked = _asked()
    if asked is None:
        return render_template("admin/no_protocol.html")
    known = [(one.slug, choosing.name(one.name, language())) for one in programmes.loaded(db.session)]
    given = {"asked": asked, "programme": asked.programme, "programmes": known, "share": worth_page.share}
    lines = asked.lines()
    body = render_template("admin/entry_errors.html", lines=lines, labels=asked.labels, **given)
    return make_response(body, 422 if lines is None else 200)


@blueprint.get("/protocol/entry-errors.csv")
@access("protocol.read")
def entry_errors_csv() -> Response | str:
    asked = _asked()
    lines = asked.lines() if asked else None
    if asked is None or lines is None:
        return shown()
    days = f"{asked.form.since.data}-{asked.form.until.data}"
    headers = {"Content-Disposition": f'attachment; filename="entry-errors-{asked.programme.slug}-{days}.csv"'}
    return Response(_as_csv(lines, asked.labels), mimetype=OF_CSV, headers=headers)


def _as_csv(lines: list[Question], labels: dict[str, str]) -> bytes:
    """Comma-separated by RFC 4180, UTF-8 with its mark; an empty cell is not known."""
    file = StringIO(newline="")
    sheet = csv.writer(file)
    sheet.writerow(COLUMNS)
    for line in lines:
        shares = [cell for kind in KINDS for cell in table.cells(getattr(line, kind))]
        sheet.writerow([no_formula(line.link_id), no_formula(labels.get(line.link_id, "")), *shares])
    return written(file.getvalue())
