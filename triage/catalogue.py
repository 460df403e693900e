"""What is known of every patient beside the answers: the attributes and the items of the history that a rule may read.

Each is a fact as a document can declare it, with its kind, unit, plausible range and labels; a document may call it
otherwise and narrow the range. `triage.situation` fills them in, each None while it is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from triage.facts import Fact, FactKind, Source, SourceKind, Translations


def labels(fr: str, en: str, ar: str) -> Translations:
    return {"fr": fr, "en": en, "ar": ar}


def patient(key: str, kind: FactKind, said: Translations, **more: Any) -> Fact:
    return Fact(key, kind, Source(SourceKind.PATIENT, key), said, **more)


def history(key: str, kind: FactKind, said: Translations, **more: Any) -> Fact:
    return Fact(key, kind, Source(SourceKind.HISTORY, key), said, **more)


RISK_TIERS = {
    "standard": labels("ordinaire", "standard", "عادي"),
    "high": labels("élevé", "high", "مرتفع"),
}
LEVELS = {
    "green": labels("vert", "green", "أخضر"),
    "orange": labels("orange", "orange", "برتقالي"),
    "red": labels("rouge", "red", "أحمر"),
}

ATTRIBUTES = (
    patient(
        "age_years",
        FactKind.NUMBER,
        labels("Âge (ans)", "Age (years)", "العمر (بالسنوات)"),
        unit="a",
        lowest=0,
        highest=120,
    ),
    patient("risk_tier", FactKind.CODE, labels("Niveau de risque", "Risk", "مستوى الخطر"), choices=RISK_TIERS),
    patient("lives_alone", FactKind.BOOLEAN, labels("Vit seul(e)", "Lives alone", "يعيش بمفرده")),
    patient("has_oximeter", FactKind.BOOLEAN, labels("A un oxymètre", "Has an oximeter", "لديه مقياس تأكسج")),
    patient(
        "day_of_illness",
        FactKind.DAYS,
        labels("Jour de la maladie", "Day of illness", "يوم المرض"),
        unit="d",
        lowest=0,
        highest=365,
    ),
)
"""Whole years at the patient's local day; the day of the first symptoms is day 0."""

HISTORY = (
    history(
        "missed_checkins_in_a_row",
        FactKind.NUMBER,
        labels("Questionnaires manqués de suite", "Check-ins missed in a row", "استبيانات متتالية بلا إجابة"),
        lowest=0,
        highest=1000,
    ),
    history(
        "failed_calls",
        FactKind.NUMBER,
        labels("Appels sans réponse", "Failed calls", "مكالمات بلا رد"),
        lowest=0,
        highest=1000,
    ),
    history("last_level", FactKind.CODE, labels("Dernier niveau", "Last level", "آخر مستوى"), choices=LEVELS),
)
"""Calls are those of the open call-back since somebody was last reached; the level is that of the answers before."""

KNOWN: Mapping[SourceKind, Mapping[str, Fact]] = {
    SourceKind.PATIENT: {fact.source.key: fact for fact in ATTRIBUTES},
    SourceKind.HISTORY: {fact.source.key: fact for fact in HISTORY},
}


def known(source: Source) -> Fact | None:
    """The catalogue's own fact of this source; None when it has none."""
    return KNOWN.get(source.kind, {}).get(source.key)
