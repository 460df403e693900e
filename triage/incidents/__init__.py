"""Many silences of one cause: each patient of it by risk, with a deadline, until each has answered or was reached."""

from __future__ import annotations

from triage.incidents.overview import Standing, standing

__all__ = ["Standing", "standing"]
