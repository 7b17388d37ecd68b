"""Which kind a template counts as. The carrier may say otherwise than we did, and its word decides about consent."""

from collections.abc import Sequence

from core import clock
from core.states import TemplateState
from models import MessageTemplate, TemplateVersion
from services.message_templates.approval import Stop
from services.message_templates.standing import note
from transports.port import ListedTemplate

STRICTEST_FIRST = ("marketing", "authentication", "utility")  # who agreed to the first may get the others
_LIVE = (TemplateState.APPROVED, TemplateState.PAUSED)


def count_as(template: MessageTemplate, category: str) -> bool:
    """Have a template count as this kind from the next verdict on; False when it does already. Joins a transaction."""
    if category not in STRICTEST_FIRST:
        return False
    if template.coming_category == category:
        template.coming_category = ""
    if template.category == category:
        return False
    template.former_category, template.category, template.recategorised_at = template.category, category, clock.now()
    return True


def take_in(listed: Sequence[tuple[TemplateVersion, ListedTemplate]], stop: Stop) -> int:
    """Take over what the carrier counts the versions of one template as; 1 when that changed.

    Versions may count as different kinds: the strictest that may be sent is the template's, so that nobody gets
    marketing who did not agree to it. Joins a transaction.
    """
    template = listed[0][0].template
    live = [pair for pair in listed if pair[0].state in _LIVE] or [max(listed, key=lambda pair: pair[0].number)]
    kinds = {one.category for _version, one in live}
    template.coming_category = next((one.coming_category for _version, one in live if one.coming_category), "")
    category = next((kind for kind in STRICTEST_FIRST if kind in kinds), "")
    if not count_as(template, category):
        return 0
    words = f"WhatsApp counts it as {category} now"
    note("template.drifted", template.id, template.name, words=words)
    stop([version.id for version, _one in listed], f"Of the template {template.name}: {words}")
    return 1
