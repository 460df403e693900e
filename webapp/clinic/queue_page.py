"""One page of the queue, from a look at it: rows in words, what stands above them, how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import g, render_template
from markupsafe import Markup

from records.db import db
from triage import callbacks, protocols
from triage.callbacks import InForce, Look, Mark
from triage.documents import Document
from triage.incidents import Standing
from triage.levels import Level
from webapp.clinic import board
from webapp.clinic.queue_address import Asked
from webapp.clinic.row_cache import ROWS
from webapp.extensions import language


@dataclass(frozen=True)
class Page:
    """`counts` are of the whole queue, whatever is asked for; `is_least` says that there are more than counted."""

    rows: Sequence[Markup]
    counts: Sequence[tuple[Level, int]]
    total: int
    is_least: bool
    is_cut: bool
    several: bool
    incidents: Sequence[Standing]
    notices: int
    zone: str
    asked: Asked
    now: int


def look(asked: Asked, now: datetime) -> Look:
    return callbacks.look(db.session, staff=g.staff, now=now, limit=asked.limit, filters=asked.filters)


def page(seen: Look, asked: Asked, now: datetime, *, anew: bool) -> Page:
    """`anew` writes every row, with its waiting time as of now. Else those that look as they did are taken as they were
    written, for a script that lets the times run.
    """
    return Page(
        rows=_rows(seen, now, anew),
        counts=[(Level.from_code(code), count) for code, count in seen.counts.by_level.items() if count],
        total=seen.counts.total,
        is_least=seen.counts.is_least,
        is_cut=seen.is_cut,
        several=len(seen.programmes) > 1,
        incidents=seen.incidents,
        notices=seen.notices,
        zone=seen.programmes[0].zone if seen.programmes else "Europe/Paris",
        asked=asked,
        now=int(now.timestamp()),
    )


def _rows(seen: Look, now: datetime, anew: bool) -> list[Markup]:
    alike = (language(), seen.programmes)
    keys = {mark.id: (alike, mark.public_id, mark.shown) for mark in seen.marks}
    kept = {} if anew else {mark.id: ROWS.get(keys[mark.id]) for mark in seen.marks}
    missing = [mark for mark in seen.marks if kept.get(mark.id) is None]
    written = dict(_written(seen, missing, now))
    for mark in missing:
        if mark.id in written:
            ROWS.put(keys[mark.id], written[mark.id])
    return [row for mark in seen.marks if (row := written.get(mark.id) or kept.get(mark.id)) is not None]


def _written(seen: Look, marks: Sequence[Mark], now: datetime) -> list[tuple[int, Markup]]:
    lines = {one.programme_id: board.Lines(_document(one)) for one in seen.programmes}
    several, by_id = len(lines) > 1, {mark.public_id: mark for mark in marks}
    found: list[tuple[int, Markup]] = []
    for row in callbacks.rows_of(db.session, marks, staff=g.staff, now=now):
        mark, line = by_id[row.public_id], lines.get(row.programme_id, board.Lines(None))
        shown = board.row(row, lines=line, several=several, language=language(), now=now, version=mark.shown[:12])
        found.append((mark.id, Markup(render_template("clinic/_row.html", row=shown))))  # noqa: S704 - our template
    return found


def _document(programme: InForce) -> Document | None:
    if programme.version_id is None or programme.digest is None:
        return None
    return protocols.compiled(db.session, version_id=programme.version_id, digest=programme.digest).document
