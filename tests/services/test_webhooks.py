"""Stored notices become facts, once, each item on its own."""

from sqlalchemy import func, select

from core.actor import SYSTEM
from core.states import EventState
from models import ConsentEntry, Contact, DeliveryNews, Message, WebhookEvent, db
from services import webhooks
from tests.factories.webhooks import body_of, status, text_message, value


def read_all() -> None:
    while webhooks.read_events():
        pass


def count(table) -> int:
    return db.session.scalar(select(func.count()).select_from(table))


class TestReadEvents:
    def test_a_text_becomes_a_message_of_its_sender(self, app):
        webhooks.keep(body_of(text_message("Do you open on Saturday?")))

        read_all()

        message = db.session.scalars(select(Message)).one()
        assert (message.direction, message.text, message.contact.phone) == ("in", "Do you open on Saturday?", "+447700900123")

    def test_replaying_everything_changes_nothing(self, app):
        webhooks.keep(body_of(text_message("STOP"), status("sent", wire_id="wamid.OUT1")))
        read_all()
        before = [count(table) for table in (Message, Contact, ConsentEntry, DeliveryNews)]

        webhooks.replay([db.session.scalar(select(WebhookEvent.id))], by=SYSTEM)
        read_all()

        assert [count(table) for table in (Message, Contact, ConsentEntry, DeliveryNews)] == before

    def test_a_poisoned_item_spoils_no_neighbour_and_says_why(self, app):
        webhooks.keep(body_of(text_message("one", wire_id="wamid.1"), value(messages=["not an object"], statuses=7),
                              text_message("two", wire_id="wamid.2")))

        read_all()

        event = db.session.scalars(select(WebhookEvent)).one()
        assert sorted(db.session.scalars(select(Message.text))) == ["one", "two"]
        assert event.state == EventState.DEAD
        assert event.error

    def test_a_body_for_a_number_that_is_not_ours_writes_nothing(self, app):
        foreign = text_message("Hello")
        foreign["metadata"]["phone_number_id"] = "999"
        webhooks.keep(body_of(foreign))

        read_all()

        assert (count(Message), count(Contact)) == (0, 0)

    def test_unreadable_bytes_are_kept_and_marked(self, app):
        webhooks.keep(b"\xff\x00 not json")

        read_all()

        assert db.session.scalars(select(WebhookEvent)).one().state == EventState.DEAD

    def test_a_preference_change_withdraws_marketing(self, app):
        preference = value(contacts=[], user_preferences=[
            {"wa_id": "447700900123", "category": "marketing_messages", "value": "stop", "timestamp": 1794994200,
             "detail": "User requested to stop marketing messages"}])
        webhooks.keep(body_of(preference, field="user_preferences"))

        read_all()

        assert db.session.scalars(select(Contact)).one().marketing == "withdrawn"
