"""A protocol's own test cases: facts in, level and fired rules out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from records.texts import Translator
from triage.assess import Occasion, assess, compile_protocol
from triage.conditions.expanding import original
from triage.documents import Case, Document, facts_in_use
from triage.documents.parts import Given, NearLimit
from triage.facts import Fact, Reading, Value, read, scale, unscale
from triage.levels import Level


@dataclass(frozen=True, slots=True)
class Failure:
    """A case that does not hold."""

    case: Case
    level: Level
    fired: tuple[str, ...]

    def text(self, t: Translator) -> str:
        return t.gettext(
            "Case “%(case)s”: expected %(expected)s with rules %(expected_rules)s, found %(found)s with rules "
            "%(found_rules)s. Correct the limits or the case.",
            case=self.case.name,
            expected=self.case.level.code,
            expected_rules=", ".join(self.case.fired) or "—",
            found=self.level.code,
            found_rules=", ".join(self.fired) or "—",
        )


def plain(document: Document, value: Given) -> Value | None:
    if not isinstance(value, NearLimit):
        return value
    limit = next(limit for limit in document.limits if limit.name == value.limit)
    over = scale(Decimal(value.over), limit.decimals)
    assert over is not None
    return unscale(over + limit.value + value.plus, limit.decimals)


def readings_of(
    document: Document, given: Mapping[str, Given], before: Sequence[Mapping[str, Given]] = ()
) -> dict[str, Reading]:
    """The document's usual facts with those of one case on top, and in the same way what was answered one answer
    before, two before and so on, all of it as lately as any rule asks.
    """
    now = {**document.usual, **given}
    own = {fact.name: read(fact, plain(document, now.get(fact.name))) for fact in document.facts}
    derived = facts_in_use(document)[len(document.facts) :]
    return own | {fact.name: reading_before(document, fact, before) for fact in derived}


def reading_before(document: Document, fact: Fact, before: Sequence[Mapping[str, Given]]) -> Reading:
    answered = len(before) >= fact.source.back
    if not fact.source.key:
        return read(fact, answered)
    values = {**document.usual, **before[fact.source.back - 1]} if answered else {}
    return read(fact, plain(document, values.get(original(fact.name))))


def run_cases(document: Document) -> list[Failure]:
    """The cases that do not hold: a level, or the set of fired rules, is another one than stated."""
    protocol = compile_protocol(document)
    failures = []
    for case in document.cases:
        occasion = Occasion.SILENCE if case.on_silence else Occasion.ANSWER
        result = assess(protocol, readings_of(document, case.facts, case.before), occasion=occasion)
        if (result.level, sorted(result.fired)) != (case.level, sorted(case.fired)):
            failures.append(Failure(case, result.level, result.fired))
    return failures
