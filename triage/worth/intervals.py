"""Shares of counts with what they leave open: no share is told without its two numbers and its interval."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

FEW = 10
"""Below so many nothing is said of a share beyond its counts and its interval."""
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole`; an interval even where the share itself is better left unsaid."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.part, self.whole) if self.whole else None

    @property
    def is_few(self) -> bool:
        return self.whole < FEW


def wilson(part: int, whole: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The score interval for a binomial proportion, without continuity correction, each end from 0 to 1.

    E. B. Wilson, Probable inference, the law of succession, and statistical inference, J. Am. Stat. Assoc. 22 (1927)
    209-212; recommended for proportions such as sensitivity by R. G. Newcombe, Statist. Med. 17 (1998) 857-872
    (method 3). It supposes independent observations. Raises ValueError unless 0 ≤ part ≤ whole and whole > 0.
    """
    if not 0 <= part <= whole or whole <= 0:
        raise ValueError(f"{part} of {whole} is no share")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    middle = 2 * part + z * z
    spread = z * sqrt(z * z + 4 * part * (1 - part / whole))
    around = 2 * (whole + z * z)
    lower = 0.0 if part == 0 else (middle - spread) / around
    upper = 1.0 if part == whole else (middle + spread) / around
    return lower, upper
