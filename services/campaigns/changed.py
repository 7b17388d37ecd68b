"""What WhatsApp changed under a campaign: other words, or another kind; what that means for those who wait; and going on."""

from dataclasses import dataclass

from sqlalchemy import func, select, update

from core.actor import Actor
from core.errors import Conflict
from core.states import CampaignState, MessageState, TemplateState
from models import Campaign, Contact, Message, TemplateVersion, db, transaction
from services import activity, message_templates, sending
from services.campaigns.queries import get_campaign

OPEN = (CampaignState.DRAFT, CampaignState.SCHEDULED, CampaignState.PAUSED, CampaignState.MISSED, CampaignState.REPEATING)


@dataclass(frozen=True, slots=True)
class Changed:
    """What is not any more what the campaign was made with."""

    old: TemplateVersion
    new: TemplateVersion | None  # what took its place; None when the words are the same
    changes: tuple[message_templates.Change, ...]
    why_not: str  # why it cannot go on with the new words, if it cannot
    category: str  # what it counts as now, when that changed; else empty
    former_category: str
    skipped: tuple[tuple[str, int], ...]  # of those who wait: reason in words, how many


def changed(campaign: Campaign) -> Changed | None:
    """What changed under a campaign that is not over; None when nothing did. Up to four queries."""
    version = campaign.version
    if version is None or campaign.state not in (*OPEN, CampaignState.SENDING):
        return None
    new = _successor(version) if version.state is TemplateState.REPLACED else None
    template = version.template
    since = template.recategorised_at
    is_other = bool(since and template.former_category and since > campaign.created_at
                    and campaign.state is not CampaignState.DRAFT)
    if new is None and not is_other:
        return None
    found = message_templates.changes(message_templates.words_in(version), message_templates.words_in(new)) if new else []
    return Changed(version, new, tuple(found), _why_not(version, new) if new else "",
                   template.category if is_other else "", template.former_category if is_other else "",
                   tuple(_skipped(campaign.id, template.category)) if is_other else ())


def take_new_words(campaign_id: int, *, by: Actor) -> Campaign:
    """Have a campaign use the words that took the place of its own; those who wait get them, too.

    It stays as it is otherwise: a paused one is resumed by itself. Raises Conflict when there are none, when they are
    not approved yet, or when they have gaps nobody has a value for.
    """
    with transaction():
        campaign = get_campaign(campaign_id)
        found = changed(campaign) if campaign.state in OPEN else None
        if found is None or found.new is None:
            raise Conflict("The words of this campaign are still the ones WhatsApp has")
        if found.why_not:
            raise Conflict(found.why_not)
        db.session.execute(update(Campaign).where(Campaign.id == campaign_id).values(version_id=found.new.id))
        db.session.execute(update(Message).where(
            Message.campaign_id == campaign_id, Message.state == MessageState.QUEUED,
            Message.version_id == found.old.id).values(version_id=found.new.id))
        activity.record("campaign.reworded", by=by, subject_kind="campaign", subject_id=campaign_id,
                        subject_name=campaign.name, number=found.new.number)
    return get_campaign(campaign_id)


def _successor(version: TemplateVersion) -> TemplateVersion | None:
    """The version that holds its place now."""
    found, seen = version, {version.id}
    while found.state is TemplateState.REPLACED:
        after = db.session.scalars(
            select(TemplateVersion).where(TemplateVersion.replaces_id == found.id, TemplateVersion.wire_id != "")
            .order_by(TemplateVersion.number.desc()).limit(1)).first()
        if after is None or after.id in seen:
            return None
        seen.add(after.id)
        found = after
    return found


def _why_not(old: TemplateVersion, new: TemplateVersion) -> str:
    """Why a campaign made with the old words cannot go on with the new ones; empty when it can."""
    known = {str(one["name"]) for one in old.variables}
    if fresh := [str(one["name"]) for one in new.variables if str(one["name"]) not in known]:
        return (f"The new words have a gap “{fresh[0]}” that this campaign has no values for: cancel it, and make a copy "
                "with the new version")
    if lacking := message_templates.lacks(new):
        return f"The new words have another {lacking} at the top: say which on the page of the template first"
    return message_templates.why_not(new.id)


def _skipped(campaign_id: int, category: str) -> list[tuple[str, int]]:
    """Who of those that wait would be skipped for want of consent. One query."""
    rows = db.session.execute(
        select(Contact.marketing, Contact.utility, func.count())
        .join(Message, Message.contact_id == Contact.id)
        .where(Message.campaign_id == campaign_id, Message.state == MessageState.QUEUED)
        .group_by(Contact.marketing, Contact.utility)).all()
    found: dict[str, int] = {}
    for marketing, utility, count in rows:
        if code := sending.consent_refusal(marketing, utility, category):
            found[code] = found.get(code, 0) + count
    return [(sending.words_of(code), count) for code, count in sorted(found.items(), key=lambda one: -one[1])]
