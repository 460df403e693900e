"""Every name, unit, code and operator of a condition against the facts and limits of its document."""

from __future__ import annotations

from collections.abc import Mapping

from triage.conditions.shapes import (
    ORDERINGS,
    Between,
    Change,
    Compare,
    Condition,
    Consecutive,
    LimitName,
    OneOf,
    Operand,
    facts_of,
    parts_of,
)
from triage.documents.parts import Limit
from triage.facts import NUMERIC, Fact, FactKind, SourceKind, as_number, scale
from triage.findings import Findings
from triage.spelling import nearest


class ConditionChecker:
    def __init__(self, facts: Mapping[str, Fact], limits: Mapping[str, Limit], findings: Findings) -> None:
        self.facts, self.limits, self.findings = facts, limits, findings

    def check(self, condition: Condition, where: str) -> None:
        for name in sorted(facts_of(condition) - self.facts.keys()):
            hint = nearest(name, self.facts)
            self.findings.add(
                where, "there is no fact named %(name)s: declare it or write %(hint)s", name=name, hint=hint
            )
        self.visit(condition, where)

    def visit(self, condition: Condition, where: str) -> None:
        match condition:
            case Compare(name, operator, operand) if fact := self.facts.get(name):
                self.ordering(fact, operator, where)
                self.operand(fact, operand, where)
            case OneOf(name, codes) if fact := self.facts.get(name):
                for code in codes:
                    self.code(fact, code, where)
            case Between(name, low, high) if fact := self.facts.get(name):
                self.ordering(fact, "<=", where)
                self.operand(fact, low, where)
                self.operand(fact, high, where)
                self.band(fact, low, high, where)
            case Change(name, since, _, operand) if (fact := self.facts.get(name)) and (past := self.facts.get(since)):
                self.same_measure(fact, past, where)
                self.operand(fact, operand, where)
            case Consecutive(_, _, part):
                self.only_answers(part, where)
        for number, part in enumerate(parts_of(condition), 1):
            self.visit(part, f"{where} › {number}")

    def only_answers(self, part: Condition, where: str) -> None:
        for name in sorted(facts_of(part) & self.facts.keys()):
            if self.facts[name].source.kind is not SourceKind.ANSWER:
                self.findings.add(
                    where,
                    "%(name)s is no answer, and only answers can be counted: move it outside of the count",
                    name=name,
                )

    def ordering(self, fact: Fact, operator: str, where: str) -> None:
        if operator in ORDERINGS and fact.kind not in NUMERIC:
            self.findings.add(where, "%(name)s is no number: compare it with = or !=, or use in", name=fact.name)

    def same_measure(self, now: Fact, past: Fact, where: str) -> None:
        if now.kind not in NUMERIC or (now.kind, now.unit, now.decimals) != (past.kind, past.unit, past.decimals):
            self.findings.add(
                where,
                "a change needs two numbers with the same unit and decimals: correct %(now)s or %(past)s",
                now=now.name,
                past=past.name,
            )

    def operand(self, fact: Fact, operand: Operand, where: str) -> None:
        if isinstance(operand, LimitName):
            self.limit(fact, operand.name, where)
        elif fact.kind is FactKind.CODE:
            self.code(fact, operand, where)
        elif fact.kind is FactKind.BOOLEAN:
            if not isinstance(operand, bool):
                self.findings.add(where, "%(name)s is a yes or no: compare it with true or false", name=fact.name)
        elif (number := as_number(operand)) is None or scale(number, fact.decimals) is None:
            self.findings.add(
                where,
                "%(value)s cannot be compared with %(name)s: write a number with at most %(decimals)s decimals",
                value=operand,
                name=fact.name,
                decimals=fact.decimals,
            )

    def limit(self, fact: Fact, name: str, where: str) -> None:
        limit = self.limits.get(name)
        if limit is None:
            hint = nearest(name, self.limits)
            self.findings.add(
                where, "there is no limit named %(name)s: declare it or write %(hint)s", name=name, hint=hint
            )
        elif fact.kind not in NUMERIC:
            self.findings.add(where, "%(name)s is no number: no limit applies to it", name=fact.name)
        elif (limit.unit, limit.decimals) != (fact.unit, fact.decimals):
            self.findings.add(
                where,
                "%(limit)s is in “%(limit_unit)s” with %(limit_decimals)s decimals and %(fact)s in “%(fact_unit)s” "
                "with %(fact_decimals)s: give both the same",
                limit=name,
                limit_unit=limit.unit,
                limit_decimals=limit.decimals,
                fact=fact.name,
                fact_unit=fact.unit,
                fact_decimals=fact.decimals,
            )

    def band(self, fact: Fact, low: Operand, high: Operand, where: str) -> None:
        """A band whose ends are crossed holds no value, so its rule could never fire."""
        ends = [self.number(fact, operand) for operand in (low, high)]
        if ends[0] is not None and ends[1] is not None and ends[0] > ends[1]:
            self.findings.add(where, "the band of %(name)s is empty: its low end is above its high end", name=fact.name)

    def number(self, fact: Fact, operand: Operand) -> int | None:
        if isinstance(operand, LimitName):
            limit = self.limits.get(operand.name)
            return None if limit is None else limit.value
        number = as_number(operand)
        return None if number is None else scale(number, fact.decimals)

    def code(self, fact: Fact, code: object, where: str) -> None:
        if fact.kind is not FactKind.CODE:
            self.findings.add(where, "%(name)s has no codes: use another comparison", name=fact.name)
        elif code not in fact.choices:
            self.findings.add(
                where,
                "%(code)s is no choice of %(name)s: write one of %(known)s",
                code=code,
                name=fact.name,
                known=", ".join(fact.choices),
            )
