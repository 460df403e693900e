"""`python -m bench`: everything in one run; a table on the terminal and JSON in bench/results/."""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import orjson

from bench import (
    assessing,
    callback_queue,
    columns,
    house,
    memory,
    million,
    outbox,
    phone,
    replaying,
    servers,
    submission,
    tick,
    watching,
    wave,
)
from bench.timing import Figure, as_table

RESULTS = Path(__file__).parent / "results"
USUAL = ("submission", "queue", "tick", "outbox", "assess", "columns")
ALONE = ("wave", "million", "watching", "memory", "phone", "replay")
"""Each wants the whole server for itself, so each gets a new one, and only when asked for by name."""


def main() -> None:
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers and folder go with it
    figures: list[Figure] = []
    started = datetime.now(UTC)
    usual = [room for room in USUAL if room in arguments.rooms]
    for together in [usual, *([room] for room in ALONE if room in arguments.rooms)]:
        if not together:
            continue
        with house.built(servers.free_port(), processes=arguments.processes) as built:
            measures = _rooms(built, arguments)
            for room in together:
                print(f"{datetime.now(UTC):%H:%M:%S} {room} …", file=sys.stderr, flush=True)
                found = measures[room]()
                figures += found
                _keep(figures, started, vars(arguments))
                print(as_table(found), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the size, to see that it works")
    parser.add_argument("--full", action="store_true", help="the tick over a million enrolments")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--processes", type=int, default=2, help="web processes, as VIGIDOM_WEB_PROCESSES")
    parser.add_argument("--rooms", nargs="+", choices=USUAL + ALONE, default=USUAL)
    parser.add_argument("--minutes", type=float, default=60, help="memory: how long")
    parser.add_argument("--days", type=int, default=2, help="million, watching: answered days behind each enrolment")
    parser.add_argument("--lighthouse", help="phone: Lighthouse's command, for its scores too")
    return parser.parse_args()


def _rooms(built: house.House, arguments: argparse.Namespace) -> dict[str, Callable[[], list[Figure]]]:
    part, times = 10 if arguments.quick else 1, arguments.repetitions
    enrolments = 1_000_000 if arguments.full else 100_000 // part
    return {
        "submission": lambda: submission.measure(
            built, patients=3000 // part, requests=1500 // part, repetitions=times
        ),
        "queue": lambda: callback_queue.measure(built, open_callbacks=20_000 // part, repetitions=times * 10),
        "tick": lambda: tick.measure(built, enrolments=enrolments, repetitions=times),
        "outbox": lambda: outbox.measure(built, messages=2000 // part, repetitions=times),
        "wave": lambda: wave.measure(built, patients=52_000 // part),
        "million": lambda: million.measure(built, enrolments=1_000_000 // part, days=arguments.days, repetitions=times),
        "watching": lambda: watching.measure(
            built,
            open_callbacks=20_000 // part,
            enrolments=1_000_000 // part,
            days=arguments.days,
            callers=200,
            repetitions=times,
        ),
        "memory": lambda: memory.measure(built, minutes=arguments.minutes),
        "phone": lambda: phone.measure(built, repetitions=times, lighthouse=arguments.lighthouse),
        "replay": lambda: replaying.measure(built, rows=10_000_000 // part, repetitions=min(times, 2)),
        "assess": lambda: assessing.measure(repetitions=times, each=5000 // part),
        "columns": lambda: columns.measure(rows=1_000_000 // part, stream=10_000_000 // part, repetitions=times),
    }


def _keep(figures: list[Figure], started: datetime, arguments: dict[str, object]) -> None:
    """After each room, so that a run that is cut short loses nothing."""
    RESULTS.mkdir(exist_ok=True)
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()}
    document = {
        "at": started.isoformat(),
        **machine,
        "arguments": arguments,
        "figures": [figure.to_json() for figure in figures],
    }
    file = RESULTS / f"{started:%Y%m%dT%H%M%S}.json"
    file.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    main()
