"""Whether a rule that a physician has put off for a patient stays quiet about an assessment. Pure.

Only an assessment that says nothing but what the physician knew is quiet. Whatever differs ends the snooze, and the
alert is raised as always.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from triage.assess import Assessment
from triage.facts import Status
from triage.levels import Level


class SnoozeEnd(StrEnum):
    """Its hour, another rule, a worse value, something that could not be assessed, a check-in without an answer, the
    rule or its limit changed, an alert that came in beside it and that the physician had not seen, a follow-up that
    was paused or has ended, or a person.
    """

    TIME = "time"
    OTHER_RULE = "other-rule"
    WORSE = "worse"
    DOUBT = "doubt"
    MISSED = "missed"
    CHANGED = "changed"
    MEANWHILE = "meanwhile"
    NOT_ASKED = "not-asked"
    LIFTED = "lifted"


READ = frozenset({"value", "status", "since_value", "since_status", "change", "outcome", "parts"})
"""What an evaluated condition says of the patient; the rest is what the rule asks."""
HIGHER, LOWER, ANY = 1, -1, 0


@dataclass(frozen=True, slots=True)
class Running:
    """A snooze that nothing has ended yet. `overtaken`: answers that alert came in that its physician had not seen.
    `missed`: a check-in went without an answer since. `asked`: the patient is asked, whose silence is noticed.
    """

    id: int
    rule: str
    condition: Mapping[str, Any]
    facts: Mapping[str, Any]
    until_at: datetime
    overtaken: bool
    missed: bool
    asked: bool


def running(found: Mapping[str, Any] | None) -> Running | None:
    """The value of `triage.snoozes.RUNNING`."""
    if found is None:
        return None
    return Running(**{**found, "until_at": datetime.fromisoformat(found["until_at"])})


def ended_by(snooze: Running, assessment: Assessment, now: datetime) -> SnoozeEnd | None:
    """Why `assessment`, of level orange or red, raises its alert all the same; None when it raises none."""
    if snooze.until_at <= now:
        return SnoozeEnd.TIME
    if snooze.missed:
        return SnoozeEnd.MISSED
    if not snooze.asked:
        return SnoozeEnd.NOT_ASKED
    if snooze.overtaken:
        return SnoozeEnd.MEANWHILE
    if assessment.doubts:
        return SnoozeEnd.DOUBT
    if assessment.level is not Level.ORANGE or assessment.fired != (snooze.rule,) or assessment.call_15:
        return SnoozeEnd.OTHER_RULE
    when = evaluated(assessment.explanation, snooze.rule)
    if when is None or asked(when) != snooze.condition:
        return SnoozeEnd.CHANGED
    return SnoozeEnd.WORSE if is_worse(when, snooze.facts, assessment.facts) else None


def evaluated(explanation: Mapping[str, Any], rule: str) -> dict[str, Any] | None:
    """The tree of a rule that fired as orange."""
    for entry in explanation["rules"]:
        if entry["rule"] == rule and entry["outcome"] is True and entry["level"] == Level.ORANGE.code:
            return dict(entry["when"])
    return None


def asked(node: Mapping[str, Any]) -> dict[str, Any]:
    """What a condition asks, with the limits that counted, whatever the patient's values are."""
    own = {name: value for name, value in node.items() if name not in READ}
    return own | {"parts": [asked(part) for part in node["parts"]]} if "parts" in node else own


def facts_of(node: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """The readings that a rule rests on, as stored with an assessment."""
    return {name: dict(facts[name]) for name in sorted({fact for fact, _ in directions(node)}) if name in facts}


def is_worse(node: Mapping[str, Any], then: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether a fact of the rule is further in the direction of its comparisons than it was `then`. Of a code, a yes or
    no, and a number that is compared both ways, any other value counts as worse.
    """
    towards: dict[str, set[int]] = {}
    for fact, direction in directions(node):
        towards.setdefault(fact, set()).add(direction)
    return any(_is_worse(then.get(fact), now.get(fact), ways) for fact, ways in towards.items())


def _is_worse(then: Mapping[str, Any] | None, now: Mapping[str, Any] | None, ways: set[int]) -> bool:
    if then is None or now is None:
        return True
    if (then["status"], then["value"]) == (now["status"], now["value"]):
        return False
    if not (is_number(then) and is_number(now)) or len(ways) != 1:
        return True
    (way,) = ways
    return way == ANY or (now["value"] - then["value"]) * way > 0


def is_number(reading: Mapping[str, Any]) -> bool:
    value = reading["value"]
    return reading["status"] == Status.KNOWN.value and isinstance(value, int) and not isinstance(value, bool)


def directions(node: Mapping[str, Any], sign: int = HIGHER) -> Iterator[tuple[str, int]]:
    """Every fact that a condition reads, with the direction in which it comes true. Under a "not" it is the other."""
    if "parts" in node:
        inner = -sign if node["op"] == "not" else sign
        for part in node["parts"]:
            yield from directions(part, inner)
        return
    way = {">": sign, ">=": sign, "<": -sign, "<=": -sign}.get(node.get("operator", ""), ANY)
    yield node["fact"], way
    if "since" in node:
        yield node["since"], -way
