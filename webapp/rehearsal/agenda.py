"""What is going to happen when. The moving clock is whoever takes things out of it in order."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime

Act = Callable[[datetime], None]


class Agenda:
    """Acts by instant; those of one instant in the order in which they were put in."""

    def __init__(self) -> None:
        self._waiting: list[tuple[datetime, int, Act]] = []
        self._count = 0

    def put(self, at: datetime, act: Act) -> None:
        self._count += 1
        heapq.heappush(self._waiting, (at, self._count, act))

    def run_until(
        self, end: datetime, *, shown: Callable[[datetime], datetime], after_each: Callable[[], object]
    ) -> None:
        """Carry out everything due up to and including `end`, also what is put in meanwhile. `shown` is what the clock
        shows when it is the turn of what was due at an instant.
        """
        while self._waiting and self._waiting[0][0] <= end:
            at, _, act = heapq.heappop(self._waiting)
            act(shown(at))
            after_each()
