"""Conditions from and to the JSON of a protocol document.

An operator is one entry of `READERS`; a document that uses another one is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from triage.conditions.expanding import counts_in
from triage.conditions.shapes import (
    OPERATORS,
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
from triage.findings import Findings

DEEPEST = 12
MOST_CONSECUTIVE = 10
LONGEST_WINDOW = 31
"""Days."""
Json = Mapping[str, Any]


class ConditionReader:
    """Reads conditions and notes every fault; what is returned after a fault only lets the reading go on."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings

    def condition(self, data: object, where: str, depth: int = 0) -> Condition | None:
        if depth > DEEPEST:
            self.findings.add(where, "conditions are nested too deeply: %(most)s levels at most", most=DEEPEST)
            return None
        if not isinstance(data, Mapping):
            self.findings.add(where, "write a condition here")
            return None
        operators = [name for name in READERS if name in data]
        if len(operators) != 1:
            self.findings.add(
                where,
                "this is not a known condition (%(given)s): write exactly one of %(known)s",
                given=", ".join(map(str, data)) or "{}",
                known=", ".join(READERS),
            )
            return None
        allowed, reader = READERS[operators[0]]
        for extra in sorted(map(str, set(data) - allowed)):
            self.findings.add(where, "unknown field %(name)s: remove it or correct its spelling", name=extra)
        return reader(self, data, where, depth)

    def name(self, data: Json, key: str, where: str) -> str:
        value = data.get(key)
        if not isinstance(value, str):
            self.findings.add(where, "%(key)s must name a fact", key=key)
            return ""
        return value

    def operator(self, data: Json, where: str) -> str:
        value = data.get("op")
        if value not in OPERATORS:
            known = " ".join(OPERATORS)
            self.findings.add(where, "unknown operator %(given)s: write one of %(known)s", given=value, known=known)
            return "="
        return str(value)

    def operand(self, data: object, where: str) -> Operand:
        """{"limit": name} or {"value": constant}."""
        given = data if isinstance(data, Mapping) else {}
        limit, value = given.get("limit"), given.get("value")
        if isinstance(limit, str) and "value" not in given:
            return LimitName(limit)
        if isinstance(value, bool | int | str) and "limit" not in given:
            return value
        self.findings.add(where, "give either a limit or a value, with decimal numbers between quotes")
        return 0

    def parts(self, data: object, where: str, depth: int) -> tuple[Condition, ...]:
        if not isinstance(data, list | tuple) or not data:
            self.findings.add(where, "list at least one condition")
            return ()
        read = [self.condition(part, f"{where} › {number}", depth + 1) for number, part in enumerate(data, 1)]
        return tuple(part for part in read if part is not None)

    def compare(self, data: Json, where: str, _depth: int) -> Condition:
        return Compare(self.name(data, "compare", where), self.operator(data, where), self.operand(data, where))

    def one_of(self, data: Json, where: str, _depth: int) -> Condition:
        codes = data.get("codes")
        if not isinstance(codes, list | tuple) or not codes or not all(isinstance(code, str) for code in codes):
            self.findings.add(where, "list at least one code")
            codes = ()
        return OneOf(self.name(data, "in", where), tuple(codes))

    def between(self, data: Json, where: str, _depth: int) -> Condition:
        low, high = self.operand(data.get("low"), where), self.operand(data.get("high"), where)
        return Between(self.name(data, "between", where), low, high)

    def change(self, data: Json, where: str, _depth: int) -> Condition:
        now, since = self.name(data, "change", where), self.name(data, "since", where)
        return Change(now, since, self.operator(data, where), self.operand(data, where))

    def missing(self, data: Json, where: str, _depth: int) -> Condition:
        return Missing(self.name(data, "missing", where))

    def all_of(self, data: Json, where: str, depth: int) -> Condition:
        return AllOf(self.parts(data["all"], where, depth))

    def any_of(self, data: Json, where: str, depth: int) -> Condition:
        return AnyOf(self.parts(data["any"], where, depth))

    def negation(self, data: Json, where: str, depth: int) -> Condition | None:
        part = self.condition(data["not"], where, depth + 1)
        return None if part is None else Not(part)

    def at_least(self, data: Json, where: str, depth: int) -> Condition:
        parts = self.parts(data.get("of"), where, depth)
        count = data["at_least"]
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= len(parts):
            self.findings.add(
                where, "at_least must be between 1 and the number of conditions, %(most)s", most=len(parts)
            )
            count = 1
        return AtLeast(count, parts)

    def consecutive(self, data: Json, where: str, depth: int) -> Condition | None:
        part = self.condition(data.get("of"), where, depth + 1)
        count = self.whole(data, "consecutive", 2, MOST_CONSECUTIVE, where)
        days = self.whole(data, "days", 1, LONGEST_WINDOW, where)
        if part is None:
            return None
        if any(counts_in(part)):
            self.findings.add(
                where, "a count of consecutive answers cannot stand inside another one: count one condition"
            )
            return None
        return Consecutive(count, days, part)

    def whole(self, data: Json, key: str, least: int, most: int, where: str) -> int:
        value = data.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.findings.add(
                where, "%(key)s must be a whole number from %(least)s to %(most)s", key=key, least=least, most=most
            )
            return least
        return value


Reader = Callable[[ConditionReader, Json, str, int], Condition | None]
READERS: dict[str, tuple[set[str], Reader]] = {
    "compare": ({"compare", "op", "limit", "value"}, ConditionReader.compare),
    "in": ({"in", "codes"}, ConditionReader.one_of),
    "between": ({"between", "low", "high"}, ConditionReader.between),
    "change": ({"change", "since", "op", "limit", "value"}, ConditionReader.change),
    "missing": ({"missing"}, ConditionReader.missing),
    "all": ({"all"}, ConditionReader.all_of),
    "any": ({"any"}, ConditionReader.any_of),
    "not": ({"not"}, ConditionReader.negation),
    "at_least": ({"at_least", "of"}, ConditionReader.at_least),
    "consecutive": ({"consecutive", "days", "of"}, ConditionReader.consecutive),
}
