"""The trusted call: the patient is told who will call and when, answers by a text, or telephones the centre."""

from __future__ import annotations

from triage.announcing.calls import BOUND_OVER, Announced, at_once, code_of, latest, owed, paces, window

__all__ = ["BOUND_OVER", "Announced", "at_once", "code_of", "latest", "owed", "paces", "window"]
