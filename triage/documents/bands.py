"""Bands of one number: what single rules say of it, and where they leave a gap or lie over each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from triage.documents.parts import Document, Rule
from triage.documents.regions import BOTTOM, TOP, Region, Span
from triage.facts import NUMERIC, Fact, unscale
from triage.findings import Findings


@dataclass(frozen=True, slots=True)
class Band:
    """Values for which `rule` fires, whatever else is known."""

    rule: Rule
    span: Span

    @property
    def bounded(self) -> bool:
        return self.span[0] > BOTTOM and self.span[1] < TOP


def review_bands(document: Document, regions: Mapping[str, Region], findings: Findings) -> None:
    """`regions`: where each rule fires, by its id."""
    for on_silence in (False, True):
        rules = [rule for rule in document.rules if rule.on_silence is on_silence and rule.id in regions]
        for fact in document.facts:
            if fact.kind in NUMERIC:
                bands = [band for rule in rules for band in bands_of(rule, fact, regions[rule.id])]
                report_gaps(fact, bands, findings)
                report_overlaps(fact, bands, findings)


def bands_of(rule: Rule, fact: Fact, region: Region) -> Iterator[Band]:
    for box in region:
        if box.keys() == {fact.name}:
            yield from (Band(rule, span) for span in box[fact.name].spans)


def report_gaps(fact: Fact, bands: Sequence[Band], findings: Findings) -> None:
    """Values that fall between two bands only because these end at coarser numbers than the fact is measured in, or
    because neither includes the number at which they meet. A wider space between two bands is what is normal.
    """
    for low, high in gaps(bands):
        before = [band for band in bands if band.span[1] == low - 1]
        after = [band for band in bands if band.span[0] == high + 1]
        if any(band.bounded for band in (*before, *after)) and (low == high or is_step(low - 1, high + 1, fact)):
            findings.add(
                f"facts › {fact.name}",
                "a value from %(low)s to %(high)s is in no band, between those of %(before)s and %(after)s: let them "
                "meet",
                low=unscale(low, fact.decimals),
                high=unscale(high, fact.decimals),
                before=before[0].rule.id,
                after=after[0].rule.id,
            )


def gaps(bands: Sequence[Band]) -> Iterator[Span]:
    """The spaces between all bands together."""
    reached: int | None = None
    for low, high in sorted(band.span for band in bands):
        if reached is not None and low > reached + 1:
            yield reached + 1, low - 1
        reached = high if reached is None else max(reached, high)


def is_step(low: int, high: int, fact: Fact) -> bool:
    """Whether the two are neighbours at fewer decimals: 8.0 and 9.0, or 8.10 and 8.20."""
    coarser = (10**places for places in range(1, fact.decimals + 1))
    return any(high - low == step and low % step == 0 for step in coarser)


def report_overlaps(fact: Fact, bands: Sequence[Band], findings: Findings) -> None:
    """Two bands of which neither holds the other."""
    told = set()
    for pair in combinations(bands, 2):
        lower, upper = sorted(pair, key=lambda band: band.span)
        rules = (lower.rule.id, upper.rule.id)
        crossed = lower.span[0] < upper.span[0] <= lower.span[1] < upper.span[1]
        if crossed and rules[0] != rules[1] and rules not in told:
            told.add(rules)
            findings.add(
                f"facts › {fact.name}",
                "a value from %(low)s to %(high)s is in two bands, those of %(first)s and %(second)s: let one end "
                "where the other begins",
                low=unscale(upper.span[0], fact.decimals),
                high=unscale(lower.span[1], fact.decimals),
                first=rules[0],
                second=rules[1],
            )
