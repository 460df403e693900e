"""A whole rule as a form: how urgent, when, what is said to whom in which language, and on whose authority."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import BooleanField, HiddenField, RadioField, ValidationError
from wtforms.fields import SelectChoice

from records.texts import LANGUAGES, together
from triage.conditions.shapes import AllOf, AnyOf, Condition
from triage.conditions.writing import write_condition
from triage.documents import Rule
from triage.documents.parts import Document
from triage.levels import Level
from webapp.admin.builder import findings
from webapp.admin.builder.desk import Data, Desk, DraftForm
from webapp.admin.builder.nodes import Node
from webapp.admin.builder.text_fields import Sentence, name_from
from webapp.admin.builder.tree_form import Part, grow
from webapp.admin.builder.trees import node_of
from webapp.admin.rule_words import Words
from webapp.extensions import language, translator
from webapp.fields import Offered, Required
from webapp.lazy import lazy

DECISIONS = {
    "orange": lazy("Orange: call back. Looked at when an answer comes"),
    "red": lazy("Red: urgent. Looked at when an answer comes"),
    "silent_urgent": lazy("Silence at risk: call. Looked at when the patient does not answer"),
    "silent_red": lazy("Red: urgent. Looked at when the patient does not answer"),
}
TO_PATIENT, TO_CALLER = "to_patient_", "to_caller_"


class RuleForm(DraftForm):
    """The fields of one document's languages are added by `rule_form`; the condition is a tree of forms beside it."""

    rule = HiddenField()
    decision = RadioField(
        lazy("What the rule decides"), [Required("Choose what the rule decides"), Offered()], validate_choice=False
    )
    call_15 = BooleanField(lazy("Show “call 15” on the patient’s screen at once"))
    source = Sentence(
        lazy("Source"),
        description=lazy("Who published this, or who decided it here and when. No rule without a source."),
        longest=500,
    )
    languages: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.decision.choices = [SelectChoice(value=key, label=label) for key, label in DECISIONS.items()]
        self.source.needed = translator().gettext("Type the source: no clinical claim without one")

    @property
    def on_silence(self) -> bool:
        return str(self.decision.data or "").startswith("silent")

    def validate_call_15(self, field: BooleanField) -> None:
        if field.data and self.decision.data != "red":
            said = translator().gettext("Only a red rule that looks at answers can show “call 15”")
            raise ValidationError(said)

    def texts(self, start: str) -> list[tuple[str, Sentence]]:
        return [(code, self[start + code]) for code in self.languages]

    def written(self, condition: Condition, taken: set[str]) -> Data:
        """The rule as documents write it. The id of a new one comes from its words and never changes after."""
        decision = str(self.decision.data)
        level = {"silent_red": "red"}.get(decision, decision)
        return {
            "id": self.rule.data or name_from(self._words(), taken, "rule"),
            "level": level,
            "when": write_condition(condition),
            "to_patient": {code: field.data for code, field in self.texts(TO_PATIENT)},
            "to_caller": {code: field.data for code, field in self.texts(TO_CALLER)},
            "on_silence": self.on_silence,
            "call_15": bool(self.call_15.data),
            "source": self.source.data,
        }

    def _words(self) -> str:
        """What the caller reads: in English where there is one, else in the first language."""
        said = dict(self.texts(TO_CALLER))
        return str((said.get("en") or next(iter(said.values()))).data)


def rule_form(document: Document, **values: Any) -> RuleForm:
    fields: dict[str, Any] = {"languages": document.languages}
    for code in document.languages:
        name = together(LANGUAGES.get(code, code), language())
        for start in (TO_PATIENT, TO_CALLER):
            needed = (
                translator().gettext("Type what the patient reads (%(language)s)", language=name)
                if start == TO_PATIENT
                else translator().gettext("Type what the caller reads (%(language)s)", language=name)
            )
            fields[start + code] = Sentence(name, needed=needed, lines=True, render_kw={"lang": code, "dir": "auto"})
    made: RuleForm = type("DocumentRule", (RuleForm,), fields)(**values)
    return made


def decision_of(rule: Rule) -> str:
    return "silent_red" if rule.on_silence and rule.level is Level.RED else rule.level.code


def shown(document: Document, rule: Rule) -> tuple[RuleForm, Node]:
    """The form of a rule that is there."""
    texts = {TO_PATIENT + code: text for code, text in rule.to_patient.items()}
    texts |= {TO_CALLER + code: text for code, text in rule.to_caller.items()}
    form = rule_form(
        document, rule=rule.id, decision=decision_of(rule), call_15=rule.call_15, source=rule.source, **texts
    )
    root = node_of(rule.when)
    if root.shape == "leaf":
        root = Node("all", {}, [root])  # so that a second condition can be added beside it
    return form, root


def put(data: Data, rule: Data) -> None:
    """In its place, or at the end."""
    rules = data.setdefault("rules", [])
    for number, one in enumerate(rules):
        if isinstance(one, Mapping) and one.get("id") == rule["id"]:
            rules[number] = rule
            return
    rules.append(rule)


def preview(desk: Desk, root: Node) -> dict[str, str]:
    """The condition as a sentence in every language of the document; empty while it is not complete."""
    tree = grow(root.copy(), desk.offer)
    if not tree.validate():
        return {}
    when = trimmed(tree)
    told = {}
    for code in sorted(desk.document.languages, key=lambda code: code != desk.words.language):
        text = Words(desk.document, code).condition(when)
        told[code] = text[:1].upper() + text[1:]
    return told


def trimmed(tree: Part) -> Condition:
    """The condition, without an outermost group that holds a single part."""
    when = tree.condition()
    return when.parts[0] if isinstance(when, AllOf | AnyOf) and len(when.parts) == 1 else when


def blame(found: list[findings.Finding], desk: Desk, form: RuleForm, tree: Part, *, trimmed_root: bool) -> None:
    """Each finding of the document beside the field, or the condition, that it is about."""
    for finding in found:
        field, path = findings.place(finding)
        text = findings.sentence(finding, desk.words)
        if field == "when":
            tree.blame((0, *path) if trimmed_root else path, text)
            continue
        code = finding.where.rpartition(findings.ARROW)[2]
        target = form._fields.get(f"{field}_{code}") or form._fields.get(field)
        if target is None:
            form.form_errors.append(text)
        else:
            target.errors = [*target.errors, text]
