"""Templates that are gone here and not yet at the carrier: deleted there as soon as it can be reached, and never brought in
again meanwhile."""

import logging
from collections.abc import Sequence

from sqlalchemy import select

from core.errors import DashboardError
from models import Setting, TemplateVersion, db, transaction
from services import channels, settings, whatsapp_service
from services.message_templates.standing import KNOWN_BY_NAME
from transports.port import NeverLeft, OutcomeUnknown, SendFailed

NAME = "templates_to_forget"
MOST = 200  # remembered at once
log = logging.getLogger("whatsapp")


def forget_later(template_ids: Sequence[int]) -> None:
    """Remember what the carrier holds of these templates, whose rows are about to go. Joins a transaction."""
    held = db.session.execute(
        select(TemplateVersion.business_id, TemplateVersion.wire_name, TemplateVersion.wire_id)
        .where(TemplateVersion.template_id.in_(template_ids), TemplateVersion.wire_id.not_in(("", KNOWN_BY_NAME)))
        .order_by(TemplateVersion.id)).all()
    if held:
        _keep([*settings.get(NAME), *(list(row) for row in held)][-MOST:])


def wire_ids() -> set[str]:
    """The carrier's ids of what is to be forgotten. One query."""
    return {wire_id for _business, _name, wire_id in settings.get(NAME)}


def forget_pending() -> int:
    """Delete at the carrier what is to be forgotten; how many. What it refuses for good is not asked again."""
    waiting = settings.get(NAME)
    if not waiting:
        return 0
    done = [one for one in waiting if _forgotten(*one)]
    with transaction():
        _keep([one for one in settings.get(NAME) if one not in done])
    return len(done)


def _forgotten(business_id: str, name: str, wire_id: str) -> bool:
    """Whether it need not be asked again."""
    channel = channels.speakers().get(business_id)
    if channel is None:
        return False
    try:
        line = channels.line_of(channel)
        db.session.rollback()  # the carrier is never waited for inside a transaction
        whatsapp_service.catalogue().delete(line, name=name, wire_id=wire_id)
    except (NeverLeft, OutcomeUnknown, DashboardError):
        return False
    except SendFailed as error:
        log.info("the template %s could not be deleted at the carrier: %s", name, error.code)
    return True


def _keep(value: list[list[str]]) -> None:
    with transaction():
        db.session.merge(Setting(name=NAME, value=value))
