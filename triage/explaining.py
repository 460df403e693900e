"""The evaluated tree of a stored assessment in words: each condition with its value, limit and outcome. Pure.

Everything comes from what was stored with the assessment and from the version that it was made by, so that it says what
was said then, whatever is in force today.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from records.texts import Translator
from triage.documents import Rule, facts_in_use
from triage.facts import NUMERIC, TRENDS, Fact, FactKind, SourceKind, Status
from triage.levels import Level
from triage.nearest import Nearest
from triage.wording import Wording

Moment = Callable[[datetime], str]
"""An instant as the reader's language and the centre's zone write it."""


@dataclass(frozen=True, slots=True)
class Part:
    """One condition: of a group what joins its parts, else what was asked. `outcome` None is unknown."""

    text: str
    outcome: bool | None
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleSaid:
    """`said` is the sentence for the caller, of a rule that fired; `source` who published it."""

    id: str
    level: Level
    call_15: bool
    outcome: bool | None
    said: str
    source: str
    when: Part


@dataclass(frozen=True, slots=True)
class ValueSaid:
    """One fact as it was known, and where it came from. `doubt` says what is wrong with it, or nothing."""

    label: str
    value: str
    doubt: str
    source: str


@dataclass(frozen=True, slots=True)
class ChangeSaid:
    """What would have changed the level: of one answer, the values with the level of each."""

    label: str
    value: str
    others: tuple[str, ...]


class Explaining:
    """The words of one assessment. `moment` writes the instants of earlier answers."""

    def __init__(self, wording: Wording, moment: Moment) -> None:
        self.wording, self.moment = wording, moment
        self.facts: dict[str, Fact] = {fact.name: fact for fact in facts_in_use(wording.document)}
        self.rules: dict[str, Rule] = {rule.id: rule for rule in wording.document.rules}
        self.limits = {limit.name: limit for limit in wording.document.limits}

    @property
    def t(self) -> Translator:
        return self.wording.t

    @property
    def language(self) -> str:
        return self.wording.language

    def told(self) -> list[RuleSaid]:
        """The rules that fired, worst first, then those that could not be decided, then the others."""
        found = [self.rule(entry) for entry in self.wording.explanation["rules"]]
        order = {True: 0, None: 1, False: 2}
        return sorted(found, key=lambda rule: (order[rule.outcome], -rule.level))

    def rule(self, entry: Mapping[str, Any]) -> RuleSaid:
        rule = self.rules[entry["rule"]]
        said = rule.to_caller[self.language].format_map(self.wording.places()) if entry["outcome"] is True else ""
        level = Level.from_code(entry["level"])
        return RuleSaid(rule.id, level, rule.call_15, entry["outcome"], said, rule.source, self.part(entry["when"]))

    def doubts(self) -> list[str]:
        return [self.wording.doubt_to_caller(doubt) for doubt in self.wording.grouped_doubts()]

    def part(self, node: Mapping[str, Any]) -> Part:
        if "parts" in node:
            return Part(self.group(node), node["outcome"], tuple(self.part(part) for part in node["parts"]))
        return Part(self.leaf(node), node["outcome"])

    def group(self, node: Mapping[str, Any]) -> str:
        match node["op"]:
            case "all":
                return self.t.gettext("All of these")
            case "any":
                return self.t.gettext("At least one of these")
            case "not":
                return self.t.gettext("Not this")
        return self.t.gettext("At least this many of these: %(count)s", count=node["count"])

    def leaf(self, node: Mapping[str, Any]) -> str:
        fact = self.facts[node["fact"]]
        label, value = fact.labels[self.language], self.shown(fact, node)
        if node["op"] == "missing":
            return self.t.gettext("%(fact)s: %(value)s. Asked: whether it is not known", fact=label, value=value)
        if node["op"] == "change":
            label, value = self.changed(fact, node), self.change(fact, node)
        return self.t.gettext("%(fact)s: %(value)s. Asked: %(test)s", fact=label, value=value, test=self.test(node))

    def shown(self, fact: Fact, node: Mapping[str, Any]) -> str:
        """The value that the condition saw."""
        if node["status"] in (Status.MISSING.value, Status.UNREADABLE.value):
            return self.t.gettext("not known")
        if fact.kind in NUMERIC:
            return self.wording.with_unit(node["value"], fact.unit)
        return self.choice(fact, node["value"])

    def choice(self, fact: Fact, value: str) -> str:
        if fact.kind is FactKind.BOOLEAN:
            return self.t.gettext("yes") if value in ("yes", "True") else self.t.gettext("no")
        return fact.choices[value][self.language] if value in fact.choices else value

    def changed(self, fact: Fact, node: Mapping[str, Any]) -> str:
        since = self.facts[node["since"]].labels[self.language]
        return self.t.gettext("%(fact)s less %(since)s", fact=fact.labels[self.language], since=since)

    def change(self, fact: Fact, node: Mapping[str, Any]) -> str:
        if node["change"] is None:
            return self.t.gettext("not known")
        before = self.facts[node["since"]]
        now = self.wording.with_unit(node["value"], fact.unit)
        then = self.wording.with_unit(node["since_value"], before.unit)
        change = self.wording.with_unit(node["change"], fact.unit)
        return self.t.gettext("%(change)s (%(now)s after %(then)s)", change=change, now=now, then=then)

    def test(self, node: Mapping[str, Any]) -> str:
        fact = self.facts[node["fact"]]
        if node["op"] == "in":
            return self.t.gettext(" or ").join(self.choice(fact, code) for code in node["codes"])
        if node["op"] == "between":
            ends = {"low": self.limit(fact, node, "low"), "high": self.limit(fact, node, "high")}
            return self.t.gettext("from %(low)s to %(high)s", **ends)
        limit = self.limit(fact, node, "limit")
        match node["operator"]:
            case "<":
                return self.t.gettext("below %(limit)s", limit=limit)
            case "<=":
                return self.t.gettext("%(limit)s or less", limit=limit)
            case ">":
                return self.t.gettext("above %(limit)s", limit=limit)
            case ">=":
                return self.t.gettext("%(limit)s or more", limit=limit)
            case "=":
                return limit
        return self.t.gettext("anything but %(limit)s", limit=limit)

    def limit(self, fact: Fact, node: Mapping[str, Any], end: str) -> str:
        """A limit with its unit; one of the patient's own says so."""
        value = node[f"{end}_value"]
        text = self.wording.with_unit(value, fact.unit) if fact.kind in NUMERIC else self.choice(fact, value)
        if node[end] in self.wording.own_limits:
            return self.t.gettext("%(limit)s (the patient's own limit)", limit=text)
        return text

    def values(self) -> list[ValueSaid]:
        """Every fact that a rule of this occasion looked at, in the order of the document."""
        ruled = self.wording.explanation["rules"]
        read = {name for entry in ruled for name in _names(entry["when"])}
        return [self.value(fact) for fact in self.facts.values() if fact.name in read]

    def value(self, fact: Fact) -> ValueSaid:
        reading = self.wording.facts.get(fact.name, {"status": Status.MISSING.value, "text": "", "origin": ""})
        label = fact.labels[self.language]
        node = {"status": reading["status"], "value": reading["text"]}
        doubt = {
            Status.IMPLAUSIBLE.value: self.t.gettext("hard to believe"),
            Status.UNREADABLE.value: self.t.gettext("could not be read"),
        }.get(reading["status"], "")
        return ValueSaid(label, self.shown(fact, node), doubt, self.source(fact, reading["origin"]))

    def source(self, fact: Fact, origin: str) -> str:
        when = _moment(origin)
        match fact.source.kind:
            case SourceKind.ANSWER:
                return self.t.gettext("these answers")
            case SourceKind.PATIENT:
                return self.t.gettext("the patient's file")
            case SourceKind.HISTORY | SourceKind.FIRST_RESPONSE:
                return self.t.gettext("what happened before")
        if when is None:
            return self.t.gettext("earlier answers")
        if fact.source.kind in TRENDS:
            return self.t.gettext("these answers and those since %(when)s", when=self.moment(when))
        return self.t.gettext("the answers of %(when)s", when=self.moment(when))

    def changes(self, found: tuple[Nearest, ...]) -> list[ChangeSaid]:
        """In words, one line for each answer."""
        names = dict.fromkeys(one.fact for one in found)
        return [self.changes_of(self.facts[name], [one for one in found if one.fact == name]) for name in names]

    def changes_of(self, fact: Fact, found: list[Nearest]) -> ChangeSaid:
        now = self.value(fact)
        return ChangeSaid(now.label, now.value, tuple(self.other(fact, one) for one in found))

    def other(self, fact: Fact, one: Nearest) -> str:
        text = self.wording.with_unit(one.text, fact.unit) if fact.kind in NUMERIC else self.choice(fact, one.text)
        return self.t.gettext("%(value)s: %(level)s", level=self.level(one.level, one.call_15), value=text)

    @property
    def tells_15(self) -> bool:
        """Whether there are two kinds of red, so that one has to say which."""
        return any(rule.call_15 for rule in self.wording.document.rules)

    def level(self, level: Level, call_15: bool) -> str:
        t = self.t
        if call_15:
            return t.gettext("red with “call 15”")
        words: dict[Level, Callable[[], str]] = {
            Level.RED: lambda: t.gettext("red without “call 15”") if self.tells_15 else t.gettext("red"),
            Level.ORANGE: lambda: t.gettext("orange"),
            Level.GREEN: lambda: t.gettext("green"),
        }
        return words[level]() if level in words else level.code


def _names(node: Mapping[str, Any]) -> Iterator[str]:
    if "parts" in node:
        for part in node["parts"]:
            yield from _names(part)
        return
    yield node["fact"]
    if "since" in node:
        yield node["since"]


def _moment(origin: str) -> datetime | None:
    """When the answers were due that a value came from: an origin is a response and that instant."""
    try:
        return datetime.fromisoformat(origin.partition(" ")[2])
    except ValueError:
        return None
