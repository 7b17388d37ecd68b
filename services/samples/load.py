"""Load the sample: people, what they are grouped by, words, a draft, and a campaign that is really sent (simulated)."""

import logging
from typing import Any

from core import clock
from core.actor import SYSTEM, Actor
from core.errors import Conflict, DashboardError
from core.states import CampaignState, TemplateState
from models import Campaign, MessageTemplate, db, transaction
from services import activity, campaigns, channels, contacts, message_templates, segments
from services.samples import kept, people
from services.samples.plan import Standing, standing
from services.segments import Condition, all_of

log = logging.getLogger("app")

TEMPLATES: tuple[dict[str, Any], ...] = (
    {"name": "sample_check_up", "category": "marketing", "footer": "Reply STOP for no more of these",
     "body": "Hello {{first_name}}, it is time for your yearly check-up. {{doctor}} has room next week. "
             "It takes half an hour and is covered by your plan.",
     "variables": [{"name": "first_name", "sample": "Ana", "fallback": "there"},
                   {"name": "doctor", "sample": "Dr Eke", "fallback": ""}]},
    {"name": "sample_open_doors", "category": "marketing", "footer": "Reply STOP for no more of these",
     "body": "Hello {{first_name}}, our doors are open this Saturday from nine until noon. Come and meet the team.",
     "variables": [{"name": "first_name", "sample": "Ana", "fallback": "there"}]},
    {"name": "sample_appointment", "category": "utility", "footer": "",
     "body": "Hello {{first_name}}, this is a reminder of your appointment with {{doctor}}. "
             "Please call us if another day suits you better.",
     "variables": [{"name": "first_name", "sample": "Ana", "fallback": "there"},
                   {"name": "doctor", "sample": "Dr Eke", "fallback": "your doctor"}]},
)


def load(*, by: Actor) -> Standing:
    """Load everything, once; a second call finds it done. Raises Conflict where the business number is a real one.

    The finished example is sent by `go_on`, through the real path, when its template has been approved.
    """
    if not may_load():
        raise Conflict("Sample data is for the simulated number only, so that made-up people never meet a real one")
    if kept.kept():
        return standing()
    try:
        with transaction():
            kept.keep({"at": clock.now().isoformat()})
            made = _fields(by) | _people(by) | _segments(by) | _templates(by)
            made |= _campaigns(made, by)
            kept.keep(made | {"at": clock.now().isoformat(), "waits": True})
            activity.record("samples.loaded", by=by, subject_kind="sample", subject_name="Sample data",
                            people=made["people"])
    except Conflict:
        if kept.kept():  # somebody else clicked at the same moment
            return standing()
        raise
    return standing()


def may_load() -> bool:
    """Whether this installation may have sample data: its number is simulated."""
    return channels.default_channel().kind == "simulation"


def go_on() -> bool:
    """Start the example campaign once its template is approved. True when it was started now. One query when idle."""
    found = kept.kept()
    if not found.get("waits"):
        return False
    campaign = db.session.get(Campaign, found["example"])
    if campaign is None or campaign.state is not CampaignState.DRAFT or campaign.version is None:
        _waits_no_more()
        return False
    if campaign.version.state is TemplateState.PENDING or not may_load():
        return False
    try:
        campaigns.start_now(campaign.id, by=SYSTEM)
    except DashboardError as error:
        log.warning("the sample campaign was not started: %s", error.message)
        _waits_no_more()
        return False
    _waits_no_more()
    return True


def _waits_no_more() -> None:
    with transaction():
        if found := kept.kept():
            kept.keep(found | {"waits": False})


def _fields(by: Actor) -> dict[str, Any]:
    """The two fields of our own, unless there are such already."""
    known = {field.label: field.key for field in contacts.all_fields()}
    made = {}
    for label, kind in ((people.DOCTOR, "text"), (people.VISIT, "date")):
        if label not in known:
            made[label] = known[label] = contacts.add_field(label=label, kind=kind, by=by)
    return {"doctor": known[people.DOCTOR], "visit": known[people.VISIT], "fields": sorted(made.values())}


def _people(by: Actor) -> dict[str, Any]:
    """Everybody whose number nobody has yet, with tags and consent."""
    keys = {field.label: field.key for field in contacts.all_fields()}  # _fields() has seen to it
    outcomes = contacts.add_or_update_many(
        people.everybody(keys[people.DOCTOR], keys[people.VISIT]), on_duplicate="skip", source=people.SOURCE,
        how="staff", by=by)
    new = {outcomes.tag_ids[key] for key in outcomes.new_tags}
    return {"people": outcomes.kinds.count("created"), "tags": sorted(new), "all_tags": dict(outcomes.tag_ids)}


def _segments(by: Actor) -> dict[str, Any]:
    """Two groups that keep themselves."""
    wanted = {
        "Sample: agreed to marketing": (Condition("tag.is", people.READERS), Condition("marketing.granted")),
        "Sample: birthday within 30 days": (Condition("tag.is", people.PATIENTS), Condition("birthday.within", "30")),
    }
    known = {row.name for row in segments.all_segments()}
    made = [segments.add_segment(name=name, shape=all_of(conditions), by=by).id
            for name, conditions in wanted.items() if name not in known]
    return {"segments": made}


def _templates(by: Actor) -> dict[str, Any]:
    """Three texts, handed in to the simulated carrier as any other."""
    made = [message_templates.add_template(language="en", by=by, **one).id for one in TEMPLATES]
    return {"templates": made}


def _campaigns(made: dict[str, Any], by: Actor) -> dict[str, Any]:
    """A draft that is ready to check, and one that will have been sent."""
    check_up, open_doors = (_newest(template_id) for template_id in made["templates"][:2])
    tags = {key.casefold(): tag_id for key, tag_id in made["all_tags"].items()}
    draft = campaigns.add_campaign(
        name="Sample: check-up reminder", tag_ids=[tags[people.PATIENTS.casefold()]], version_id=check_up, by=by,
        variables={"first_name": {"from": "field", "field": "first_name", "fallback": "there"},
                   "doctor": {"from": "field", "field": f"field:{made['doctor']}", "fallback": ""}})
    example = campaigns.add_campaign(
        name="Sample: open doors", tag_ids=[tags[people.READERS.casefold()]], version_id=open_doors, by=by,
        variables={"first_name": {"from": "field", "field": "first_name", "fallback": "there"}})
    return {"campaigns": [draft.id, example.id], "draft": draft.id, "example": example.id}


def _newest(template_id: int) -> int:
    template = db.session.get(MessageTemplate, template_id)
    assert template is not None
    db.session.refresh(template, ["versions"])
    return template.versions[-1].id
