"""What is loaded, and what taking it away would remove and keep. Never writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, func, select

from core.states import CampaignState
from models import (
    Campaign,
    Contact,
    ContactField,
    ContactTag,
    Message,
    MessageTemplate,
    Segment,
    Tag,
    TemplateVersion,
    db,
)
from services import contacts
from services.samples import kept, people

_MOVES = (CampaignState.SENDING, CampaignState.PAUSED, CampaignState.SCHEDULED)


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether sample data is here, and the campaigns to look at first."""

    is_loaded: bool
    people: int = 0
    draft_id: int = 0
    example_id: int = 0
    example_waits: bool = False  # its template is with the simulated carrier


@dataclass(frozen=True, slots=True)
class Left:
    """Something that stays because somebody made it their own: what it is called, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Exactly what removing takes away, by id, and what it leaves. `why_not` says why nothing can be removed now."""

    people: tuple[int, ...]
    adopted: tuple[int, ...]  # people with another number by now: they are the operator's
    tags: tuple[int, ...]
    segments: tuple[int, ...]
    templates: tuple[int, ...]
    fields: tuple[int, ...]
    campaigns: tuple[int, ...]
    messages: int  # of those campaigns
    left: tuple[Left, ...]
    why_not: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing of it is here."""
        return not (self.people or self.tags or self.segments or self.templates or self.fields or self.campaigns)


def standing() -> Standing:
    """Whether it is loaded. Three queries at most."""
    found = kept.kept()
    if not found:
        return Standing(False)
    count = db.session.scalar(select(func.count()).where(Contact.source == people.SOURCE)) or 0
    there = set(db.session.scalars(select(Campaign.id).where(Campaign.id.in_(found.get("campaigns", [])))))
    draft, example = (int(found[name]) if found.get(name) in there else 0 for name in ("draft", "example"))
    return Standing(True, count, draft, example, example_waits=bool(found.get("waits")))


def plan() -> Plan:
    """What would go and what would stay. About ten queries."""
    found = kept.kept()
    is_sample = Contact.source == people.SOURCE
    theirs = Contact.phone.in_(people.phones())
    ours = tuple(db.session.scalars(select(Contact.id).where(is_sample, theirs).order_by(Contact.id)))
    adopted = tuple(db.session.scalars(select(Contact.id).where(is_sample, ~func.coalesce(theirs, False)).order_by(Contact.id)))
    campaigns = _all(Campaign, Campaign.id.in_(found.get("campaigns", [])))
    busy = next((one.name for one in campaigns if one.state in _MOVES), "")
    others = _all(Campaign, Campaign.id.not_in(found.get("campaigns", [])))
    left: list[Left] = []
    tags, segments = _tags(found, set(ours), others, left), _segments(found, others, left)
    templates = _templates(found, [one.id for one in campaigns], left)
    fields = _fields(found, set(ours), left)
    if adopted:
        left.append(Left(f"{len(adopted)} people", "you gave them another number, so they are yours now"))
    messages = db.session.scalar(select(func.count()).where(
        Message.campaign_id.in_([one.id for one in campaigns]))) or 0
    return Plan(ours, adopted, tags, segments, templates, fields, tuple(one.id for one in campaigns), messages,
                tuple(left), f"“{busy}” is being sent or waits for its time; cancel it first" if busy else "")


def _all(kind: Any, condition: Any) -> Sequence[Any]:
    """Rows of one kind, in the order in which they were made."""
    return db.session.scalars(select(kind).where(condition).order_by(kind.id)).all()


def _tags(found: dict[str, Any], ours: set[int], others: Any, left: list[Left]) -> tuple[int, ...]:
    """Tags that nobody else carries and no other campaign speaks of."""
    gone = []
    for tag in _all(Tag, Tag.id.in_(found.get("tags", []))):
        carriers = db.session.scalar(select(exists().where(
            ContactTag.tag_id == tag.id, ContactTag.contact_id == Contact.id, Contact.source != people.SOURCE)))
        user = _user_of(tag.id, ("tags", "without_tags"), others)
        if carriers or user:
            left.append(Left(f"the tag “{tag.name}”", f"your campaign “{user}” uses it" if user else "others carry it, too"))
        else:
            gone.append(tag.id)
    return tuple(gone)


def _segments(found: dict[str, Any], others: Any, left: list[Left]) -> tuple[int, ...]:
    gone = []
    for one in _all(Segment, Segment.id.in_(found.get("segments", []))):
        if user := _user_of(one.id, ("segments", "without_segments"), others):
            left.append(Left(f"the segment “{one.name}”", f"your campaign “{user}” uses it"))
        else:
            gone.append(one.id)
    return tuple(gone)


def _user_of(number: int, parts: tuple[str, ...], others: Any) -> str:
    """The name of a campaign of the operator's own whose audience names this id."""
    return next((one.name for one in others if any(number in (one.audience.get(part) or []) for part in parts)), "")


def _templates(found: dict[str, Any], campaigns: list[int], left: list[Left]) -> tuple[int, ...]:
    """Templates nothing else was made with."""
    gone = []
    for one in _all(MessageTemplate, MessageTemplate.id.in_(found.get("templates", []))):
        versions = select(TemplateVersion.id).where(TemplateVersion.template_id == one.id)
        used = db.session.scalar(select(Campaign.name).where(
            Campaign.version_id.in_(versions), Campaign.id.not_in(campaigns)).limit(1))
        sent = db.session.scalar(select(exists().where(
            Message.version_id.in_(versions), func.coalesce(Message.campaign_id, 0).not_in(campaigns),
            func.coalesce(Message.test_of, 0).not_in(campaigns))))
        if used or sent:
            left.append(Left(f"the template {one.name}",
                             f"your campaign “{used}” uses it" if used else "you sent messages with it"))
        else:
            gone.append(one.id)
    return tuple(gone)


def _fields(found: dict[str, Any], ours: set[int], left: list[Left]) -> tuple[int, ...]:
    """Fields only sample people have something in."""
    gone = []
    for one in _all(ContactField, ContactField.key.in_(found.get("fields", []))):
        if contacts.people_with(one) > _with(one.key, ours):
            left.append(Left(f"the field “{one.label}”", "people of yours have something in it"))
        else:
            gone.append(one.id)
    return tuple(gone)


def _with(key: str, ours: set[int]) -> int:
    rows = db.session.scalars(select(Contact.fields).where(Contact.id.in_(ours)))
    return sum(1 for fields in rows if fields.get(key) is not None)
