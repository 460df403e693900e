"""What each process holds in memory over an hour of steady work: patients who are asked, written to and answer, a batch
every ten seconds, and staff who poll. Proportional set size, so that pages shared by several processes count once.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from statistics import linear_regression, median

from bench import morning, servers
from bench.cohort import Cohort
from bench.house import House
from bench.morning import BEATING, OPENED
from bench.timing import Figure

EVERY_SECONDS = 10.0
AT_ONCE = 100
LONGEST_MINUTES = 60
"""Check-ins open at eight of the patients' zone; later than ten, their first text would have expired."""
Samples = dict[str, list[tuple[float, float]]]


def measure(house: House, *, minutes: float) -> list[Figure]:
    seconds = min(minutes, LONGEST_MINUTES) * 60
    batches = max(3, int(seconds / EVERY_SECONDS))
    twilio = servers.free_port()
    with ExitStack() as stack, house.connect() as connection:
        group, people = morning.furnish(house, connection, batches * AT_ONCE)
        web = stack.enter_context(servers.serving(house))
        morning.write_town(house, connection, house.folder, web.port, twilio, len(group) + 1, seconds * 2 + 600)
        outside = stack.enter_context(morning.running(house.folder))
        roots = {"web": web.session, "worker": stack.enter_context(morning.working(house, web.port, twilio))}
        roots["PostgreSQL"] = int((house.folder / "data" / "postgres" / "postmaster.pid").read_text().split()[0])
        morning.await_count(connection, group, outside, BEATING, 1)
        samples: Samples = defaultdict(list)
        began = time.monotonic()
        for number in range(batches):
            first = group.first + number * AT_ONCE
            batch = Cohort(first, first + AT_ONCE - 1, 0)
            morning.strike_eight(connection, batch)
            morning.await_count(connection, batch, outside, OPENED, AT_ONCE)
            morning.let_answer(connection, batch, people[number * AT_ONCE :], web.port, house.folder)
            time.sleep(max(0.0, began + (number + 1) * EVERY_SECONDS - time.monotonic()))
            for kind, megabytes in _held(roots):
                samples[kind].append((time.monotonic() - began, megabytes))
        answered = connection.execute(
            "SELECT count(*) FROM checkins WHERE state = 'answered' AND enrolment_id BETWEEN %s AND %s",
            (group.first, group.last),
        ).fetchone()
    assert answered is not None
    return [_figure(kind, found, answered[0]) for kind, found in sorted(samples.items())]


def _held(roots: dict[str, int]) -> Iterator[tuple[str, float]]:
    """Megabytes of each process; those of PostgreSQL together, for they come and go."""
    together: dict[str, float] = defaultdict(float)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent, _, session = (int(field) for field in stat.read_text().rpartition(")")[2].split()[1:4])
            for kind, root in roots.items():
                if root in (session, parent):
                    name = kind if kind == "PostgreSQL" else f"{kind}, process {stat.parent.name}"
                    together[name] += _proportional(stat.parent)
    yield from together.items()


def _proportional(process: Path) -> float:
    for line in (process / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _figure(kind: str, found: list[tuple[float, float]], answered: int) -> Figure:
    """The slope is that of a straight line through the second half, when everything has been loaded."""
    values = tuple(megabytes for _, megabytes in found)
    later = found[len(found) // 2 :]
    slope = linear_regression(*zip(*later, strict=True)).slope * 3600 if len(later) > 1 else 0.0
    notes = {"start": f"{values[0]:.1f}", "end": f"{values[-1]:.1f}", "slope": f"{slope:+.2f}MB/h"}
    notes |= {"minutes": f"{found[-1][0] / 60:.1f}", "answered": str(answered)}
    return Figure("memory", kind, "MB", values, notes=notes | {"median": f"{median(values):.1f}"})
