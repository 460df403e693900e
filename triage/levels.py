"""How urgent something is, for an assessment and for its place in the queue of call-backs."""

from __future__ import annotations

from enum import IntEnum


class Level(IntEnum):
    """The number is the rank in the queue (higher is called first); what is stored and shown is `code`.

    An answer is green, orange or red. A silence is silent, silent_urgent or red.
    """

    GREEN = 0
    SILENT = 20
    ORANGE = 30
    SILENT_URGENT = 35
    RED = 40

    @property
    def code(self) -> str:
        return self.name.lower()

    @classmethod
    def from_code(cls, code: str) -> Level:
        """Raises ValueError for a code that is no level."""
        for level in cls:
            if level.code == code:
                return level
        raise ValueError(f"{code!r} is no level: write one of {', '.join(level.code for level in cls)}")


ASSESSED = (Level.GREEN, Level.ORANGE, Level.RED)
CALLED = tuple(level for level in sorted(Level, reverse=True) if level is not Level.GREEN)
"""Those that stand in the queue, the most urgent first."""
