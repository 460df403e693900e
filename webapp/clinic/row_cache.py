"""Rows of the queue as they were last written out, so that two hundred screens which look every ten seconds cost the
server what changed and not what stands.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock

from markupsafe import Markup

LASTS_SECONDS = 60.0
"""Rows hold names: they stay in memory no longer than a screen shows them anyway, and clocks in them grow no older."""
MOST = 4000


class RowCache:
    """Of this process. The key must hold everything that decides how a row looks; who may see it was decided before."""

    def __init__(self) -> None:
        self._rows: OrderedDict[Hashable, tuple[float, Markup]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Markup | None:
        with self._lock:
            found = self._rows.get(key)
        return found[1] if found is not None and found[0] > time.monotonic() else None

    def put(self, key: Hashable, row: Markup) -> None:
        now = time.monotonic()
        with self._lock:
            self._rows.pop(key, None)
            self._rows[key] = (now + LASTS_SECONDS, row)
            while len(self._rows) > MOST or next(iter(self._rows.values()))[0] <= now:
                self._rows.popitem(last=False)


ROWS = RowCache()
