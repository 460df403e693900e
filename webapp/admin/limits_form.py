"""The everyday table of limits as a form: a text field for each, read by the one number parser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, ValidationError

from questionnaires.messages import templates
from questionnaires.numbers import NumberProblem, parse_number
from triage import documents
from triage.documents import Document
from triage.facts import NUMBER
from triage.findings import Finding, ProtocolError
from webapp.admin.rule_words import Words
from webapp.extensions import language, translator
from webapp.fields import Note, Required
from webapp.lazy import lazy

PREFIX = "limit_"


class LimitField(StringField):
    """One limit as it was typed; `number` is how it was read."""

    number: Decimal | None = None

    def __init__(self, *args: Any, decimals: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.decimals = decimals

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - WTForms fixes the arguments
        read = parse_number(self.data or "", decimals=self.decimals)
        if isinstance(read, NumberProblem):
            raise ValidationError(templates(language())[read.value])
        self.number = read


class LimitsForm(FlaskForm):
    """`based_on` is the version whose limits were shown; `newest` the number of the newest one when it was shown."""

    based_on = HiddenField()
    newest = HiddenField()
    reason = Note(
        lazy("Reason for this change"),
        [Required("Type the reason: it stays beside this version for good")],
        longest=500,
    )
    words: Words

    def validate(self, extra_validators: object = None) -> bool:
        """Ranges and orders too, so that everything is said at once."""
        super().validate(extra_validators)
        if not any(field.errors for field in self.limits):
            try:
                documents.with_limits(self.words.document, self.values())
            except ProtocolError as refused:
                self.refuse(refused)
        return not self.errors

    @property
    def limits(self) -> list[LimitField]:
        return [field for field in self if isinstance(field, LimitField)]

    def values(self) -> dict[str, Decimal]:
        return {f.short_name.removeprefix(PREFIX): f.number for f in self.limits if f.number is not None}

    def is_unchanged(self, document: Document) -> bool:
        return self.values() == {limit.name: Decimal(limit.text) for limit in document.limits}

    def refuse(self, refused: ProtocolError) -> None:
        """Put each finding beside the limit that was changed, in this page's language."""
        for finding in refused.findings:
            fields = [self[PREFIX + name] for name in self._blamed(finding) if PREFIX + name in self]
            text = self._text(finding)
            for field in fields:
                field.errors = [*field.errors, text]
            if not fields:
                self.form_errors.append(finding.text(translator()))

    def _blamed(self, finding: Finding) -> list[str]:
        """An order between two limits is broken by the one that was changed, or by both."""
        named = [finding.values[key] for key in ("lower", "higher") if key in finding.values]
        if not named:
            return [finding.where.rpartition(" › ")[2]]
        given = self.values()
        return [name for name in named if given.get(name) != Decimal(self.words.limits[name].text)] or named[:1]

    def _text(self, finding: Finding) -> str:
        values: Mapping[str, str] = {
            key: self.words.label(self.words.limits[value]) if value in self.words.limits else self.words.number(value)
            for key, value in finding.values.items()
        }
        text = translator().gettext(finding.message, **values)
        return text[:1].upper() + text[1:]


def limits_form(document: Document, suggested: Mapping[str, str] | None = None) -> LimitsForm:
    """A form with a field for each limit of `document`, filled with its values or with those that are `suggested`."""
    given = suggested or {}
    words = Words(document, language())
    fields: dict[str, Any] = {
        PREFIX + limit.name: LimitField(
            words.label(limit),
            decimals=limit.decimals,
            default=words.number(given[limit.name]) if limit.name in given else words.value(limit),
            render_kw={"inputmode": "decimal" if limit.decimals else "numeric", "maxlength": 20},
        )
        for limit in document.limits
    }
    form: LimitsForm = type("ProtocolLimits", (LimitsForm,), {**fields, "words": words})()
    return form


def suggestions(document: Document, given: Sequence[str]) -> dict[str, str]:
    """Of texts `limit:value`, as another page proposes them, those that are of a limit here and can be a number."""
    pairs = (text.partition(":") for text in given)
    known = {limit.name for limit in document.limits}
    return {name: value for name, _, value in pairs if name in known and NUMBER.fullmatch(value)}
