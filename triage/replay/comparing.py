"""Two judgements of the same answers, counted against each other. Holds counts only, whatever the number of answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from triage.assess import CompiledProtocol, Occasion
from triage.columnar import Judged
from triage.levels import ASSESSED, Level
from triage.replay.result import EXAMPLES, Levels, Rechecked, RuleCount, Sides

Mask = npt.NDArray[np.bool_]
LEVELS = np.array([int(level) for level in ASSESSED])
CODES = [level.code for level in ASSESSED]


@dataclass(frozen=True)
class Pair:
    """Of the same rows: what the draft says and what the version that it is compared with says."""

    draft: Judged
    against: Judged

    @property
    def gained(self) -> Mask:
        return alerts(self.draft.levels) & ~alerts(self.against.levels)

    @property
    def lost(self) -> Mask:
        return alerts(self.against.levels) & ~alerts(self.draft.levels)

    @property
    def recoloured(self) -> Mask:
        draft, against = self.draft.levels, self.against.levels
        other: Mask = draft != against
        return alerts(draft) & alerts(against) & other


def alerts(levels: npt.NDArray[np.int8] | npt.NDArray[np.int64]) -> Mask:
    found: Mask = levels >= int(Level.ORANGE)
    return found


class Comparison:
    def __init__(self, draft: CompiledProtocol, against: CompiledProtocol) -> None:
        self.rules = {side: rules_of(protocol) for side, protocol in (("draft", draft), ("against", against))}
        self.names = list(dict.fromkeys([*self.rules["draft"], *self.rules["against"]]))
        self.matrix = np.zeros((len(LEVELS), len(LEVELS)), dtype=np.int64)
        self.fired = {name: np.zeros(4, dtype=np.int64) for name in self.names}
        self.call_15 = np.zeros(2, dtype=np.int64)
        self.rechecked = np.zeros(2, dtype=np.int64)
        self.examples: dict[str, list[int]] = {"gained": [], "lost": [], "recoloured": []}

    def add(self, pair: Pair, *, ids: npt.NDArray[np.int64], stored: npt.NDArray[np.int8], own: Mask) -> None:
        """`stored` is the level that was given then; `own` marks what the version compared with assessed itself."""
        draft, against = (np.searchsorted(LEVELS, side.levels) for side in (pair.draft, pair.against))
        cells = np.bincount(against * len(LEVELS) + draft, minlength=self.matrix.size)
        self.matrix += cells.reshape(self.matrix.shape)
        self.call_15 += (np.count_nonzero(pair.draft.call_15), np.count_nonzero(pair.against.call_15))
        self.rechecked += (np.count_nonzero(own), np.count_nonzero(own & (pair.against.levels != stored)))
        self._rules(pair)
        for name, kept in self.examples.items():
            if len(kept) < EXAMPLES:
                kept += ids[getattr(pair, name)][: EXAMPLES - len(kept)].tolist()

    def _rules(self, pair: Pair) -> None:
        nowhere = np.zeros(len(pair.draft.levels), dtype=np.bool_)
        for name, counts in self.fired.items():
            draft, against = pair.draft.fired.get(name, nowhere), pair.against.fired.get(name, nowhere)
            both = np.count_nonzero(draft & against)
            ours, theirs = np.count_nonzero(draft), np.count_nonzero(against)
            counts += (ours, theirs, ours - both, theirs - both)

    @property
    def rows(self) -> int:
        return int(self.matrix.sum())

    def levels(self) -> Levels:
        return {"draft": _by_code(self.matrix.sum(axis=0)), "against": _by_code(self.matrix.sum(axis=1))}

    def pairs(self) -> dict[str, int]:
        return {
            f"{before}>{after}": int(self.matrix[row, column])
            for row, before in enumerate(CODES)
            for column, after in enumerate(CODES)
        }

    def changes(self) -> tuple[int, int, int]:
        """Alerts gained, lost and re-coloured."""
        cells = self.matrix
        return int(cells[0, 1:].sum()), int(cells[1:, 0].sum()), int(cells[1, 2] + cells[2, 1])

    def by_rule(self) -> dict[str, RuleCount]:
        return {name: self._rule(name) for name in self.names}

    def _rule(self, name: str) -> RuleCount:
        ours, theirs, gained, lost = self.fired[name].tolist()
        draft, against = self.rules["draft"].get(name), self.rules["against"].get(name)
        return {
            "draft": None if draft is None else ours,
            "against": None if against is None else theirs,
            "gained": gained,
            "lost": lost,
            "draft_level": draft,
            "against_level": against,
        }

    def emergencies(self) -> Sides:
        draft, against = self.call_15.tolist()
        return {"draft": draft, "against": against}

    def recheck(self) -> Rechecked:
        rows, differs = self.rechecked.tolist()
        return {"rows": rows, "differs": differs}


def rules_of(protocol: CompiledProtocol) -> Mapping[str, str]:
    """The level of each rule for answers."""
    return {item.rule.id: item.level for item in protocol.rules[Occasion.ANSWER]}


def _by_code(counts: npt.NDArray[np.int64] | Sequence[int]) -> dict[str, int]:
    return {code: int(count) for code, count in zip(CODES, counts, strict=True)}
