"""Staff at work: they look at the queue, claim, call, decide; several at once, on pages that may be stale."""

from __future__ import annotations

import random
import re
import uuid
from collections import Counter
from dataclasses import dataclass, field
from html import unescape

import requests

CALLBACK = re.compile(r"/callbacks/([0-9a-f-]{36})/claim")
TOKEN = re.compile(r'name="(?:[\w-]*-)?csrf_token"[^>]*value="([^"]+)"')
SEEN = re.compile(r'name="disposition-seen"[^>]*value="([^"]*)"')
KINDS = ("advice", "gp", "technical", "entry-error", "to-physician", "hospital-advised")


@dataclass
class Written:
    """What one kind of act was asked for and what the service said was written."""

    asked: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


class Caller:
    def __init__(self, url: str, token: str, written: Written, draw: random.Random) -> None:
        self.url, self.written, self.draw, self.etag = url, written, draw, ""
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.cookies.set("vigidom_staff", token)

    def work(self) -> None:
        """One look at the queue, and often one call-back from claim to disposition."""
        try:
            self._work()
        except requests.RequestException:
            self.written.broken["no answer"] += 1

    def _work(self) -> None:
        seen = self._get("/en/queue/rows", headers={"If-None-Match": self.etag})
        self.etag = seen.headers.get("ETag", "")
        if seen.status_code != 200:
            return
        waiting = CALLBACK.findall(seen.text)
        token = TOKEN.search(seen.text)
        if not waiting or token is None:
            return
        callback = self.draw.choice(waiting[:10])
        claimed = self._post(f"/en/callbacks/{callback}/claim", {"csrf_token": unescape(token[1])}, "claim")
        if "/patients/" in claimed.headers.get("Location", ""):
            self._call(callback, claimed.headers["Location"])

    def _call(self, callback: str, place: str) -> None:
        said = {"attempt-outcome": "reached", "attempt-verified": "y", "attempt-note": str(uuid.uuid4())}
        self._fill_in(place, f"/en/callbacks/{callback}/attempts", said, "attempt")
        said = {"disposition-kind": self.draw.choice(KINDS), "disposition-note": "Said what to watch for."}
        self._fill_in(place, f"/en/callbacks/{callback}/dispositions", said, "disposition")

    def _fill_in(self, place: str, to: str, said: dict[str, str], name: str) -> None:
        page = self._get(place).text
        tokens = re.findall(rf'name="{name}-csrf_token"[^>]*value="([^"]+)"', page)
        if not tokens:
            return
        seen = SEEN.search(page)
        more = {"disposition-seen": unescape(seen[1])} if name == "disposition" and seen else {}
        token = {field: unescape(tokens[0]) for field in ("csrf_token", f"{name}-csrf_token")}
        self._post(to, said | more | token, name)

    def _get(self, path: str, **more: object) -> requests.Response:
        return self._checked(self.http.get(self.url + path, allow_redirects=False, timeout=20, **more))  # type: ignore[arg-type]

    def _post(self, path: str, said: dict[str, str], name: str) -> requests.Response:
        self.written.asked[name] += 1
        answer = self._checked(self.http.post(self.url + path, data=said, allow_redirects=False, timeout=20))
        self.written.done[name] += answer.status_code == 302 and "sign-in" not in answer.headers["Location"]
        return answer

    def _checked(self, answer: requests.Response) -> requests.Response:
        if answer.status_code >= 500:
            self.written.broken[str(answer.status_code)] += 1
            if answer.status_code != 503:
                self.written.failed.append(f"{answer.status_code} {answer.headers} {answer.text[:200]}")
        elif answer.status_code in (400, 401, 403, 404) or "sign-in" in answer.headers.get("Location", ""):
            self.written.faults.append(f"{answer.request.method} {answer.request.path_url} {answer.status_code}")
        return answer
