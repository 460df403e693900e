"""The worth of rules as its page shows it: one line a cause, rules as sentences, shares with what they leave open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from records.db import db
from records.models import Programme
from triage import documents, protocols
from triage.documents import Document, Rule
from triage.levels import Level
from triage.models import ProtocolVersion
from triage.worth import Period, Row, Share, Worth
from triage.worth.statements import ALL, DOUBT, OTHER, RED, SILENCE
from webapp.admin.rule_words import Words
from webapp.extensions import language
from webapp.lazy import lazy

CAUSES = {
    ALL: lazy("All alerts of the protocol"),
    RED: lazy("All urgent alerts of the protocol"),
    DOUBT: lazy("A value that is missing or hard to believe"),
    SILENCE: lazy("A silence of which no rule speaks"),
    OTHER: lazy("Other reasons to call, which no rule gives"),
}
SORTS: dict[str, Callable[[Row], float]] = {
    "alerts": lambda row: row.alerts,
    "calls": lambda row: row.calls,
    "minutes": lambda row: row.seconds,
    "useful": lambda row: _value(row.useful),
    "mistaken": lambda row: _value(row.mistaken),
    "emergencies": lambda row: row.emergencies,
    "sensitivity": lambda row: _value(row.sensitivity),
    "predictive": lambda row: _value(row.predictive),
}


@dataclass(frozen=True)
class Line:
    """`level` is None where no single one belongs to the cause; `gone` tells of a rule that is in use no more."""

    row: Row
    period: Period
    name: str
    level: Level | None
    gone: bool

    @property
    def minutes(self) -> int:
        return round(self.row.seconds / 60)


@dataclass(frozen=True)
class Told:
    """A share as a cell tells it, in whole per cents; `percent` is left unsaid of few."""

    part: int
    whole: int
    percent: int | None
    low: int
    high: int


def _value(share: Share) -> float:
    """Where nothing is known, last."""
    return -1.0 if share.value is None else share.value


def share(of: Share) -> Told | None:
    """None where there is nothing to have a share of."""
    if of.interval is None or of.value is None:
        return None
    low, high = (round(100 * end) for end in of.interval)
    return Told(of.part, of.whole, None if of.is_few else percent(of.value), low, high)


def percent(value: float) -> int:
    """Whole, but neither all nor nothing unless that is so."""
    rounded = int(value * 100 + 0.5 + 1e-9)
    return min(max(rounded, 1), 99) if 0 < value < 1 else rounded


class Names:
    """The causes of one programme in the reader's language: its rules in use, then those of versions before."""

    def __init__(self, of: Programme, current: ProtocolVersion) -> None:
        self._slug = of.slug
        document = documents.reload(current.document)
        self.current = {rule.id: (rule, Words(document, language())) for rule in document.rules}
        self._past: dict[str, tuple[Rule, Words]] | None = None

    @property
    def past(self) -> Mapping[str, tuple[Rule, Words]]:
        """Read when a rule is met that is in use no more; of each rule its newest words."""
        if self._past is None:
            self._past = {}
            for version in reversed(protocols.versions(db.session, slug=self._slug)):
                document: Document = documents.reload(version.document)
                words = Words(document, language())
                self._past.update({rule.id: (rule, words) for rule in document.rules})
        return self._past

    def line(self, row: Row, period: Period) -> Line:
        if row.cause in CAUSES:
            level = Level.RED if row.cause == RED else None
            return Line(row, period, str(CAUSES[row.cause]), level, gone=False)
        found = self.current.get(row.cause) or self.past.get(row.cause)
        if found is None:
            return Line(row, period, row.cause, None, gone=True)
        rule, words = found
        return Line(row, period, words.rule(rule), rule.level, gone=row.cause not in self.current)


def lines(worth: Worth, names: Names, sort: str = "") -> list[Line]:
    """Each period's, first of all alerts together, then rule by rule in the order of the protocol, or by a column, the
    most first. Rules in use that were part of nothing stand there with nothing.
    """
    found = []
    for number, period in enumerate(worth.periods):
        causes = {row.cause for row in worth.rows if row.period == number} | set(names.current)
        wide = [worth.row(number, cause) for cause in (ALL, RED)]
        rest = [worth.row(number, cause) for cause in sorted(causes - {ALL, RED}, key=_order(names))]
        if sort in SORTS:
            rest.sort(key=SORTS[sort], reverse=True)
        found += [names.line(row, period) for row in wide + rest]
    return found


def _order(names: Names) -> Callable[[str], tuple[int, int, int, str]]:
    """The worst level first, answers before silences, then rules that have gone, then what no rule gave."""
    places = {cause: place for place, cause in enumerate(names.current)}

    def place(cause: str) -> tuple[int, int, int, str]:
        if cause in places:
            rule = names.current[cause][0]
            return 2 * rule.on_silence, -rule.level, places[cause], ""
        return 4 if cause in CAUSES else 3, 0, 0, cause

    return place
