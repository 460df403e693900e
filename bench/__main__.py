"""`python -m bench`: everything in one run; a table on the terminal and JSON in bench/results/."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import orjson

from bench import assessing, callback_queue, house, outbox, servers, submission, tick
from bench.timing import Figure, as_table

RESULTS = Path(__file__).parent / "results"
ROOMS = ("submission", "queue", "tick", "outbox", "assess")


def main() -> None:
    arguments = _arguments()
    figures: list[Figure] = []
    with house.built(servers.free_port(), processes=arguments.processes) as built:
        for room, measure in _rooms(built, arguments).items():
            if room in arguments.rooms:
                print(f"{datetime.now(UTC):%H:%M:%S} {room} …", file=sys.stderr, flush=True)
                figures += measure()
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "machine": platform.machine()}
    _keep(figures, {**machine, "load": os.getloadavg(), "arguments": vars(arguments)})
    print(as_table(figures))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the size, to see that it works")
    parser.add_argument("--full", action="store_true", help="the tick over a million enrolments")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--processes", type=int, default=2, help="web processes, as VIGIDOM_WEB_PROCESSES")
    parser.add_argument("--rooms", nargs="+", choices=ROOMS, default=ROOMS)
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
        "assess": lambda: assessing.measure(repetitions=times, each=5000 // part),
    }


def _keep(figures: list[Figure], about: dict[str, object]) -> None:
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    document = {"at": now.isoformat(), **about, "figures": [figure.to_json() for figure in figures]}
    file = RESULTS / f"{now:%Y%m%dT%H%M%S}.json"
    file.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2, default=str))


if __name__ == "__main__":
    main()
