"""What supervisors work with: the centre at this moment, what a shift has done, its teams."""

from webapp.centre import report_views, watching
from webapp.centre.blueprint import blueprint

__all__ = ["blueprint", "report_views", "watching"]
