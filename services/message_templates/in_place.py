"""The carrier's rules for changing words in place, under the same name: which versions, and how often."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from core import clock
from core.errors import Conflict
from core.states import TemplateState
from models import MessageTemplate, TemplateVersion, db
from services.message_templates import render
from services.message_templates.standing import KNOWN_BY_NAME
from services.message_templates.words import Words

CHANGEABLE = (TemplateState.APPROVED, TemplateState.REJECTED, TemplateState.PAUSED)
DAY, MONTH = timedelta(hours=24), timedelta(days=30)
MOST_A_MONTH = 10  # of an approved template; and one in 24 hours
_PAST = (TemplateState.REPLACED, TemplateState.DELETED, TemplateState.PENDING_DELETION)


def replaceable(template: MessageTemplate, words: Words) -> TemplateVersion:
    """The version whose place these words may take. Raises Conflict with the rule that forbids it."""
    version = present(template)
    if why := why_not_in_place(version):
        raise Conflict(why)
    assert version is not None
    if version.variables and words.variables and render.is_named(version.variables) != render.is_named(words.variables):
        raise Conflict("WhatsApp keeps numbered gaps numbered and named gaps named when words are changed in place",
                       field="body")
    return version


def present(template: MessageTemplate) -> TemplateVersion | None:
    """The newest version the carrier holds, if any. One query."""
    return db.session.scalars(
        select(TemplateVersion)
        .where(TemplateVersion.template_id == template.id, TemplateVersion.wire_id != "",
               TemplateVersion.state.not_in(_PAST))
        .order_by(TemplateVersion.number.desc()).limit(1)).first()


def why_not_in_place(version: TemplateVersion | None) -> str:
    """Why the words of this version cannot be changed in place now; empty when they can. Two queries at most."""
    if version is None:
        return "WhatsApp holds no words of this template that could be changed"
    if version.state not in CHANGEABLE:
        return "WhatsApp lets words be changed only while they are approved, refused or paused"
    if version.wire_id == KNOWN_BY_NAME:
        return "WhatsApp’s id of these words is not known yet; ask for its list of templates first"
    if version.foreign_parts:
        return f"It holds {version.foreign_parts}, which would be lost; change it at WhatsApp"
    if db.session.scalars(select(TemplateVersion.id).where(
            TemplateVersion.replaces_id == version.id, TemplateVersion.wire_id == "",
            TemplateVersion.state == TemplateState.PENDING)).first():
        return "Other words wait to take this place already"
    return _too_often(version) if version.state is TemplateState.APPROVED else ""


def _too_often(version: TemplateVersion) -> str:
    """Approved words may be changed once in 24 hours and ten times in 30 days."""
    now = clock.now()
    edits = [at for at in db.session.scalars(
        select(TemplateVersion.edited_at).where(
            TemplateVersion.wire_id == version.wire_id, TemplateVersion.template_id == version.template_id,
            TemplateVersion.edited_at > now - MONTH).order_by(TemplateVersion.edited_at)) if at is not None]
    if edits and edits[-1] > now - DAY:
        return f"WhatsApp lets approved words be changed once in 24 hours; again from {_shown(edits[-1] + DAY)}"
    if len(edits) >= MOST_A_MONTH:
        return (f"WhatsApp lets approved words be changed {MOST_A_MONTH} times in 30 days; again from "
                f"{_shown(edits[-MOST_A_MONTH] + MONTH)}")
    return ""


def _shown(at: datetime) -> str:
    return f"{at.astimezone(UTC):%-d %b, %H:%M} UTC"
