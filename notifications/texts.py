"""What the texts say, in the patient's language: no name, nothing about health, at most two SMS segments, or three
where the language is not written in Latin letters.

A phone may be shared and lies about with its screen lit, so a text names the service and its telephone only.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from notifications.alphabet import fits, for_phones
from notifications.models import Purpose
from records import texts
from records.texts import Translator
from triage.models import EscalationKind

LONGEST_TEAM = 40


@dataclass(frozen=True)
class Content:
    """What a text is made of. `site` is where an invitation's code is typed; the `code` before the history is typed
    where it was asked for, and its text has no link that anybody could imitate. `opening` is the hour at which the
    centre opens, on the patient's clock; `on_call_told` says that a physician was paged meanwhile.
    """

    purpose: Purpose
    language: str
    phone: str
    link: str = field(repr=False)
    site: str = ""
    code: str | None = field(default=None, repr=False)
    opening: str = ""
    on_call_told: bool = False


def body(content: Content) -> str:
    """The text to send, in letters that the GSM alphabet holds where the language has such letters."""
    t = texts.translator(texts.best(content.language))
    if content.purpose is Purpose.OUTSIDE_HOURS:
        return outside_hours(content.language, content.phone, content.opening, on_call_told=content.on_call_told)
    values = {"link": content.link, "phone": content.phone, "site": content.site, "code": content.code or ""}
    return for_phones(_wording(t, content.purpose, values))


def _wording(t: Translator, purpose: Purpose, values: dict[str, str]) -> str:
    match purpose:
        case Purpose.INVITATION:
            return _invitation(t, values)
        case Purpose.CHECKIN:
            return t.gettext(
                "Vigidom - Your questions of the day: %(link)s Centre: %(phone)s. In an emergency call 15.", **values
            )
        case Purpose.FIRST_REMINDER:
            return t.gettext(
                "Vigidom - We have no answer from you yet. It takes 2 minutes: %(link)s Centre: %(phone)s. "
                "In an emergency call 15.",
                **values,
            )
        case Purpose.SECOND_REMINDER:
            return t.gettext(
                "Vigidom - Still no answer: the centre is going to call you. You can still answer: %(link)s "
                "Centre: %(phone)s. In an emergency call 15.",
                **values,
            )
        case Purpose.ASKED_REMINDER:
            return t.gettext(
                "Vigidom - You asked to be reminded now. It takes 2 minutes: %(link)s Centre: %(phone)s. "
                "In an emergency call 15.",
                **values,
            )
        case Purpose.CODE:
            return t.gettext(
                "Vigidom - Your code: %(code)s. It is good for 10 minutes, on the page where it was asked for. "
                "Tell it to nobody; we never ask for it. If you did not ask for it, call the centre: %(phone)s.",
                **values,
            )
    raise ValueError(f"{purpose} is not written here")


def _invitation(t: Translator, values: dict[str, str]) -> str:
    """With both addresses; where they are too long for that, the code is typed on the site that the link shows."""
    whole = t.gettext(
        "Vigidom - Your follow-up starts here: %(link)s or type the code %(code)s on %(site)s. "
        "Centre: %(phone)s. No texts any more: STOP.",
        **values,
    )
    if fits(for_phones(whole)):
        return whole
    return t.gettext(
        "Vigidom - Your follow-up starts here: %(link)s or on the same site with the code %(code)s. "
        "Centre: %(phone)s. No texts any more: STOP.",
        **values,
    )


def stopped(language: str, phone: str | None) -> str:
    t = texts.translator(texts.best(language))
    said = t.gettext(
        "Vigidom - You get no more texts from us. The centre follows you by telephone. To start again: START."
    )
    return _with_phone(t, said, phone)


def started(language: str, phone: str | None) -> str:
    t = texts.translator(texts.best(language))
    return _with_phone(t, t.gettext("Vigidom - You get our texts again. To stop them: STOP."), phone)


def helped(language: str, phone: str | None) -> str:
    """The answer to HELP, and to anything else that somebody writes: nobody watches this number."""
    t = texts.translator(texts.best(language))
    said = t.gettext("Vigidom - Nobody watches the texts sent to this number. In an emergency call 15.")
    return _with_phone(t, said, phone)


def outside_hours(language: str, phone: str | None, opening: str, *, on_call_told: bool = False) -> str:
    """What is said of whatever comes in while the centre is closed, in answer to it."""
    t = texts.translator(texts.best(language))
    if on_call_told:
        said = t.gettext(
            "Vigidom - The centre is closed. The physician on call has been told. If you feel worse, or if nobody "
            "calls, call 15."
        )
    else:
        said = t.gettext(
            "Vigidom - The centre is closed: nobody reads this before %(hour)s. If you feel worse or are worried, "
            "call 15.",
            hour=opening,
        )
    return _with_phone(t, said, phone)


def page(language: str, *, kind: EscalationKind, hour: str, team: str, link: str) -> str:
    """What a member of staff is told: that something waits, since when and where to look; nothing of whom."""
    t = texts.translator(texts.best(language))
    values = {"hour": hour, "team": team[:LONGEST_TEAM], "link": link}
    if kind is EscalationKind.OUTSIDE_HOURS:
        return for_phones(
            t.gettext("Vigidom: a call came in while the centre is closed, %(hour)s, team %(team)s. %(link)s", **values)
        )
    return for_phones(t.gettext("Vigidom: a call is late since %(hour)s, team %(team)s. %(link)s", **values))


def pages(language: str, *, late: int, link: str) -> str:
    """The same of several at once: how many wait for whoever reads it."""
    t = texts.translator(texts.best(language))
    return for_phones(
        t.ngettext(
            "Vigidom: %(num)s call is late. %(link)s", "Vigidom: %(num)s calls are late. %(link)s", late, link=link
        )
    )


def _with_phone(t: Translator, said: str, phone: str | None) -> str:
    return for_phones(f"{said} {t.gettext('Centre: %(phone)s.', phone=phone)}" if phone else said)
