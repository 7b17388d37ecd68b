"""What people write: kept once, and STOP means stop."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core import clock
from models import ConsentEntry, Contact, Message, db
from services import channels, inbox
from transports.port import IncomingMessage

NOW = clock.from_seconds(1794994200)


def incoming(text: str, *, wire_id: str = "wamid.1", at=NOW, wa_id: str = "447700900123", **more) -> IncomingMessage:
    return IncomingMessage(phone_number_id=channels.ensure_first().phone_number_id, wire_id=wire_id, at=at, kind="text",
                           wa_id=wa_id, text=text, **more)


def only_person() -> Contact:
    return db.session.scalars(select(Contact)).one()


class TestReceive:
    def test_the_same_message_twice_is_one_message(self, app):
        assert inbox.receive(incoming("Hello"))
        assert not inbox.receive(incoming("Hello"))

        assert db.session.scalar(select(func.count()).select_from(Message)) == 1

    def test_fifty_messages_of_a_new_number_make_one_person(self, app):
        for number in range(50):
            inbox.receive(incoming("Hello", wire_id=f"wamid.{number}"))

        assert only_person().phone == "+447700900123"

    @pytest.mark.parametrize("word", ["STOP", "stop", " Stop. ", "Arrêt", "ARRET", "Stop!"])
    def test_a_stop_word_withdraws_marketing(self, app, word):
        inbox.receive(incoming(word))

        assert only_person().marketing == "withdrawn"

    def test_stop_inside_a_sentence_is_not_an_order(self, app):
        inbox.receive(incoming("Which stop do I get off at?"))

        assert only_person().marketing == "unknown"

    def test_start_after_stop_agrees_again(self, app):
        inbox.receive(incoming("STOP"))
        inbox.receive(incoming("START", wire_id="wamid.2", at=NOW + timedelta(minutes=1)))

        assert only_person().marketing == "granted"

    def test_a_start_that_is_older_than_the_stop_and_arrives_later_changes_nothing(self, app):
        inbox.receive(incoming("STOP"))
        inbox.receive(incoming("START", wire_id="wamid.2", at=NOW - timedelta(minutes=1)))

        assert only_person().marketing == "withdrawn"

    def test_the_proof_quotes_what_was_written(self, app):
        inbox.receive(incoming("Stop."))

        assert db.session.scalars(select(ConsentEntry)).one().proof == "They wrote “Stop.”"

    def test_somebody_without_a_number_is_a_person_too(self, app):
        inbox.receive(incoming("Hello", wa_id="", user_id="GB.70193358812046671930"))

        assert (only_person().phone, only_person().user_id) == (None, "GB.70193358812046671930")

    def test_last_heard_is_the_newest_time_not_the_last_arrival(self, app):
        inbox.receive(incoming("new"))
        inbox.receive(incoming("old", wire_id="wamid.2", at=NOW - timedelta(hours=1)))

        assert only_person().last_heard_at == NOW
