"""One recipient's message in full: what they were sent, each try, all that was heard of it, and what they answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core.errors import NotFound
from models import Campaign, CampaignListRow, Contact, DeliveryNews, Message, TemplateVersion, db
from services import message_templates, sending
from services.campaigns import answers
from services.campaigns.queries import LARGEST_ID, get_campaign
from services.campaigns.recipient_list import COLUMNS, Recipient


@dataclass(frozen=True, slots=True)
class News:
    """One thing the carrier told us of it."""

    status: str
    at: datetime
    heard_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Told:
    """A recipient with the message as it was sent. `cells` are the row of the campaign's own list they came from."""

    campaign: Campaign
    recipient: Recipient
    version: TemplateVersion | None
    values: Mapping[str, str]
    shown: message_templates.Shown | None
    attempts: Sequence[Any]
    news: Sequence[News]
    replied_at: datetime | None
    cells: Mapping[str, str]

    @property
    def advice(self) -> sending.Advice:
        """What to do when it failed."""
        return sending.advice_on(self.recipient.reason_code)


def recipient_message(campaign_id: int, message_id: int) -> Told:
    """One recipient's message in full. Raises NotFound, also for a message of another campaign. Seven queries."""
    campaign = get_campaign(campaign_id)
    row = db.session.execute(
        select(*COLUMNS, Message.variables, Message.version_id).outerjoin(Contact, Contact.id == Message.contact_id)
        .where(Message.id == message_id, Message.campaign_id == campaign_id)).first() if message_id <= LARGEST_ID else None
    if row is None:
        raise NotFound("There is no such message in this campaign")
    one = Recipient(*row[:-2])
    version = db.session.get(TemplateVersion, row.version_id) if row.version_id else None
    return Told(campaign, one, version, row.variables,
                message_templates.shown(version, row.variables) if version and one.state != "skipped" else None,
                sending.attempts_of(message_id), _news(message_id), _replied_at(campaign, message_id),
                _cells(one.list_row_id))


def _news(message_id: int) -> list[News]:
    """Everything heard of it, in the order it happened."""
    rows = db.session.execute(
        select(DeliveryNews.status, DeliveryNews.at, DeliveryNews.heard_at, DeliveryNews.reason)
        .where(DeliveryNews.message_id == message_id).order_by(DeliveryNews.at, DeliveryNews.id))
    return [News(*row) for row in rows]


def _replied_at(campaign: Campaign, message_id: int) -> datetime | None:
    """When this person first wrote back."""
    found = db.session.execute(answers.replies([campaign], of_few=True).where(Message.id == message_id)).first()
    return found.at if found else None


def _cells(list_row_id: int | None) -> Mapping[str, str]:
    """The row they came with."""
    if list_row_id is None:
        return {}
    return db.session.scalar(select(CampaignListRow.cells).where(CampaignListRow.id == list_row_id)) or {}
