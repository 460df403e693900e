"""The levels as those who write rules call them: their colour, and what it means at work."""

from __future__ import annotations

from records.texts import Translator
from triage.levels import Level

LEVELS = {
    "red": "red (urgent)",
    "orange": "orange (to call back)",
    "silent_urgent": "silence at risk",
    "silent": "no answer",
    "green": "green (no warning sign)",
}


def level_word(t: Translator, level: Level) -> str:
    code = level.code
    return t.gettext(LEVELS[code])
