"""What the texts about a call say, and the answers to short replies: no name of the patient, nothing about health."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from notifications.alphabet import for_phones
from records import clock, texts
from records.texts import Translator

LONGEST_NAME = 30


@dataclass(frozen=True)
class CallWords:
    """What a text about a call is made of. `caller` is the name of who has taken it, empty while nobody has; hours are
    told on the clock of `zone`. Of a call that was tried, `from_at` is when and `again_at` when the next one is due.
    """

    from_at: datetime
    zone: str
    until_at: datetime | None = None
    caller: str = ""
    code: str = field(default="", repr=False)
    again_at: datetime | None = None

    @property
    def mark(self) -> str:
        """What tells this text from the others to the same number."""
        return self.code or _hour(self.from_at, self.zone)


def announced(language: str, phone: str, call: CallWords, *, at: datetime) -> str:
    """`at` is when the text leaves."""
    t = texts.translator(texts.best(language))
    assert call.until_at is not None
    values = {
        "name": " ".join(call.caller.split())[:LONGEST_NAME],
        "from": _hour(call.from_at, call.zone),
        "until": _hour(call.until_at, call.zone),
        "code": call.code,
        "phone": phone,
    }
    return for_phones(_announced(t, call, values, _days_ahead(at, call)))


def _announced(t: Translator, call: CallWords, values: dict[str, str], days: int) -> str:
    if call.caller:
        return t.gettext(
            "Vigidom - %(name)s calls you between %(from)s and %(until)s and first says the code %(code)s. "
            "Worse? Reply 9. Not now? Reply 2. Centre: %(phone)s. In an emergency call 15.",
            **values,
        )
    if days == 0:
        return t.gettext(
            "Vigidom - The centre calls you between %(from)s and %(until)s. The caller first says the code %(code)s. "
            "Worse? Reply 9. Not then? Reply 2. Centre: %(phone)s. In an emergency call 15.",
            **values,
        )
    if days == 1:
        return t.gettext(
            "Vigidom - The centre calls you tomorrow between %(from)s and %(until)s. The caller first says the code "
            "%(code)s. Worse? Reply 9. Not then? Reply 2. Centre: %(phone)s. In an emergency call 15.",
            **values,
        )
    day = _day(clock.local_day(call.from_at, call.zone))
    return t.gettext(
        "Vigidom - The centre calls you on %(day)s between %(from)s and %(until)s. The caller first says the code "
        "%(code)s. Worse? Reply 9. Not then? Reply 2. Centre: %(phone)s. In an emergency call 15.",
        day=day,
        **values,
    )


def tried(language: str, phone: str, call: CallWords) -> str:
    t = texts.translator(texts.best(language))
    values = {"hour": _hour(call.from_at, call.zone), "phone": phone}
    if call.again_at is None:
        said = t.gettext(
            "Vigidom - We tried to call you at %(hour)s and shall try again. You can call us: %(phone)s. "
            "Worse? Reply 9. In an emergency call 15.",
            **values,
        )
    else:
        said = t.gettext(
            "Vigidom - We tried to call you at %(hour)s. We try again about %(again)s. You can call us: %(phone)s. "
            "Worse? Reply 9. Later? Reply 2. In an emergency call 15.",
            again=_hour(call.again_at, call.zone),
            **values,
        )
    return for_phones(said)


def worse(language: str, phone: str) -> str:
    """The answer to 9 while the centre is open."""
    t = texts.translator(texts.best(language))
    return for_phones(
        t.gettext(
            "Vigidom - Thank you, you now come first: we call you as soon as we can. If it gets worse or nobody "
            "calls within 10 minutes, call 15. Centre: %(phone)s.",
            phone=phone,
        )
    )


def later(language: str, phone: str, *, after: datetime | None, zone: str) -> str:
    """The answer to 2. `after` is when the next call is due, None when the call is not put off."""
    t = texts.translator(texts.best(language))
    if after is None:
        said = t.gettext(
            "Vigidom - We have noted it, but we cannot put off this call: we call you as soon as we can. If you feel "
            "worse call 15. Centre: %(phone)s.",
            phone=phone,
        )
    else:
        said = t.gettext(
            "Vigidom - Noted: we call you after %(hour)s instead. Worse? Reply 9 or call %(phone)s. In an emergency "
            "call 15.",
            hour=_hour(after, zone),
            phone=phone,
        )
    return for_phones(said)


def press_a_key(language: str) -> str:
    """Said to whoever picks up the caller's own telephone: a voicemail presses nothing."""
    return texts.translator(texts.best(language)).gettext("Vigidom: press any key to be connected.")


def _hour(moment: datetime, zone: str) -> str:
    return f"{clock.local(moment, zone):%H:%M}"


def _day(day: date) -> str:
    return f"{day:%d/%m}"


def _days_ahead(at: datetime, call: CallWords) -> int:
    return (clock.local_day(call.from_at, call.zone) - clock.local_day(at, call.zone)).days
