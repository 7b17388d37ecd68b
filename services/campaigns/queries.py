"""Every question about campaigns that is not their report; never writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from core.errors import NotFound
from core.pages import Page
from core.states import CampaignState, MessageState
from models import Campaign, Segment, Tag, db
from services import sending
from services.campaigns import audience_values

LARGEST_ID = 2**31 - 1
OUT = (MessageState.ACCEPTED, MessageState.SENT, MessageState.DELIVERED, MessageState.READ)


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """One line of the list: the campaign and how many of its messages stand where."""

    campaign: Campaign
    counts: Mapping[MessageState, int]

    @property
    def total(self) -> int:
        """Everyone who was queued; those skipped before the start are not counted."""
        return sum(self.counts.values()) - self.counts.get(MessageState.SKIPPED, 0)

    @property
    def sent(self) -> int:
        """Accepted by the carrier, or further."""
        return sum(self.counts.get(state, 0) for state in OUT)

    @property
    def bar(self) -> list[tuple[int, str]]:
        """The parts of the bar: how many, and their kind."""
        return [(self.sent, "good"), (self.counts.get(MessageState.FAILED, 0), "bad"),
                (self.counts.get(MessageState.UNKNOWN, 0), "ask")]


def get_campaign(campaign_id: int) -> Campaign:
    """One campaign as it stands now, with its channel and template version. Raises NotFound. One query."""
    if 0 < campaign_id <= LARGEST_ID:
        found = db.session.get(Campaign, campaign_id, populate_existing=True)
        if found:
            return found
    raise NotFound("There is no such campaign")


def list_campaigns(*, state: str = "", page: int = 1, size: int = 20) -> Page[CampaignRow]:
    """Campaigns, newest first, with their counts; an unknown `state` shows all. Three queries."""
    wanted = select(Campaign)
    if state in set(CampaignState):
        wanted = wanted.where(Campaign.state == CampaignState(state))
    total = db.session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    number = max(1, min(page, -(-total // size) or 1))
    found = db.session.scalars(wanted.order_by(Campaign.id.desc()).limit(size).offset((number - 1) * size)).all()
    counts = sending.counts_of([campaign.id for campaign in found])
    return Page([CampaignRow(campaign, counts[campaign.id]) for campaign in found], number, size, total)


def running() -> Sequence[CampaignRow]:
    """Campaigns that send or are paused, newest first, with their counts. Two queries."""
    return _in_states(CampaignState.SENDING, CampaignState.PAUSED)


def missed() -> Sequence[CampaignRow]:
    """Campaigns that did not start in time and wait for a person. Two queries."""
    return _in_states(CampaignState.MISSED)


def coming() -> Sequence[Campaign]:
    """Scheduled campaigns, the next one first. One query."""
    return db.session.scalars(
        select(Campaign).where(Campaign.state == CampaignState.SCHEDULED)
        .order_by(Campaign.start_at, Campaign.id)).all()


def state_counts() -> dict[str, int]:
    """How many campaigns there are in each state. One query."""
    return {str(state): count for state, count in
            db.session.execute(select(Campaign.state, func.count()).group_by(Campaign.state))}


def tags_of(campaign: Campaign) -> list[Tag]:
    """The tags of the audience that still exist, by name. One query."""
    wanted = campaign.audience.get("tags", [])
    return list(db.session.scalars(select(Tag).where(Tag.id.in_(wanted)).order_by(Tag.key)))


def segments_of(campaign: Campaign) -> list[Segment]:
    """The segments of the audience that still exist, by name. One query, none without segments."""
    wanted = campaign.audience.get("segments", [])
    return list(db.session.scalars(select(Segment).where(Segment.id.in_(wanted)).order_by(Segment.key))) if wanted else []


def unmapped(campaign: Campaign) -> list[str]:
    """Variables that cannot have a value for anybody: no field or column gives one, and there is no fallback."""
    return audience_values.lacking(campaign)


def _in_states(*states: CampaignState) -> list[CampaignRow]:
    """Campaigns in these states, newest first."""
    found = db.session.scalars(select(Campaign).where(Campaign.state.in_(states)).order_by(Campaign.id.desc())).all()
    counts = sending.counts_of([campaign.id for campaign in found])
    return [CampaignRow(campaign, counts[campaign.id]) for campaign in found]
