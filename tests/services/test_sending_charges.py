"""What a message costs, as far as WhatsApp has told."""

import pytest

from core import clock
from core.states import MessageState
from models import DeliveryNews, Message, db, transaction
from services import sending
from tests.factories.automation import a_writer


@pytest.fixture
def message(app):
    """A message that WhatsApp has taken."""
    person, channel = a_writer()
    number = sending.queue_message(channel_id=channel.id, contact_id=person.id, phone=person.phone, text="Hello")
    return in_state(number, MessageState.ACCEPTED)


def in_state(number: int, state: MessageState) -> Message:
    with transaction():
        db.session.get_one(Message, number).state = state
    return db.session.get_one(Message, number)


def told(message: Message, status: str, pricing) -> None:
    with transaction():
        db.session.add(DeliveryNews(channel_id=message.channel_id, wire_id="wamid.1", status=status, at=clock.now(),
                                    details={"pricing": pricing} if pricing is not None else {}, message_id=message.id))


@pytest.mark.parametrize(("pricing", "words"), [
    ({"type": "regular", "category": "marketing", "billable": True}, "billed as marketing"),
    ({"type": "regular", "category": "referral_conversion"}, "billed as referral conversion"),
    ({"type": "free_customer_service", "category": "service"}, "free, within the 24 hours after they wrote"),
    ({"type": "free_entry_point", "category": "service"}, "free, within the days after they came from an ad or a page"),
    ({"type": "free_something_new"}, "free"), ({"billable": False, "category": "service"}, "free"),
    ({"billable": True, "category": "utility"}, "billed as utility"), ({"type": "new_word"}, "not known yet"),
    ([1], "not known yet"), (None, "not known yet")])
def test_in_words(message, pricing, words):
    told(message, "sent", pricing)

    assert sending.charges_of([message]) == {message.id: words}


def test_what_was_told_first_counts(message):
    told(message, "sent", {"type": "free_customer_service"})
    told(message, "delivered", {"type": "regular", "category": "service"})

    assert sending.charges_of([message])[message.id].startswith("free")


def test_what_never_reached_them_costs_nothing(message):
    failed = in_state(message.id, MessageState.FAILED)

    assert sending.charges_of([failed])[message.id] == "nothing, it did not reach them"
