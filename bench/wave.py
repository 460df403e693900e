"""The morning wave, played fast: everybody is asked at eight, is written to through Twilio's client, and answers.

Every patient answers as soon as the text is there, over kept-alive connections, while ticks, outbox and staff go on. No
receipts come back from the provider. Afterwards everything is counted; a count that is not right gives no figures.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import orjson
import psycopg

from bench import morning, servers
from bench.cohort import Cohort
from bench.house import House
from bench.morning import BEATING, LIMIT_SECONDS, OPENED, Person
from bench.submission import level_of
from bench.timing import Figure

WINDOW_SECONDS = 3 * 3600
WORKERS = 2


def measure(house: House, *, patients: int) -> list[Figure]:
    twilio = servers.free_port()
    with ExitStack() as stack, house.connect() as connection:
        group, people = morning.furnish(house, connection, patients)
        web = stack.enter_context(servers.serving(house))
        morning.write_town(house, connection, house.folder, web.port, twilio, patients, LIMIT_SECONDS)
        outside = stack.enter_context(morning.running(house.folder))
        for _ in range(WORKERS):
            stack.enter_context(morning.working(house, web.port, twilio))
        morning.await_count(connection, group, outside, BEATING, 1)
        began = morning.strike_eight(connection, group)
        opened = morning.await_count(connection, group, outside, OPENED, len(group)) - began
        morning.let_answer(connection, group, people, web.port, house.folder)
        if outside.wait(LIMIT_SECONDS) != 0:
            raise RuntimeError("the town ended with a fault")
        found = orjson.loads((house.folder / "answers.json").read_bytes())
        _count(connection, group, people, found)
    return _figures(found, patients, began, opened)


COUNTED = {
    "responses": "SELECT count(*), count(DISTINCT checkin_id) FROM responses WHERE enrolment_id {} AND checkin_id > 0",
    "assessments": "SELECT count(*), count(DISTINCT enrolment_id) FROM assessments WHERE enrolment_id {}",
    "check-ins answered": "SELECT count(*), count(DISTINCT enrolment_id) FROM checkins WHERE enrolment_id {}"
    " AND state = 'answered'",
    "texts accepted": "SELECT count(*), count(DISTINCT checkin_id) FROM messages WHERE enrolment_id {}"
    " AND purpose = 'checkin' AND status = 'accepted' AND tries = 1",
    "texts": "SELECT count(*), count(DISTINCT checkin_id) FROM messages WHERE enrolment_id {}",
    "acts": "SELECT count(*), count(DISTINCT a.subject_id) FROM audit_entries a JOIN enrolments e"
    " ON e.public_id = a.subject_id WHERE e.id {}",
    "call-backs": "SELECT count(*), count(DISTINCT enrolment_id) FROM callbacks WHERE enrolment_id {}",
    "alerts": "SELECT count(*), count(DISTINCT enrolment_id) FROM alerts WHERE enrolment_id {}",
}


def _count(connection: psycopg.Connection[Any], group: Cohort, people: list[Person], found: dict[str, Any]) -> None:
    """Everything once: the number of rows, and of those whom they are about."""
    called = sum(level_of(number) != "green" for number in range(len(people)))
    expected = dict.fromkeys(COUNTED, (len(group),) * 2) | {"call-backs": (called,) * 2, "alerts": (called,) * 2}
    them = f"BETWEEN {group.first} AND {group.last}"
    counted = {name: connection.execute(query.format(them)).fetchone() for name, query in COUNTED.items()}
    wrong = {name: (counted[name], expected[name]) for name in expected if counted[name] != expected[name]}
    if found["statuses"] != {"201": len(group)}:
        wrong["answers"] = found["statuses"]
    if len(found["texts"]) != len(group) or any(len(times) != 1 for times in found["texts"].values()):
        wrong["texts at the provider"] = (sum(map(len, found["texts"].values())), len(found["texts"]))
    if wrong:
        raise RuntimeError(f"counted and expected differ: {wrong}")


def _figures(found: dict[str, Any], patients: int, began: float, opened: float) -> list[Figure]:
    delays = sorted(times[0] - began for times in found["texts"].values())
    took, answering = found["last_answer"] - began, found["last_answer"] - found["first_answer"]
    room = f"wave of {patients}"
    rates = {"texts": f"{patients / delays[-1]:.0f}/s", "answers": f"{patients / answering:.0f}/s"}
    return [
        Figure(room, "from eight to the last answer", "s", (took,), notes={"counts": "right"} | rates),
        Figure(room, "faster than three hours", "times", (WINDOW_SECONDS / took,)),
        Figure(room, "all check-ins open after", "s", (opened,)),
        _spread(room, "delay of a text", "s", delays),
        _spread(room, "answer, during the wave", "ms", sorted(one * 1000 for one in found["latencies"])),
        _spread(room, "poll of the queue", "ms", sorted(one * 1000 for one in found["polls"]), **found["polled"]),
    ]


def _spread(room: str, name: str, unit: str, values: list[float], **more: Any) -> Figure:
    """Median, p99 and worst; one figure, because the patients are not repetitions."""
    p99 = values[int(len(values) * 0.99)]
    notes = {"p99": f"{p99:.1f}", "worst": f"{values[-1]:.1f}", "n": len(values), **more}
    return Figure(room, name, unit, (values[len(values) // 2],), notes=notes)
