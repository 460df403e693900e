"""What is decided for everybody: the protocol, the questionnaires, who works here, and whether the service is well."""

from webapp.admin import (
    builder,
    entry_errors,
    health_views,
    people_views,
    protocol_views,
    questionnaire_preview,
    questionnaire_views,
    replay_views,
    roster_views,
    setup,
    version_acts,
    worth_views,
)
from webapp.admin.blueprint import blueprint

__all__ = [
    "blueprint",
    "builder",
    "entry_errors",
    "health_views",
    "people_views",
    "protocol_views",
    "questionnaire_preview",
    "questionnaire_views",
    "replay_views",
    "roster_views",
    "setup",
    "version_acts",
    "worth_views",
]
