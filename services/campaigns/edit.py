"""Write a campaign, change it, throw a draft away. Only drafts change; a claim on the state says so."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, update

from core.actor import Actor
from core.errors import Conflict, Invalid
from core.states import CampaignState
from core.words import one_line
from models import Campaign, db, transaction
from services import activity, channels, message_templates
from services.campaigns import sources
from services.campaigns import whom as audience
from services.campaigns.queries import get_campaign
from services.campaigns.sources import Source

NAME_LIMIT = 120
POLICIES = {
    "hold": "Never send again on a guess: a person decides",
    "resend": "Send again once it is proven that WhatsApp stayed silent",
}


def add_campaign(*, name: str, tag_ids: Sequence[int] = (), whom: Mapping[str, Any] | None = None,
                 version_id: int | None = None, variables: Mapping[str, Source] | None = None,
                 unknown_policy: str = "hold", by: Actor) -> Campaign:
    """Draft a campaign. Whatever is left out can be added later; `variables` say where each value comes from.

    `whom` holds lists of ids: tags, segments, without_tags, without_segments, without_campaigns; and "everyone".
    Raises Invalid, naming the field, and NotFound for a template version that does not exist.
    """
    values = _named(name) | _decided(unknown_policy) | {
        "audience": audience.checked({"tags": tag_ids} | dict(whom or {}), {}), "version_id": version_id,
        "variables": sources.checked(version_id, variables or {})}
    if version_id is not None and variables is None:
        values["variables"] = sources.suggestions(
            [str(one["name"]) for one in message_templates.get_version(version_id).variables], ())
    with transaction():
        campaign = Campaign(channel_id=channels.default_channel().id, created_by=by.name, **values)
        db.session.add(campaign)
        db.session.flush()
        note("campaign.added", campaign, by)
    return campaign


def change_campaign(campaign_id: int, *, name: str | None = None, tag_ids: Sequence[int] | None = None,
                    whom: Mapping[str, Any] | None = None, version_id: int | None = None,
                    variables: Mapping[str, Source] | None = None, unknown_policy: str | None = None,
                    by: Actor) -> Campaign:
    """Change a draft; what is None stays, and so do the parts of `whom` that are left out. A newer version of the same
    template keeps the mapping, another template drops it.

    Raises NotFound, Invalid naming the field, and Conflict unless the campaign is a draft.
    """
    campaign = get_campaign(campaign_id)
    check_draft(campaign)
    given = dict(whom or {}) | ({} if tag_ids is None else {"tags": tag_ids})
    values: dict[str, Any] = {}
    if name is not None:
        values |= _named(name)
    if unknown_policy is not None:
        values |= _decided(unknown_policy)
    if given:
        values["audience"] = audience.checked(given, campaign.audience)
    if version_id is not None or variables is not None:
        values |= _what(campaign, version_id, variables)
    if all(getattr(campaign, key) == value for key, value in values.items()):
        return campaign
    with transaction():
        claim_draft(campaign_id, values)
        note("campaign.changed", get_campaign(campaign_id), by)
    return get_campaign(campaign_id)


def _what(campaign: Campaign, version_id: int | None, variables: Mapping[str, Source] | None) -> dict[str, Any]:
    """The template and the mapping, as columns."""
    chosen = campaign.version_id if version_id is None else version_id
    if variables is not None:
        mapping: Mapping[str, Any] = sources.checked(chosen, variables, sources.columns_of(campaign))
    elif chosen is not None and chosen != campaign.version_id:
        mapping = sources.carried_over(campaign, chosen)
    else:
        mapping = campaign.variables
    return {"version_id": chosen, "variables": mapping}


def delete_draft(campaign_id: int, *, by: Actor) -> None:
    """Throw a draft away for good. Raises NotFound, and Conflict for anything that is not a draft."""
    name = get_campaign(campaign_id).name
    with transaction():
        gone = db.session.execute(
            delete(Campaign).where(Campaign.id == campaign_id, Campaign.state == CampaignState.DRAFT)).rowcount
        if not gone:
            raise Conflict(f"This campaign is {get_campaign(campaign_id).state}; only a draft can be deleted")
        activity.record("campaign.deleted", by=by, subject_kind="campaign", subject_name=name)


def claim_draft(campaign_id: int, values: Mapping[str, Any]) -> None:
    """Write these columns if the campaign is a draft at this very moment. Raises Conflict otherwise."""
    changed = db.session.execute(
        update(Campaign).where(Campaign.id == campaign_id, Campaign.state == CampaignState.DRAFT)
        .values(**values)).rowcount
    if not changed:
        raise Conflict(_not_open(get_campaign(campaign_id).state))


def check_draft(campaign: Campaign) -> None:
    """Raise Conflict unless it is a draft."""
    if campaign.state != CampaignState.DRAFT:
        raise Conflict(_not_open(campaign.state))


def _not_open(state: CampaignState) -> str:
    more = "; take it back to draft to change it" if state == CampaignState.SCHEDULED else ""
    return f"This campaign is {state}, so it cannot be changed{more}"


def _named(name: str) -> dict[str, str]:
    """The name as a column. Raises Invalid."""
    name = one_line(name)
    if not name:
        raise Invalid("Give the campaign a name", field="name")
    if len(name) > NAME_LIMIT:
        raise Invalid(f"The name must be {NAME_LIMIT} characters or fewer", field="name")
    return {"name": name}


def _decided(unknown_policy: str) -> dict[str, str]:
    """What to do in doubt, as a column. Raises Invalid."""
    if unknown_policy not in POLICIES:
        raise Invalid("Choose hold or resend for messages whose outcome nobody knows", field="unknown_policy")
    return {"unknown_policy": unknown_policy}


def note(verb: str, campaign: Campaign, by: Actor, **details: Any) -> None:
    """One line of activity about this campaign."""
    activity.record(verb, by=by, subject_kind="campaign", subject_id=campaign.id, subject_name=campaign.name,
                    **details)
