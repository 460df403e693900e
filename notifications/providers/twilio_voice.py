"""Calls through Twilio: the caller's telephone rings, then the other one, and both see the centre's number."""

from __future__ import annotations

from collections.abc import Callable

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.rest import Client
from twilio.rest.api.v2010.account.call import CallInstance
from twilio.twiml.voice_response import Dial, Gather, Hangup, VoiceResponse

from notifications import call_texts
from notifications.providers import Outcome, OutcomeKind
from notifications.providers.twilio import BoundedHttpClient, broken, refusal
from notifications.providers.voice import CONNECT, KEY_SECONDS, LONGEST_SECONDS, RING_SECONDS, Call, Leg

WAIT_SECONDS = 5.0
"""Somebody looks at a page meanwhile."""
OVER = frozenset({"twilio-21220", "twilio-20404"})
"""What Twilio says to ending a call that has ended, and one that it keeps no more."""
HEARD = ("ringing", "answered", "completed")
SPOKEN = {"fr": {"language": "fr-FR"}, "en": {"language": "en-GB"}, "ar": {"language": "arb", "voice": "Polly.Zeina"}}


class TwilioVoice:
    """`call.shown` must be a number of this account, or one that Twilio has verified as its own caller."""

    name = "twilio"
    reaches_people = True

    def __init__(
        self, *, account_sid: str, auth_token: str, api_url: str | None = None, wait_seconds: float = WAIT_SECONDS
    ) -> None:
        self.account = (account_sid, auth_token)
        self.api_url, self.wait_seconds = api_url, wait_seconds

    def place(self, call: Call) -> Outcome:
        if call.synthetic:
            return Outcome(OutcomeKind.REFUSED, reason="rehearsal")
        return self._asked(
            lambda client: client.calls.create(
                to=call.caller,
                from_=call.shown,
                twiml=str(_ask_for_a_key(call)),
                timeout=RING_SECONDS,
                time_limit=LONGEST_SECONDS,
                status_callback=f"{call.callback_url}/{Leg.CALLER}",
                status_callback_event=list(HEARD),
                status_callback_method="POST",
            )
        )

    def end(self, provider_id: str) -> Outcome:
        """The caller's side is hung up, and the other with it: `completed` ends what rings as what speaks."""
        outcome = self._asked(lambda client: client.calls(provider_id).update(status="completed"))
        return Outcome(OutcomeKind.ACCEPTED, provider_id=provider_id) if outcome.reason in OVER else outcome

    def _asked(self, what: Callable[[Client], CallInstance]) -> Outcome:
        http = BoundedHttpClient(self.wait_seconds, self.api_url)
        try:
            made = what(Client(*self.account, http_client=http))
        except (TwilioRestException, TwilioServiceException) as error:
            return refusal(int(error.status), str(error.code))
        except requests.RequestException as error:
            return broken(error)
        except (TwilioException, ValueError) as error:  # an answer that is no JSON: taken over, or not
            return Outcome(OutcomeKind.UNKNOWN, reason=type(error).__name__)
        finally:
            http.session.close()
        return Outcome(OutcomeKind.ACCEPTED, provider_id=made.sid)


def _ask_for_a_key(call: Call) -> VoiceResponse:
    """What happens when the caller's telephone was picked up, by the caller or by a voicemail. Without a key the door
    is asked too, and says to hang up.
    """
    door = f"{call.callback_url}/{CONNECT}"
    asked = Gather(num_digits=1, timeout=KEY_SECONDS, action=door, method="POST", action_on_empty_result=True)
    asked.say(call_texts.press_a_key(call.language), **SPOKEN.get(call.language, SPOKEN["en"]))
    response = VoiceResponse()
    response.append(asked)
    return response


def hang_up() -> VoiceResponse:
    response = VoiceResponse()
    response.append(Hangup())
    return response


def dial(call: Call) -> VoiceResponse:
    """What happens when the caller has pressed a key; Twilio keeps it with the call, and no log of ours does."""
    called = Dial(caller_id=call.shown, timeout=RING_SECONDS, time_limit=LONGEST_SECONDS, answer_on_bridge=True)
    called.number(
        call.called,
        status_callback=f"{call.callback_url}/{Leg.CALLED}",
        status_callback_event=" ".join(HEARD),
        status_callback_method="POST",
    )
    response = VoiceResponse()
    response.append(called)
    return response
