"""Writing a protocol: rules as sentences and forms, limits, facts, test cases; no step lost."""

from webapp.admin.builder import case_views, fact_views, limit_views, rule_views, views

__all__ = ["case_views", "fact_views", "limit_views", "rule_views", "views"]
