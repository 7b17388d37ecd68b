"""Whether a campaign can be sent as it is: what is missing, what changed under it, and whether anybody would get it."""

from core import clock
from core.errors import Conflict
from core.states import TemplateState
from models import Campaign
from services import contacts, message_templates
from services.campaigns import audience, audience_people, sources
from services.campaigns.queries import unmapped

NOBODY = "Nobody would get this campaign: everyone in it is skipped. The check page says why"


def check_ready(campaign: Campaign) -> int:
    """How many people would get it now. Raises Conflict, naming the part, when it cannot be sent as it is."""
    found = audience.check(campaign)
    if reason := why_not(campaign, found):
        raise Conflict(reason)
    return found.ready


def why_not(campaign: Campaign, found: audience.Check | None = None) -> str:
    """Why this campaign cannot be sent as it is; empty when it can. `found` saves looking at the audience again."""
    if reason := why_not_at_all(campaign):
        return reason
    found = found or audience.check(campaign)
    return _nobody(campaign) if not found.total else "" if found.ready else NOBODY


def why_not_at_all(campaign: Campaign) -> str:
    """The same without a look at the people of the audience. Three quick queries at most."""
    if reason := template_trouble(campaign) or _audience_trouble(campaign) or _clock_trouble(campaign):
        return reason
    for name, column in sources.stale(campaign, sources.columns_of(campaign)).items():
        return f"Its list has no column “{column}” any more; say again where “{name}” comes from"
    if lacking := unmapped(campaign):
        return f"Say what to put for “{lacking[0]}”: it has no source and no fallback"
    return ""


def template_trouble(campaign: Campaign) -> str:
    """What is wrong with the chosen template; empty when it may be sent. One query."""
    version = campaign.version
    if version is None:
        return "Choose a template first"
    name, state = version.template.name, version.state
    if state is TemplateState.APPROVED:
        if lacking := message_templates.lacks(version):
            return f"The template {name} has a {lacking} at the top: say which on its page first"
        account = campaign.channel.business_id if campaign.channel else ""
        return message_templates.why_not(version.id, business_id=account)
    if state in (TemplateState.PAUSED, TemplateState.DISABLED):
        return f"WhatsApp {state} the template {name}, so it refuses every message made with it; choose another"
    if state in (TemplateState.PENDING, TemplateState.DRAFT, TemplateState.REJECTED):
        return f"The template {name} is {state}, not approved; WhatsApp refuses it until it is"
    return message_templates.why_not(version.id)


def _audience_trouble(campaign: Campaign) -> str:
    """What is wrong with how the audience was chosen."""
    if audience_people.is_empty(campaign):
        return "Choose whom it is for first: nobody is in this campaign yet"
    if gone := audience_people.gone_segments(campaign):
        which = "A segment" if gone == 1 else f"{gone} segments"
        return f"{which} this campaign was made with {'was' if gone == 1 else 'were'} deleted; choose again whom it is for"
    known = {one.key for one in contacts.all_fields()}
    for source in campaign.variables.values():
        key = str(source.get("field", ""))
        if key.startswith("field:") and key.removeprefix("field:") not in known and not source.get("fallback"):
            return "A field one of its variables was taken from was deleted; say again where that value comes from"
    return ""


def _clock_trouble(campaign: Campaign) -> str:
    """A zone that does not exist on this machine (any more)."""
    if campaign.zone and campaign.zone not in clock.zone_names():
        return f"“{campaign.zone[:60]}” is not a time zone this machine knows; choose another for its start"
    return ""


def _nobody(campaign: Campaign) -> str:
    """Why an audience that was chosen is empty."""
    if audience_people.count_meant(campaign):
        return "Everybody who is meant is excluded again, so nobody is left"
    chosen = [words for key, words in (("tags", "carries the chosen tags"), ("segments", "is in the chosen segments"),
                                       ("list", "is on its list")) if campaign.audience.get(key)]
    return f"Nobody {' or '.join(chosen) or 'is in your contacts'} any more"
