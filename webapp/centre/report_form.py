"""Which team and which hours a report is of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from flask import request
from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.fields import SelectChoice

from records import clock
from records.models import Programme, Team
from webapp.extensions import translator
from webapp.fields import Day, Offered, Period
from webapp.lazy import lazy

MIDNIGHT = "24:00"
YESTERDAY = "yesterday"
DAY = timedelta(days=1)


class ReportForm(Period, FlaskForm):
    """What it asks stands in the page's address: a page that only reads can be kept and sent on."""

    class Meta:
        csrf = False

    team = SelectField(lazy("Team"), [Offered()], validate_choice=False)
    since = Day(lazy("From"), render_kw={"autocomplete": "off"})
    since_hour = SelectField(lazy("at"), [Offered()], validate_choice=False)
    until = Day(lazy("to"), render_kw={"autocomplete": "off"})
    until_hour = SelectField(lazy("at"), [Offered()], validate_choice=False)

    def __init__(self, *, programmes: Sequence[Programme], teams: Sequence[Team], zone: str, now: datetime) -> None:
        self.zone, self.teams = zone, {str(one.public_id): one for one in teams}
        usual = preset(request.args.get("preset", ""), programmes, zone, now)
        typed = request.args if "since" in request.args else None
        super().__init__(typed, data={**usual, "team": request.args.get("team", "")})
        hours = {f"{half // 2:02}:{half % 2 * 30:02}" for half in range(49)}
        hours |= {f"{at:%H:%M}" for one in programmes for at in (one.opens, one.closes)}
        for field in (self.since_hour, self.until_hour):
            field.choices = [SelectChoice(value=hour, label=hour) for hour in sorted(hours)]
        everyone = SelectChoice(value="", label=translator().gettext("All teams"))
        self.team.choices = [everyone, *(SelectChoice(value=key, label=one.name) for key, one in self.teams.items())]

    @property
    def chosen(self) -> list[Team]:
        return [self.teams[self.team.data]] if self.team.data else list(self.teams.values())

    @property
    def begins(self) -> datetime:
        return _instant(self.since.data, self.since_hour.data, self.zone)

    @property
    def ends(self) -> datetime:
        return _instant(self.until.data, self.until_hour.data, self.zone)

    def address(self) -> dict[str, str]:
        """These choices, for the same as a file."""
        days = {name: f"{self[name].data:%d/%m/%Y}" for name in ("since", "until")}
        return {**days, **{name: self[name].data for name in ("team", "since_hour", "until_hour")}}


def _instant(day: date, hour: str, zone: str) -> datetime:
    if hour == MIDNIGHT:
        return clock.instant(day + DAY, time(0), zone)
    return clock.instant(day, time.fromisoformat(hour), zone)


def preset(name: str, programmes: Sequence[Programme], zone: str, now: datetime) -> dict[str, object]:
    """Yesterday from midnight to midnight, or the hours of the centre that run now or were the last to."""
    shown = clock.local(now, zone)
    today = shown.date()
    if name == YESTERDAY:
        return {"since": today - DAY, "since_hour": "00:00", "until": today - DAY, "until_hour": MIDNIGHT}
    opens = min((one.opens for one in programmes), default=time(8))
    closes = max((one.closes for one in programmes), default=time(20))
    day = today if shown.time() >= opens else today - DAY
    return {"since": day, "since_hour": f"{opens:%H:%M}", "until": day, "until_hour": f"{closes:%H:%M}"}
