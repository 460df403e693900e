"""A protocol document out of its JSON. What is read here is well formed; `checking` says whether it makes sense."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from triage.conditions.parsing import ConditionReader
from triage.conditions.shapes import AnyOf, Condition
from triage.documents.fields import Fields, translations
from triage.documents.parts import Case, Document, Given, Limit, NearLimit, Order, Rule
from triage.facts import NUMERIC, WINDOWS, Fact, FactKind, Source, SourceKind, Translations, as_number
from triage.findings import Findings
from triage.levels import Level

DOCUMENT_FIELDS = (
    "slug",
    "title",
    "status",
    "questionnaire",
    "languages",
    "notes",
    "facts",
    "limits",
    "orders",
    "rules",
    "usual",
    "cases",
)
FACT_FIELDS = ("name", "kind", "source", "labels", "unit", "decimals", "lowest", "highest", "choices", "optional_when")
LIMIT_FIELDS = ("name", "labels", "unit", "decimals", "value", "lowest", "highest", "source")
RULE_FIELDS = ("id", "level", "when", "to_patient", "to_caller", "on_silence", "call_15", "source")
CASE_FIELDS = ("name", "facts", "before", "level", "fired", "on_silence")
WRITTEN = tuple(kind for kind in SourceKind if kind is not SourceKind.BACK)
SLUG_WORDS = "abcdefghijklmnopqrstuvwxyz0123456789-"


class DocumentReader:
    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.conditions = ConditionReader(findings)
        self.languages: tuple[str, ...] = ()

    def document(self, data: object) -> Document:
        fields = Fields(data, "", self.findings, DOCUMENT_FIELDS)
        self.languages = self.declared_languages(fields)
        return Document(
            slug=self.slug(fields),
            title=fields.translations("title", self.languages),
            status=fields.text("status"),
            questionnaire=fields.text("questionnaire"),
            languages=self.languages,
            notes=fields.each("notes", self.note),
            facts=fields.each("facts", self.fact, at_least=1),
            limits=fields.each("limits", self.limit),
            orders=fields.each("orders", self.order),
            rules=fields.each("rules", self.rule, at_least=1),
            usual=self.values(fields.data.get("usual", {}), "usual"),
            cases=fields.each("cases", self.case, at_least=1),
        )

    def declared_languages(self, fields: Fields) -> tuple[str, ...]:
        given = fields.data.get("languages")
        if (
            not isinstance(given, list | tuple)
            or not given
            or not all(isinstance(code, str) and code for code in given)
        ):
            fields.add("languages", 'list the languages of the document, for example ["fr", "en"]')
            return ()
        return tuple(dict.fromkeys(given))

    def slug(self, fields: Fields) -> str:
        slug = fields.text("slug")
        if set(slug) - set(SLUG_WORDS):
            fields.add("slug", "write small letters, digits and hyphens only")
        return slug

    def note(self, data: object, where: str) -> Translations:
        return translations(data, self.languages, lambda message, **values: self.findings.add(where, message, **values))

    def fact(self, data: object, where: str) -> Fact:
        fields = Fields(data, where, self.findings, FACT_FIELDS)
        kind = FactKind(fields.one_of("kind", [kind.value for kind in FactKind]))
        decimals = fields.decimals()
        return Fact(
            name=fields.name("name"),
            kind=kind,
            source=self.source(fields.data.get("source"), f"{where} › source"),
            labels=fields.translations("labels", self.languages),
            unit=fields.text("unit", ""),
            decimals=decimals,
            lowest=fields.optional_number("lowest", decimals) if kind in NUMERIC else None,
            highest=fields.optional_number("highest", decimals) if kind in NUMERIC else None,
            choices=self.choices(fields),
            optional_when=self.optional_when(fields),
        )

    def source(self, data: object, where: str) -> Source:
        """One of {"answer": linkId}, {"previous": linkId}, {"patient": attribute}, {"history": item},
        {"first_response": true} and a window: {"lowest": linkId, "days": 3} or {"slope": linkId, "hours": 48}.
        """
        kinds = [kind for kind in WRITTEN if isinstance(data, Mapping) and kind.value in data]
        if isinstance(data, Mapping) and len(kinds) == 1 and kinds[0] in WINDOWS:
            return self.window(kinds[0], data, where)
        given = data[kinds[0].value] if isinstance(data, Mapping) and len(data) == len(kinds) == 1 else None
        if kinds == [SourceKind.FIRST_RESPONSE] and given is True:
            return Source(SourceKind.FIRST_RESPONSE)
        if not isinstance(given, str) or not given or kinds == [SourceKind.FIRST_RESPONSE]:
            known = ", ".join(WRITTEN)
            self.findings.add(where, "say where the fact comes from, with exactly one of %(known)s", known=known)
            return Source(SourceKind.ANSWER, "")
        return Source(kinds[0], given)

    def window(self, kind: SourceKind, data: Mapping[str, Any], where: str) -> Source:
        link_id, spans = data[kind.value], set(data) - {kind.value}
        span = next(iter(spans)) if len(spans) == 1 and spans <= {"days", "hours"} else ""
        length = data.get(span)
        whole = isinstance(length, int) and not isinstance(length, bool) and (length or span == "days")
        if isinstance(link_id, str) and link_id and whole:
            return Source(kind, link_id, **{str(span): int(length or 0)})
        self.findings.add(
            where, "%(kind)s needs the question and a whole number of either days or hours, and nothing else", kind=kind
        )
        return Source(kind, "", 1)

    def choices(self, fields: Fields) -> dict[str, Translations]:
        given = fields.data.get("choices", {})
        if not isinstance(given, Mapping):
            fields.add("choices", "write each code with its text in every language")
            return {}
        return {str(code): self.note(texts, f"{fields.where} › choices › {code}") for code, texts in given.items()}

    def optional_when(self, fields: Fields) -> Condition | None:
        given = fields.data.get("optional_when")
        return None if given is None else self.conditions.condition(given, f"{fields.where} › optional_when")

    def limit(self, data: object, where: str) -> Limit:
        fields = Fields(data, where, self.findings, LIMIT_FIELDS)
        decimals = fields.decimals()
        return Limit(
            name=fields.name("name"),
            labels=fields.translations("labels", self.languages),
            unit=fields.text("unit", ""),
            decimals=decimals,
            value=fields.number("value", decimals),
            lowest=fields.number("lowest", decimals),
            highest=fields.number("highest", decimals),
            source=fields.text("source"),
        )

    def order(self, data: object, where: str) -> Order:
        """["spo2_red", "<", "spo2_orange"]"""
        if (
            isinstance(data, list | tuple)
            and len(data) == 3
            and data[1] in ("<", "<=")
            and all(isinstance(part, str) for part in data)
        ):
            return Order(data[0], data[1], data[2])
        self.findings.add(where, "write an order as [limit, < or <=, limit]")
        return Order("", "<", "")

    def rule(self, data: object, where: str) -> Rule:
        fields = Fields(data, where, self.findings, RULE_FIELDS)
        on_silence = fields.flag("on_silence")
        possible = (Level.SILENT_URGENT, Level.RED) if on_silence else (Level.ORANGE, Level.RED)
        level = Level.from_code(fields.one_of("level", [level.code for level in possible]))
        return Rule(
            id=fields.name("id"),
            level=level,
            when=self.conditions.condition(fields.data.get("when"), f"{where} › when") or AnyOf(()),
            to_patient=fields.translations("to_patient", self.languages),
            to_caller=fields.translations("to_caller", self.languages),
            on_silence=on_silence,
            call_15=fields.flag("call_15"),
            source=fields.text("source"),
        )

    def case(self, data: object, where: str) -> Case:
        fields = Fields(data, where, self.findings, CASE_FIELDS)
        fired = fields.data.get("fired", [])
        if not isinstance(fired, list | tuple) or not all(isinstance(rule, str) for rule in fired):
            fields.add("fired", "list the ids of the rules that must fire")
            fired = ()
        return Case(
            name=fields.text("name"),
            facts=self.values(fields.data.get("facts", {}), f"{where} › facts"),
            level=Level.from_code(fields.one_of("level", [level.code for level in Level])),
            fired=tuple(fired),
            on_silence=fields.flag("on_silence"),
            before=fields.each("before", self.values),
        )

    def values(self, data: Any, where: str) -> dict[str, Given]:
        """Facts by name, as a case states them; null is missing."""
        if not isinstance(data, Mapping):
            self.findings.add(where, "write an object with named fields here")
            return {}
        return {str(name): self.given(value, f"{where} › {name}") for name, value in data.items()}

    def given(self, value: object, where: str) -> Given:
        """A plain value, or {"limit": name, "plus": steps of the limit's last decimal, "over": number}."""
        if isinstance(value, bool | int | str | None):
            return value
        if isinstance(value, Mapping) and set(value) <= {"limit", "plus", "over"}:
            limit, plus, over = value.get("limit"), value.get("plus", 0), value.get("over", "0")
            whole = isinstance(plus, int) and not isinstance(plus, bool)
            if isinstance(limit, str) and whole and isinstance(over, str) and as_number(over) is not None:
                return NearLimit(limit, plus, over)
        self.findings.add(where, "write true, false, a code, a number between quotes, or a limit with plus")
        return None
