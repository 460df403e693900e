"""A protocol on answers that patients really gave: what it would have said, beside what the one in force says.

`triage.replay.running.run` does it at once; it needs pandas, which no web process loads, so it is not brought in here.
"""

from triage.replay.result import Replayed
from triage.replay.table import as_csv, as_text
from triage.replay.waiting import JOB, latest, request, run_waiting
from triage.replay.wording import why

__all__ = ["JOB", "Replayed", "as_csv", "as_text", "latest", "request", "run_waiting", "why"]
