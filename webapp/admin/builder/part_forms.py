"""One condition of a rule as a form: what can be asked of a number, of a choice, of a yes or no, of a group."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from wtforms import Form, HiddenField, RadioField, SelectField, SelectMultipleField, StringField, ValidationError
from wtforms.fields import SelectChoice

from questionnaires.messages import templates
from questionnaires.numbers import NumberProblem, parse_number
from triage.conditions.shapes import Between, Change, Compare, Condition, LimitName, Operand
from triage.facts import NUMERIC, Fact, FactKind
from webapp.admin.builder.nodes import GROUPS
from webapp.admin.builder.offered import Offer
from webapp.admin.builder.trees import compare_answer, compare_codes, spelt_constant
from webapp.extensions import language, translator
from webapp.fields import Offered, Required
from webapp.lazy import lazy

RELATIONS = {
    "<=": lazy("at most"),
    "<": lazy("below"),
    ">=": lazy("at least"),
    ">": lazy("above"),
    "=": lazy("exactly"),
    "!=": lazy("other than"),
    "between": lazy("from … to …, both included"),
    "missing": lazy("not known"),
}
OF_CODES = {
    "in": lazy("is one of those ticked"),
    "=": lazy("is the one ticked"),
    "!=": lazy("is anything but the one ticked"),
    "missing": lazy("is not known"),
}
ANSWERS = {"yes": lazy("yes"), "no": lazy("no"), "missing": lazy("not known")}
KEPT_ANSWERS = {"not-yes": lazy("anything but yes"), "not-no": lazy("anything but no")}
"""Shown only where a rule says it: the same as "no" and "yes"."""
KINDS_OF_GROUP = {
    "all": lazy("all of these hold"),
    "any": lazy("one or more of these hold"),
    "at_least": lazy("at least so many of these hold:"),
}


def choices(table: dict[str, Any], first: object = None) -> list[SelectChoice]:
    head = [] if first is None else [SelectChoice(value="", label=first)]
    return head + [SelectChoice(value=value, label=label) for value, label in table.items()]


def whole(text: str | None, least: int, most: int) -> int:
    """Raises ValidationError in words."""
    read = parse_number(text or "", decimals=0)
    if isinstance(read, NumberProblem) or not least <= read <= most:
        said = translator().gettext("Type a whole number from %(low)s to %(high)s", low=least, high=most)
        raise ValidationError(said)
    return int(read)


class PartForm(Form):
    """`fact` is None for a group. `extra` are findings of the whole document about this very part."""

    shape = HiddenField()
    size = HiddenField()
    fact_of: Fact | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.extra: list[str] = []


class LostPart(PartForm):
    """About a fact that the protocol no longer has."""

    fact = HiddenField()

    def validate_fact(self, _field: HiddenField) -> None:
        self.extra.append(translator().gettext("This fact is no longer part of the protocol: remove this condition"))
        raise ValidationError(self.extra[-1])


class NumberPart(PartForm):
    fact = HiddenField()
    since = SelectField(lazy("What is compared"), [Offered()], validate_choice=False)
    relation = SelectField(lazy("is"), [Required("Choose how to compare"), Offered()], validate_choice=False)
    limit = SelectField(lazy("this limit"), [Offered()], validate_choice=False)
    number = StringField(lazy("or this number"))
    limit_to = SelectField(lazy("to this limit"), [Offered()], validate_choice=False)
    number_to = StringField(lazy("or to this number"))

    def __init__(self, fact: Fact, offer: Offer, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fact_of, self.read = fact, {"number": Decimal(0), "number_to": Decimal(0)}
        own = translator().gettext("its value")
        self.since.choices = choices(offer.since(fact), own)
        self.relation.choices = choices(dict(RELATIONS), translator().gettext("Choose"))
        for field in (self.limit, self.limit_to):
            field.choices = choices(offer.limits_for(fact), translator().gettext("no limit: a number"))

    @property
    def can_change(self) -> bool:
        return len(self.since.choices) > 1

    def validate_since(self, field: SelectField) -> None:
        if field.data and self.relation.data in ("between", "missing"):
            said = translator().gettext("A change is compared with one limit or number: choose another comparison")
            raise ValidationError(said)

    def validate_number(self, field: StringField) -> None:
        if self.relation.data != "missing":
            self._operand(self.limit, field)

    def validate_number_to(self, field: StringField) -> None:
        if self.relation.data == "between":
            self._operand(self.limit_to, field)

    def _operand(self, limit: SelectField, field: StringField) -> None:
        typed, fact = (field.data or "").strip(), self.fact_of
        assert fact is not None
        if limit.data and typed:
            raise ValidationError(translator().gettext("Choose a limit or type a number, not both"))
        if limit.data:
            return
        if not typed:
            raise ValidationError(translator().gettext("Choose a limit or type a number"))
        signed = bool(self.since.data) or fact.lowest is None or fact.lowest < 0
        read = parse_number(typed, decimals=fact.decimals, signed=signed)
        if isinstance(read, NumberProblem):
            raise ValidationError(templates(language())[read.value])
        self.read[field.short_name.rpartition("-")[2]] = read

    def condition(self) -> Condition:
        fact, relation = self.fact_of, self.relation.data
        assert fact is not None
        if relation == "missing":
            return compare_answer(fact.name, relation)
        low = self._said(self.limit, "number")
        if relation == "between":
            return Between(fact.name, low, self._said(self.limit_to, "number_to"))
        if self.since.data:
            return Change(fact.name, self.since.data, relation, low)
        return Compare(fact.name, relation, low)

    def _said(self, limit: SelectField, number: str) -> Operand:
        assert self.fact_of is not None
        return LimitName(limit.data) if limit.data else spelt_constant(self.read[number], self.fact_of.decimals)


class CodePart(PartForm):
    fact = HiddenField()
    relation = SelectField(
        lazy("What is compared"), [Required("Choose how to compare"), Offered()], validate_choice=False
    )
    codes = SelectMultipleField(lazy("Choices"), [Offered()], validate_choice=False)

    def __init__(self, fact: Fact, offer: Offer, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fact_of = fact
        self.relation.choices = choices(dict(OF_CODES))
        self.codes.choices = choices(offer.codes(fact))

    def validate_codes(self, field: SelectMultipleField) -> None:
        ticked = len(field.data or ())
        if self.relation.data == "in" and not ticked:
            raise ValidationError(translator().gettext("Tick at least one choice"))
        if self.relation.data in ("=", "!=") and ticked != 1:
            raise ValidationError(translator().gettext("Tick exactly one choice, or compare in another way"))

    def condition(self) -> Condition:
        assert self.fact_of is not None
        return compare_codes(self.fact_of, self.relation.data, list(self.codes.data or ()))


class AnswerPart(PartForm):
    fact = HiddenField()
    answer = RadioField(lazy("Answer"), [Required("Choose yes, no or not known"), Offered()], validate_choice=False)

    def __init__(self, fact: Fact, _offer: Offer, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fact_of = fact
        kept = {key: label for key, label in KEPT_ANSWERS.items() if key == self.answer.data}
        self.answer.choices = choices({**ANSWERS, **kept})

    def condition(self) -> Condition:
        assert self.fact_of is not None
        return compare_answer(self.fact_of.name, self.answer.data)


class GroupPart(PartForm):
    """All, any, at least so many; the kind can be changed without losing the parts."""

    shape = SelectField(lazy("Holds when"), [Offered()], validate_choice=False)
    count = StringField(lazy("How many"))
    how_many = 1

    def __init__(self, parts: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.parts_held = parts
        self.shape.choices = choices({shape: KINDS_OF_GROUP[shape] for shape in GROUPS})

    def validate_shape(self, _field: SelectField) -> None:
        if not self.parts_held:
            raise ValidationError(translator().gettext("Add at least one condition here, or remove this group"))

    def validate_count(self, field: StringField) -> None:
        if self.shape.data == "at_least" and self.parts_held:
            self.how_many = whole(field.data, 1, self.parts_held)


class NotPart(PartForm):
    how_many, how_long = 1, 1

    def __init__(self, parts: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.parts_held = parts

    def validate_shape(self, _field: HiddenField) -> None:
        if self.parts_held != 1:
            raise ValidationError(translator().gettext("Add the condition that this is about, or remove this"))


class ConsecutivePart(NotPart):
    count = StringField(lazy("At how many answers in a row"))
    days = StringField(lazy("None of them older than so many days"))

    def validate_count(self, field: StringField) -> None:
        self.how_many = whole(field.data, 2, MOST_IN_A_ROW)

    def validate_days(self, field: StringField) -> None:
        self.how_long = whole(field.data, 1, LONGEST_WINDOW)


MOST_IN_A_ROW = 10
LONGEST_WINDOW = 31


def leaf_form(fact: Fact) -> type[PartForm]:
    if fact.kind in NUMERIC:
        return NumberPart
    return CodePart if fact.kind is FactKind.CODE else AnswerPart
