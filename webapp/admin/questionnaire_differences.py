"""What one questionnaire version changes of another, item by item, as sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from questionnaires.schema import Item, Option, Questionnaire, Text
from records import texts
from records.texts import Translator
from webapp.admin.questionnaire_words import kind, name_of

COMPARED = ("text", "type", "required", "hidden", "options", "conditions", "all_conditions", "emergencies", "score")
COMPARED += ("low", "high", "likely_low", "likely_high", "unit", "units", "repeats", "hint", "confirm_hint", "parent")
"""What has a sentence of its own below; anything else that differs is told as such."""


@dataclass(frozen=True, slots=True)
class Change:
    """`link_id` is empty for the whole form; `name` is how the page calls the item."""

    link_id: str
    name: str
    sentences: tuple[str, ...]


def between(old: Questionnaire, new: Questionnaire, language: str) -> list[Change]:
    """In the order of the new version, then what is gone. Empty when people are asked the same in the same words."""
    return [change for change in _Reader(texts.translator(language)).changes(old, new) if change.sentences]


@dataclass(frozen=True)
class _Reader:
    t: Translator

    def changes(self, old: Questionnaire, new: Questionnaire) -> Iterator[Change]:
        yield Change("", "", tuple(self._whole(old, new)))
        for link_id, item in new.by_link_id.items():
            before = old.by_link_id.get(link_id)
            told = [self.t.gettext("New.")] if before is None else self._item(before, item)
            yield Change(link_id, name_of(new, item, self.t.language), tuple(told))
        for link_id, item in old.by_link_id.items():
            if link_id not in new.by_link_id:
                yield Change(link_id, name_of(old, item, self.t.language), (self.t.gettext("No longer asked."),))

    def _whole(self, old: Questionnaire, new: Questionnaire) -> Iterator[str]:
        if old.language == new.language:
            yield from self._text(self.t.gettext("Title"), old.title, new.title, new.language)
        else:
            yield self.t.gettext("The questionnaire is written in another language now.")
        kept = [[link_id for link_id in one.by_link_id if link_id in two.by_link_id] for one, two in _both(old, new)]
        if kept[0] != kept[1]:
            yield self.t.gettext("The questions stand in another order.")

    def _item(self, old: Item, new: Item) -> list[str]:
        t = self.t
        found = list(self._text(t.gettext("Text"), old.text, new.text))
        if old.type is not new.type:
            found.append(t.gettext("Kind of answer: %(before)s → %(after)s", before=kind(old, t), after=kind(new, t)))
        found += self._flags(old, new)
        found += self._options(old.options, new.options)
        found += self._measure(old, new)
        found += self._text(t.gettext("Explanation"), old.hint or Text(""), new.hint or Text(""))
        found += self._text(
            t.gettext("Advice beside an unlikely value"), old.confirm_hint or Text(""), new.confirm_hint or Text("")
        )
        found += self._logic(old, new)
        return found

    def _text(self, name: str, old: Text, new: Text, own: str = "") -> Iterator[str]:
        """`own` is the code of the language of the untranslated text, where it matters to say it."""
        spoken = {**{lang: (text, "") for lang, text in old.translations.items()}, "": (old.own, "")}
        for lang, text in [*new.translations.items(), ("", new.own)]:
            spoken[lang] = (spoken.get(lang, ("", ""))[0], text)
        for lang, (before, after) in spoken.items():
            if before != after:
                where = lang or own
                called = f"{name} ({texts.LANGUAGES.get(where, where)})" if where else name
                said = {"what": called, "before": before or "–", "after": after or "–"}
                yield self.t.gettext("%(what)s: “%(before)s” → “%(after)s”", **said)

    def _flags(self, old: Item, new: Item) -> Iterator[str]:
        t = self.t
        if old.required != new.required:
            yield t.gettext("Must be answered now.") if new.required else t.gettext("Need not be answered any more.")
        if old.hidden != new.hidden:
            yield t.gettext("Hidden from people now.") if new.hidden else t.gettext("Shown to people now.")
        if old.repeats != new.repeats:
            yield t.gettext("Takes several answers now.") if new.repeats else t.gettext("Takes one answer only now.")
        if old.parent != new.parent:
            yield t.gettext("Stands in another group.")

    def _options(self, old: tuple[Option, ...], new: tuple[Option, ...]) -> Iterator[str]:
        t = self.t
        before, after = ({(o.system, o.value): o for o in options} for options in (old, new))
        for key, option in after.items():
            if key not in before:
                yield t.gettext("New answer: “%(option)s”", option=option.label.speak(t.language))
            else:
                yield from self._text(t.gettext("Answer"), before[key].label, option.label)
        for key, option in before.items():
            if key not in after:
                yield t.gettext("Answer gone: “%(option)s”", option=option.label.speak(t.language))
        if [k for k in before if k in after] != [k for k in after if k in before]:
            yield t.gettext("The answers stand in another order.")
        same = [key for key in before if key in after]
        if any(_marks(before[key]) != _marks(after[key]) for key in same):
            yield t.gettext("An answer counts differently: in a score, alone, or as a sign of danger.")

    def _measure(self, old: Item, new: Item) -> Iterator[str]:
        t = self.t
        for name, before, after in (
            (t.gettext("Unit"), _units(old, t), _units(new, t)),
            (t.gettext("Possible values"), _range(old.low, old.high), _range(new.low, new.high)),
            (
                t.gettext("Likely values"),
                _range(old.likely_low, old.likely_high),
                _range(new.likely_low, new.likely_high),
            ),
        ):
            if before != after:
                yield t.gettext("%(what)s: %(before)s → %(after)s", what=name, before=before, after=after)

    def _logic(self, old: Item, new: Item) -> Iterator[str]:
        t = self.t
        if (old.conditions, old.all_conditions) != (new.conditions, new.all_conditions):
            yield t.gettext("It is asked under other conditions.")
        if old.emergencies != new.emergencies:
            yield t.gettext("It says “call 15” for other answers.")
        if old.score != new.score:
            yield t.gettext("The score is worked out in another way.")
        if _rest(old) != _rest(new):
            yield t.gettext("Something else of it differs: compare the two in the preview.")


def _both(old: Questionnaire, new: Questionnaire) -> tuple[tuple[Questionnaire, Questionnaire], ...]:
    return (old, new), (new, old)


def _marks(option: Option) -> tuple[object, ...]:
    return option.weight, option.exclusive, option.emergency


def _units(item: Item, t: Translator) -> str:
    units = [unit for unit in (item.unit, *item.units) if unit is not None]
    return ", ".join(dict.fromkeys(unit.display.speak(t.language) for unit in units)) or "–"


def _range(low: object, high: object) -> str:
    return "–" if low is None and high is None else f"{'…' if low is None else low} – {'…' if high is None else high}"


def _rest(item: Item) -> Item:
    """The item without all that was compared, and without its children, which are told of by themselves."""
    blank = Item(item.link_id, item.type, Text(""), None)
    return replace(item, items=(), **{name: getattr(blank, name) for name in COMPARED})
