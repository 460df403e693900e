"""Protocols and patients by chance: every shape a condition can have, and values that crowd around the limits."""

from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Any

from tests.triage.factories import limit, number, rule, sentence, tiny
from triage.assess import CompiledProtocol
from triage.facts import NUMERIC, Fact, FactKind, Reading, Readings, read, unscale

Json = dict[str, Any]
SPAN = {"lowest": "2", "highest": "12"}
CHOICES = {code: sentence(code) for code in ("none", "mild", "strong")}
FACTS = [
    number("spo2", **SPAN),
    number("pulse", **SPAN),
    number("before", source={"previous": "spo2"}, **SPAN),
    number("least", source={"lowest": "pulse", "days": 3}, **SPAN),
    number("warmth", unit="Cel", decimals=1, lowest="0.2", highest="1.2"),
    number("failed", source={"history": "failed_calls"}, **SPAN),
    {
        **number("illness", source={"patient": "day_of_illness"}, unit="d", **SPAN),
        "kind": "days",
    },
    {"name": "pain", "kind": "boolean", "source": {"answer": "pain"}, "labels": sentence("Pain")},
    {"name": "alone", "kind": "boolean", "source": {"patient": "lives_alone"}, "labels": sentence("Alone")},
    {"name": "first", "kind": "boolean", "source": {"first_response": True}, "labels": sentence("First")},
    {
        "name": "chills",
        "kind": "code",
        "source": {"answer": "chills"},
        "labels": sentence("Chills"),
        "choices": CHOICES,
    },
    {
        "name": "last",
        "kind": "code",
        "source": {"history": "last_level"},
        "labels": sentence("Last"),
        "choices": CHOICES,
    },
]
BY_NAME = {fact["name"]: fact for fact in FACTS}
PERCENT = ("spo2", "pulse", "before", "least", "failed")
"""They can stand in one change, and at one limit."""
ANSWERS = ("spo2", "pulse", "warmth", "pain", "chills")
OF_SILENCE = ("failed", "illness", "alone", "last")
BEFORE_ANSWERING = (*OF_SILENCE, "first")
ORDERINGS = ("<", "<=", ">", ">=")
OPERATORS = (*ORDERINGS, "=", "!=")
FAR = (10**18 + 7, 9_999_999_999_999)
"""Further than 64 bits once scaled, and as far as a reading goes."""


