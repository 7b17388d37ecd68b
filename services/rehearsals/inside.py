"""What the process of a rehearsal asks of its own database, and the one thing it changes there: nothing waits."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select, update

from core import clock
from core.states import CampaignState, EventState, MessageState, TemplateState
from models import Campaign, Message, Setting, TemplateVersion, WebhookEvent, db, transaction
from services import sending


@dataclass(frozen=True, slots=True)
class Moving:
    """How far a rehearsed campaign is. Everything of it changes while anything moves."""

    state: CampaignState
    counts: tuple[tuple[MessageState, int], ...]
    unread: int  # bodies that came and were not read yet

    @property
    def total(self) -> int:
        """Everybody of the audience."""
        return sum(count for _, count in self.counts)

    @property
    def done(self) -> int:
        """Those who are not waiting any more."""
        waiting = (MessageState.QUEUED, MessageState.SENDING)
        return self.total - sum(count for state, count in self.counts if state in waiting)


def template_standing() -> tuple[TemplateState, str]:
    """Where the one template version stands with the simulated carrier, and why it was refused."""
    db.session.rollback()
    row = db.session.execute(select(TemplateVersion.state, TemplateVersion.reason)).one()
    return row.state, row.reason


def waves(campaign_id: int) -> list[tuple[str, int]]:
    """When messages become due (ISO, UTC), and how many. One query."""
    rows = db.session.execute(
        select(Message.due_at, func.count())
        .where(Message.campaign_id == campaign_id, Message.state == MessageState.QUEUED)
        .group_by(Message.due_at).order_by(Message.due_at))
    return [(at.isoformat(), count) for at, count in rows]


def hurry(campaign_id: int) -> None:
    """Nothing waits for its hour any more: who is written to, and when, has been decided."""
    past = clock.now() - timedelta(minutes=1)
    with transaction():
        db.session.execute(update(Message).where(
            Message.campaign_id == campaign_id, Message.state == MessageState.QUEUED).values(due_at=past, latest_at=None))
        db.session.execute(update(Campaign).values(latest_at=None, started_at=past))
        db.session.execute(update(Setting).where(Setting.name == "quiet_hours").values(
            value={"is_on": False, "from": "21:00", "to": "08:00"}))


def moving(campaign_id: int) -> Moving:
    """How far it is. Three queries."""
    db.session.rollback()
    counts = sending.counts(campaign_id)
    unread = db.session.scalar(select(func.count()).where(WebhookEvent.state == EventState.NEW)) or 0
    state = db.session.scalars(select(Campaign.state).where(Campaign.id == campaign_id)).one()
    return Moving(state, tuple(counts.items()), unread)
