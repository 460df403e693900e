"""Where a condition is true, as boxes over its facts: what `reviewing` concludes about rules rests on this.

Every fact counts as free of every other one. In truth some hang together (a value and its change), so that there are
fewer patients than here, never others: a region that is empty here is empty, one that lies in another lies in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from math import comb

BOTTOM, TOP = -(10**30), 10**30
"""Beyond every number that can be read."""
MOST_BOXES = 200
Span = tuple[int, int]
"""Both ends belong to it."""


class TooManyBoxes(Exception):
    """The condition is too wide to reason about; nothing is concluded."""


@dataclass(frozen=True, slots=True)
class Values:
    """Some values of one fact, as spans in order that do not touch; `unknown`: also where there is no value."""

    spans: tuple[Span, ...]
    unknown: bool = False

    def __bool__(self) -> bool:
        return bool(self.spans) or self.unknown

    def both(self, other: Values) -> Values:
        met = ((max(low, left), min(high, right)) for low, high in self.spans for left, right in other.spans)
        return Values(tuple((low, high) for low, high in met if low <= high), self.unknown and other.unknown)

    def lies_in(self, other: Values) -> bool:
        inside = all(any(left <= low and high <= right for left, right in other.spans) for low, high in self.spans)
        return inside and (other.unknown or not self.unknown)


Box = Mapping[str, Values]
"""What is asked of each fact; of a fact that is not in it, nothing."""
Region = tuple[Box, ...]
"""Any of these boxes."""


def outside(spans: Iterable[Span], whole: Span) -> tuple[Span, ...]:
    """The rest of `whole`."""
    rest, start = [], whole[0]
    for low, high in sorted(spans):
        if low > start:
            rest.append((start, low - 1))
        start = max(start, high + 1)
    return (*rest, *([(start, whole[1])] if start <= whole[1] else []))


def meet(boxes: Iterable[Box]) -> Box | None:
    """What lies in all of the boxes; None when nothing does."""
    met: dict[str, Values] = {}
    for box in boxes:
        for name, values in box.items():
            met[name] = met[name].both(values) if name in met else values
            if not met[name]:
                return None
    return met


def together(regions: Iterable[Region]) -> Region:
    """Where all regions are. Raises TooManyBoxes."""
    found: Region = ({},)
    for region in regions:
        met = (meet(pair) for pair in product(found, region))
        found = limited(box for box in met if box is not None)
    return found


def either(regions: Iterable[Region]) -> Region:
    return limited(box for region in regions for box in region)


def some_of(count: int, regions: Iterable[Region]) -> Region:
    """Where at least `count` of the regions are. Raises TooManyBoxes."""
    given = tuple(regions)
    if comb(len(given), count) > MOST_BOXES:
        raise TooManyBoxes
    return either(together(chosen) for chosen in combinations(given, count))


def limited(boxes: Iterable[Box]) -> Region:
    kept: list[Box] = []
    for box in boxes:
        if box not in kept:
            kept.append(box)
        if len(kept) > MOST_BOXES:
            raise TooManyBoxes
    return tuple(kept)


def lies_in(region: Region, other: Region) -> bool:
    """Whether each box lies in one box of the other; a box that only several together cover is not seen."""
    return all(any(box_in(box, wider) for wider in other) for box in region)


def box_in(box: Box, wider: Box) -> bool:
    return all(name in box and box[name].lies_in(values) for name, values in wider.items())
