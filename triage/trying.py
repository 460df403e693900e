"""Facts tried on a protocol that need belong to nobody: what it would say, and why. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from triage import wording
from triage.assess import Assessment, Occasion, assess, compile_protocol
from triage.cases import readings_of
from triage.documents import Document, check_own_limits
from triage.facts import FactKind, Inputs, Readings, as_entered, as_number, gather, readings_from_json
from triage.findings import ProtocolError
from triage.spelling import nearest

OF_INPUTS = frozenset({"answers", "previous", "patient", "history"})
KNOWN = frozenset({"name", "facts", "before", "on_silence", "own_limits"}) | OF_INPUTS


TYPES: Mapping[FactKind, type] = {FactKind.BOOLEAN: bool, FactKind.CODE: str}
"""Of a value as it is stored; a number is scaled by its fact's decimals."""


class BadCase(ValueError):
    """A case that cannot be read, in a sentence that says what to correct. In English, as all commands are."""


class Trial:
    """`own_limits` count for every case that brings none of its own. With `usual`, facts that a case leaves out are as
    the protocol's own cases have them; without, they are missing.
    """

    def __init__(
        self, document: Document, *, own_limits: Mapping[str, Decimal], usual: bool = False, language: str = "en"
    ) -> None:
        self.document, self.own_limits, self.language = document, own_limits, language
        self.protocol = compile_protocol(document)
        self.filled = document if usual else replace(document, usual={})

    def told(self, given: object, number: int) -> dict[str, Any]:
        """What one case comes to, as JSON; `error` instead when it cannot be read."""
        name = as_entered(given.get("name")) if isinstance(given, Mapping) else ""
        name = name or f"case {number}"
        try:
            found = self.assessed(given)
        except BadCase as error:
            return {"case": name, "error": str(error)}
        words = wording.word(self.document, found, self.language)
        rules = found.explanation["rules"]
        return {
            "case": name,
            "level": found.level.code,
            "call_15": found.call_15,
            "fired": list(found.fired),
            "unknown": [rule["rule"] for rule in rules if rule["outcome"] is None],
            "doubts": [doubt.to_json() for doubt in found.doubts],
            "to_caller": words.to_caller(),
            "to_patient": words.to_patient(),
            "facts": found.facts,
            "own_limits": found.own_limits,
            "explanation": found.explanation,
        }

    def assessed(self, given: object) -> Assessment:
        """Raises BadCase."""
        if not isinstance(given, Mapping):
            raise BadCase("a case is an object with facts, or with answers, patient and history")
        if unknown := sorted(given.keys() - KNOWN):
            raise BadCase(f"a case has no {unknown[0]!r}: write {nearest(unknown[0], KNOWN)!r}")
        occasion = Occasion.SILENCE if given.get("on_silence") is True else Occasion.ANSWER
        return assess(self.protocol, self.readings(given), own_limits=self.own(given), occasion=occasion)

    def readings(self, given: Mapping[str, Any]) -> Readings:
        if given.keys() & OF_INPUTS:
            if "facts" in given:
                raise BadCase("a case has either facts or answers, not both")
            return gather(self.protocol.facts.values(), inputs(given))
        facts = table(given.get("facts"), "facts")
        if facts and all(isinstance(value, Mapping) and "status" in value for value in facts.values()):
            return self.stored(facts)
        self.check_names(facts)
        before = given.get("before", [])
        if not isinstance(before, Sequence) or isinstance(before, str):
            raise BadCase("before is a list of earlier answers, the latest first")
        earlier = [table(one, "before") for one in before]
        for one in earlier:
            self.check_names(one)
        return readings_of(self.filled, facts, earlier)

    def stored(self, facts: Mapping[str, Any]) -> Readings:
        """As an assessment keeps them."""
        try:
            known = readings_from_json(facts)
        except (KeyError, ValueError, TypeError):
            raise BadCase("a stored fact has status, value, text and origin") from None
        for name, reading in known.items():
            fact = self.protocol.facts.get(name)
            if fact is None:
                raise BadCase(f"the protocol has no fact {name!r}: write {nearest(name, self.protocol.facts)!r}")
            if reading.value is not None and type(reading.value) is not TYPES.get(fact.kind, int):
                raise BadCase(f"{name}: a stored value of this fact is a {TYPES.get(fact.kind, int).__name__}")
        return {**gather(self.protocol.facts.values(), inputs({})), **known}

    def check_names(self, facts: Mapping[str, Any]) -> None:
        known = {fact.name for fact in self.document.facts}
        for name in facts:
            if name not in known:
                raise BadCase(f"the protocol has no fact {name!r}: write {nearest(name, known)!r}")
        for name, value in facts.items():
            if isinstance(value, Mapping | list):
                raise BadCase(f"{name}: write a plain value, or null when it could not be measured")

    def own(self, given: Mapping[str, Any]) -> Mapping[str, Decimal]:
        if "own_limits" not in given:
            return self.own_limits
        own = {name: number(value) for name, value in table(given["own_limits"], "own_limits").items()}
        try:
            check_own_limits(self.document, own)
        except ProtocolError as refused:
            raise BadCase(str(refused)) from None
        return own


def inputs(given: Mapping[str, Any]) -> Inputs:
    previous = given.get("previous")
    return Inputs(
        answers=table(given.get("answers", {}), "answers"),
        previous=None if previous is None else table(previous, "previous"),
        patient=table(given.get("patient", {}), "patient"),
        history=table(given.get("history", {}), "history"),
    )


def table(given: object, name: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise BadCase(f"{name} is an object: a name and a value for each")
    return given


def number(raw: object) -> Decimal:
    found = as_number(raw)
    if found is None:
        raise BadCase(f"{raw!r} is no number: write it with a point, as 91.5")
    return found
