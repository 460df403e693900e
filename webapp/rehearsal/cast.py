"""Who takes part in a rehearsal: people that do not exist, each with an illness and habits, all drawn from the seed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from random import Random

from records import clock, patients, phones
from webapp.rehearsal.courses import Course, Turn
from webapp.rehearsal.draws import draws

FAMILY_NAMES = (
    *("Abadie", "Aubin", "Barreau", "Bellec", "Benali", "Bertin", "Boulanger", "Camara", "Carvalho", "Chapuis"),
    *("Cissé", "Colin", "Courtois", "Da Costa", "Delorme", "Diallo", "Dufour", "Faure", "Fontaine", "Garnier"),
    *("Haddad", "Hoarau", "Jacquet", "Kaci", "Keita", "Lambert", "Le Goff", "Lefèvre", "Mansouri", "Marchal"),
    *("Martinez", "Mercier", "Morvan", "Nguyen", "Ouattara", "Payet", "Perrot", "Renaud", "Rossi", "Weber"),
)
GIVEN_NAMES = (
    *("Adèle", "Agathe", "Aïcha", "Alain", "Amélie", "Antoine", "Awa", "Bernard", "Camille", "Chantal"),
    *("Claire", "Denis", "Émile", "Fatima", "Francine", "Gérard", "Hélène", "Hugo", "Inès", "Jacques"),
    *("Karim", "Léon", "Linh", "Lucie", "Mamadou", "Marguerite", "Mehdi", "Monique", "Nadia", "Noé"),
    *("Odette", "Pascal", "Rachid", "Rose", "Samuel", "Simone", "Théo", "Vincent", "Yasmine", "Zoé"),
)
CENTRE_ZONE = "Europe/Paris"
OFFICE = (time(9), time(18))


class Habit(StrEnum):
    PROMPT = "prompt"
    LATE = "late"
    SILENT = "silent"
    MISTYPING = "mistyping"
    NEVER = "never"


class Finale(StrEnum):
    """What somebody is there for at the end, so that the queue is alive at whatever hour the rehearsal ends."""

    RED = "red"
    ORANGE = "orange"
    SILENT = "silent"


SHARES = {Habit.LATE: 10, Habit.SILENT: 8, Habit.MISTYPING: 8, Habit.NEVER: 6}
LEADS = {Finale.RED: (4, 2), Finale.ORANGE: (9, 4), Finale.SILENT: (6, 2)}
"""How many take each part: a percentage of everybody, and the least number (a sixth of a very small cast)."""


@dataclass(frozen=True, slots=True)
class Person:
    """One synthetic patient. `report_at` is when somebody of the finale reports without being asked."""

    number: int
    identity: patients.Identity
    language: str
    zone: str
    onset_on: date
    onset_known: bool
    risk_tier: str
    lives_alone: bool
    has_oximeter: bool
    enrol_at: datetime
    course: Course
    habit: Habit
    turn: Turn | None
    finale: Finale | None
    report_at: datetime | None
    quiet_from: datetime | None


def cast(count: int, *, seed: int, starts_at: datetime, ends_at: datetime, first_phone: int) -> list[Person]:
    """`count` people, the same for the same seed and end, in the order in which they are enrolled."""
    parts = _parts(count, draws(seed, "parts"))
    made = [
        _person(number, habit, finale, draws(seed, "person", number), starts_at, ends_at, first_phone + number)
        for number, (habit, finale) in enumerate(parts)
    ]
    return sorted(made, key=lambda person: (person.enrol_at, person.number))


def _parts(count: int, rng: Random) -> list[tuple[Habit, Finale | None]]:
    """By quota, so that a small cast has some of each; those of the finale are prompt until then."""
    leads = [
        lead for lead, (share, least) in LEADS.items() for _ in range(_quota(count, share, min(least, count // 6)))
    ]
    habits = [habit for habit, share in SHARES.items() for _ in range(_quota(count, share, min(2, count // 9)))]
    parts: list[tuple[Habit, Finale | None]] = [(Habit.PROMPT, lead) for lead in leads]
    parts += [(habit, None) for habit in habits]
    parts = (parts + [(Habit.PROMPT, None)] * count)[:count]
    rng.shuffle(parts)
    return parts


def _quota(count: int, share: int, least: int) -> int:
    return max(least, (count * share + 50) // 100)


def _person(
    number: int, habit: Habit, finale: Finale | None, rng: Random, starts_at: datetime, ends_at: datetime, phone: int
) -> Person:
    enrol_at = _enrolled(rng, habit, finale, starts_at, ends_at)
    report_at = _report(rng, finale, ends_at)
    course = Course.SLOW if rng.random() < 0.45 else Course.WELL
    onset_on = enrol_at.date() - timedelta(days=rng.randint(1, 4) + (12 if finale is Finale.SILENT else 0))
    turn = _finale_turn(finale, report_at, rng) if finale else _turn(rng, enrol_at, ends_at)
    high = rng.random() < 0.2
    return Person(
        number=number,
        identity=_identity(rng, enrol_at, phone),
        language="en" if rng.random() < 0.08 else "fr",
        zone="Indian/Reunion" if rng.random() < 0.06 and finale is None else CENTRE_ZONE,
        onset_on=onset_on,
        onset_known=rng.random() < 0.93 or finale is Finale.SILENT,
        risk_tier="high" if high and finale is not Finale.SILENT else "standard",
        lives_alone=rng.random() < 0.22,
        has_oximeter=rng.random() < 0.65 or finale is Finale.RED,
        enrol_at=enrol_at,
        course=course,
        habit=habit,
        turn=turn,
        finale=finale,
        report_at=report_at,
        quiet_from=_quiet(rng, habit, enrol_at, ends_at),
    )


def _identity(rng: Random, on: datetime, phone: int) -> patients.Identity:
    born = on.date() - timedelta(days=rng.randint(22 * 366, 88 * 365))
    names = rng.choice(FAMILY_NAMES), rng.choice(GIVEN_NAMES)
    return patients.Identity(*names, born, phones.fictional(phone))


def _enrolled(rng: Random, habit: Habit, finale: Finale | None, starts_at: datetime, ends_at: datetime) -> datetime:
    """Most on the first day, some later; in the hours in which clinicians enrol."""
    span, drawn, spread = ends_at - starts_at, rng.random(), rng.random()
    if habit is Habit.NEVER:
        low, high = 0.5, 0.98  # late, so that some are still waited for at the end
    elif finale or drawn < 0.7:
        low, high = 0.0, min(0.5, timedelta(hours=24) / span)
    else:
        low, high = 0.25, 0.95
    moment = starts_at + span * (low + (high - low) * spread)
    opening = clock.next_opening(moment, *OFFICE, CENTRE_ZONE)
    moment = opening + timedelta(minutes=rng.randint(1, 50 if opening == moment else 480))
    return min(moment, ends_at - timedelta(minutes=20 + rng.randint(0, 60)))


def _turn(rng: Random, enrol_at: datetime, ends_at: datetime) -> Turn | None:
    """One in eleven becomes seriously ill, one in four feels worse for a day."""
    drawn, spread, rise = rng.random(), rng.random(), rng.randint(8, 30)
    if drawn > 0.36:
        return None
    peak = rng.randint(102, 122) if drawn < 0.09 else rng.randint(72, 90)
    return Turn(enrol_at + timedelta(hours=14) + (ends_at - enrol_at) * spread, rise, peak)


def _finale_turn(finale: Finale, report_at: datetime | None, rng: Random) -> Turn | None:
    peak = rng.randint(112, 122) if finale is Finale.RED else rng.randint(80, 92)
    return Turn(report_at, 6, peak) if report_at else None


def _report(rng: Random, finale: Finale | None, ends_at: datetime) -> datetime | None:
    latest = {Finale.RED: 35, Finale.ORANGE: 130}
    return ends_at - timedelta(minutes=rng.randint(4, latest[finale])) if finale in latest else None


def _quiet(rng: Random, habit: Habit, enrol_at: datetime, ends_at: datetime) -> datetime | None:
    """From when on a silent patient leaves every text unanswered."""
    spread = rng.random()
    return enrol_at + (ends_at - enrol_at) * spread * 0.7 if habit is Habit.SILENT else None
