"""Which facts a replay needs, and of which versions the stored readings of one are the same fact. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from triage.assess import CompiledProtocol, Occasion
from triage.conditions.shapes import facts_of
from triage.facts import TRENDS, Fact
from triage.facts.windows import answer_to

Definition = tuple[object, ...]


@dataclass(frozen=True)
class Wanted:
    """A fact that one or both protocols read. `facts` are all those of a protocol that has it."""

    fact: Fact
    definition: Definition
    facts: Sequence[Fact]

    @property
    def name(self) -> str:
        return self.fact.name


def definition(fact: Fact, facts: Iterable[Fact]) -> Definition:
    """What decides how a fact is read: two that are equal in it have the same reading of the same answers. Labels do
    not; a trend is also read as the answer whose trend it is.
    """
    own = (fact.kind, fact.source, fact.unit, fact.decimals, fact.lowest, fact.highest, frozenset(fact.choices))
    if fact.source.kind not in TRENDS:
        return (fact.name, own)
    answer = answer_to(fact, facts)
    return (fact.name, own, answer.kind, answer.unit, answer.decimals, answer.lowest, answer.highest)


def wanted(protocol: CompiledProtocol) -> dict[str, Wanted]:
    """By name, every fact that decides about an answer: of the rules for answers, and of what excuses those facts."""
    facts = tuple(protocol.facts.values())
    found: dict[str, Wanted] = {}
    names = {name for rule in protocol.rules[Occasion.ANSWER] for name in facts_of(rule.when)}
    while names - found.keys():
        for name in names - found.keys():
            fact = protocol.facts[name]
            found[name] = Wanted(fact, definition(fact, facts), facts)
            if fact.optional_when is not None:
                names = names | facts_of(fact.optional_when)
    return found


def together(*sides: Mapping[str, Wanted]) -> list[Wanted]:
    """Each once, in a settled order."""
    found = {item.definition: item for side in sides for item in side.values()}
    return sorted(found.values(), key=lambda item: (item.name, repr(item.definition)))


def stored_by(protocol: CompiledProtocol, needed: Sequence[Wanted]) -> tuple[bool, ...]:
    """Of each, whether an assessment by that protocol stored this very fact."""
    facts = tuple(protocol.facts.values())
    has = {definition(fact, facts) for fact in facts}
    return tuple(item.definition in has for item in needed)
