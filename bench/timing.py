"""Medians, and the one shape in which every measurement reports."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Figure:
    """The median of `values`, their spread beside it. `of` names the limit that `ratio` compares with."""

    room: str
    name: str
    unit: str
    values: tuple[float, ...]
    of: str = ""
    ratio: float | None = None
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def median(self) -> float:
        return median(self.values)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "median": self.median}


def elapsed_ms(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


def alternate(acts: Sequence[Callable[[], float]], repetitions: int) -> list[tuple[float, ...]]:
    """Each act once per round, so that what else the machine does falls on all of them alike."""
    rounds = [tuple(act() for act in acts) for _ in range(repetitions)]
    return list(zip(*rounds, strict=True))


def as_table(figures: Sequence[Figure]) -> str:
    lines = [("room", "what", "median", "from", "to", "", "ratio", "of", "notes")]
    for figure in figures:
        lowest, highest = min(figure.values), max(figure.values)
        ratio = f"{figure.ratio:.2f}" if figure.ratio is not None else ""
        notes = " ".join(f"{name}={value}" for name, value in figure.notes.items())
        numbers = tuple(_shown(value) for value in (figure.median, lowest, highest))
        lines.append((figure.room, figure.name, *numbers, figure.unit, ratio, figure.of, notes))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    right = (2, 3, 4, 6)
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
