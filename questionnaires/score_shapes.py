"""The closed set of ways to work out a score. A questionnaire names one of them; it never brings a formula."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class SumOfWeights:
    """The weights of the chosen options (FHIR's ordinalValue or itemWeight), summed over `questions`."""

    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CountOf:
    """How many of `questions` have an answer whose code or text (`true` for yes) is `answer`."""

    questions: tuple[str, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class Band:
    """From `low` (included) up to the next band's `low`."""

    low: Decimal
    value: int


@dataclass(frozen=True, slots=True)
class Banding:
    """The band in which the one measured answer or score `question` lies. Below the first band there is none."""

    question: str
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class News2:
    """NEWS2 (Royal College of Physicians, 2017) from its seven readings; each field names a question.

    `hypercapnic` names the yes-no question, or hidden fact, whether SpO2 scale 2 was prescribed; without it, scale 1.
    """

    respiratory_rate: str
    spo2: str
    on_oxygen: str
    systolic: str
    heart_rate: str
    consciousness: str
    temperature: str
    hypercapnic: str | None = None


Score = SumOfWeights | CountOf | Banding | News2


def questions_of(score: Score) -> tuple[str, ...]:
    """The linkIds a score looks at."""
    match score:
        case SumOfWeights() | CountOf():
            return score.questions
        case Banding():
            return (score.question,)
        case News2():
            fields = (getattr(score, name) for name in News2.__slots__)
            return tuple(link_id for link_id in fields if link_id is not None)
