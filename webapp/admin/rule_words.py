"""A protocol's rules and limits as sentences that a clinician can read and sign."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from records.texts import DECIMAL_COMMA, Translator, around, spoken
from triage.conditions.shapes import (
    AllOf,
    AnyOf,
    AtLeast,
    Between,
    Change,
    Compare,
    Condition,
    Consecutive,
    LimitName,
    Missing,
    Not,
    OneOf,
    Operand,
)
from triage.documents import Document, Limit, Rule
from triage.facts import NUMERIC, WINDOWS, FactKind, Source, SourceKind, unscale
from triage.levels import Level
from triage.wording import sign

OPPOSITES = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "="}
GROUPS = (AllOf, AnyOf, AtLeast)
SEVERAL = (*GROUPS, Consecutive)


@dataclass(frozen=True)
class RuleGroup:
    """The rules of one level, for answers or for silences."""

    level: Level
    on_silence: bool
    rules: tuple[Rule, ...]


def groups(document: Document) -> list[RuleGroup]:
    """Answers before silences, and the worst level first."""
    found = {(rule.on_silence, -rule.level) for rule in document.rules}
    return [
        RuleGroup(
            Level(-rank),
            on_silence,
            tuple(rule for rule in document.rules if (rule.on_silence, -rule.level) == (on_silence, rank)),
        )
        for on_silence, rank in sorted(found)
    ]


class Words:
    """The words of one document in one language; a language that it lacks falls back as a whole."""

    def __init__(self, document: Document, wanted: str) -> None:
        self.document = document
        self.language = spoken(wanted, document.languages)
        self.facts = {fact.name: fact for fact in document.facts}
        self.limits = {limit.name: limit for limit in document.limits}

    @property
    def t(self) -> Translator:
        return around(self.language)

    def rule(self, rule: Rule) -> str:
        text = self.condition(rule.when)
        return text[:1].upper() + text[1:]

    def label(self, limit: Limit) -> str:
        return limit.labels[self.language]

    def number(self, text: str) -> str:
        return text.replace(".", ",") if self.language in DECIMAL_COMMA else text

    def unit(self, unit: str) -> str:
        """The usual sign; a day is counted, and its label says so."""
        return "" if unit == "d" else sign(unit, self.language)

    def value(self, limit: Limit) -> str:
        return self.number(limit.text)

    def allowed(self, limit: Limit) -> tuple[str, str]:
        lowest, highest = (unscale(end, limit.decimals) for end in (limit.lowest, limit.highest))
        return self.number(lowest), self.number(highest)

    def condition(self, when: Condition) -> str:
        match when:
            case Compare(fact, operator, operand):
                return self.compare(fact, operator, operand)
            case OneOf(fact, codes):
                chosen = self.t.gettext(" or ").join(self.choice(fact, code) for code in codes)
                return self.t.gettext("%(fact)s: %(value)s", fact=self.name(fact), value=chosen)
            case Between(fact, low, high):
                ends = {"low": self.operand(fact, low), "high": self.operand(fact, high)}
                return self.t.gettext("%(fact)s from %(low)s to %(high)s", fact=self.name(fact), **ends)
            case Change(fact, since, operator, operand):
                subject = self.t.gettext("%(fact)s less %(since)s", fact=self.name(fact), since=self.name(since))
                return self.comparison(operator, subject, self.operand(fact, operand))
            case Missing(fact):
                return self.t.gettext("%(fact)s not known", fact=self.name(fact))
            case Not(part):
                return self.negation(part)
            case Consecutive(count, days, part):
                return self.count(count, days, part)
        return self.joined(when)

    def name(self, fact: str) -> str:
        """The label; of a window also what is read from it, which a label could leave open."""
        known = self.facts[fact]
        label = known.labels[self.language]
        return self.windowed(label, known.source) if known.source.kind in WINDOWS else label

    def windowed(self, label: str, source: Source) -> str:
        readings: dict[SourceKind, Callable[[], str]] = {
            SourceKind.LOWEST: lambda: self.t.gettext("lowest earlier value"),
            SourceKind.HIGHEST: lambda: self.t.gettext("highest earlier value"),
            SourceKind.LATEST: lambda: self.t.gettext("latest earlier value"),
            SourceKind.CHANGE: lambda: self.t.gettext("now less the oldest earlier value"),
            SourceKind.SLOPE: lambda: self.t.gettext("trend a day, through all earlier values and now"),
        }
        return self.t.gettext(
            "%(fact)s (%(reading)s; %(window)s)",
            fact=label,
            reading=readings[source.kind](),
            window=self.hours(source.hours) if source.hours else self.days(source.days),
        )

    def hours(self, hours: int) -> str:
        return self.t.ngettext("window: %(num)d hour", "window: %(num)d hours", hours)

    def days(self, days: int) -> str:
        return self.t.ngettext("window: %(num)d day", "window: %(num)d days", days)

    def choice(self, fact: str, code: str) -> str:
        return self.facts[fact].choices[code][self.language]

    def operand(self, fact: str, operand: Operand) -> str:
        """The number with its unit; a day of illness is counted, not measured, and has none."""
        text = self.limits[operand.name].text if isinstance(operand, LimitName) else str(operand)
        known = self.facts[fact]
        shown = "" if known.kind is FactKind.DAYS else sign(known.unit, self.language)
        return f"{self.number(text)}\u202f{shown}" if shown else self.number(text)

    def compare(self, fact: str, operator: str, operand: Operand) -> str:
        known = self.facts[fact]
        if known.kind in NUMERIC:
            return self.comparison(operator, self.name(fact), self.operand(fact, operand))
        if known.kind is FactKind.BOOLEAN:
            shown = self.t.gettext("yes") if (operand is True) == (operator == "=") else self.t.gettext("no")
            return self.t.gettext("%(fact)s: %(value)s", fact=self.name(fact), value=shown)
        values = {"fact": self.name(fact), "value": self.choice(fact, str(operand))}
        if operator == "=":
            return self.t.gettext("%(fact)s: %(value)s", **values)
        return self.t.gettext("%(fact)s: anything but %(value)s", **values)

    def comparison(self, operator: str, fact: str, value: str) -> str:
        values = {"fact": fact, "value": value}
        sentences: dict[str, Callable[[], str]] = {
            "<": lambda: self.t.gettext("%(fact)s below %(value)s", **values),
            "<=": lambda: self.t.gettext("%(fact)s at most %(value)s", **values),
            ">": lambda: self.t.gettext("%(fact)s above %(value)s", **values),
            ">=": lambda: self.t.gettext("%(fact)s at least %(value)s", **values),
            "=": lambda: self.t.gettext("%(fact)s exactly %(value)s", **values),
            "!=": lambda: self.t.gettext("%(fact)s other than %(value)s", **values),
        }
        return sentences[operator]()

    def negation(self, part: Condition) -> str:
        if isinstance(part, Compare):
            return self.compare(part.fact, OPPOSITES[part.operator], part.operand)
        return self.t.gettext("not (%(condition)s)", condition=self.condition(part))

    def count(self, count: int, days: int, part: Condition) -> str:
        return self.t.ngettext(
            "at %(num)d answer in a row, this one included (%(window)s): %(condition)s",
            "at %(num)d answers in a row, this one included (%(window)s): %(condition)s",
            count,
            window=self.days(days),
            condition=self.bracketed(part),
        )

    def bracketed(self, part: Condition) -> str:
        return f"({self.condition(part)})" if isinstance(part, SEVERAL) else self.condition(part)

    def joined(self, when: Condition) -> str:
        """Groups inside groups stand in brackets, so that "and" and "or" cannot be read in two ways."""
        assert isinstance(when, GROUPS)
        texts = [self.bracketed(part) for part in when.parts]
        if isinstance(when, AllOf):
            return self.t.gettext(" and ").join(texts)
        if isinstance(when, AnyOf):
            return self.t.gettext(" or ").join(texts)
        of = " · ".join(texts)
        return self.t.gettext("at least %(count)s of these: %(conditions)s", count=when.count, conditions=of)
