"""One person is one person: spellings, numbers and ids that come and go, and two who turn out to be one."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core import clock
from core.actor import SYSTEM, Actor
from core.errors import NotFound
from models import (
    ActivityEntry,
    Contact,
    ContactAddress,
    Conversation,
    ConversationNote,
    Event,
    Message,
    NumberMove,
    Suppression,
    db,
    transaction,
)
from services import channels, contacts, inbox
from tests.factories.contacts import a_contact
from transports.port import IncomingMessage

NOW = clock.from_seconds(1794994200)
WA, OTHER, USER = "447700900123", "447700900124", "GB.70193358812046671930"


def write(text="Hello", *, minute=0, wa_id=WA, user_id="", kind="text", **more):
    """Somebody writes; who it counts as."""
    wire_id = f"wamid.{wa_id}{user_id}{minute}{text}"
    inbox.receive(IncomingMessage(channels.ensure_first().phone_number_id, wire_id, NOW + timedelta(minutes=minute), kind,
                                  wa_id=wa_id, user_id=user_id, text=text, **more))
    return db.session.scalar(select(Message.contact_id).where(Message.wire_id == wire_id))


def moved(**how):
    return contacts.known_by_another_id(at=NOW + timedelta(minutes=10), **how)


def count(table):
    return db.session.scalar(select(func.count()).select_from(table))


def person(contact_id):
    db.session.expire_all()
    return db.session.get(Contact, contact_id)


class TestSpellings:
    @pytest.mark.parametrize(("known", "wa_id"), [
        ("+5531991234567", "553191234567"), ("+525512345678", "5215512345678"), ("+541112345678", "5491112345678"),
        ("+5491112345678", "541112345678")])
    def test_another_spelling_is_the_same_person(self, app, known, wa_id):
        somebody = a_contact("Ana", phone=known)

        assert write(wa_id=wa_id) == somebody.id
        assert count(Contact) == 1 and person(somebody.id).phone == known

    def test_both_spellings_of_somebody_new_make_one_person(self, app):
        assert write(wa_id="553191234567") == write(wa_id="5531991234567", minute=1)
        assert db.session.scalars(select(Contact)).one().phone == "+5531991234567"


class TestMerging:
    def test_somebody_without_a_number_is_merged_when_it_comes(self, app):
        known = a_contact("Priya", phone="+" + WA)
        unknown = write(wa_id="", user_id=USER)
        assert unknown != known.id

        assert write("again", wa_id=WA, user_id=USER, minute=1) == known.id
        assert (count(Contact), count(Message), count(Conversation)) == (1, 2, 1)
        assert db.session.scalar(select(func.count()).where(ActivityEntry.verb == "contact.merged")) == 1

    def test_a_number_alone_completes_them(self, app):
        somebody = write(wa_id="", user_id=USER)
        write("again", wa_id=WA, user_id=USER, minute=1)

        assert (person(somebody).phone, person(somebody).wa_id) == ("+" + WA, WA)

    def test_whoever_shares_their_own_number_has_it(self, app):
        somebody = write(wa_id="", user_id=USER)
        write("", wa_id="", user_id=USER, minute=1, kind="contacts", content={
            "origin": "contact_request", "cards": [{"phones": [{"value": "+44", "wa_id": WA}]}]})

        assert person(somebody).phone == "+" + WA

    def test_a_card_of_somebody_else_changes_nothing(self, app):
        somebody = write(wa_id="", user_id=USER)
        write("", wa_id="", user_id=USER, minute=1, kind="contacts", content={
            "cards": [{"phones": [{"value": "+44", "wa_id": WA}]}]})

        assert person(somebody).phone is None

    def test_a_stop_of_either_wins(self, app):
        known = a_contact("Priya", phone="+" + WA)
        write("STOP", wa_id="", user_id=USER)
        write("Hello", wa_id=WA, user_id=USER, minute=1)

        assert person(known.id).marketing == "withdrawn"

    def test_two_people_with_numbers_of_their_own_stay_two(self, app):
        first, second = a_contact("Priya", phone="+" + WA), a_contact("Ade", phone="+" + OTHER)
        with transaction():
            second.user_id = USER

        assert write(wa_id=WA, user_id=USER) == first.id and count(Contact) == 2

    def test_whoever_writes_from_the_number_of_a_merged_row_is_the_same_person_and_answered_there(self, app, by):
        keep, gone = a_contact("Priya", phone="+" + WA), a_contact("P. N.", phone="+" + OTHER)
        contacts.merge_contacts(keep.id, gone.id, choices={"phone": "keep"}, by=by)

        assert write(wa_id=OTHER) == keep.id
        assert person(keep.id).phone == "+" + OTHER and count(Contact) == 1

    def test_a_notice_read_again_does_not_take_the_number_back(self, app, by):
        keep, gone = a_contact("Priya", phone="+" + WA), a_contact("P. N.", phone="+" + OTHER)
        contacts.merge_contacts(keep.id, gone.id, choices={"phone": "keep"}, by=by)
        write(wa_id=OTHER)
        write("later", wa_id=WA, minute=5)
        write(wa_id=OTHER)

        assert person(keep.id).phone == "+" + WA


class TestUndoing:
    def test_conversations_notes_and_events_come_together_and_part_again(self, app, by):
        one, other = write("one"), write("two", wa_id=OTHER, minute=1)
        talks = dict(db.session.execute(select(Conversation.contact_id, Conversation.id)).all())
        with transaction():
            db.session.add(ConversationNote(conversation_id=talks[other], text="Wants a call"))
        contacts.merge_contacts(one, other, choices={"phone": "keep"}, by=by)

        talk = db.session.scalars(select(Conversation)).one()
        assert (talk.contact_id, talk.unread, talk.preview, talk.waiting_since) == (one, 2, "two", NOW)
        assert db.session.scalars(select(ConversationNote)).one().conversation_id == talk.id
        assert {row.contact_id for row in db.session.scalars(select(Event))} == {one}

        contacts.undo_merge(contacts.open_merges(one)[0].id, by=by)
        db.session.expire_all()
        shown = {row.contact_id: (row.unread, row.preview) for row in db.session.scalars(select(Conversation))}
        assert shown == {one: (1, "one"), other: (1, "two")}
        assert count(ContactAddress) == 0
        note = db.session.scalars(select(ConversationNote)).one()
        assert db.session.get(Conversation, note.conversation_id).contact_id == other

    def test_who_wrote_since_waits_in_their_own_chat_also_when_it_was_closed(self, app, by):
        one, other = write("one"), write("two", wa_id=OTHER, minute=1)
        inbox.close(db.session.scalars(select(Conversation.id).where(Conversation.contact_id == other)).one(), by=by)
        contacts.merge_contacts(one, other, choices={"phone": "other"}, by=by)
        since = NOW + timedelta(minutes=(clock.now() - NOW) // timedelta(minutes=1) + 5)
        write("since", wa_id=OTHER, minute=(since - NOW) // timedelta(minutes=1))

        contacts.undo_merge(contacts.open_merges(one)[0].id, by=by)
        db.session.expire_all()
        first, second = (db.session.scalars(select(Conversation).where(Conversation.contact_id == each)).one()
                         for each in (one, other))
        assert (first.preview, first.unread, first.state) == ("one", 1, "open")
        assert (second.preview, second.state, second.last_at) == ("since", "open", since)
        assert second.waiting_since is not None and second.window_ends_at == since + timedelta(hours=24)

    def test_a_conversation_only_the_other_had_goes_along_and_comes_back(self, app, by):
        keep, other = a_contact("Priya", phone="+" + WA), write("two", wa_id=OTHER)
        contacts.merge_contacts(keep.id, other, choices={"phone": "keep"}, by=by)
        assert db.session.scalars(select(Conversation)).one().contact_id == keep.id

        contacts.undo_merge(contacts.open_merges(keep.id)[0].id, by=by)
        db.session.expire_all()
        assert db.session.scalars(select(Conversation)).one().contact_id == other

    def test_a_merge_that_happened_by_itself_can_be_undone(self, app, by):
        known = a_contact("Priya", phone="+" + WA)
        unknown = write(wa_id="", user_id=USER)
        write("again", wa_id=WA, user_id=USER, minute=1)
        contacts.undo_merge(contacts.open_merges(known.id)[0].id, by=by)

        assert (person(unknown).user_id, person(known.id).phone, count(Conversation)) == (USER, "+" + WA, 2)


class TestMoving:
    def test_the_number_goes_along_and_the_former_one_stays_known_for_what_is_older(self, app):
        somebody = write()
        assert moved(wa_id=WA, new_wa_id=OTHER)

        assert (person(somebody).phone, person(somebody).wa_id) == ("+" + OTHER, OTHER)
        assert write("late", minute=5) == somebody
        assert person(somebody).phone == "+" + OTHER

    def test_whoever_gets_the_former_number_is_somebody_else(self, app):
        somebody = write()
        moved(wa_id=WA, new_wa_id=OTHER)

        assert write("new owner", minute=60) != somebody and count(Contact) == 2

    def test_whoever_wrote_from_the_new_number_already_is_merged(self, app):
        somebody = write()
        write("It is me", wa_id=OTHER, minute=9)
        moved(wa_id=WA, new_wa_id=OTHER)

        assert count(Contact) == 1 and person(somebody).phone == "+" + OTHER
        assert db.session.scalars(select(Conversation)).one().preview == "It is me"

    def test_somebody_we_knew_before_keeps_their_number(self, app):
        write()
        before = a_contact("Ade", phone="+" + OTHER)
        moved(wa_id=WA, new_wa_id=OTHER)

        assert count(Contact) == 2 and person(before.id).phone == "+" + OTHER

    def test_another_id_and_the_former_one_are_the_same_person(self, app):
        somebody = write(user_id=USER)
        moved(former_user_id=USER, user_id="GB.2")

        assert person(somebody).user_id == "GB.2"
        assert write("from before", wa_id="", user_id=USER, minute=1) == somebody


    def test_it_is_noted_and_in_the_file_of_what_we_hold(self, app):
        somebody = write()
        moved(wa_id=WA, new_wa_id=OTHER)

        assert db.session.scalar(select(func.count()).where(ActivityEntry.verb == "contact.renumbered")) == 1
        moves = contacts.personal_file(somebody, by=SYSTEM)["numbers_they_moved_to"]
        assert [(one["former"], one["current"]) for one in moves] == [(WA, OTHER)]


class TestErasing:
    def test_further_addresses_go_and_still_say_stop(self, app, by):
        somebody = write("STOP")
        moved(wa_id=WA, new_wa_id=OTHER)
        contacts.erase_person(somebody, by=Actor("user", "Folake"))

        assert count(ContactAddress) == count(Conversation) == count(Event) == count(NumberMove) == 0
        assert count(Suppression) > 1
        back = write("Hello again", minute=90)
        assert person(back).marketing == "withdrawn"
        with pytest.raises(NotFound):
            contacts.get_contact(somebody if somebody != back else 10**6)
