"""The centre at this moment, kept fresh by a script, and what its next hours bring."""

from __future__ import annotations

import hashlib
from datetime import datetime

import orjson
from flask import Response, g, make_response, render_template, request

from records import access as records_access
from records import clock, programmes, teams
from records.db import db
from triage import incidents
from triage.centre import coming, duty, standing
from webapp.centre import hours_page, now_page
from webapp.centre.blueprint import blueprint, zone
from webapp.extensions import language
from webapp.permissions import access


@blueprint.get("")
@access("centre.watch")
def now() -> str:
    moment = clock.now()
    shown, etag = _now(moment)
    return render_template("centre/now.html", now=shown, etag=etag, hours=_hours(moment), moment=moment, zone=zone())


@blueprint.get("/now")
@access("centre.watch")
def now_part() -> Response:
    """What stands, alone; 304 while nothing that it shows has changed."""
    moment = clock.now()
    shown, etag = _now(moment)
    answer = Response(status=304)
    if request.headers.get("If-None-Match") != etag:
        answer = make_response(render_template("centre/_now.html", now=shown, zone=zone()))
    answer.headers["ETag"] = etag
    answer.headers["X-Vigidom-Now"] = str(int(moment.timestamp()))
    return answer


@blueprint.get("/hours")
@access("centre.watch")
def hours_part() -> str:
    return render_template("centre/_hours.html", hours=_hours(clock.now()), zone=zone())


def _now(moment: datetime) -> tuple[now_page.Now, str]:
    mine = records_access.team_ids(g.staff)
    board = standing.board(db.session, team_ids=mine, now=moment)
    told = incidents.standing(db.session, team_ids=mine, now=moment)
    shown = now_page.page(board, teams.of_staff(g.staff), told, moment)
    digest = hashlib.sha256(orjson.dumps([language(), g.staff.id, shown.mark()])).hexdigest()[:32]
    return shown, f'"{digest}"'


def _hours(moment: datetime) -> hours_page.Hours:
    known = programmes.loaded(db.session)
    found = coming.outlook(db.session, programmes=known, zone=zone(), now=moment)
    watches = duty.watches(db.session, teams=teams.of_staff(g.staff), programmes=known, now=moment)
    return hours_page.page(found, watches, zone())
