"""The Lambda function of infra/templates/session-manager.yaml, which carries it inline (infra/inline.py)."""

from __future__ import annotations

from typing import Any

from infra.functions.custom import Answer, resource
from infra.functions.loggroup import keep_log_group
from infra.functions.preferences import keep_preferences


def keep(event: dict[str, Any], _context: Any) -> Answer:
    """Makes, changes or removes one of the template's custom resources, by its type."""
    if event["ResourceType"] == "Custom::SessionLogGroup":
        return keep_log_group(event)
    return keep_preferences(event)


handler = resource(keep)
