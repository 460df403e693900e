"""Twilio, with a bounded wait (its own client has none) and every failure sorted into the four outcomes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from notifications import statuses
from notifications.models import MessageStatus
from notifications.providers import LookUp, LookUpKind, Outcome, OutcomeKind, Text, twilio_codes

WAIT_SECONDS = 10.0
LONGEST_VALIDITY_SECONDS = 36_000
SHORTEST_VALIDITY_SECONDS = 10
LOOKED_THROUGH = 100
CLOCKS_DIFFER_BY = timedelta(minutes=2)
TAKEN_OVER_WITHIN = timedelta(minutes=10)
NOT_THERE = 404

NEVER_CONNECTED = (
    urllib3.exceptions.NewConnectionError,  # refused, unreachable, name not found
    urllib3.exceptions.ConnectTimeoutError,
)


class BoundedHttpClient(TwilioHttpClient):  # type: ignore[misc]  # twilio has no types
    """Twilio's client with a timeout, no retries of its own, and no log of what it carries.

    With `api_url` every request goes to that address instead of Twilio's.
    """

    def __init__(self, wait_seconds: float, api_url: str | None) -> None:
        silent = logging.Logger("twilio-silent", logging.CRITICAL)  # theirs logs addresses with numbers in them
        super().__init__(timeout=wait_seconds, max_retries=0, logger=silent)
        self.base = urlsplit(api_url) if api_url else None
        self.session.mount("http://", HTTPAdapter(max_retries=0))

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Response:
        if self.base is not None:
            asked = urlsplit(url)
            path = self.base.path.rstrip("/") + asked.path
            url = urlunsplit((self.base.scheme, self.base.netloc, path, asked.query, ""))
        return super().request(method, url, *args, **options)


class TwilioProvider:
    """`sender` is a number in E.164 or a messaging service (MG…)."""

    name = "twilio"
    reaches_people = True

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        sender: str,
        api_url: str | None = None,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self.account = (account_sid, auth_token)
        self.api_url = api_url
        self.wait_seconds = wait_seconds
        self.sender = {"messaging_service_sid" if sender.startswith("MG") else "from_": sender}
        self.idle: SimpleQueue[Client] = SimpleQueue()

    @contextmanager
    def _client(self) -> Iterator[Client]:
        """A client for one request at a time: Twilio's hands its last answer through a shared attribute, so that of
        two threads one could read the other's.
        """
        try:
            client = self.idle.get_nowait()
        except Empty:
            client = Client(*self.account, http_client=BoundedHttpClient(self.wait_seconds, self.api_url))
        try:
            yield client
        finally:
            self.idle.put(client)

    def close(self) -> None:
        while not self.idle.empty():
            self.idle.get().http_client.session.close()

    def send(self, text: Text) -> Outcome:
        if text.synthetic:
            return Outcome(OutcomeKind.REFUSED, reason="rehearsal")
        try:
            made = self._create(text)
        except (TwilioRestException, TwilioServiceException) as error:
            return refusal(int(error.status), str(error.code))
        except requests.RequestException as error:
            return broken(error)
        except (TwilioException, ValueError) as error:  # an answer that is no JSON: taken over, or not
            return Outcome(OutcomeKind.UNKNOWN, reason=type(error).__name__)
        return Outcome(OutcomeKind.ACCEPTED, provider_id=made.sid, status=_status(made))

    def _create(self, text: Text) -> MessageInstance:
        with self._client() as client:
            return client.messages.create(
                to=text.to,
                body=text.body,
                status_callback=text.callback_url,
                validity_period=_validity(text),
                **self.sender,
            )

    def find(self, text: Text) -> LookUp:
        """Looks among the latest texts to this number for one made about then that carries the link.

        Asked by recipient only: Twilio's date filter is on the day of sending, which a text still queued has not got.
        """
        try:
            with self._client() as client:
                listed = client.messages.list(to=text.to, limit=LOOKED_THROUGH, page_size=LOOKED_THROUGH)
        except (TwilioException, requests.RequestException, ValueError) as error:
            return LookUp(LookUpKind.UNABLE, reason=type(error).__name__)
        for made in listed:
            if _is(made, text):
                return LookUp(LookUpKind.FOUND, provider_id=made.sid, status=_status(made), reason=_code(made))
        return LookUp(LookUpKind.ABSENT)

    def look(self, provider_id: str) -> LookUp:
        try:
            with self._client() as client:
                made = client.messages(provider_id).fetch()
        except (TwilioException, requests.RequestException, ValueError) as error:
            absent = getattr(error, "status", None) == NOT_THERE
            return LookUp(LookUpKind.ABSENT if absent else LookUpKind.UNABLE, reason=type(error).__name__)
        return LookUp(LookUpKind.FOUND, provider_id=made.sid, status=_status(made), reason=_code(made))


def _validity(text: Text) -> int:
    left = int((text.expires_at - text.at).total_seconds())
    return max(SHORTEST_VALIDITY_SECONDS, min(left, LONGEST_VALIDITY_SECONDS))


def refusal(status: int, code: str) -> Outcome:
    """What it means that Twilio answered with an error."""
    kind = twilio_codes.judge(status, code)
    return Outcome(kind, reason=f"twilio-{code}", opted_out=code == twilio_codes.STOPPED)


def broken(error: requests.RequestException) -> Outcome:
    """Only a connection that never stood proves that nothing was taken over."""
    cause: BaseException | None = error.args[0] if error.args and isinstance(error.args[0], BaseException) else None
    reason = getattr(cause, "reason", None) or cause
    never = isinstance(error, requests.ConnectTimeout) or isinstance(reason, NEVER_CONNECTED)
    return Outcome(OutcomeKind.RETRY if never else OutcomeKind.UNKNOWN, reason=type(error).__name__)


def _status(made: MessageInstance) -> MessageStatus:
    return statuses.from_provider(str(made.status)) or MessageStatus.ACCEPTED


def _code(made: MessageInstance) -> str | None:
    return f"twilio-{made.error_code}" if made.error_code else None


def _is(made: MessageInstance, text: Text) -> bool:
    created: datetime | None = made.date_created
    if created is None or not str(made.direction).startswith("outbound") or text.link not in (made.body or ""):
        return False
    created = created if created.tzinfo else created.replace(tzinfo=UTC)
    return text.at - CLOCKS_DIFFER_BY <= created <= text.at + TAKEN_OVER_WITHIN