class Maker:
    """`random` may be Hypothesis's own, so that what fails is made smaller."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.limits = {f"l{place}": random.randint(1, 13) for place in range(random.randint(0, 4))}

    def document(self) -> Json:
        return tiny(
            facts=[self.fact(fact) for fact in FACTS],
            limits=[limit(name, str(value), lowest="0", highest="14") for name, value in self.limits.items()],
            orders=self.orders(),
            rules=[self.rule(place) for place in range(self.random.randint(1, 5))],
            usual={},
        )

    def fact(self, fact: Json) -> Json:
        if self.random.random() < 0.75:
            return fact
        return {**fact, "optional_when": self.condition(BEFORE_ANSWERING, 1)}

    def orders(self) -> list[list[str]]:
        names = sorted(self.limits, key=lambda name: (self.limits[name], name))
        return [
            [low, "<" if self.limits[low] < self.limits[high] and self.random.random() < 0.7 else "<=", high]
            for low, high in pairwise(names)
            if self.random.random() < 0.7
        ]

    def rule(self, place: int) -> Json:
        silence = place > 0 and self.random.random() < 0.3
        level = self.random.choice(("silent_urgent", "red") if silence else ("orange", "red"))
        call_15 = not silence and level == "red" and self.random.random() < 0.5
        when = self.condition(OF_SILENCE if silence else tuple(BY_NAME), 3)
        return rule(f"r{place}", level, when, on_silence=silence, call_15=call_15)

    def condition(self, names: tuple[str, ...], depth: int) -> Json:
        shapes = [self.compare, self.compare, self.one_of, self.between, self.change, self.missing]
        if depth > 0 and self.random.random() < 0.6:
            return self.group(names, depth)
        return self.random.choice(shapes)(names)

    def group(self, names: tuple[str, ...], depth: int) -> Json:
        kind = self.random.choice(("all", "any", "not", "at_least", "consecutive"))
        if kind == "not":
            return {"not": self.condition(names, depth - 1)}
        if kind == "consecutive":
            return self.consecutive(depth) if names == tuple(BY_NAME) else {"not": self.condition(names, depth - 1)}
        parts = [self.condition(names, depth - 1) for _ in range(self.random.randint(1, 3))]
        return {"at_least": self.random.randint(1, len(parts)), "of": parts} if kind == "at_least" else {kind: parts}

    def consecutive(self, depth: int) -> Json:
        count, days = self.random.randint(2, 3), self.random.randint(1, 7)
        return {"consecutive": count, "days": days, "of": self.condition(ANSWERS, min(depth - 1, 1))}

    def numeric(self, names: tuple[str, ...]) -> str:
        return self.random.choice([name for name in names if BY_NAME[name]["kind"] in NUMERIC])

    def operand(self, name: str) -> tuple[Decimal, Json]:
        limits = sorted(self.limits) if name in PERCENT else []
        if limits and self.random.random() < 0.6:
            chosen = self.random.choice(limits)
            return Decimal(self.limits[chosen]), {"limit": chosen}
        value = Decimal(self.random.randint(1, 13)).scaleb(-BY_NAME[name].get("decimals", 0))
        return value, {"value": str(value)}

    def compare(self, names: tuple[str, ...]) -> Json:
        name = self.random.choice(names)
        kind = BY_NAME[name]["kind"]
        if kind == "boolean":
            return {"compare": name, "op": self.random.choice(("=", "!=")), "value": self.random.random() < 0.5}
        if kind == "code":
            return {"compare": name, "op": self.random.choice(("=", "!=")), "value": self.random.choice(list(CHOICES))}
        return {"compare": name, "op": self.random.choice(OPERATORS), **self.operand(name)[1]}

    def one_of(self, names: tuple[str, ...]) -> Json:
        coded = [name for name in names if BY_NAME[name]["kind"] == "code"]
        codes = self.random.sample(list(CHOICES), self.random.randint(1, 3))
        return {"in": self.random.choice(coded), "codes": codes}

    def between(self, names: tuple[str, ...]) -> Json:
        name = self.numeric(names)
        low, high = sorted((self.operand(name) for _ in range(2)), key=lambda operand: operand[0])
        return {"between": name, "low": low[1], "high": high[1]}

    def change(self, names: tuple[str, ...]) -> Json:
        alike = [name for name in names if name in PERCENT]
        now, since = self.random.choice(alike), self.random.choice(alike)
        fallen = {"value": str(self.random.randint(-4, 4))}
        operand = fallen if self.random.random() < 0.7 else self.operand(now)[1]
        return {"change": now, "since": since, "op": self.random.choice(OPERATORS), **operand}

    def missing(self, names: tuple[str, ...]) -> Json:
        return {"missing": self.random.choice(names)}


def patient(protocol: CompiledProtocol, random: Random) -> tuple[Readings, dict[str, Decimal]]:
    """Readings, some of them spoilt, and often own limits, which do not always fit. Some patients lack nothing."""
    spoilt = random.choice((0.0, 0.1, 0.4))
    readings = {fact.name: reading(fact, random, spoilt) for fact in protocol.facts.values()}
    if random.random() < 0.1:
        readings.pop(random.choice(list(readings)))
    return readings, own_limits(protocol, random)


def reading(fact: Fact, random: Random, spoilt: float) -> Reading:
    if random.random() < spoilt:
        return read(fact, random.choice((None, None, "strange", Decimal("3.33"), *FAR, *(-far for far in FAR))))
    if fact.kind is FactKind.BOOLEAN:
        return read(fact, random.random() < 0.5)
    if fact.kind is FactKind.CODE:
        return read(fact, random.choice(list(fact.choices)))
    return read(fact, unscale(random.randint(2, 12), fact.decimals))


def own_limits(protocol: CompiledProtocol, random: Random) -> dict[str, Decimal]:
    if random.random() < 0.6:
        return {}
    fitting = {each.name: Decimal(random.randint(0, 14)) for each in protocol.document.limits if random.random() < 0.5}
    if random.random() < 0.1:
        fitting[random.choice(("l0", "unheard_of"))] = Decimal(random.choice(("3.5", "-1", "15", "1E+15")))
    return fitting
