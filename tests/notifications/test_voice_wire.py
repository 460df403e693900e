"""The real Twilio client asking for a call, against the scripted server that holds it to Twilio's own description."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from notifications import on_the_line, voice
from notifications.on_the_line import ToEnd
from notifications.providers import OutcomeKind, twilio_voice
from notifications.providers.console import ConsoleInProduction
from notifications.providers.console_voice import ConsoleVoice
from notifications.providers.twilio_voice import TwilioVoice
from notifications.providers.voice import Call
from tests.notifications import twilio_server as server
from tests.notifications.twilio_server import ACCOUNT, TOKEN, Script

CALLER, CALLED, SHOWN = "+33612000001", "+33612000002", "+33155667788"
HOOK = "https://suivi.example/hooks/twilio/voice/7"
Wire = tuple[str, Script]


def call(**changed: object) -> Call:
    values: dict[str, object] = {
        "public_id": uuid.uuid4(),
        "caller": CALLER,
        "called": CALLED,
        "shown": SHOWN,
        "callback_url": HOOK,
        "synthetic": False,
    }
    return Call(**{**values, **changed})  # type: ignore[arg-type]


@pytest.fixture
def twilio(wire: Wire) -> TwilioVoice:
    return TwilioVoice(account_sid=ACCOUNT, auth_token=TOKEN, api_url=wire[0])


def test_the_caller_is_rung_first_and_both_see_the_centre(twilio: TwilioVoice, wire: Wire) -> None:
    outcome = twilio.place(call())
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert outcome.provider_id == wire[1].held[0]["sid"]
    (asked,) = wire[1].sent
    twiml = ElementTree.fromstring(asked.pop("Twiml"))
    assert asked == {
        "To": CALLER,
        "From": SHOWN,
        "Timeout": "20",
        "TimeLimit": "3600",
        "StatusCallback": f"{HOOK}/caller",
        "StatusCallbackEvent": "completed",
        "StatusCallbackMethod": "POST",
    }
    gather = twiml.find("Gather")
    assert gather is not None
    assert [part.tag for part in twiml] == ["Gather"], "nobody is connected without a key"
    assert (gather.get("numDigits"), gather.get("action"), gather.get("method"), gather.get("actionOnEmptyResult")) == (
        "1",
        f"{HOOK}/connect",
        "POST",
        "true",
    )
    assert CALLED not in ElementTree.tostring(twiml, encoding="unicode")
    assert "".join(gather.itertext()) == "Vigidom: press any key to be connected."
    dial = ElementTree.fromstring(str(twilio_voice.dial(call()))).find("Dial")
    assert dial is not None
    assert dial.attrib == {"callerId": SHOWN, "timeout": "20", "timeLimit": "3600", "answerOnBridge": "true"}
    number = dial.find("Number")
    assert number is not None
    assert number.text == CALLED
    assert (number.get("statusCallback"), number.get("statusCallbackEvent")) == (
        f"{HOOK}/called",
        "ringing answered completed",
    )


@pytest.mark.parametrize(
    ("behave", "kind"),
    [
        (server.refuse(400, 21210), OutcomeKind.REFUSED),  # the shown number is not verified
        (server.refuse(400, 21211), OutcomeKind.REFUSED),
        (server.refuse(429, 20429), OutcomeKind.RETRY),
        (server.refuse(401, 20003), OutcomeKind.RETRY),
        (server.fail(503), OutcomeKind.RETRY),
        (server.fail(504), OutcomeKind.UNKNOWN),
        (server.drop_after_taking_over, OutcomeKind.UNKNOWN),
        (server.drop_before_taking_over, OutcomeKind.UNKNOWN),
        (server.answer_nonsense, OutcomeKind.UNKNOWN),
    ],
)
def test_what_the_network_does_is_one_of_four_outcomes_and_the_call_is_asked_for_once(
    twilio: TwilioVoice, wire: Wire, behave: Callable[..., None], kind: OutcomeKind
) -> None:
    wire[1].then(behave)
    assert voice.place(twilio, call()).kind is kind
    assert len(wire[1].sent) == 1


@pytest.mark.parametrize(
    ("behave", "kind"),
    [
        (server.end_call, OutcomeKind.ACCEPTED),
        (server.refuse(400, 21220), OutcomeKind.ACCEPTED),  # it had ended
        (server.refuse(404, 20404), OutcomeKind.ACCEPTED),  # kept no more
        (server.refuse(401, 20003), OutcomeKind.RETRY),
        (server.refuse(400, 21100), OutcomeKind.REFUSED),
        (server.fail(503), OutcomeKind.RETRY),
        (server.drop_before_taking_over, OutcomeKind.UNKNOWN),
        (server.answer_nonsense, OutcomeKind.UNKNOWN),
    ],
)
def test_a_call_is_ended_whether_it_rings_or_speaks(
    twilio: TwilioVoice, wire: Wire, behave: Callable[..., None], kind: OutcomeKind
) -> None:
    sid = twilio.place(call()).provider_id
    assert sid is not None
    wire[1].then(behave)
    assert on_the_line.end(twilio, ToEnd(uuid.uuid4(), "Alix", sid)).kind is kind
    assert (wire[1].sent[1], wire[1].updated) == ({"Status": "completed"}, [sid])


def test_a_call_of_which_no_id_is_known_is_not_asked_about(twilio: TwilioVoice, wire: Wire) -> None:
    assert on_the_line.end(twilio, ToEnd(uuid.uuid4(), "Alix", None)).kind is OutcomeKind.UNKNOWN
    assert wire[1].sent == []


def test_a_provider_that_does_not_answer_is_not_waited_for(wire: Wire) -> None:
    hasty = TwilioVoice(account_sid=ACCOUNT, auth_token=TOKEN, api_url=wire[0], wait_seconds=0.2)
    wire[1].then(server.hang_after_taking_over)
    assert hasty.place(call()).kind is OutcomeKind.UNKNOWN


def test_nobody_of_a_rehearsal_is_called(twilio: TwilioVoice, wire: Wire) -> None:
    assert [twilio.place(call(synthetic=True)).reason, voice.place(twilio, call(synthetic=True)).reason] == [
        "rehearsal",
        "rehearsal",
    ]
    assert wire[1].sent == []


def test_no_number_is_in_what_a_log_could_print(capsys: pytest.CaptureFixture[str]) -> None:
    ConsoleVoice().place(call(synthetic=True))
    printed = capsys.readouterr().out + repr(call())
    assert "call from +33" in printed
    assert [number for number in (CALLER, CALLED, SHOWN) if number in printed] == []


def test_the_console_calls_nobody_in_production() -> None:
    with pytest.raises(ConsoleInProduction):
        ConsoleVoice(production=True)


class Broken:
    name, reaches_people = "broken", False

    def place(self, _: Call) -> object:
        raise RuntimeError("nobody foresaw it")


def test_a_provider_that_fails_unforeseen_may_be_calling() -> None:
    assert voice.place(Broken(), call()).kind is OutcomeKind.UNKNOWN  # type: ignore[arg-type]
