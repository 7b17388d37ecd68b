"""Questions about rehearsals: the newest of a campaign, and what its figures say. Never writes."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core.states import RehearsalState
from models import Campaign, CampaignList, Rehearsal, db

AT_WORK = (RehearsalState.QUEUED, RehearsalState.RUNNING)


@dataclass(frozen=True, slots=True)
class Shown:
    """A rehearsal as a page shows it. `is_outdated`: the campaign was changed since."""

    row: Rehearsal
    is_outdated: bool

    @property
    def is_at_work(self) -> bool:
        """Whether it waits or runs."""
        return self.row.state in AT_WORK

    @property
    def figures(self) -> dict[str, Any]:
        """What came of it; empty until it has finished."""
        return self.row.figures

    def moment(self, name: str) -> datetime | None:
        """One of the moments among the figures, such as `starts_at` and `ends_at`."""
        kept = self.figures.get(name)
        return datetime.fromisoformat(kept) if kept else None

    @property
    def waves(self) -> list[tuple[datetime, int]]:
        """When messages become due and how many, earliest first."""
        return [(datetime.fromisoformat(at), count) for at, count in self.figures.get("waves", [])]


def latest(campaign_id: int) -> Rehearsal | None:
    """The newest rehearsal of a campaign. One query."""
    return db.session.scalars(
        select(Rehearsal).where(Rehearsal.campaign_id == campaign_id).order_by(Rehearsal.id.desc()).limit(1)
        .execution_options(populate_existing=True)).first()


def shown(campaign: Campaign) -> Shown | None:
    """The newest rehearsal of a campaign, and whether it still speaks of this campaign. Two queries."""
    row = latest(campaign.id)
    if row is None:
        return None
    kept = row.figures.get("mark", "")
    return Shown(row, is_outdated=bool(kept) and kept != mark_of(campaign))


def mark_of(campaign: Campaign) -> str:
    """Changes whenever somebody changes whom, what or when of a campaign. One query."""
    own = db.session.get(CampaignList, campaign.id)
    told = [campaign.audience, campaign.variables, campaign.version_id, campaign.wall_time, campaign.zone,
            campaign.local_time, campaign.latest_minutes, campaign.channel_id,
            [own.rows, own.bad, own.repeated, own.phone_column, own.added_at.isoformat()] if own else None]
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()
