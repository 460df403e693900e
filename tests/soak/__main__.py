"""`python -m tests.soak --minutes 2 --seed 7`: exits 1 when anything was lost, doubled or left lying."""

from __future__ import annotations

import argparse
import random
import secrets
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from records import clock
from tests.notifications import twilio_server
from tests.running import installation
from tests.soak import counting, ending, house, provider
from tests.soak.callers import Caller, Written
from tests.soak.chaos import Chaos
from tests.soak.patients import Ledger, Patients
from webapp import supervisor

PATIENTS, THREADS = 100, 6
SETTLE_SECONDS = 120


@dataclass
class Run:
    """Threads that take turns until told to stop; a fault of the soak itself is kept and fails it."""

    stop: threading.Event
    faults: list[str]
    threads: list[threading.Thread]

    def keep_doing(self, name: str, act: Callable[[], None], pause: Callable[[], float]) -> None:
        def turns() -> None:
            while not self.stop.wait(pause()):
                try:
                    act()
                except Exception as error:
                    self.faults.append(f"{name}: {type(error).__name__}: {error}"[:300])

        self.threads.append(threading.Thread(target=turns, name=name, daemon=True))
        self.threads[-1].start()

    def end(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(60)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--seed", type=int, default=None, help="of an earlier run, to draw the same again")
    parser.add_argument("--data-only", action="store_true", help="judge what is stored; show the rest without failing")
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else secrets.randbelow(10**6)
    print(f"Soaking for {given.minutes:g} minutes, seed {seed} …", flush=True)
    started = time.monotonic()
    with twilio_server.serving() as (address, script), installation(house.Soaked, twilio=address) as service:
        count = soak(service, script, given.minutes * 60, random.Random(seed))
    print(count.as_table())
    shown = [one for one in count.violations if given.data_only and one.startswith(counting.MANNERS)]
    judged = [one for one in count.violations if one not in shown]
    for violation in count.violations:
        print(f"{'SEEN' if violation in shown else 'VIOLATED'} {violation}")
    print(f"{'FAILED' if judged else 'Sound'}: {time.monotonic() - started:.0f} s, seed {seed}")
    sys.exit(bool(judged))


def soak(service: house.Soaked, script: twilio_server.Script, seconds: float, draw: random.Random) -> counting.Count:
    script.behaviours = moods = provider.Moods(random.Random(draw.random()))
    service.start()
    home = house.furnish(service, patients=PATIENTS)
    ledger, written = Ledger(), Written()
    patients = Patients(home, ledger, random.Random(draw.random()))
    chaos = Chaos(service, random.Random(draw.random()))
    receipts = provider.Receipts(script, random.Random(draw.random()))
    receipts.start()
    chaos.second.watch()
    run = Run(threading.Event(), [], [])
    for number in range(THREADS):
        run.keep_doing(f"patients {number}", patients.live, lambda: random.uniform(0, 0.3))
    for token in home.tokens:
        caller = Caller(service.url, token, written, random.Random(draw.random()))
        run.keep_doing("caller", caller.work, lambda: random.uniform(0.2, 1))
    run.keep_doing("arrivals", lambda: house.arrive(home), lambda: random.uniform(0.5, 2))
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        time.sleep(draw.uniform(0.5, 4))
        chaos.strike()
    run.end()
    moods.bad = False
    count = counting.Count()
    ending.settle(home, patients, ledger, chaos, SETTLE_SECONDS)
    with home.sessions() as session:
        counting.of_beats(session, clock.now(), ending.JOBS, count)
    ending.close_down(service, chaos, receipts)
    supervisor.check_port("127.0.0.1", service.port)
    with ending.database(home):
        ending.play_ahead(home, script, draw)
        with home.sessions() as session:
            ending.count_all(session, ledger, written, script, count)
        home.sessions.kw["bind"].dispose()
    ending.report(count, run.faults, ledger, written, chaos, receipts)
    return count


if __name__ == "__main__":
    main()
