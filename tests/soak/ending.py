"""After the chaos: time to settle, a clean stop, the hours that follow played ahead, and the count."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy.orm import Session

from notifications import jobs as notification_jobs
from notifications.providers.twilio import TwilioProvider
from records import clock, embedded
from tests.notifications import twilio_server
from tests.running import below, until
from tests.soak import counting
from tests.soak.callers import Written
from tests.soak.chaos import Chaos
from tests.soak.counting import Count
from tests.soak.house import House, Soaked
from tests.soak.patients import Ledger, Patients
from tests.soak.provider import Receipts, accepted, come_to_an_end
from webapp import worker

AHEAD_MINUTES = (0, 1, 3, 5, 11, 12, 15, 20, 26, 40, 60, 90, 125, 24 * 60, 73 * 60, 98 * 60)


class Nobody:
    """Names the jobs without a provider."""


JOBS = set(worker.jobs(Nobody(), ""))  # type: ignore[arg-type]


def settle(house: House, patients: Patients, ledger: Ledger, chaos: Chaos, seconds: float) -> None:
    """Whatever was not acknowledged is sent until it is; then the workers get two beats."""
    until(house.service.answers, "the service answers", 90)
    chaos.second.watch()
    deadline = time.monotonic() + seconds
    while ledger.pending() and time.monotonic() < deadline:
        for one in ledger.pending():
            patients.send(one)
    patients.together.shutdown()
    time.sleep(3 * worker.BEAT_SECONDS)


def close_down(service: Soaked, chaos: Chaos, receipts: Receipts) -> None:
    chaos.second.end(signal.SIGTERM)
    receipts.stop.set()
    receipts.join(30)
    assert service.process is not None
    left = service.processes()
    code = service.end()
    assert code == 0, f"the supervisor ended with {code}"
    assert not [one for one in left if one.is_alive], "processes outlived their supervisor"
    assert not below(os.getpid()), "something of ours still runs"


@contextmanager
def database(house: House) -> Iterator[None]:
    server = embedded.Server(house.service.data)
    server.start()
    try:
        yield
    finally:
        server.stop()


def play_ahead(house: House, script: twilio_server.Script, draw: random.Random) -> None:
    """What a worker does in the next days: leases end, doubtful and silent texts are looked up, late ones expire."""
    started = clock.now()
    provider = TwilioProvider(
        account_sid=twilio_server.ACCOUNT, auth_token=twilio_server.TOKEN, sender="+33644600000",
        api_url=house.service.twilio,
    )  # fmt: skip
    for minutes in AHEAD_MINUTES:
        now = started + timedelta(minutes=minutes)
        script.clock = lambda now=now: now  # type: ignore[misc]
        while notification_jobs.run(
            house.sessions, provider, now=now, lanes=4, worker="ahead", public_url=house.service.url
        ):
            pass
        for made in [one for one in script.held if one["status"] == "queued"]:
            come_to_an_end(made, draw)
    provider.close()


def count_all(session: Session, ledger: Ledger, written: Written, script: twilio_server.Script, count: Count) -> None:
    counting.of_answers(session, ledger, count)
    counting.of_rules(session, count)
    counting.of_people(session, clock.now(), count)
    counting.of_staff(session, written, count)
    counting.of_messages(session, accepted(script), count)
    counting.of_ends(session, script, count)


def logged(service: Soaked) -> Counter[str]:
    """What the processes said of themselves, by event and class of error."""
    told: Counter[str] = Counter()
    for file in (*service.folder.glob("output-*"), *service.folder.glob("second-worker")):
        for line in file.read_text(errors="replace").splitlines():
            if not line.startswith("{") and "Error: " in line:
                told[line[:200]] += 1
            with contextlib.suppress(ValueError, AttributeError):
                said = json.loads(line)
                told[" ".join(str(said[name]) for name in ("event", "child", "error") if said.get(name))] += 1
                if said.get("event") == "request.failed" and said.get("error") != "OperationalError":
                    told[" ".join(said.get("places", [])[-2:])] += 1
    return told


def report(count: Count, faults: list[str], ledger: Ledger, written: Written, chaos: Chaos, receipts: Receipts) -> None:
    """What happened on the way, in the table; nothing of it is judged but faults of the soak itself."""
    told = [("HTTP answers to patients", ledger.answers), ("HTTP faults for staff", written.broken)]
    told += [("receipts posted", receipts.statuses), ("logged", logged(chaos.service))]
    rows: list[tuple[str, object]] = [(name, dict(sorted(counter.items()))) for name, counter in told]
    for name, number in chaos.done.most_common():
        rows.append((name, f"{number} times, back within {chaos.back_after.get(name, 0):.1f} s"))
    count.rows[:0] = rows
    count.none_of("answers 500, where 503 says to come back", [*ledger.failed, *written.failed])
    count.none_of("faults of the soak itself", list(faults))
