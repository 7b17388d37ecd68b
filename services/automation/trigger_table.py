"""The table of triggers: every kind once, in the order in which they are offered."""

from collections.abc import Mapping
from typing import Any

from core.errors import Invalid
from services.automation import timed, triggers
from services.automation.triggers import Trigger

TRIGGERS: dict[str, Trigger] = {one.kind: one for one in (
    triggers.Keyword(), triggers.Message(), triggers.FirstToday(), triggers.Choice(), triggers.CampaignReply(),
    triggers.Ad(), triggers.NewContact(), triggers.TagAdded(), triggers.TagRemoved(), triggers.FieldChanged(),
    triggers.OptIn(), triggers.OptOut(), triggers.Status(), triggers.Closed(), triggers.HookCalled(),
    timed.OnDate(), timed.OnSchedule(), timed.Silence())}


def trigger_of(spec: Mapping[str, Any]) -> Trigger:
    """The kind a trigger is of. Raises Invalid for one nobody knows."""
    if found := TRIGGERS.get(str(spec.get("kind", ""))):
        return found
    raise Invalid("Choose what sets it off", field="trigger")
