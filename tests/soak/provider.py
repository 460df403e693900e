"""Twilio on the loopback, in a bad mood: slow, busy, broken, forgetful; and its receipts through the signed hook."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import requests
from twilio.request_validator import RequestValidator

from notifications import statuses
from tests.notifications import twilio_server
from tests.notifications.twilio_server import Handler, Script

Behaviour = Callable[[Handler, dict[str, str]], None]
RECEIPTS = (("sent", "delivered"), ("delivered", "sent"), ("delivered", "delivered"), ("undelivered",), ("sent",))
LOST = 0.25
"""Share of the receipts that Twilio never manages to hand over; it does not repeat them."""


class Moods(deque):  # type: ignore[type-arg]
    """The next behaviour is drawn, most of them good, while `bad` holds."""

    def __init__(self, draw: random.Random) -> None:
        super().__init__()
        self.draw, self.bad, self.lock = draw, True, threading.Lock()

    def __bool__(self) -> bool:
        return self.bad

    def popleft(self) -> Behaviour:
        with self.lock:
            (found,) = self.draw.choices(
                [slowly, twilio_server.refuse(429, 20429), twilio_server.fail(503), twilio_server.answer_nonsense,
                 twilio_server.drop_after_taking_over, twilio_server.drop_before_taking_over],
                [86, 4, 4, 2, 2, 2],
            )  # fmt: skip
        return found


def slowly(handler: Handler, form: dict[str, str]) -> None:
    """Takes the text over at once and answers a while later: that is when a worker dies best."""
    made = twilio_server.keep(handler, form)
    time.sleep(random.uniform(0.01, 0.4))
    handler.answer(201, made)


def accepted(script: Script) -> Counter[str]:
    """How often each message, by its public id, was taken over."""
    return Counter(form["StatusCallback"].rpartition("/")[2] for form, _ in list(script.pairs))


def come_to_an_end(made: dict[str, Any], draw: random.Random) -> tuple[str, ...]:
    """Draws what becomes of a text, of which Twilio knows the last from now on; returns the receipts in their order."""
    told = draw.choice(RECEIPTS)
    made["status"] = max(told, key=lambda word: statuses.RANK[statuses.TWILIO[word]])
    return told


class Receipts(threading.Thread):
    """Tells the service, once and without repeating what is lost, what became of the texts."""

    def __init__(self, script: Script, draw: random.Random) -> None:
        super().__init__(name="receipts", daemon=True)
        self.script, self.draw, self.stop = script, draw, threading.Event()
        self.statuses: Counter[str] = Counter()
        self.told = 0

    def run(self) -> None:
        http = requests.Session()
        http.trust_env = False
        while not self.stop.wait(0.3):
            waiting = self.script.pairs[self.told :]
            self.told += len(waiting)
            for form, made in waiting:
                for status in come_to_an_end(made, self.draw):
                    if self.draw.random() < LOST:
                        self.statuses["never posted"] += 1
                    else:
                        self._tell(http, form["StatusCallback"], made["sid"], status)

    def _tell(self, http: requests.Session, address: str, sid: str, status: str) -> None:
        said = {"MessageSid": sid, "MessageStatus": status, "AccountSid": twilio_server.ACCOUNT}
        sealed = RequestValidator(twilio_server.TOKEN).compute_signature(address, said)
        assert urlsplit(address).hostname == "127.0.0.1", address
        try:
            answer = http.post(address, data=said, headers={"X-Twilio-Signature": sealed}, timeout=10)
            self.statuses[str(answer.status_code)] += 1
        except requests.RequestException:
            self.statuses["no answer"] += 1
