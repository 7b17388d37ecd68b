"""What is going on: business numbers, running campaigns and imports, and what a new installation does next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, exists, func, select

from core.states import CampaignState, ImportState, MessageState
from models import Campaign, Channel, Contact, Import, Message, MessageTemplate, db
from services import channels, contacts

_NOT_DONE = (MessageState.QUEUED, MessageState.SENDING, MessageState.CANCELLED)
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class LineCard:
    """A business number as the rail and the first page show it."""

    id: int
    name: str
    phone: str
    is_simulated: bool
    is_paused: bool
    paused_reason: str
    last_news_at: datetime | None
    last_accepted_at: datetime | None
    send_rate: float
    is_in_use: bool = True


@dataclass(frozen=True, slots=True)
class Running:
    """One campaign, import or act on many people with how far it has come; `failed` and `unknown` are part of `done`,
    `cancelled` is not."""

    kind: str  # campaign | import | bulk
    id: int
    name: str
    state: str
    done: int
    total: int
    failed: int = 0
    unknown: int = 0
    skipped: int = 0
    cancelled: int = 0
    start_at: datetime | None = None
    paused_reason: str = ""

    @property
    def percent(self) -> int:
        """How far it has come; 0 while nothing is known."""
        return min(100, 100 * self.done // self.total) if self.total else 0


def line_cards() -> list[LineCard]:
    """Every business number, oldest first. One query."""
    return [_card(channel) for channel in channels.all_channels()]


def running_work() -> list[Running]:
    """What is sent, brought in or done to many people just now, for the tray of every page. At most four queries."""
    found = recent_campaigns(states=(CampaignState.SENDING,), size=_SHOWN)
    rows = db.session.execute(
        select(Import.id, Import.file_name, Import.state, Import.rows_done, Import.total_rows, Import.failed,
               (Import.restored + Import.kept).label("undone"), Import.undo_total)
        .where(Import.state.in_((ImportState.QUEUED, ImportState.RUNNING, ImportState.UNDOING)))
        .order_by(Import.id.desc()).limit(_SHOWN)).all()
    return found + [Running("import", row.id, row.file_name, str(row.state), row.undone, row.undo_total)
                    if row.state is ImportState.UNDOING else
                    Running("import", row.id, row.file_name, str(row.state), row.rows_done, row.total_rows, row.failed)
                    for row in rows] + [
        Running("bulk", act.id, contacts.name_of_act(act), str(act.state), act.done, act.total)
        for act in contacts.acts_at_work()[:_SHOWN]]


def recent_campaigns(*, states: Sequence[CampaignState] = (), size: int = 5) -> list[Running]:
    """The campaigns that matter now with their counts: running ones first. Two queries, whatever the size."""
    order = case((Campaign.state == CampaignState.SENDING, 0), (Campaign.state == CampaignState.PAUSED, 1),
                 (Campaign.state == CampaignState.SCHEDULED, 2), (Campaign.state == CampaignState.DRAFT, 3), else_=4)
    wanted = select(Campaign.id, Campaign.name, Campaign.state, Campaign.start_at, Campaign.paused_reason)
    if states:
        wanted = wanted.where(Campaign.state.in_(states))
    campaigns = db.session.execute(wanted.order_by(order, Campaign.id.desc()).limit(size)).all()
    counts = _counts_of([campaign.id for campaign in campaigns])
    return [_running(campaign, counts.get(campaign.id, {})) for campaign in campaigns]


def next_steps() -> dict[str, bool]:
    """What a new installation has done already: people, templates, campaigns. One query."""
    people, templates, campaigns = db.session.execute(
        select(exists().where(Contact.id > 0), exists().where(MessageTemplate.id > 0), exists().where(Campaign.id > 0))
    ).one()
    return {"people": bool(people), "templates": bool(templates), "campaigns": bool(campaigns)}


def _counts_of(campaign_ids: list[int]) -> dict[int, dict[str, int]]:
    """Messages by state for each of these campaigns. One query, none when there are no campaigns."""
    if not campaign_ids:
        return {}
    counts: dict[int, dict[str, int]] = {}
    for campaign_id, state, count in db.session.execute(
            select(Message.campaign_id, Message.state, func.count())
            .where(Message.campaign_id.in_(campaign_ids)).group_by(Message.campaign_id, Message.state)):
        counts.setdefault(campaign_id or 0, {})[str(state)] = count
    return counts


def _running(campaign: Any, counts: dict[str, int]) -> Running:
    """As on the campaign's own page: who was skipped is not in the total, what was cancelled is not done."""
    skipped = counts.get(MessageState.SKIPPED, 0)
    total = sum(counts.values()) - skipped
    not_done = sum(counts.get(state, 0) for state in _NOT_DONE)
    return Running("campaign", campaign.id, campaign.name, str(campaign.state), total - not_done, total,
                   counts.get(MessageState.FAILED, 0), counts.get(MessageState.UNKNOWN, 0), skipped,
                   counts.get(MessageState.CANCELLED, 0), campaign.start_at, campaign.paused_reason)


def _card(channel: Channel) -> LineCard:
    return LineCard(channel.id, channel.name, channel.display_phone, channel.kind == "simulation",
                    channel.paused_at is not None, channel.paused_reason, channel.last_news_at,
                    channel.last_accepted_at, channel.send_rate, channels.is_in_use(channel))
