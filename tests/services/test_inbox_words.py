"""STOP is obeyed from the first message on, and confirmed once, to the person and in their language."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from core import clock
from core.actor import SYSTEM
from core.phone import Phone
from core.states import ConsentState, MessageState
from models import Contact, Message, WebhookEvent, db, transaction
from services import channels, contacts, inbox, sending, settings, webhooks
from tests.factories.webhooks import body_of, text_message
from transports.port import IncomingMessage


def write(text, *, number=1, ago=timedelta(), kind="text", channel=None, **more):
    """Somebody writes to us."""
    owner = channel or channels.ensure_first()
    return inbox.receive(IncomingMessage(
        phone_number_id=owner.phone_number_id, wire_id=f"wamid.{number}", at=clock.now() - ago, kind=kind,
        wa_id=more.pop("wa_id", "447700900123"), text=text, **more))


def answers():
    """What we said, oldest first."""
    db.session.expire_all()
    return list(db.session.scalars(select(Message.text).where(Message.direction == "out").order_by(Message.id)))


class TestTheProof:
    def test_each_line_leads_to_the_message_it_came_by(self, app, by):
        write("hello", number=1)
        write("STOP ", number=2)
        write("START", number=3)
        person = db.session.scalars(select(Contact)).one()
        contacts.record_consent(contact_id=person.id, category="marketing", state=ConsentState.GRANTED, how="message",
                                proof="They wrote “yes” by e-mail", by=by)

        lines = {line.proof: line.id for line in contacts.history(person.id)}
        texts = dict(db.session.execute(select(Message.id, Message.text)).all())
        found = {line_id: texts[place.message_id] for line_id, place in inbox.written_in(contacts.history(person.id)).items()}
        assert found == {lines["They wrote “STOP ”"]: "STOP ", lines["They wrote “START”"]: "START"}

    def test_it_still_does_when_two_became_one(self, app, by):
        write("STOP")
        person = db.session.scalars(select(Contact)).one()
        keep = contacts.add_contact(phone=Phone("+447700900999"), name="Zoe", by=by)
        contacts.merge_contacts(keep.id, person.id, choices={}, by=by)

        [place] = inbox.written_in(contacts.history(keep.id)).values()
        assert db.session.get(Message, place.message_id).text == "STOP"


class TestTheConfirmation:
    def test_the_first_thing_a_stranger_writes_may_be_stop(self, app):
        write("Stop!")

        assert db.session.scalars(select(Contact.marketing)).one() == "withdrawn"
        assert answers() == ["You will get no more marketing from Your business. Write START to get it again."]

    def test_it_overtakes_campaigns_and_goes_to_whoever_wrote(self, app):
        write("STOP")

        message = db.session.scalars(select(Message).where(Message.direction == "out")).one()
        assert (message.state, message.priority, message.phone, message.kind) == (
            MessageState.QUEUED, 0, "+447700900123", "text")

    def test_whoever_keeps_their_number_to_themselves_gets_it_too(self, app):
        write("STOP", wa_id="", user_id="GB.70193358812046671930")

        message = db.session.scalars(select(Message).where(Message.direction == "out")).one()
        assert (message.state, message.phone) == (MessageState.QUEUED, "")
        [claim] = sending.claim(message.channel_id, want=5)
        assert (claim.outgoing.to, claim.outgoing.user_id) == ("", "GB.70193358812046671930")

    def test_a_second_stop_gets_no_second_answer(self, app):
        for number in range(5):
            write("STOP", number=number)

        assert len(answers()) == 1

    def test_the_same_notice_read_again_gets_none(self, app):
        webhooks.keep(body_of(text_message("STOP", at=int(clock.seconds()))))
        for _ in range(3):
            webhooks.read_events()
            webhooks.replay(list(db.session.scalars(select(WebhookEvent.id))), by=SYSTEM)

        assert len(answers()) == 1

    def test_a_stop_told_late_is_obeyed_without_a_word(self, app):
        write("STOP", ago=timedelta(minutes=11))

        assert db.session.scalars(select(Contact.marketing)).one() == "withdrawn"
        assert answers() == []

    def test_a_stop_that_a_later_start_has_overtaken_says_nothing(self, app):
        write("START")
        write("STOP", number=2, ago=timedelta(minutes=1))

        assert db.session.scalars(select(Contact.marketing)).one() == "granted"
        assert answers() == []

    def test_every_withdrawal_has_its_own_but_two_machines_come_to_an_end(self, app):
        for number in range(8):
            write("STOP", number=2 * number, ago=timedelta(seconds=40 - 2 * number))
            write("START", number=2 * number + 1, ago=timedelta(seconds=39 - 2 * number))

        assert len(answers()) == 3

    @pytest.mark.parametrize(("language", "word", "begin"), [
        ("es", "STOP", "Ya no recibirá publicidad"), ("", "ARRET", "Vous ne recevrez plus"), ("", "СТОП", "Вы больше не")])
    def test_it_is_in_their_language(self, app, language, word, begin):
        write("Hello")
        with transaction():
            db.session.execute(update(Contact).values(language=language))
        write(word, number=2)

        assert answers()[0].startswith(begin)

    def test_it_can_be_switched_off(self, app, by):
        settings.change("confirms_stop", False, by=by)
        write("STOP")

        assert answers() == []

    def test_start_is_obeyed_without_an_answer(self, app):
        write("START")

        assert db.session.scalars(select(Contact.marketing)).one() == "granted"
        assert answers() == []

    @pytest.mark.parametrize("kind", ["location", "contacts", "system"])
    def test_a_place_called_stop_is_not_an_order(self, app, kind):
        write("STOP", kind=kind)

        assert db.session.scalars(select(Contact.marketing)).one() == "unknown"

    def test_a_quick_reply_says_it_too(self, app):
        write("Stop", kind="button")

        assert len(answers()) == 1

    def test_the_words_are_the_operators(self, app, by):
        settings.change("opt_out_words", ["Enough!"], by=by)
        write("STOP")
        write("enough", number=2, wa_id="447700900124")

        found = dict(db.session.execute(select(Contact.phone, Contact.marketing)).all())
        assert found == {"+447700900123": "unknown", "+447700900124": "withdrawn"}

    def test_a_number_we_no_longer_send_from_says_nothing(self, app, by):
        channel = channels.ensure_first()
        channels.switch_off(channel.id, by=by)
        write("STOP", channel=channel)

        assert db.session.scalar(select(func.count()).select_from(Message).where(Message.direction == "out")) == 0
