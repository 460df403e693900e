"""The region in which a condition is true, with the limits as the document has them."""

from __future__ import annotations

from collections.abc import Mapping

from triage.conditions.expanding import expanded
from triage.conditions.shapes import (
    AllOf,
    AnyOf,
    AtLeast,
    Between,
    Change,
    Compare,
    Condition,
    LimitName,
    Missing,
    Not,
    OneOf,
    Operand,
)
from triage.documents.deriving import facts_in_use
from triage.documents.parts import Document, Limit
from triage.documents.regions import BOTTOM, TOP, Box, Region, Span, Values, either, outside, some_of, together
from triage.facts import NUMERIC, Fact, FactKind, as_number, scale


class Truth:
    """Codes and yes or no are numbered, so that every fact is a number here."""

    def __init__(self, document: Document) -> None:
        self.facts: Mapping[str, Fact] = {fact.name: fact for fact in facts_in_use(document)}
        self.limits: Mapping[str, Limit] = {limit.name: limit for limit in document.limits}

    def of(self, condition: Condition) -> Region:
        """Where it is true; without a box it never is. Raises TooManyBoxes."""
        return self.region(expanded(condition), wanted=True)

    def region(self, condition: Condition, *, wanted: bool) -> Region:
        """Where the condition is `wanted`: false is not the rest of true, for it may be unknown."""
        match condition:
            case Not(part):
                return self.region(part, wanted=not wanted)
            case AllOf(parts):
                return self.group(parts, len(parts) if wanted else 1, wanted)
            case AnyOf(parts):
                return self.group(parts, 1 if wanted else len(parts), wanted)
            case AtLeast(count, parts):
                return self.group(parts, count if wanted else len(parts) - count + 1, wanted)
            case Missing(name):
                return region_of(name, Values((), unknown=True) if wanted else Values((self.whole(name),)))
            case Change(now, since, sign, operand):
                spans = compared(sign, self.number(self.facts[now], operand))
                values = spans if wanted else outside(spans, (BOTTOM, TOP))
                return region_of(f"{now} less {since}", Values(values))
        return self.leaf(condition, wanted)

    def group(self, parts: tuple[Condition, ...], count: int, wanted: bool) -> Region:
        regions = [self.region(part, wanted=wanted) for part in parts]
        if count == 1:
            return either(regions)
        return together(regions) if count == len(parts) else some_of(count, regions)

    def leaf(self, condition: Condition, wanted: bool) -> Region:
        assert isinstance(condition, Compare | OneOf | Between)
        fact, whole = self.facts[condition.fact], self.whole(condition.fact)
        match condition:
            case Compare(_, sign, operand):
                spans = compared(sign, self.number(fact, operand))
            case OneOf(_, codes):
                spans = tuple((place, place) for place in sorted({self.number(fact, code) for code in codes}))
            case Between(_, low, high):
                spans = ((self.number(fact, low), self.number(fact, high)),)
        others = outside(Values(spans).both(Values((whole,))).spans, whole)
        return region_of(fact.name, Values(outside(others, whole) if wanted else others))

    def whole(self, name: str) -> Span:
        """Every value the fact can have; of a number that is hard to believe a rule fires too."""
        fact = self.facts[name]
        if fact.kind in NUMERIC:
            return BOTTOM, TOP
        return 0, 1 if fact.kind is FactKind.BOOLEAN else len(fact.choices) - 1

    def number(self, fact: Fact, operand: Operand) -> int:
        if isinstance(operand, LimitName):
            return self.limits[operand.name].value
        if fact.kind not in NUMERIC:
            return list(fact.choices).index(str(operand)) if fact.kind is FactKind.CODE else int(operand is True)
        number = as_number(operand)
        scaled = None if number is None else scale(number, fact.decimals)
        assert scaled is not None  # the document was checked
        return scaled


def region_of(name: str, values: Values) -> Region:
    box: Box = {name: values}
    return (box,) if values else ()


def compared(sign: str, bound: int) -> tuple[Span, ...]:
    below, above = (BOTTOM, bound - 1), (bound + 1, TOP)
    spans: dict[str, tuple[Span, ...]] = {
        "<": (below,),
        "<=": ((BOTTOM, bound),),
        ">": (above,),
        ">=": ((bound, TOP),),
        "=": ((bound, bound),),
        "!=": (below, above),
    }
    return spans[sign]
