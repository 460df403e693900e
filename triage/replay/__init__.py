"""A protocol on answers that patients really gave: what it would have said, beside what the one in force says.

`triage.replay.running.run` does it at once; it needs pandas, which no web process loads, so it is not brought in here.
"""

from triage.replay.result import Replayed
from triage.replay.waiting import latest, request, run_waiting

__all__ = ["Replayed", "latest", "request", "run_waiting"]
