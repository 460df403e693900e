"""What one protocol changes of another, as sentences: everything that can act on a patient first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from triage.conditions.shapes import AnyOf, Condition, Missing, Not
from triage.documents import Case, Document, Limit, Order
from triage.facts import Fact, unscale
from webapp.admin import differences_rules
from webapp.admin.differences_rules import texts_changed
from webapp.admin.level_words import level_word
from webapp.admin.loose_words import mended
from webapp.admin.rule_words import Words

One = TypeVar("One")
Named = Callable[[One], str]


class Both:
    """Two documents in the words of one language; neither needs to make sense."""

    def __init__(self, old: Document, new: Document, language: str) -> None:
        whole_old, whole_new = mended(old), mended(new)
        self.before, self.after = Words(whole_old, language), Words(whole_new, language)
        self.old, self.new = declared(whole_old, old), declared(whole_new, new)
        self.t = self.after.t


def declared(whole: Document, given: Document) -> Document:
    """Without the stand-ins for what is named and not there."""
    facts, limits = {fact.name for fact in given.facts}, {limit.name for limit in given.limits}
    return replace(
        whole,
        facts=tuple(fact for fact in whole.facts if fact.name in facts),
        limits=tuple(limit for limit in whole.limits if limit.name in limits),
    )


def between(old: Document, new: Document, language: str) -> list[str]:
    """One sentence for each thing that differs; none exactly when nothing does. Names of things are the newer ones."""
    both = Both(old, new, language)
    told = [
        *limits(both),
        *orders(both),
        *differences_rules.rules(both.before, both.after),
        *facts(both),
        *usual(both),
        *cases(both),
        *the_rest(both),
    ]
    if not told and old != new:
        told.append(both.t.gettext("Questions, rules or their texts differ too: read all the rules."))
    return told


def paired(old: Iterable[One], new: Iterable[One], name: Named[One]) -> list[tuple[One | None, One | None]]:
    """What is new or kept, in the new order, then what is gone."""
    before = {name(one): one for one in old}
    after = {name(one): one for one in new}
    kept = [(before.get(key), one) for key, one in after.items()]
    return [*kept, *((one, None) for key, one in before.items() if key not in after)]


def limits(both: Both) -> list[str]:
    told: list[str] = []
    for old, new in paired(both.old.limits, both.new.limits, lambda limit: limit.name):
        if new is None and old is not None:
            told.append(both.t.gettext("Limit removed: %(limit)s", limit=both.before.label(old)))
        elif old is None and new is not None:
            told.append(
                both.t.gettext(
                    "New limit: %(limit)s: %(value)s", limit=both.after.label(new), value=measured(both, new)
                )
            )
        elif old is not None and new is not None:
            told += limit(both, old, new)
    return told


def measured(both: Both, limit: Limit) -> str:
    return f"{both.after.value(limit)} {both.after.unit(limit.unit)}".strip()


def limit(both: Both, old: Limit, new: Limit) -> list[str]:
    t, name = both.t, both.after.label(new)
    told = []
    if (old.value, old.decimals, old.unit) != (new.value, new.decimals, new.unit):
        values = {"before": both.before.value(old), "after": measured(both, new)}
        told.append(t.gettext("%(limit)s: %(before)s → %(after)s", limit=name, **values))
    if (old.lowest, old.highest) != (new.lowest, new.highest):
        ranges = {"before": span(both.before, old), "after": span(both.after, new)}
        told.append(t.gettext("%(limit)s, allowed range: %(before)s → %(after)s", limit=name, **ranges))
    if old.source != new.source:
        told.append(
            t.gettext("%(limit)s, source: “%(before)s” → “%(after)s”", limit=name, before=old.source, after=new.source)
        )
    return told + texts_changed(t, name, t.gettext("name"), old.labels, new.labels)


def span(words: Words, limit: Limit) -> str:
    low, high = words.allowed(limit)
    return words.t.gettext("%(low)s to %(high)s", low=low, high=high)


def orders(both: Both) -> list[str]:
    told = []
    for order in both.new.orders:
        if order not in both.old.orders:
            told.append(both.t.gettext("From now on: %(order)s", order=in_words(both.after, order)))
    for order in both.old.orders:
        if order not in both.new.orders:
            told.append(both.t.gettext("No longer held to: %(order)s", order=in_words(both.before, order)))
    return told


def in_words(words: Words, order: Order) -> str:
    known = words.limits
    low, high = (words.label(known[name]) if name in known else name for name in (order.lower, order.higher))
    if order.operator == "<":
        return words.t.gettext("“%(lower)s” stays below “%(higher)s”", lower=low, higher=high)
    return words.t.gettext("“%(lower)s” is never above “%(higher)s”", lower=low, higher=high)


def facts(both: Both) -> list[str]:
    told: list[str] = []
    for old, new in paired(both.old.facts, both.new.facts, lambda fact: fact.name):
        if new is None and old is not None:
            told.append(both.t.gettext("The rules no longer read: %(fact)s", fact=both.before.name(old.name)))
        elif old is None and new is not None:
            told.append(both.t.gettext("The rules may now read: %(fact)s", fact=both.after.name(new.name)))
        elif old is not None and new is not None and old != new:
            told += fact(both, old, new)
    return told


def fact(both: Both, old: Fact, new: Fact) -> list[str]:
    t, name = both.t, both.after.name(new.name)
    told = texts_changed(t, name, t.gettext("name"), old.labels, new.labels)
    if (old.kind, old.source, old.unit, old.decimals) != (new.kind, new.source, new.unit, new.decimals):
        told.append(t.gettext("%(fact)s: read in another way (question, kind, unit or window)", fact=name))
    if (old.lowest, old.highest) != (new.lowest, new.highest) and new.lowest is not None and new.highest is not None:
        ranges = {"before": plausible(both.before, old), "after": plausible(both.after, new)}
        told.append(t.gettext("%(fact)s, plausible: %(before)s → %(after)s", fact=name, **ranges))
    if old.choices != new.choices:
        told.append(t.gettext("%(fact)s: other choices, or other words for them", fact=name))
    if old.optional_when != new.optional_when:
        told.append(
            t.gettext(
                "%(fact)s may be missing without a call: %(before)s → %(after)s",
                fact=name,
                before=excuse(both.before, old),
                after=excuse(both.after, new),
            )
        )
    return told


def plausible(words: Words, fact: Fact) -> str:
    ends = (fact.lowest, fact.highest)
    low, high = ("—" if end is None else words.number(unscale(end, fact.decimals)) for end in ends)
    return words.t.gettext("%(low)s to %(high)s", low=low, high=high)


def excuse(words: Words, fact: Fact) -> str:
    if fact.optional_when is None:
        return words.t.gettext("never")
    if is_always(fact.optional_when):
        return words.t.gettext("always")
    return words.condition(fact.optional_when)


def is_always(when: Condition | None) -> bool:
    """Whether it is true whatever is known, as a form writes it: a fact is not known, or it is."""
    match when:
        case AnyOf((Missing(one), Not(Missing(other)))):
            return one == other
    return False


def usual(both: Both) -> list[str]:
    old, new = both.old.usual, both.new.usual
    names = [name for name in new if name not in old or old[name] != new[name]]
    names += [name for name in old if name not in new]
    labels = {fact.name: both.after.name(fact.name) for fact in both.new.facts}
    return [
        both.t.gettext("Test cases, unless they say otherwise: another value of %(fact)s", fact=labels.get(name, name))
        for name in names
    ]


def cases(both: Both) -> list[str]:
    t, told = both.t, []
    for old, new in paired(both.old.cases, both.new.cases, lambda case: case.name):
        if new is None and old is not None:
            told.append(t.gettext("Test case removed: “%(case)s”", case=old.name))
        elif old is None and new is not None:
            told.append(t.gettext("New test case: “%(case)s”, expected: %(level)s", case=new.name, level=level(t, new)))
        elif old is not None and new is not None and old.level != new.level:
            told.append(
                t.gettext(
                    "Test case “%(case)s” now expects %(after)s instead of %(before)s",
                    case=new.name,
                    before=level(t, old),
                    after=level(t, new),
                )
            )
        elif old != new and new is not None:
            told.append(t.gettext("Test case changed: “%(case)s”", case=new.name))
    return told


def level(t: Any, case: Case) -> str:
    return level_word(t, case.level)


def the_rest(both: Both) -> list[str]:
    t, old, new = both.t, both.old, both.new
    told = texts_changed(t, t.gettext("The protocol"), t.gettext("title"), old.title, new.title)
    if old.questionnaire != new.questionnaire:
        told.append(
            t.gettext(
                "It reads the answers of another questionnaire: %(before)s → %(after)s",
                before=old.questionnaire,
                after=new.questionnaire,
            )
        )
    if old.languages != new.languages:
        languages: Mapping[str, str] = {"before": ", ".join(old.languages), "after": ", ".join(new.languages)}
        told.append(t.gettext("Languages: %(before)s → %(after)s", **languages))
    if (old.notes, old.status, old.slug) != (new.notes, new.status, new.slug):
        told.append(t.gettext("The notes of the authors differ"))
    return told
