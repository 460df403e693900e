"""The report of a shift as a file, whose columns docs/centre.md names."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO

from records.spreadsheets import no_formula, written
from triage.centre.figures import PERCENTS, Times
from triage.centre.report import Report, Tally
from triage.levels import Level

COLUMNS = ("table", "team", "level", "person", "weekday", "hour", "measure", "value")
PLAIN = ("tried", "reached", "said", "useful", "lapsed", "taken_over", "handed_over")
Line = tuple[str, str, str, str, str, str, str, object]
People = Sequence[tuple[str, Tally]]
"""Names that this reader may see, with what each did."""


def as_csv(found: Report, people: People, levels: Sequence[Level]) -> bytes:
    """One figure a line, comma-separated by RFC 4180, full stops in numbers; seconds are of the centre's hours. An
    empty value is not known, or not yet. A team or level left empty is all of them.
    """
    file = StringIO(newline="")
    sheet = csv.writer(file)
    sheet.writerow(COLUMNS)
    for line in _lines(found, people, levels):
        sheet.writerow([no_formula(str(cell)) if isinstance(cell, str) else cell for cell in line])
    return written(file.getvalue())


def _lines(found: Report, people: People, levels: Sequence[Level]) -> Iterator[Line]:
    yield "period", "", "", "", "", "", "begins", found.begins.isoformat()
    yield "period", "", "", "", "", "", "ends", found.ends.isoformat()
    for team_id, name in [(None, ""), *((team.id, team.name) for team in found.teams)]:
        for level in (None, *levels):
            for measure, value in _times(found.times(team_id, level)).items():
                yield "times", name, level.code if level else "", "", "", "", measure, value
        escalations, nobody = found.escalations(team_id)
        told = {**_tally(found.tally(team_id=team_id)), "escalations": escalations, "escalations_nobody": nobody}
        for measure, value in told.items():
            yield "work", name, "", "", "", "", measure, value
    for name, tally in people:
        for measure, value in _tally(tally).items():
            yield "people", "", "", name, "", "", measure, value
    yield from _load(found)


def _load(found: Report) -> Iterator[Line]:
    yield "load", "", "", "", "", "", "first_day", found.load.first_on.isoformat()
    yield "load", "", "", "", "", "", "last_day", found.load.last_on.isoformat()
    for measure, means in (("opened", found.load.opened), ("calls", found.load.calls)):
        for weekday in range(7):
            for hour in found.load.hours:
                yield "load", "", "", "", str(weekday), str(hour), measure, f"{means.get((weekday, hour), 0):.2f}"


def _times(known: Times) -> Mapping[str, object]:
    waits = {f"p{percent}": wait for percent, wait in zip(PERCENTS, known.percentiles, strict=True)}
    told = {"alerts": known.alerts, "called": known.called, **waits, "longest": known.longest}
    told |= {"judged": known.judged, "within": known.within}
    return {measure: "" if value is None else value for measure, value in told.items()}


def _tally(tally: Tally) -> Mapping[str, object]:
    plain = {name: getattr(tally, name) for name in PLAIN}
    decided = {f"decided:{kind}": count for kind, count in tally.decided.items()}
    return {**plain, "decisions": tally.decisions, **decided, "held_seconds": tally.held, "held_of": tally.timed}
