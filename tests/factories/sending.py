"""A channel, a template and a campaign whose people are queued: what every test of sending starts from."""

from datetime import timedelta

from core import clock
from core.states import CampaignState, ConsentState, MessageState, TemplateState
from models import Campaign, Channel, Contact, Conversation, Message, MessageTemplate, TemplateVersion, db, transaction
from services import sending
from transports.port import Receipt

FIRST_NUMBER = 447700900000


def make_channel(*, rate: float = 1000.0, number_id: str = "100000000000001", kind: str = "simulation") -> Channel:
    """A business number that may send `rate` messages a second."""
    with transaction():
        channel = Channel(name="Test number", kind=kind, phone_number_id=number_id, business_id="200000000000001",
                          send_rate=rate)
        db.session.add(channel)
    return channel


def make_version(*, category: str = "marketing", state: TemplateState = TemplateState.APPROVED,
                 name: str = "offer") -> TemplateVersion:
    """An approved template with one variable."""
    with transaction():
        template = MessageTemplate(name=name, language="en_GB", category=category)
        db.session.add(template)
        version = TemplateVersion(template=template, number=1, body="Hello {{first_name}}", wire_name=f"{name}_v1",
                                  variables=[{"name": "first_name", "sample": "Ana", "fallback": ""}], state=state)
        db.session.add(version)
    return version


def make_people(count: int, *, marketing: ConsentState = ConsentState.GRANTED, start: int = 1) -> list[int]:
    """So many people with consecutive numbers; their ids."""
    with transaction():
        people = [Contact(phone=f"+{FIRST_NUMBER + number}", name=f"Person {number}", first_name=f"P{number}",
                          marketing=marketing) for number in range(start, start + count)]
        db.session.add_all(people)
        db.session.flush()
        return [person.id for person in people]


def make_campaign(count: int = 3, *, channel: Channel | None = None, version: TemplateVersion | None = None,
                  state: CampaignState = CampaignState.SENDING, people: list[int] | None = None, start: int = 1,
                  policy: str = "hold") -> Campaign:
    """A campaign to `count` people, everybody queued."""
    channel = channel or make_channel()
    version = version or make_version()
    ids = make_people(count, start=start) if people is None else people
    with transaction():
        campaign = Campaign(name="Spring", state=state, channel_id=channel.id, version_id=version.id,
                            unknown_policy=policy, started_at=clock.now())
        db.session.add(campaign)
        db.session.flush()
        sending.queue_many(
            [{"contact_id": one, "phone": f"+{FIRST_NUMBER + start + place}", "variables": {"first_name": f"P{place}"}}
             for place, one in enumerate(ids)],
            campaign_id=campaign.id, channel_id=channel.id, version_id=version.id)
    return campaign


def states(campaign: Campaign) -> list[MessageState]:
    """The state of each message of a campaign, in the order of its people."""
    db.session.expire_all()
    return list(db.session.scalars(db.select(Message.state).where(Message.campaign_id == campaign.id)
                                   .order_by(Message.id)))


def messages(campaign: Campaign) -> list[Message]:
    """The messages of a campaign as they are now."""
    db.session.expire_all()
    return list(db.session.scalars(db.select(Message).where(Message.campaign_id == campaign.id).order_by(Message.id)))


def open_window(contact_id: int, channel_id: int, *, hours: float = 24.0) -> Conversation:
    """They wrote to this number just now: free text may be sent for so long."""
    now = clock.now()
    with transaction():
        talk = Conversation(contact_id=contact_id, channel_id=channel_id, last_at=now, last_in_at=now,
                            window_ends_at=now + timedelta(hours=hours))
        db.session.add(talk)
    return talk


def leave(channel_id: int, *, is_taken: bool = True) -> None:
    """Everything that is due leaves; WhatsApp takes it, or gives it back."""
    claims = sending.claim(channel_id, want=10)
    assert claims, "nothing is due"
    sending.exchange(channel_id, done=[
        sending.Result(claim, Receipt(f"wamid.left{claim.message_id}") if is_taken else None,
                       None if is_taken else sending.GIVEN_BACK, clock.seconds()) for claim in claims])
