"""Whether a document that is well formed also makes sense."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from string import Formatter

from triage.catalogue import KNOWN
from triage.conditions.shapes import facts_of
from triage.documents.parts import Case, Document, Given, Limit, NearLimit, Order, Rule
from triage.documents.references import ConditionChecker
from triage.documents.windows import check_window
from triage.facts import (
    NUMERIC,
    WINDOWS,
    Fact,
    FactKind,
    SourceKind,
    Status,
    Translations,
    read,
    unscale,
)
from triage.findings import Findings
from triage.spelling import nearest

KNOWN_OF_SILENCE = (SourceKind.PATIENT, SourceKind.HISTORY)
KNOWN_BEFORE_ANSWERING = (SourceKind.PATIENT, SourceKind.HISTORY, SourceKind.FIRST_RESPONSE)


def check_limits(limits: Sequence[Limit], orders: Iterable[Order], findings: Findings) -> None:
    """Each limit inside its allowed range, and every order between two limits kept."""
    for limit in limits:
        if not limit.lowest <= limit.value <= limit.highest:
            findings.add(
                f"limits › {limit.name}",
                "%(value)s is outside its allowed range: choose from %(lowest)s to %(highest)s",
                value=limit.text,
                lowest=unscale(limit.lowest, limit.decimals),
                highest=unscale(limit.highest, limit.decimals),
            )
    by_name = {limit.name: limit for limit in limits}
    for order in orders:
        low, high = by_name.get(order.lower), by_name.get(order.higher)
        if low is None or high is None:
            continue
        if low.value > high.value or (order.operator == "<" and low.value == high.value):
            message = (
                "%(lower)s (%(low)s) must stay below %(higher)s (%(high)s)"
                if order.operator == "<"
                else "%(lower)s (%(low)s) must not be above %(higher)s (%(high)s)"
            )
            findings.add(
                f"limits › {low.name}", message, lower=low.name, low=low.text, higher=high.name, high=high.text
            )


class DocumentChecker:
    def __init__(self, document: Document, findings: Findings, *, catalogued: bool = True) -> None:
        self.document, self.findings, self.known = document, findings, KNOWN if catalogued else {}
        self.facts = {fact.name: fact for fact in document.facts}
        self.limits = {limit.name: limit for limit in document.limits}
        self.conditions = ConditionChecker(self.facts, self.limits, findings)

    def check(self) -> None:
        self.unique()
        for fact in self.document.facts:
            self.fact(fact)
        self.orders()
        check_limits(self.document.limits, self.document.orders, self.findings)
        for rule in self.document.rules:
            self.rule(rule)
        if all(rule.on_silence for rule in self.document.rules):
            self.findings.add("rules", "no rule assesses an answer: write at least one")
        self.values(self.document.usual, "usual")
        for case in self.document.cases:
            self.case(case)

    def unique(self) -> None:
        """Facts and limits share one set of names, since a sentence may show either."""
        names = [*(fact.name for fact in self.document.facts), *(limit.name for limit in self.document.limits)]
        ids = [rule.id for rule in self.document.rules]
        for place, given in (("facts, limits", names), ("rules", ids)):
            for name in sorted(name for name, times in Counter(given).items() if times > 1 and name):
                self.findings.add(place, "%(name)s is there twice: give each its own name", name=name)

    def fact(self, fact: Fact) -> None:
        where = f"facts › {fact.name}"
        if fact.kind is FactKind.CODE and not fact.choices:
            self.findings.add(where, "a code needs its choices: list them with their texts")
        if fact.kind is not FactKind.CODE and fact.choices:
            self.findings.add(where, "only a code has choices: remove them or make it a code")
        if fact.kind in NUMERIC and (fact.lowest is None or fact.highest is None or fact.lowest >= fact.highest):
            self.findings.add(where, "a number needs a plausible range: write lowest and highest, the lower one first")
        if fact.kind not in NUMERIC and (fact.unit or fact.decimals):
            self.findings.add(where, "only a number has a unit and decimals: remove them")
        if fact.source.kind in self.known:
            self.catalogued(fact, f"{where} › source")
        if fact.source.kind in WINDOWS:
            check_window(fact, self.document.facts, self.findings)
        if fact.optional_when is not None:
            self.conditions.check(fact.optional_when, f"{where} › optional_when")
            self.only_known(facts_of(fact.optional_when), KNOWN_BEFORE_ANSWERING, f"{where} › optional_when")

    def catalogued(self, fact: Fact, where: str) -> None:
        names = self.known[fact.source.kind]
        if fact.source.key in names:
            return
        message = (
            "nothing named %(name)s is known of a patient: write %(hint)s"
            if fact.source.kind is SourceKind.PATIENT
            else "nothing named %(name)s is in the history: write %(hint)s"
        )
        self.findings.add(where, message, name=fact.source.key, hint=nearest(fact.source.key, names))

    def only_known(self, names: Iterable[str], kinds: Sequence[SourceKind], where: str) -> None:
        for name in sorted(names):
            if name in self.facts and self.facts[name].source.kind not in kinds:
                self.findings.add(
                    where,
                    "%(name)s comes from an answer, which is not known here: use facts of %(known)s",
                    name=name,
                    known=", ".join(kinds),
                )

    def only_answers(self, names: Iterable[str], where: str) -> None:
        for name in sorted(names):
            if name in self.facts and self.facts[name].source.kind is not SourceKind.ANSWER:
                self.findings.add(where, "%(name)s is no answer: only answers were given before", name=name)

    def orders(self) -> None:
        for order in self.document.orders:
            for name in (order.lower, order.higher):
                if name and name not in self.limits:
                    hint = nearest(name, self.limits)
                    self.findings.add(
                        "orders",
                        "there is no limit named %(name)s: declare it or write %(hint)s",
                        name=name,
                        hint=hint,
                    )
            low, high = self.limits.get(order.lower), self.limits.get(order.higher)
            if low and high and (low.unit, low.decimals) != (high.unit, high.decimals):
                self.findings.add(
                    "orders",
                    "%(lower)s and %(higher)s have different units or decimals: only equal ones can be ordered",
                    lower=order.lower,
                    higher=order.higher,
                )

    def rule(self, rule: Rule) -> None:
        where = f"rules › {rule.id}"
        self.conditions.check(rule.when, f"{where} › when")
        if rule.on_silence:
            self.only_known(facts_of(rule.when), KNOWN_OF_SILENCE, f"{where} › when")
        if rule.call_15 and (rule.on_silence or rule.level.code != "red"):
            self.findings.add(where, "only a red rule for answers can show “call 15”: make it red or remove call_15")
        self.sentence(rule.to_patient, f"{where} › to_patient")
        self.sentence(rule.to_caller, f"{where} › to_caller")

    def sentence(self, texts: Translations, where: str) -> None:
        """A sentence may show facts and limits as {name}, and nothing else in braces."""
        for language, text in texts.items():
            try:
                places = [part[1:] for part in Formatter().parse(text) if part[1] is not None]
            except ValueError:
                self.findings.add(f"{where} › {language}", "the braces do not match: write {name}")
                continue
            for name, spec, conversion in places:
                if spec or conversion or (name not in self.facts and name not in self.limits):
                    hint = nearest(str(name), [*self.facts, *self.limits])
                    self.findings.add(
                        f"{where} › {language}",
                        "{%(name)s} shows no fact and no limit: write {%(hint)s}",
                        name=name,
                        hint=hint,
                    )

    def values(self, values: Mapping[str, Given], where: str) -> None:
        for name, value in values.items():
            fact = self.facts.get(name)
            if fact is None:
                hint = nearest(name, self.facts)
                self.findings.add(
                    where, "there is no fact named %(name)s: declare it or write %(hint)s", name=name, hint=hint
                )
            elif isinstance(value, NearLimit):
                self.conditions.limit(fact, value.limit, f"{where} › {name}")
                if fact.kind in NUMERIC:
                    self.conditions.operand(fact, value.over, f"{where} › {name}")
            elif read(fact, value).status is Status.UNREADABLE:
                self.findings.add(
                    f"{where} › {name}", "%(value)s is no value of %(name)s: correct it", value=value, name=name
                )

    def case(self, case: Case) -> None:
        where = f"cases › {case.name}"
        self.values(case.facts, f"{where} › facts")
        for back, facts in enumerate(case.before, 1):
            self.values(facts, f"{where} › before › {back}")
            self.only_answers(facts, f"{where} › before › {back}")
        if case.before and case.on_silence:
            self.findings.add(where, "a silence looks back on no answers: remove before")
        ids = [rule.id for rule in self.document.rules if rule.on_silence is case.on_silence]
        for name in case.fired:
            if name not in ids:
                self.findings.add(where, "no rule %(name)s can fire here: correct its spelling or remove it", name=name)
        assessed = ("silent", "silent_urgent", "red") if case.on_silence else ("green", "orange", "red")
        if case.level.code not in assessed:
            self.findings.add(
                where,
                "the level cannot be %(given)s here: write one of %(known)s",
                given=case.level.code,
                known=", ".join(assessed),
            )
