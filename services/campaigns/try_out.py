"""A test: the message of a campaign on a telephone of our own, through the real path, counted in no report."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound, TooMany
from core.phone import Phone, international
from core.states import ConsentState, TemplateState
from models import Campaign, Contact, Message, TemplateVersion, db, transaction
from services import activity, contacts, message_templates, sending
from services.campaigns import audience
from services.campaigns.files import hand_over_file
from services.campaigns.queries import get_campaign

MOST_A_MINUTE = 5  # tests, of everybody together
_MINUTE = timedelta(seconds=60)


def send_test(campaign_id: int, *, phone: Phone, as_contact_id: int | None = None, by: Actor) -> int:
    """Send the campaign's message to one number now, as a test; the id of the message.

    It is filled as the person `as_contact_id` would read it, with samples where they have no value. Nobody is added to
    the contacts. The file of its header is handed over first. Raises NotFound, Conflict when there is nothing to send or
    the number said stop, Invalid or CarrierTrouble when WhatsApp does not take the file, and TooMany.
    """
    campaign = get_campaign(campaign_id)
    version = campaign.version
    if version is None:
        raise Conflict("Choose a template first: there is nothing to send yet")
    if version.state is not TemplateState.APPROVED:
        raise Conflict(f"The template {version.template.name} is {version.state}, not approved; WhatsApp refuses tests, too")
    values = filled_for(campaign, as_contact_id)
    hand_over_file(campaign)
    with transaction():
        person = contacts.contact_by_phone(phone)
        _check_wanted(phone, person)
        _check_pace()
        message_id = sending.queue_message(
            channel_id=campaign.channel_id, contact_id=person.id if person else None, phone=phone.e164,
            version_id=version.id, variables=values, test_of=campaign.id)
        activity.record("campaign.tested", by=by, subject_kind="campaign", subject_id=campaign.id,
                        subject_name=campaign.name)
    return message_id


def filled_for(campaign: Campaign, as_contact_id: int | None) -> dict[str, str]:
    """The values of one person, with a sample wherever they have none; all samples for None or somebody who is gone."""
    version: TemplateVersion = campaign.version  # type: ignore[assignment]  # asked by those who have looked
    samples = message_templates.samples_of(version.variables)
    person = _person(as_contact_id)
    if person is None:
        return dict(samples)
    values = audience.values_of(campaign, person.id)
    if values is None:  # not of this audience any more
        values, _ = message_templates.resolve(version.variables, campaign.variables, message_templates.values_of(person))
    return {name: values.get(name) or sample for name, sample in samples.items()}


def tried(campaign_id: int, *, limit: int = 5) -> Sequence[Any]:
    """The newest tests of a campaign with where each stands. One query."""
    return db.session.execute(
        select(Message.id, Message.phone, Message.state, Message.reason, Message.created_at, Message.delivered_at,
               Message.read_at, Contact.name)
        .outerjoin(Contact, Contact.id == Message.contact_id)
        .where(Message.test_of == campaign_id).order_by(Message.id.desc()).limit(limit)).all()


def _person(contact_id: int | None) -> Contact | None:
    if contact_id is None:
        return None
    try:
        return contacts.get_contact(contact_id)
    except NotFound:
        return None


def _check_wanted(phone: Phone, person: Contact | None) -> None:
    """Refuse a number whose owner said stop, whether they are in the contacts or were removed since."""
    if person is not None and ConsentState.WITHDRAWN in (person.marketing, person.utility):
        raise Conflict(f"{international(phone.e164)} said STOP, so it gets no tests either; write START from that phone first",
                       field="phone")
    if person is None and contacts.is_suppressed(phone.e164):
        raise Conflict(f"Whoever had {international(phone.e164)} said STOP or was erased, so it gets no tests either",
                       field="phone")


def _check_pace() -> None:
    """Refuse more tests than anybody can look at."""
    since = clock.now() - _MINUTE
    count = db.session.scalar(select(func.count()).where(
        Message.test_of.is_not(None), Message.created_at > since)) or 0
    if count >= MOST_A_MINUTE:
        raise TooMany(f"{MOST_A_MINUTE} tests were sent in the last minute; wait a moment and look at those first",
                      wait_seconds=60)


def own_or_typed(typed: str, *, own: str, country: str) -> Phone:
    """The number a test goes to: what was typed, else one's own. Raises Invalid (field phone) when there is neither."""
    text = typed.strip() or own
    if not text:
        raise Invalid("Write a number, or keep your own on your account page", field="phone")
    try:
        return Phone.parse(text, country)
    except Invalid as error:
        raise Invalid(error.message, field="phone") from None
