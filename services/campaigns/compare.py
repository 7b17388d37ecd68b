"""Campaigns side by side: the same figures and rates for each, what differs in words, and all times of a pattern."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from core.errors import Invalid
from core.states import CampaignState, MessageState
from models import Campaign, Message, db
from services import sending
from services.campaigns import answers
from services.campaigns.queries import OUT, get_campaign

MOST = 4
FEW = 100  # with fewer people, a difference is said to be possibly chance
NAMES = {"sent": "were sent it", "delivered": "got it", "read": "read it", "replied": "wrote back", "failed": "failed",
         "opted_out": "said stop"}
_STATES = {"sent": OUT, "delivered": (MessageState.DELIVERED, MessageState.READ), "read": (MessageState.READ,),
           "failed": (MessageState.FAILED,), "unknown": (MessageState.UNKNOWN,), "skipped": (MessageState.SKIPPED,)}


@dataclass(frozen=True, slots=True)
class Figures:
    """The counts of one campaign, or of several together. `recipients` were queued; skipped ones stand apart."""

    recipients: int = 0
    sent: int = 0
    delivered: int = 0
    read: int = 0
    replied: int = 0
    failed: int = 0
    unknown: int = 0
    skipped: int = 0
    opted_out: int = 0

    def of(self, name: str) -> int:
        """One count by its name."""
        return int(getattr(self, name))

    def share(self, name: str) -> float | None:
        """Its part in percent: of everyone queued for sent and failed, of those sent for the others."""
        whole = self.recipients if name in ("sent", "failed", "unknown") else self.sent
        return 100 * self.of(name) / whole if whole else None


@dataclass(frozen=True, slots=True)
class Side:
    """One campaign of a comparison."""

    campaign: Campaign
    figures: Figures


def compare(campaign_ids: Sequence[int]) -> list[Side]:
    """These campaigns with their figures, in this order, each once. Raises NotFound, and Invalid unless 2 to MOST.

    Three queries and one for each campaign.
    """
    wanted = list(dict.fromkeys(campaign_ids))
    if not 2 <= len(wanted) <= MOST:
        raise Invalid(f"Choose two to {MOST} campaigns to compare", field="campaign")
    found = [get_campaign(one) for one in wanted]
    figures = figures_of(found)
    return [Side(campaign, figures[campaign.id]) for campaign in found]


def occurrences(pattern_id: int, *, limit: int = 100) -> tuple[list[Side], Figures]:
    """The newest campaigns a repeating one has made, and the totals of all of them. Raises NotFound. Six queries."""
    get_campaign(pattern_id)
    of_it = Campaign.pattern_id == pattern_id
    found = list(db.session.scalars(select(Campaign).where(of_it).order_by(Campaign.id.desc())))
    counts = db.session.execute(
        select(Message.state, func.count()).where(Message.campaign_id.in_(select(Campaign.id).where(of_it)))
        .group_by(Message.state))
    replied, stopped = answers.count_replies(found), answers.count_opt_outs(found)
    totals = _figures({state: count for state, count in counts}, sum(replied.values()), sum(stopped.values()))
    shown = found[:limit]
    figures = figures_of(shown, replied=replied, stopped=stopped)
    return [Side(campaign, figures[campaign.id]) for campaign in shown], totals


def figures_of(campaigns: Sequence[Campaign], *, replied: Mapping[int, int] | None = None,
               stopped: Mapping[int, int] | None = None) -> dict[int, Figures]:
    """The figures of these campaigns by id; answers that are known already are not asked again. Three queries."""
    counts = sending.counts_of([campaign.id for campaign in campaigns])
    replied = answers.count_replies(campaigns) if replied is None else replied
    stopped = answers.count_opt_outs(campaigns) if stopped is None else stopped
    return {one.id: _figures(counts[one.id], replied.get(one.id, 0), stopped.get(one.id, 0)) for one in campaigns}


def differences(sides: Sequence[Side]) -> list[str]:
    """What differs between the first and each other one, in sentences; points are percentage points."""
    first, said = sides[0], []
    for other in sides[1:]:
        parts = [_difference(name, first.figures, other.figures) for name in NAMES]
        parts = [part for part in parts if part]
        if not parts:
            said.append(f"“{other.campaign.name}” and “{first.campaign.name}” did the same, as far as shares go.")
            continue
        few = min(first.figures.sent, other.figures.sent) < FEW
        chance = f" With fewer than {FEW} people in one of them, this may be chance." if few else ""
        said.append(f"Against “{first.campaign.name}”, of “{other.campaign.name}” {', '.join(parts)}.{chance}")
    return said


def _difference(name: str, first: Figures, other: Figures) -> str:
    """One rate against the other: “4.2 points more read it (57.6 % against 53.4 %)”; empty when they are alike."""
    one, two = other.share(name), first.share(name)
    if one is None or two is None or abs(one - two) < 0.05:
        return ""
    return f"{abs(one - two):.1f} points {'more' if one > two else 'fewer'} {NAMES[name]} ({one:.1f} % against {two:.1f} %)"


def _figures(counts: Mapping[MessageState, int], replied: int, stopped: int) -> Figures:
    """Counts by state as figures."""
    found = {name: sum(counts.get(state, 0) for state in states) for name, states in _STATES.items()}
    return Figures(recipients=sum(counts.values()) - found["skipped"], replied=replied, opted_out=stopped, **found)


def is_pattern(campaign: Campaign) -> bool:
    """Whether this campaign repeats or did, so that its times can be laid side by side. At most one query."""
    if campaign.state is CampaignState.REPEATING:
        return True
    return bool(db.session.scalar(select(Campaign.id).where(Campaign.pattern_id == campaign.id).limit(1)))
