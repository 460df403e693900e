"""What one protocol version changes of another, as sentences."""

from __future__ import annotations

from dataclasses import replace

from triage.documents import Document
from webapp.admin.rule_words import Words


def between(old: Document, new: Document, language: str) -> list[str]:
    """One sentence for each limit that differs, and a warning when more than limits does."""
    words, before = Words(new, language), {limit.name: limit for limit in old.limits}
    told = [
        words.t.gettext(
            "%(limit)s: %(before)s → %(after)s",
            limit=words.label(limit),
            before=words.value(before[limit.name]),
            after=f"{words.value(limit)} {words.unit(limit.unit)}".strip(),
        )
        for limit in new.limits
        if limit.name in before and before[limit.name].value != limit.value
    ]
    if replace(old, limits=()) != replace(new, limits=()) or set(before) != {limit.name for limit in new.limits}:
        told.append(words.t.gettext("Questions, rules or their texts differ too: read all the rules."))
    return told
