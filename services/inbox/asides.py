"""What stands between the messages of a thread: notes of the team, and what it did with the conversation. Never writes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from core.states import MessageState
from models import ActivityEntry, Campaign, ConversationNote, Message, db
from services.inbox.shapes import Act, Note

SUBJECT = "conversation"
ACTS = {  # what is said of an act in the thread of its own conversation
    "conversation.assigned": "gave this chat to {to}", "conversation.freed": "gave this chat to nobody in particular",
    "conversation.snoozed": "put this chat off until {to}", "conversation.woken": "brought this chat back",
    "conversation.closed": "closed this chat", "conversation.reopened": "opened this chat again"}
MOST = 200  # a stretch never shows more of either


@dataclass(frozen=True, slots=True)
class CampaignOfTheirs:
    """A campaign a person was part of, and how far their message came."""

    campaign_id: int
    name: str
    state: MessageState


def notes(conversation_id: int, since: datetime | None, until: datetime | None) -> list[Note]:
    """Notes of a stretch of time; the newest, where there are very many. One query."""
    asked = select(ConversationNote).where(ConversationNote.conversation_id == conversation_id)
    found = db.session.scalars(_between(asked, ConversationNote.at, since, until)
                               .order_by(ConversationNote.at.desc(), ConversationNote.id.desc()).limit(MOST))
    return [Note(one.id, one.at, one.text, one.by, one.user_id) for one in found]


def acts(conversation_id: int, since: datetime | None, until: datetime | None) -> list[Act]:
    """What was done with the conversation in a stretch of time, as sentences. One query."""
    asked = select(ActivityEntry).where(
        ActivityEntry.subject_kind == SUBJECT, ActivityEntry.subject_id == conversation_id)
    found = db.session.scalars(_between(asked, ActivityEntry.at, since, until)
                               .order_by(ActivityEntry.id.desc()).limit(MOST))
    return [Act(one.id, one.at, _sentence(one)) for one in found]


def _between(asked: Select[Any], column: Any, since: datetime | None, until: datetime | None) -> Select[Any]:
    if since is not None:
        asked = asked.where(column >= since)
    return asked if until is None else asked.where(column < until)


def _sentence(entry: ActivityEntry) -> str:
    """Who did what, without naming the person whose thread it is."""
    words = ACTS.get(entry.verb, "did something with this chat")
    return f"{entry.actor_name} {words.replace('{to}', str(entry.details.get('to', 'somebody')))}"


def campaigns_of(contact_id: int, limit: int = 3) -> list[CampaignOfTheirs]:
    """The campaigns this person got or should have got lately, newest first. One query; in the order of messages PostgreSQL
    would walk through those of everybody."""
    rows = db.session.execute(
        select(Message.campaign_id, Campaign.name, Message.state).join(Campaign, Campaign.id == Message.campaign_id)
        .where(Message.contact_id == contact_id).order_by(Campaign.id.desc()).limit(limit))
    return [CampaignOfTheirs(number, name, state) for number, name, state in rows if number is not None]


def latest_campaigns(limit: int = 50) -> list[tuple[int, str]]:
    """The newest campaigns, to look only at those who got one. One query."""
    return [(number, name) for number, name in db.session.execute(
        select(Campaign.id, Campaign.name).order_by(Campaign.id.desc()).limit(limit))]
