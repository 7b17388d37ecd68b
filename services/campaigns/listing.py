"""The list of campaigns: what needs a person first, then the newest; filters by state, words and time.

A page begins after a known place. The counts of a page come from one walk along the index of campaign and state; what
that costs is in docs/decisions/0021.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from core.pages import Page
from core.states import CampaignState, MessageState
from core.words import folded, one_line
from models import Campaign, Schedule, db
from services import sending
from services.campaigns.queries import CampaignRow

NEEDS_A_PERSON = (CampaignState.PAUSED, CampaignState.MISSED)
_RANK: Any = case((Campaign.state.in_(NEEDS_A_PERSON), 0), else_=1)


@dataclass(frozen=True, slots=True)
class Line(CampaignRow):
    """One campaign of the list; `next_at` is the next time of one that repeats."""

    next_at: datetime | None = None

    @property
    def needs_a_person(self) -> bool:
        """Whether it waits for a decision: paused, missed, or nothing but doubts is left."""
        only_doubts = (self.campaign.state is CampaignState.SENDING and bool(self.counts.get(MessageState.UNKNOWN))
                       and not self.counts.get(MessageState.QUEUED) and not self.counts.get(MessageState.SENDING))
        return self.campaign.state in NEEDS_A_PERSON or only_doubts

    def share(self, *states: MessageState) -> float | None:
        """How many of everyone queued stand in these states, in percent; None when nobody was."""
        return 100 * sum(self.counts.get(state, 0) for state in states) / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class CampaignPage(Page[Line]):
    """A page of campaigns; `after` and `before` are the places that lead on and back, empty at the ends."""

    after: str = ""
    before: str = ""


def find_campaigns(*, state: str = "", text: str = "", since: datetime | None = None, until: datetime | None = None,
                   after: str = "", before: str = "", number: int = 1, size: int = 25) -> CampaignPage:
    """Campaigns whose name holds `text`, in this state, made or started between two moments. Four queries.

    An unknown state shows all; a place that cannot be read begins at the start.
    """
    wanted = _conditions(state, text, since, until)
    total = db.session.scalar(select(func.count(Campaign.id)).where(*wanted)) or 0
    place, is_back = _place(before) or _place(after), bool(_place(before))
    asked = select(Campaign, _RANK.label("rank")).where(*wanted)
    if place:
        asked = asked.where(_beyond(place, is_back=is_back))
    order = (_RANK.desc(), Campaign.id) if is_back else (_RANK, Campaign.id.desc())
    found = list(db.session.execute(asked.order_by(*order).limit(size + 1)))
    is_more, rows = len(found) > size, found[:size]
    rows = rows[::-1] if is_back else rows
    leads_on, leads_back = (True, is_more) if is_back else (is_more, place is not None)
    return CampaignPage(_lines([row[0] for row in rows]), max(1, number) if place else 1, size, total,
                        after=_name(rows[-1]) if rows and leads_on else "",
                        before=_name(rows[0]) if rows and leads_back else "")


def _conditions(state: str, text: str, since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    """What narrows the list."""
    found: list[ColumnElement[bool]] = []
    if state in set(CampaignState):
        found.append(Campaign.state == CampaignState(state))
    for word in one_line(text.replace("\0", ""))[:200].split():  # SQLite lowers only plain letters, so both spellings
        found.append(or_(func.lower(Campaign.name).contains(folded(word), autoescape=True),
                         Campaign.name.contains(word, autoescape=True)))
    at = func.coalesce(Campaign.started_at, Campaign.start_at, Campaign.created_at)
    if since:
        found.append(at >= since)
    if until:
        found.append(at < until)
    return found


def _lines(campaigns: Sequence[Campaign]) -> list[Line]:
    """With their counts, and the next time of those that repeat. At most two queries."""
    counts = sending.counts_of([campaign.id for campaign in campaigns])
    patterns = [campaign.id for campaign in campaigns if campaign.state is CampaignState.REPEATING]
    coming: Mapping[int, Any] = {} if not patterns else {
        campaign_id: next_at for campaign_id, next_at in db.session.execute(
            select(Schedule.campaign_id, Schedule.next_at).where(Schedule.campaign_id.in_(patterns)))}
    return [Line(campaign, counts[campaign.id], coming.get(campaign.id)) for campaign in campaigns]


def _beyond(place: tuple[int, int], *, is_back: bool) -> ColumnElement[bool]:
    """Rows after a place in the order of the list, or before it."""
    rank, campaign_id = place
    if is_back:
        return or_(rank > _RANK, and_(rank == _RANK, Campaign.id > campaign_id))
    return or_(rank < _RANK, and_(rank == _RANK, Campaign.id < campaign_id))


def _name(row: Any) -> str:
    """A place as it stands in the address."""
    return f"{row.rank}.{row[0].id}"


def _place(text: str) -> tuple[int, int] | None:
    """A place out of the address; None when it is none."""
    rank, dot, number = text.partition(".")
    if rank in ("0", "1") and dot and number.isascii() and number.isdigit() and len(number) < 10:
        return int(rank), int(number)
    return None
