"""What people do after a campaign, for tests of its report."""

from datetime import datetime, timedelta

from sqlalchemy import insert, select

from core import clock
from core.actor import Actor
from core.states import ConsentState, MessageState
from models import Campaign, ConsentEntry, ContactTag, Message, db, transaction
from services import campaigns
from tests.factories.campaigns import a_campaign, a_tag

HOUR = timedelta(hours=1)


def sent_to(contact_ids: list[int], *, name: str = "Open doors", ago: timedelta = 2 * HOUR, by: Actor,
            state: MessageState = MessageState.SENT) -> Campaign:
    """A finished campaign that left for these people so long ago."""
    tag = a_tag(f"of {name}")
    with transaction():
        db.session.execute(insert(ContactTag), [{"contact_id": one, "tag_id": tag.id} for one in contact_ids])
    campaign = a_campaign(size=0, name=name, tag_ids=[tag.id], by=by)
    campaigns.start_now(campaign.id, by=by)
    campaigns.launch_due(clock.now())
    at = clock.now() - ago
    with transaction():
        for message in db.session.scalars(select(Message).where(Message.campaign_id == campaign.id)):
            message.state, message.attempted_at, message.accepted_at = state, at, at
        found = db.session.get(Campaign, campaign.id)
        found.started_at = at - timedelta(minutes=1)
    campaigns.finish_done(at + HOUR)
    return campaigns.get_campaign(campaign.id)


def writes(contact_id: int, *, at: datetime, text: str = "Thank you", kind: str = "text") -> None:
    """They write to us."""
    with transaction():
        channel_id = db.session.scalar(select(Message.channel_id).limit(1))
        number = db.session.query(Message).count()
        db.session.add(Message(direction="in", kind=kind, channel_id=channel_id, contact_id=contact_id, text=text,
                               state=MessageState.RECEIVED, wire_id=f"wamid.in{number}", created_at=at, due_at=at))


def says_stop(contact_id: int, *, at: datetime, how: str = "message") -> None:
    """They withdraw, as the ledger keeps it."""
    with transaction():
        db.session.add(ConsentEntry(contact_id=contact_id, category="marketing", state=ConsentState.WITHDRAWN, how=how,
                                    at=at))


def ids_of(campaign: Campaign) -> list[int]:
    """The messages of a campaign, in order."""
    return list(db.session.scalars(select(Message.id).where(Message.campaign_id == campaign.id).order_by(Message.id)))
