"""What differs between the rules of two protocols: the sentence before and after, the level, the texts."""

from __future__ import annotations

from collections.abc import Mapping

from records.texts import LANGUAGES, Translator
from triage.documents import Rule
from webapp.admin.level_words import level_word
from webapp.admin.rule_words import Words


def rules(before: Words, after: Words) -> list[str]:
    """New and changed rules in their order, then those that are gone, then whether their order differs."""
    old = {rule.id: rule for rule in before.document.rules}
    new = {rule.id: rule for rule in after.document.rules}
    t, told = after.t, []
    for rule in new.values():
        was = old.get(rule.id)
        if was is None:
            values = {"level": level_word(t, rule.level), "rule": after.rule(rule)}
            told.append(t.gettext("New rule, %(level)s: %(rule)s", **values))
        elif was != rule:
            told += changed(before, after, was, rule)
    for gone in (rule for rule in old.values() if rule.id not in new):
        values = {"level": level_word(t, gone.level), "rule": before.rule(gone)}
        told.append(t.gettext("Rule removed, %(level)s: %(rule)s", **values))
    if [name for name in old if name in new] != [name for name in new if name in old]:
        told.append(t.gettext("Rules stand in another order"))
    return told


def changed(before: Words, after: Words, old: Rule, new: Rule) -> list[str]:
    t, now, told = after.t, after.rule(new), []
    if old.when != new.when:
        values = {"level": level_word(t, new.level), "before": before.rule(old), "after": now}
        told.append(t.gettext("Rule changed, %(level)s: “%(before)s” → “%(after)s”", **values))
    if old.level != new.level:
        levels = {"before": level_word(t, old.level), "after": level_word(t, new.level)}
        told.append(t.gettext("“%(rule)s”: %(before)s → %(after)s", rule=now, **levels))
    if old.on_silence != new.on_silence:
        told.append(
            t.gettext("“%(rule)s”: now of somebody who does not answer", rule=now)
            if new.on_silence
            else t.gettext("“%(rule)s”: now of somebody who answers", rule=now)
        )
    if old.call_15 != new.call_15:
        told.append(
            t.gettext("“%(rule)s”: the patient’s screen now says “call 15”", rule=now)
            if new.call_15
            else t.gettext("“%(rule)s”: the patient’s screen no longer says “call 15”", rule=now)
        )
    told += texts_changed(t, now, t.gettext("text for the patient"), old.to_patient, new.to_patient)
    told += texts_changed(t, now, t.gettext("text for the caller"), old.to_caller, new.to_caller)
    if old.source != new.source:
        values = {"before": old.source, "after": new.source}
        told.append(t.gettext("“%(rule)s”, source: “%(before)s” → “%(after)s”", rule=now, **values))
    return told


def texts_changed(t: Translator, about: str, what: str, old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """One sentence for each language in which a text differs."""
    return [
        t.gettext(
            "“%(about)s”, %(what)s (%(language)s): “%(before)s” → “%(after)s”",
            about=about,
            what=what,
            language=LANGUAGES.get(language, language),
            before=old.get(language, "—"),
            after=new.get(language, "—"),
        )
        for language in dict.fromkeys([*old, *new])
        if old.get(language) != new.get(language)
    ]
