"""What a replay answers, as it is stored in `protocol_replays.result` and shown by the page, the CSV and the command.

Plain JSON: counts, days as "2026-03-10", instants as ISO in UTC, public ids as text, and no identity. "against" is the
version in force (or that the draft is compared with), "draft" the one replayed. An alert is an orange or red answer.
Of corrections each counts as the answer it is, for each was assessed and takes no alert back. Lists of 168 are hours of
the week on the centre's clock: index = weekday * 24 + hour, Monday 0. What each number means stands in
docs/protocols.md, "Replay and forecast".
"""

from __future__ import annotations

from typing import TypedDict

HOURS = 168
LISTED = 500
"""So many patients are listed at most; `rated_lower_count` says how many there are."""
EXAMPLES = 20


class Named(TypedDict):
    """A version; `number` is None for a document that is no stored version."""

    slug: str
    number: int | None
    digest: str


class Sides(TypedDict):
    draft: int
    against: int


class RuleCount(TypedDict):
    """On how many answers the rule is true. A count and its level are None where that side has no such rule."""

    draft: int | None
    against: int | None
    gained: int
    lost: int
    draft_level: str | None
    against_level: str | None


class Levels(TypedDict):
    """Answers by level: "green", "orange", "red", each present."""

    draft: dict[str, int]
    against: dict[str, int]


class Rechecked(TypedDict):
    """Of the answers that the version in force assessed itself: how many, and how many it rates otherwise today."""

    rows: int
    differs: int


class Calls(TypedDict):
    """Call-backs that alerts would have opened, mean for each hour of the week in which the centre could begin to deal
    with them; None for an hour of a weekday that the period does not hold. `weeks` is the length of the period.
    """

    draft: list[float | None]
    against: list[float | None]
    total: Sides
    weeks: float


class Side(TypedDict):
    """Of one version and tomorrow's patients, for each hour of the week: call-backs expected, their 95th percentile,
    and the caller-hours that the expected ones need. `over`: hours (0 to 167) whose expected work exceeds the roster;
    `over_high`: those whose 95th percentile does. `tomorrow` and `tomorrow_high` add up tomorrow's hours.
    """

    mean: list[float | None]
    high: list[float | None]
    work: list[float | None]
    over: list[int]
    over_high: list[int]
    tomorrow: float | None
    tomorrow_high: float | None


class Forecast(TypedDict):
    """`scale` is `active_now` (enrolments) over `active_then` (their mean in the period), 1 where that was none.
    `minutes_from` is of how many calls the minutes were measured; 0: the stated default. `callers` is None without any
    roster, and then nothing is over.
    """

    tomorrow: str
    active_now: int
    active_then: float
    scale: float
    minutes_per_call: float
    minutes_from: int
    percentile: int
    callers: list[int] | None
    draft: Side
    against: Side


class RatedLower(TypedDict):
    """A patient with an answer, at most `within_days` before the event, that the draft rates lower: the gravest such
    (of equals the last), so many days before it. `answers` counts all such. `missed`: the draft would have raised no
    alert at all in that time, and the version in force did.
    """

    enrolment: str
    kind: str
    on: str
    assessment: str
    at: str
    draft: str
    against: str
    days_before: int
    answers: int
    missed: bool


class Outcomes(TypedDict):
    """`followed`: patients with an event within `within_days` of an answer that was replayed; `kinds` by kind of event.
    `caught`: those for whom a version raised an alert in that time. `rated_lower`: those whom the draft would have
    missed first, then the shortest time before the event.
    """

    within_days: int
    followed: int
    kinds: dict[str, int]
    caught: Sides
    missed: int
    rated_lower_count: int
    rated_lower: list[RatedLower]


class Examples(TypedDict):
    """Public ids of assessments, the first EXAMPLES of each."""

    gained: list[str]
    lost: list[str]
    recoloured: list[str]


Replayed = TypedDict(
    "Replayed",
    {
        "programme": str,
        "draft": Named,
        "against": Named,
        "from": str,
        "to": str,
        "zone": str,
        "synthetic": bool,
        "rows": int,
        "patients": int,
        "assessed_by": dict[str, int],
        "rechecked": Rechecked,
        "levels": Levels,
        "matrix": dict[str, int],
        "gained": int,
        "lost": int,
        "recoloured": int,
        "call_15": Sides,
        "by_rule": dict[str, RuleCount],
        "calls": Calls,
        "forecast": Forecast,
        "outcomes": Outcomes,
        "examples": Examples,
        "not_replayable": dict[str, str],
        "approximated": dict[str, str],
        "silence_rules_changed": list[str],
        "seconds": float,
    },
)
"""`synthetic`: of synthetic patients, because the programme has no real one. `assessed_by`: answers by number of the
version that assessed them then. `matrix`: the nine "against>draft" pairs, "green>orange" among them. `by_rule`: rules
for answers, in the draft's order and then those that only the other has. `not_replayable` and `approximated`: a fact
and a code of `triage.replay.wording.WHY`, why it is missing everywhere, or may differ from what was known then.
`silence_rules_changed`: rules for silences that differ; no silence is replayed. `seconds`: how long it took.
"""
