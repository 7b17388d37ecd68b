"""Campaigns with their people and templates, made without the long way round."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select

from core.actor import Actor
from core.states import ConsentState, MessageState, TemplateState
from models import Campaign, Contact, ContactTag, Message, MessageTemplate, Tag, TemplateVersion, db, transaction
from services import campaigns, contacts

FOLAKE = Actor("user", "Folake Adeyemi")
HELLO = "Hello {{first_name}}, our doors are open this Saturday."


def a_tag(name: str = "patients") -> Tag:
    """The tag of this name, made when there is none."""
    with transaction():
        tag = db.session.scalar(select(Tag).where(Tag.key == name.lower()))
        if tag is None:
            tag = Tag(name=name, key=name.lower())
            db.session.add(tag)
    return tag


def people(count: int, *tags: Tag, first: int = 1, **changes: Any) -> list[int]:
    """People who agreed to everything, called Person 1, Person 2 …; `changes` go to each. Their ids."""
    facts = {"marketing": ConsentState.GRANTED, "utility": ConsentState.GRANTED} | changes
    told = {name: facts.get(name, "") for name in ("email", "company")}
    rows = [{"phone": f"+4477009{number:05d}", "name": f"Person {number}", "name_key": f"person {number}", "first_name": "Person"}
            | facts for number in range(first, first + count)]
    for row in rows:
        row.setdefault("search", contacts.derive(phone=row["phone"], name=row["name"], **told)["search"])
    with transaction():
        ids = list(db.session.scalars(insert(Contact).returning(Contact.id), rows))
        links = [{"contact_id": contact_id, "tag_id": tag.id} for contact_id in ids for tag in tags]
        if links:
            db.session.execute(insert(ContactTag), links)
    return sorted(ids)


def a_version(body: str = HELLO, *, name: str = "open_doors", category: str = "marketing",
              state: TemplateState = TemplateState.APPROVED, variables: Sequence[dict[str, str]] | None = None,
              ) -> TemplateVersion:
    """A template of one version."""
    if variables is None:
        variables = [{"name": "first_name", "sample": "Ana", "fallback": ""}] if "{{first_name}}" in body else []
    with transaction():
        template = MessageTemplate(name=name, language="en", category=category)
        db.session.add(template)
        db.session.flush()
        version = TemplateVersion(template_id=template.id, number=1, body=body, variables=list(variables),
                                  wire_name=name, state=state)
        db.session.add(version)
    return version


def a_campaign(*, size: int = 3, name: str = "Open doors", by: Actor = FOLAKE, **changes: Any) -> Campaign:
    """A draft that could be sent: `size` people with the tag of the campaign's name, an approved template."""
    tag = a_tag(f"tag of {name}"[:60])
    if size:
        people(size, tag, first=1 + db.session.query(Contact).count())
    wanted: dict[str, Any] = {"tag_ids": [tag.id]} | changes
    if "version_id" not in wanted:
        wanted["version_id"] = a_version(name=f"template_{db.session.query(MessageTemplate).count()}").id
    return campaigns.add_campaign(name=name, by=by, **wanted)


def give_states(campaign: Campaign, states: Sequence[MessageState], **changes: Any) -> None:
    """Put the campaign's messages, in order, into these states."""
    ids = db.session.scalars(
        select(Message.id).where(Message.campaign_id == campaign.id).order_by(Message.id)).all()
    with transaction():
        for message_id, state in zip(ids, states, strict=False):
            message = db.session.get(Message, message_id)
            message.state = state
            for key, value in changes.items():
                setattr(message, key, value)
