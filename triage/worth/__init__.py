"""What the rules of a protocol were worth: calls, minutes, use, and how well they saw what happened to patients."""

from triage.worth.counting import Period, Row, Worth, measure, periods
from triage.worth.intervals import FEW, Share
from triage.worth.limits import Use, uses
from triage.worth.tradeoff import Candidate, Curve, curve

__all__ = [
    "FEW",
    "Candidate",
    "Curve",
    "Period",
    "Row",
    "Share",
    "Use",
    "Worth",
    "curve",
    "measure",
    "periods",
    "uses",
]
