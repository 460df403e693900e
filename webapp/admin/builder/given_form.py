"""One fact of a test case as a form: as usual, a value, not known, or so near to a limit that it follows the limit."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from wtforms import Form, SelectField, StringField, ValidationError
from wtforms.fields import SelectChoice

from questionnaires.messages import templates
from questionnaires.numbers import NumberProblem, parse_number
from triage.cases import plain
from triage.documents.parts import Given, NearLimit
from triage.facts import NUMERIC, Fact, FactKind
from webapp.admin.builder.offered import Offer
from webapp.admin.builder.trees import spelt_constant
from webapp.extensions import language, translator
from webapp.fields import Offered
from webapp.lazy import lazy

USUAL, TYPED, UNKNOWN = "", "typed", "missing"
NEAR = re.compile(r"limit:([a-z0-9_]+):(-?\d{1,9}):(-?\d{1,12}(?:\.\d{1,12})?)", re.ASCII)


class GivenForm(Form):
    how = SelectField(lazy("Value"), [Offered()], validate_choice=False)
    number = StringField(lazy("Number"))

    def __init__(self, fact: Fact, offer: Offer, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fact, self.offer, self.read = fact, offer, Decimal(0)
        self.is_number = fact.kind in NUMERIC
        self.how.label.text = offer.label(fact) if fact.name in offer.words.facts else fact.name
        self.how.choices = [SelectChoice(value=key, label=label) for key, label in self._choices().items()]

    def _choices(self) -> dict[str, str]:
        t = translator()
        shown = {USUAL: t.gettext("as usual: %(value)s", value=self._usual())}
        if self.is_number:
            shown[TYPED] = t.gettext("this number:")
            for limit in self.offer.document.limits:
                if limit.name in self.offer.limits_for(self.fact):
                    shown |= self._near(limit.name)
        elif self.fact.kind is FactKind.BOOLEAN:
            shown |= {"true": t.gettext("yes"), "false": t.gettext("no")}
        else:
            shown |= {f"code:{code}": label for code, label in self.offer.codes(self.fact).items()}
        shown[UNKNOWN] = t.gettext("not known")
        kept = str(self.how.data or "")
        if NEAR.fullmatch(kept) and kept not in shown:
            shown[kept] = in_words(self.offer, self.fact, given_of(kept))
        return shown

    def _near(self, name: str) -> dict[str, str]:
        return {f"limit:{name}:{plus}:0": in_words(self.offer, self.fact, NearLimit(name, plus)) for plus in (0, -1, 1)}

    def _usual(self) -> str:
        usual = self.offer.document.usual
        if self.fact.name not in usual:
            return translator().gettext("not known")
        return in_words(self.offer, self.fact, usual[self.fact.name])

    def validate_number(self, field: StringField) -> None:
        typed = (field.data or "").strip()
        if not self.is_number or (not typed and self.how.data != TYPED):
            return
        if self.how.data not in (USUAL, TYPED):
            raise ValidationError(translator().gettext("Type a number or choose from the list, not both"))
        read = parse_number(typed, decimals=self.fact.decimals, signed=True)
        if isinstance(read, NumberProblem):
            raise ValidationError(templates(language())[read.value])
        self.how.data, self.read = TYPED, read

    @property
    def is_usual(self) -> bool:
        return not self.how.data

    def given(self) -> Given:
        how = str(self.how.data)
        if how == TYPED:
            return spelt_constant(self.read, self.fact.decimals)
        if how in ("true", "false"):
            return how == "true"
        return given_of(how)


def given_of(how: str) -> Given:
    """What a choice of the list says, numbers apart."""
    if found := NEAR.fullmatch(how):
        return NearLimit(found[1], int(found[2]), found[3])
    return how.removeprefix("code:") if how.startswith("code:") else None


def chosen(given: Given, fact: Fact, offer: Offer) -> dict[str, str]:
    """The fields for a value of a case that is there."""
    if isinstance(given, NearLimit):
        return {"how": f"limit:{given.limit}:{given.plus}:{given.over}"}
    if given is None:
        return {"how": UNKNOWN}
    if isinstance(given, bool):
        return {"how": str(given).lower()}
    if fact.kind in NUMERIC:
        return {"how": TYPED, "number": offer.words.number(str(given))}
    return {"how": f"code:{given}"}


def in_words(offer: Offer, fact: Fact, given: Given) -> str:
    """A value as people read it, with the number that a limit comes to now."""
    t = translator()
    if given is None:
        return t.gettext("not known")
    if isinstance(given, bool):
        return t.gettext("yes") if given else t.gettext("no")
    if not isinstance(given, NearLimit):
        return offer.codes(fact).get(str(given), offer.words.number(str(given)))
    limit = offer.words.limits.get(given.limit)
    if limit is None:
        return given.limit
    values = {"limit": offer.words.label(limit), "value": offer.words.number(str(plain(offer.document, given)))}
    if given.plus == 0:
        return t.gettext("%(value)s, at the limit “%(limit)s”", **values)
    if given.plus < 0:
        return t.gettext("%(value)s, just below the limit “%(limit)s”", **values)
    return t.gettext("%(value)s, just above the limit “%(limit)s”", **values)
