"""Patients who answer and do not trust the network: what was not acknowledged is sent again, and much that was."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import requests
from sqlalchemy.exc import OperationalError

from bench.house import as_json
from tests.soak.house import House, Person, checkin_of

PATIENCE_SECONDS = 20
LEVELS = ("green",) * 6 + ("orange",) * 3 + ("red",)


@dataclass
class Submission:
    """One form under one key. `acknowledged` holds what each answer said: response, level."""

    person: Person
    key: uuid.UUID
    typed: str
    checkin: uuid.UUID | None = None
    acknowledged: list[tuple[str, str]] = field(default_factory=list)

    def body(self) -> dict[str, Any]:
        told = {"answers": as_json(self.typed), "owner": self.person.owner, "version": "1.0.0", "language": "fr"}
        return told | {"checkin": str(self.checkin) if self.checkin else None}


@dataclass
class Ledger:
    """Everything that was ever sent, and what came back."""

    sent: list[Submission] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def pending(self) -> list[Submission]:
        return [one for one in list(self.sent) if not one.acknowledged]


class Patients:
    """Each turn of `live` is what one patient does; several threads take turns."""

    def __init__(self, house: House, ledger: Ledger, draw: random.Random) -> None:
        self.house, self.ledger, self.draw = house, ledger, draw
        self.together = ThreadPoolExecutor(10)
        self.local = threading.local()

    def live(self) -> None:
        acts: list[tuple[int, Callable[[], None]]] = [
            (50, lambda: self.send(self._form())),
            (20, self._sends_again),
            (15, self._sends_what_got_no_answer),
            (5, lambda: self._at_once([self._form()] * 10)),
            (5, self._two_forms_for_one_checkin),
            (5, self._another_content_under_the_same_key),
        ]
        self.draw.choices([act for _, act in acts], [weight for weight, _ in acts])[0]()

    def _form(self, person: Person | None = None, key: uuid.UUID | None = None) -> Submission:
        made = Submission(person or self.draw.choice(self.house.people), key or uuid.uuid4(), self.draw.choice(LEVELS))
        self.ledger.sent.append(made)
        return made

    def _sends_again(self) -> None:
        if self.ledger.sent:
            self.send(self.draw.choice(self.ledger.sent))

    def _sends_what_got_no_answer(self) -> None:
        for one in self.ledger.pending()[:20]:
            self.send(one)

    def _two_forms_for_one_checkin(self) -> None:
        person = self.draw.choice(self.house.people)
        try:
            checkin = checkin_of(self.house.sessions, person)
        except OperationalError:
            return
        forms = [self._form(person), self._form(person)]
        for form in forms:
            form.checkin = checkin
        self._at_once(forms)

    def _another_content_under_the_same_key(self) -> None:
        first = self._form()
        self.send(first)
        other = self._form(first.person, first.key)
        other.typed = {"green": "red", "orange": "green", "red": "orange"}[first.typed]
        self.send(other)

    def _at_once(self, forms: list[Submission]) -> None:
        list(self.together.map(self.send, forms))

    def send(self, one: Submission) -> None:
        """Once; acknowledged only if the service said so."""
        headers = {"Idempotency-Key": str(one.key), "Sec-Fetch-Site": "same-origin"}
        cookies = {"vigidom_patient": one.person.token}
        try:
            answer = self._http().post(
                f"{self.house.service.url}/api/answers", json=one.body(), headers=headers, cookies=cookies,
                timeout=PATIENCE_SECONDS,
            )  # fmt: skip
        except requests.RequestException:
            self.ledger.answers["no answer"] += 1
            time.sleep(0.2)
            return
        self.ledger.answers[str(answer.status_code)] += 1
        if answer.status_code in (200, 201):
            told = answer.json()
            one.acknowledged.append((told["response"], told["level"]))
        elif answer.status_code < 500:
            self.ledger.refused.append(f"{answer.status_code} {answer.text[:200]}")
        elif answer.status_code != 503:
            self.ledger.failed.append(f"{answer.status_code} {answer.headers} {answer.text[:200]}")

    def _http(self) -> requests.Session:
        if not hasattr(self.local, "http"):
            self.local.http = requests.Session()
            self.local.http.trust_env = False
        return self.local.http
