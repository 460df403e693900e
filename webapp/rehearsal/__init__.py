"""A rehearsal: invented patients live through the real services on a moving clock, up to the present moment."""

from webapp.rehearsal.links import patient_link
from webapp.rehearsal.live import look_on
from webapp.rehearsal.refusals import Refused
from webapp.rehearsal.rehearsing import rehearse
from webapp.rehearsal.tally import Table

__all__ = ["Refused", "Table", "look_on", "patient_link", "rehearse"]
