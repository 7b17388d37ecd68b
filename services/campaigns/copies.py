"""A new draft like an old campaign: the same people, words, mapping, list and doubts, without a time."""

from core.actor import Actor
from models import Campaign, db, transaction
from services.campaigns import own_list, whom
from services.campaigns.edit import NAME_LIMIT, note
from services.campaigns.queries import get_campaign

_COPIED = ("channel_id", "version_id", "variables", "local_time", "latest_minutes", "unknown_policy")


def duplicate(campaign_id: int, *, only_missed: bool = False, by: Actor) -> Campaign:
    """A new draft with everything but the time. `only_missed` leaves out everybody who got the old one, or may have.

    Raises NotFound.
    """
    old = get_campaign(campaign_id)
    audience = whom.still_there(old.audience)
    if only_missed:
        audience["without_campaigns"] = sorted({*audience.get("without_campaigns", []), old.id})
    ending = " (those left out)" if only_missed else " (copy)"
    with transaction():
        values = {name: getattr(old, name) for name in _COPIED}
        copy = Campaign(name=f"{old.name[:NAME_LIMIT - len(ending)]}{ending}", audience=audience, copy_of=old.id,
                        created_by=by.name, **values)
        db.session.add(copy)
        db.session.flush()
        if audience.get("list"):
            own_list.copy_list(old.id, copy.id)
        note("campaign.added", copy, by)
    return copy
