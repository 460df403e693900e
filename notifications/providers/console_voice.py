"""Calls of demonstrations: prints that one was asked for. No telephone rings; whoever tries it out plays both ends on
the page, and what they say goes the way of a provider's report.
"""

from __future__ import annotations

import sys

from notifications.providers import Outcome, OutcomeKind
from notifications.providers.console import ConsoleInProduction, masked
from notifications.providers.voice import Call


class ConsoleVoice:
    name = "console"
    reaches_people = False

    def __init__(self, *, production: bool = False, quiet: bool = False) -> None:
        if production:
            raise ConsoleInProduction("production needs a provider that reaches phones: VIGIDOM_SMS_PROVIDER=twilio")
        self.quiet = quiet

    def place(self, call: Call) -> Outcome:
        if not self.quiet:
            sys.stdout.write(f"call from {masked(call.caller)} to {masked(call.called)}: {call.public_id}\n")
            sys.stdout.flush()
        return Outcome(OutcomeKind.ACCEPTED, provider_id=f"console-{call.public_id}")

    def end(self, provider_id: str) -> Outcome:
        if not self.quiet:
            sys.stdout.write(f"hung up: {provider_id}\n")
            sys.stdout.flush()
        return Outcome(OutcomeKind.ACCEPTED, provider_id=provider_id)
