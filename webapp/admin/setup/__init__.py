"""A centre's first day, and its last: programmes, hours, targets, numbers, and everybody who works here from a file."""

from webapp.admin.setup import checklist, programme_views, roll_views, team_views

__all__ = ["checklist", "programme_views", "roll_views", "team_views"]
