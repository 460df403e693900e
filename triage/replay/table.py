"""A replay's result as a file of rows and as lines on a terminal. Codes and English, for machines and commands."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Any

from records import texts
from records.spreadsheets import no_formula
from triage.replay.result import HOURS, Replayed
from triage.replay.wording import why

COLUMNS = ("table", "item", "draft", "against", "gained", "lost", "callers", "detail")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

Row = dict[str, Any]


def rows(found: Replayed) -> Iterator[Row]:
    yield from _about(found)
    for level in found["levels"]["draft"]:
        yield _row("level", level, found["levels"]["draft"][level], found["levels"]["against"][level])
    for pair, count in found["matrix"].items():
        yield {"table": "from-against-to-draft", "item": pair, "draft": count}
    for rule, counts in found["by_rule"].items():
        levels = f"{counts['draft_level'] or ''}/{counts['against_level'] or ''}"
        changes = {"gained": counts["gained"], "lost": counts["lost"], "detail": levels}
        yield _row("rule", rule, counts["draft"], counts["against"]) | changes
    yield from _hours(found)
    for one in found["outcomes"]["rated_lower"]:
        detail = (
            f"{one['kind']} on {one['on']}, {one['days_before']} days after assessment {one['assessment']}".rstrip()
        )
        missed = ", no alert at all" if one["missed"] else ""
        yield _row("rated-lower", one["enrolment"], one["draft"], one["against"]) | {"detail": detail + missed}


def _about(found: Replayed) -> Iterator[Row]:
    calls, outcomes = found["calls"]["total"], found["outcomes"]
    yield {"table": "about", "item": "programme", "detail": found["programme"]}
    yield {"table": "about", "item": "days", "detail": f"{found['from']} to {found['to']} ({found['zone']})"}
    yield _row("about", "version", found["draft"]["number"], found["against"]["number"])
    yield _row("about", "digest", found["draft"]["digest"], found["against"]["digest"])
    yield _row("about", "answers", found["rows"], found["rows"])
    yield {"table": "about", "item": "patients", "detail": found["patients"]}
    yield {"table": "about", "item": "alerts", "gained": found["gained"], "lost": found["lost"]}
    yield {"table": "about", "item": "alerts-recoloured", "draft": found["recoloured"]}
    yield _row("about", "call-15", found["call_15"]["draft"], found["call_15"]["against"])
    yield _row("about", "call-backs", calls["draft"], calls["against"])
    yield {"table": "about", "item": "patients-followed-by-an-event", "detail": outcomes["followed"]}
    yield _row("about", "of-these-with-an-alert", outcomes["caught"]["draft"], outcomes["caught"]["against"])
    for fact, code in (found["not_replayable"] | found["approximated"]).items():
        yield {"table": "fact", "item": fact, "detail": code}


def _hours(found: Replayed) -> Iterator[Row]:
    calls, forecast, callers = found["calls"], found["forecast"], found["forecast"]["callers"]
    for hour in range(HOURS):
        there = {"callers": callers[hour] if callers else ""}
        name = name_of_hour(hour)
        yield _row("calls-an-hour", name, calls["draft"][hour], calls["against"][hour])
        yield _row("expected", name, forecast["draft"]["mean"][hour], forecast["against"]["mean"][hour]) | there
        yield _row("expected-high", name, forecast["draft"]["high"][hour], forecast["against"]["high"][hour]) | there


def _row(table: str, item: str, draft: Any, against: Any) -> Row:
    return {"table": table, "item": item, "draft": draft, "against": against}


def name_of_hour(hour: int) -> str:
    return f"{DAYS[hour // 24]} {hour % 24:02}"


def as_csv(found: Replayed) -> str:
    """Comma-separated by RFC 4180, full stops in numbers. An empty cell is not known, or says nothing there."""
    file = StringIO()
    sheet = csv.DictWriter(file, COLUMNS, restval="")
    sheet.writeheader()
    sheet.writerows({name: _cell(value) for name, value in row.items()} for row in rows(found))
    return file.getvalue()


def _cell(value: Any) -> str:
    return "" if value is None else no_formula(str(value))


def as_text(found: Replayed) -> str:
    """What decides, on a terminal."""
    return "\n".join(_lines(found))


def _lines(found: Replayed) -> Iterator[str]:
    patients = "synthetic patients" if found["synthetic"] else "patients"
    yield (
        f"{found['rows']:,} answers of {found['patients']:,} {patients} of {found['programme']},"
        f" {found['from']} to {found['to']}, in {found['seconds']:.1f} s"
    )
    checked = found["rechecked"]
    yield f"{checked['differs']:,} of {checked['rows']:,} assessed by the version in use come out otherwise today"
    yield f"alerts: {found['gained']:,} gained, {found['lost']:,} lost, {found['recoloured']:,} in another colour"
    yield ""
    yield _told("", "draft", "in use")
    for level in found["levels"]["draft"]:
        yield _told(level, found["levels"]["draft"][level], found["levels"]["against"][level])
    calls, ahead = found["calls"]["total"], found["forecast"]
    yield _told("call-backs", calls["draft"], calls["against"])
    yield _told("expected tomorrow", ahead["draft"]["tomorrow"], ahead["against"]["tomorrow"])
    yield _told("  seldom more than", ahead["draft"]["tomorrow_high"], ahead["against"]["tomorrow_high"])
    if ahead["callers"] is not None:
        yield _told("hours beyond the roster", len(ahead["draft"]["over"]), len(ahead["against"]["over"]))
    yield from _rules(found)
    yield from _outcomes(found)
    english = texts.translator(texts.SOURCE)
    for fact, code in (found["not_replayable"] | found["approximated"]).items():
        yield f"{fact}: {why(code).text(english)}"
    for rule in found["silence_rules_changed"]:
        yield f"rule {rule} is for silences, which are not replayed"


def _rules(found: Replayed) -> Iterator[str]:
    changed = {name: counts for name, counts in found["by_rule"].items() if counts["gained"] or counts["lost"]}
    if changed:
        yield ""
        yield _told("rules that change", "gained", "lost")
    for name, counts in changed.items():
        yield _told(f"  {name}", counts["gained"], counts["lost"])


def _outcomes(found: Replayed) -> Iterator[str]:
    outcomes = found["outcomes"]
    caught = outcomes["caught"]
    yield ""
    yield (
        f"{outcomes['followed']:,} patients were admitted or died within {outcomes['within_days']} days of an answer:"
        f" an alert before it for {caught['draft']:,} by the draft, {caught['against']:,} by the version in use"
    )
    yield f"the draft rates {outcomes['rated_lower_count']:,} lower and would have missed {outcomes['missed']:,}"
    for one in outcomes["rated_lower"]:
        yield (
            f"  enrolment {one['enrolment']}: {one['kind']} on {one['on']}, {one['days_before']} days after"
            f" {one['against']} that would be {one['draft']}{' (no alert at all)' if one['missed'] else ''}"
        )


def _told(name: str, draft: Any, against: Any) -> str:
    numbers = (f"{value:,}" if isinstance(value, int | float) else str(value or "-") for value in (draft, against))
    return name.ljust(44) + "".join(text.rjust(14) for text in numbers)
