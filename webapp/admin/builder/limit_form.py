"""One limit of a draft as a form: what it is called, how it is measured, its value, and which others it stays below."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from wtforms import HiddenField, SelectField, ValidationError
from wtforms.fields import SelectChoice

from records.texts import LANGUAGES, together
from triage.documents import Document, Limit
from triage.facts import NUMERIC, scale, unscale
from webapp.admin.builder.desk import Data, DraftForm
from webapp.admin.builder.offered import Offer
from webapp.admin.builder.text_fields import Measure, Sentence, name_from
from webapp.extensions import language, translator
from webapp.fields import Offered, Required
from webapp.lazy import lazy

LABEL, ORDER = "label_", "order_"
ORDERS = {
    "": lazy("no matter which is higher"),
    "<": lazy("this one stays below it"),
    "<=": lazy("this one is never above it"),
    ">": lazy("this one stays above it"),
    ">=": lazy("this one is never below it"),
}


class LimitForm(DraftForm):
    limit = HiddenField()
    measure = SelectField(
        lazy("Measured like"), [Required("Choose how it is measured"), Offered()], validate_choice=False
    )
    value = Measure(lazy("Value"))
    lowest = Measure(lazy("Lowest value that may be chosen"))
    highest = Measure(lazy("Highest value that may be chosen"))
    source = Sentence(
        lazy("Source"),
        description=lazy("Who published this, or who decided it here and when. No limit without a source."),
        longest=500,
    )
    languages: tuple[str, ...] = ()
    others: tuple[Limit, ...] = ()

    def __init__(self, *args: Any, measures: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.measure.choices = [SelectChoice(value=key, label=label) for key, label in measures.items()]
        self.source.needed = translator().gettext("Type the source: no clinical claim without one")
        for field in (self.value, self.lowest, self.highest):
            field.decimals = self.measured[1]

    @property
    def measured(self) -> tuple[str, int]:
        """Unit and decimals."""
        unit, _, decimals = str(self.measure.data or "").rpartition("|")
        return unit, int(decimals) if decimals in "0123456" and decimals else 0

    def validate_highest(self, field: Measure) -> None:
        low, high, value = self.lowest.number, field.number, self.value.number
        t = translator()
        if low is not None and high is not None and low > high:
            raise ValidationError(t.gettext("The highest value must not be below the lowest"))
        if None not in (low, high, value) and not low <= value <= high:  # type: ignore[operator]
            self.value.errors = [*self.value.errors, t.gettext("The value must lie between the lowest and the highest")]
            raise ValidationError(t.gettext("The value must lie between the lowest and the highest"))

    def labels(self) -> list[tuple[str, Sentence]]:
        return [(code, self[LABEL + code]) for code in self.languages]

    def orders(self) -> Iterator[tuple[Limit, SelectField]]:
        """Only limits of the same measure can be ordered."""
        for other in self.others:
            if (other.unit, other.decimals) == self.measured:
                yield other, self[ORDER + other.name]

    def written(self, taken: set[str]) -> Data:
        unit, decimals = self.measured
        labels = {code: field.data for code, field in self.labels()}
        return {
            "name": self.limit.data or name_from(labels.get("en") or labels[self.languages[0]], taken, "limit"),
            "labels": labels,
            "unit": unit,
            "decimals": decimals,
            **{key: spelt(self[key].number, decimals) for key in ("value", "lowest", "highest")},
            "source": self.source.data,
        }

    def ordered(self, name: str) -> list[list[str]]:
        said = [(other.name, field.data) for other, field in self.orders() if field.data]
        return [[name, op, other] if op.startswith("<") else [other, op.replace(">", "<"), name] for other, op in said]


def spelt(number: Decimal | None, decimals: int) -> str:
    scaled = scale(number if number is not None else Decimal(0), decimals)
    return unscale(scaled or 0, decimals)


def measures(offer: Offer, limit: Limit | None) -> dict[str, str]:
    """Each unit with its decimals, told by the facts that are measured so."""
    t, found = translator(), dict[str, list[str]]()
    for fact in offer.document.facts:
        if fact.kind in NUMERIC:
            found.setdefault(f"{fact.unit}|{fact.decimals}", []).append(offer.label(fact))
    if limit is not None:
        found.setdefault(f"{limit.unit}|{limit.decimals}", [])
    shown = {}
    for key, labels in found.items():
        unit, _, decimals = key.rpartition("|")
        like = ", ".join(labels[:3]) + ("…" if len(labels) > 3 else "")
        sign = offer.words.unit(unit) or unit or t.gettext("no unit")
        values = {"facts": like or "—", "unit": sign, "decimals": decimals}
        shown[key] = (
            t.gettext("%(facts)s (%(unit)s, whole numbers)", **values)
            if decimals == "0"
            else t.gettext("%(facts)s (%(unit)s, decimals: %(decimals)s)", **values)
        )
    return shown


def limit_form(offer: Offer, limit: Limit | None, wanted: str = "") -> LimitForm:
    """Filled with `limit` where there is one, with what was sent otherwise; `wanted` is its name."""
    document: Document = offer.document
    others = tuple(one for one in document.limits if one.name != wanted)
    fields: dict[str, Any] = {"languages": document.languages, "others": others}
    for code in document.languages:
        name = together(LANGUAGES.get(code, code), language())
        needed = translator().gettext("Type the name in this language (%(language)s)", language=name)
        fields[LABEL + code] = Sentence(name, needed=needed, longest=200, render_kw={"lang": code, "dir": "auto"})
    choices = [SelectChoice(value=key, label=label) for key, label in ORDERS.items()]
    for other in others:
        fields[ORDER + other.name] = SelectField(
            offer.limit_label(other), [Offered()], validate_choice=False, choices=choices
        )
    form: LimitForm = type("DocumentLimit", (LimitForm,), fields)(
        measures=measures(offer, limit), **(filled(offer, limit) if limit is not None else {})
    )
    return form


def filled(offer: Offer, limit: Limit) -> dict[str, Any]:
    ends = {"value": limit.value, "lowest": limit.lowest, "highest": limit.highest}
    shown = {key: offer.words.number(unscale(value, limit.decimals)) for key, value in ends.items()}
    labels = {LABEL + code: text for code, text in limit.labels.items()}
    orders = {}
    for order in offer.document.orders:
        if order.lower == limit.name:
            orders[ORDER + order.higher] = order.operator
        elif order.higher == limit.name:
            orders[ORDER + order.lower] = order.operator.replace("<", ">")
    said = {"limit": limit.name, "measure": f"{limit.unit}|{limit.decimals}", "source": limit.source}
    return {**said, **shown, **labels, **orders}
