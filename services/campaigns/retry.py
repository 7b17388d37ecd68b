"""Trying those who failed once more, by reason: a person's decision, with the exact number, each judged again.

The rows stay the campaign's own: they go back to queued and keep their earlier try. A finished campaign goes on and is
finished again only when every row is final. What is unknown is left alone, and a cancelled campaign stays cancelled.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import update

from core.actor import Actor
from core.errors import Conflict, Invalid
from core.states import WHY_NOT, CampaignState, TemplateState
from core.words import plural
from models import Campaign, db, transaction
from services import activity, sending
from services.campaigns.queries import get_campaign

_GOES_ON = (CampaignState.SENDING, CampaignState.PAUSED, CampaignState.FINISHED)


@dataclass(frozen=True, slots=True)
class RetryReason:
    """One reason why some failed: `ready` of the `count` may get it now, the others are refused for `refused`."""

    code: str
    words: str
    count: int
    ready: int
    refused: tuple[str, ...] = ()

    @property
    def advice(self) -> sending.Advice:
        """Whether another try can help, and what to do."""
        return sending.advice_on(self.code)

    @property
    def cause(self) -> str:
        """What went wrong, without what to do about it."""
        return sending.cause_of(self.code, self.words)

    @property
    def is_sensible(self) -> bool:
        """Whether trying again at once can help."""
        return self.ready > 0 and self.advice.chance is sending.Chance.NOW


def retry_reasons(campaign: Campaign) -> list[RetryReason]:
    """Why people of this campaign failed and how many of them may get it now, most sensible first. One query."""
    if campaign.version is None:
        return []
    found: dict[str, list[sending.FailedGroup]] = {}
    for group in sending.failed_groups(campaign.id, _wanted(campaign)):
        found.setdefault(group.code, []).append(group)
    reasons = [RetryReason(
        code, min(group.words for group in groups) or code or "No reason was given",
        sum(group.count for group in groups), sum(group.count for group in groups if group.verdict.ok),
        tuple(sorted({group.verdict.words for group in groups if not group.verdict.ok})))
        for code, groups in found.items()]
    order = list(sending.Chance)
    return sorted(reasons, key=lambda reason: (order.index(reason.advice.chance), -reason.count, reason.code))


def why_no_retry(campaign: Campaign) -> str:
    """Why nobody of this campaign can be tried again, in words; empty when they can."""
    if campaign.state is CampaignState.CANCELLED:
        return "This campaign was cancelled, so nobody of it is tried again; make a copy to send it to them"
    return "" if campaign.state in _GOES_ON else WHY_NOT[campaign.state]


def retry(campaign_id: int, *, codes: Collection[str], expected: int | None = None, by: Actor) -> int:
    """Queue everyone who failed for one of these reasons and may get it now; how many.

    `expected` is the number the person was shown. Raises NotFound; Invalid when no reason is chosen; Conflict when the
    campaign cannot go on, when nobody may get it, or when the number is another one by now. Nothing is queued then.
    """
    campaign = get_campaign(campaign_id)
    if reason := why_no_retry(campaign):
        raise Conflict(reason)
    if not codes:
        raise Invalid("Choose at least one reason", field="codes")
    with transaction():
        _go_on(campaign_id)
        count = sending.try_again(campaign_id, codes=codes, wanted=_wanted(campaign))
        if not count:
            raise Conflict("Nobody who failed for these reasons may get it now")
        if expected is not None and count != expected:
            raise Conflict(f"It would be {plural(count, 'person', 'people')} by now, not {expected:,}; look again")
        activity.record("campaign.retried", by=by, subject_kind="campaign", subject_id=campaign_id,
                        subject_name=campaign.name, people=count)
    return count


def _go_on(campaign_id: int) -> None:
    """Claim the campaign: a finished one goes back to sending. The brake on failures has been seen by a person."""
    changed = db.session.execute(
        update(Campaign).where(Campaign.id == campaign_id, Campaign.state == CampaignState.FINISHED)
        .values(state=CampaignState.SENDING, finished_at=None, failures_seen=True)).rowcount
    changed = changed or db.session.execute(
        update(Campaign).where(Campaign.id == campaign_id, Campaign.state.in_(_GOES_ON))
        .values(failures_seen=True)).rowcount
    if not changed:
        raise Conflict(WHY_NOT[get_campaign(campaign_id).state])


def _wanted(campaign: Campaign) -> sending.Wanted:
    """What judging needs to know of the template."""
    version = campaign.version
    if version is None:
        raise Conflict("Choose a template first")
    return sending.Wanted(version.template.category, is_approved=version.state is TemplateState.APPROVED)
