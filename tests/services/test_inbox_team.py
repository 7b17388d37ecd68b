"""What the team does with conversations, and how a thread is put together."""

from datetime import timedelta

import pytest

from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.states import ConversationState, MessageState
from models import Event, Message, ReadMark, db
from services import inbox, sending
from tests import cast
from tests.factories import inbox as make
from tests.factories import sending as queues

ME = sending.Author("user", "Folake Adeyemi")
NOW = make.NOW


@pytest.fixture
def talk(app):
    """A conversation whose window is open now."""
    return make.a_talk()


def said(talk, **asked):
    """The texts of its messages in their order."""
    return [item.text for item in inbox.thread(talk, **asked).items if item.sort == "message"]


def only_line(talk):
    """The one message of a thread."""
    line, = [item for item in inbox.thread(talk).items if item.sort == "message"]
    return line


class TestThread:
    def test_lines_stand_in_the_carriers_time_not_in_order_of_arrival(self, talk):
        make.they_said(talk, "second", at=NOW + timedelta(minutes=1))
        make.they_said(talk, "first", at=NOW)

        assert said(talk) == ["first", "second"]

    def test_within_one_second_the_answer_stands_after_what_it_answers(self, talk):
        make.we_said(talk, "Which day?", at=NOW + timedelta(milliseconds=700))
        make.they_said(talk, "Monday", at=NOW)

        assert said(talk) == ["Which day?", "Monday"]

    def test_it_is_read_in_pages_both_ways(self, talk):
        for number in range(7):
            make.they_said(talk, str(number), at=NOW + timedelta(seconds=number // 2))

        newest = inbox.thread(talk, size=3)
        middle = inbox.thread(talk, size=3, before=newest.before)

        assert [item.text for item in middle.items] == ["1", "2", "3"]
        assert said(talk, size=3, after=middle.after) == ["4", "5", "6"]
        assert said(talk, size=3, before=middle.before) == ["0"]

    def test_it_opens_around_a_message(self, talk):
        lines = [make.they_said(talk, str(number), at=NOW + timedelta(seconds=number)) for number in range(20)]

        assert said(talk, around=lines[4].id, size=6) == ["2", "3", "4", "5", "6", "7", "8", "9"]

    def test_a_reaction_belongs_to_its_line_and_the_newest_counts(self, talk):
        line = make.we_said(talk, at=NOW)
        for number, sign in enumerate(("👍", "🙏")):
            make.they_said(talk, sign, kind="reaction", reply_to=line.wire_id, at=NOW + timedelta(seconds=number))

        assert [one.sign for one in only_line(talk).reactions] == ["🙏"]

    def test_a_reaction_that_was_taken_away_is_gone(self, talk):
        line = make.we_said(talk, at=NOW)
        make.they_said(talk, "👍", kind="reaction", reply_to=line.wire_id, at=NOW)
        make.they_said(talk, "", kind="reaction", reply_to=line.wire_id, at=NOW + timedelta(seconds=1))

        assert only_line(talk).reactions == ()

    def test_a_reaction_to_what_we_do_not_have_is_a_line_of_its_own(self, talk):
        make.they_said(talk, "👍", kind="reaction", reply_to="wamid.elsewhere")

        assert only_line(talk).kind == "reaction"

    def test_an_edit_changes_the_words_and_keeps_the_old_ones(self, talk):
        line = make.they_said(talk, "At nime", at=NOW)
        make.they_said(talk, "At nine", kind="edit", reply_to=line.wire_id, content={"edit": {"kind": "text", "text": "At nine"}})

        now = only_line(talk)
        assert (now.text, now.text_before, now.is_edited) == ("At nine", "At nime", True)

    def test_they_delete_their_own_lines_only(self, talk):
        ours, theirs = make.we_said(talk, at=NOW), make.they_said(talk, at=NOW + timedelta(seconds=1))
        for line in (ours, theirs):
            make.they_said(talk, "", kind="revoke", reply_to=line.wire_id)

        assert [item.is_deleted for item in inbox.thread(talk).items] == [False, True]

    def test_a_quote_leads_to_its_line(self, talk):
        first = make.we_said(talk, "Could you send a photo?", at=NOW)
        make.they_said(talk, "Here", reply_to=first.wire_id, at=NOW + timedelta(seconds=2))

        quote = inbox.thread(talk).items[-1].quote
        assert (quote.line_id, quote.words, quote.is_ours) == (first.id, "Could you send a photo?", True)

    def test_messages_of_a_campaign_stand_in_it_once_they_left(self, app):
        campaign = queues.make_campaign(2)
        first, second = queues.messages(campaign)
        with queues.transaction():
            db.session.get_one(Message, first.id).state = MessageState.SENT
        from services import channels
        talks = [make.a_talk(person=db.session.get_one(make.Contact, one.contact_id),
                             channel=channels.get_channel(campaign.channel_id)) for one in (first, second)]

        assert only_line(talks[0]).who == inbox.Who("campaign", "Spring", campaign.id)
        assert inbox.thread(talks[1]).items == []

    def test_the_other_number_has_a_thread_of_its_own(self, talk):
        other = make.a_talk(channel=queues.make_channel(number_id="100000000000009"),
                            person=db.session.get_one(make.Contact, talk.contact_id))
        make.they_said(talk, "to the first")

        assert said(other) == []


class TestReply:
    def test_an_answer_ends_the_waiting_and_takes_over(self, talk):
        make.they_said(talk)

        inbox.reply(talk.id, text="Yes", author=ME)

        now = make.again(talk)
        assert now.waiting_since is None and now.taken_over_at is not None
        assert (now.preview, now.preview_is_ours, now.unread) == ("Yes", True, 0)

    def test_a_rule_answers_without_taking_over(self, talk):
        inbox.reply(talk.id, text="We have your message", author=sending.Author("rule", "First hello", 3))

        assert make.again(talk).taken_over_at is None
        assert only_line(talk).who == inbox.Who("rule", "First hello", 3)

    def test_past_the_window_nothing_is_queued(self, app):
        shut = make.a_talk(at=clock.now() - timedelta(hours=24, seconds=1))

        with pytest.raises(inbox.WindowShut):
            inbox.reply(shut.id, text="Are you there?", author=ME)

        assert db.session.query(Message).count() == 0

    def test_a_time_past_the_window_is_refused_too(self, talk):
        with pytest.raises(inbox.WindowShut, match="At that time"):
            inbox.reply(talk.id, text="Tomorrow", author=ME, due_at=clock.now() + timedelta(hours=30))

    def test_a_quote_goes_along_by_the_carriers_id(self, talk):
        line = make.they_said(talk)

        message_id = inbox.reply(talk.id, text="Yes", reply_to=line.id, author=ME)

        assert db.session.get_one(Message, message_id).reply_to == line.wire_id

    def test_a_message_of_somebody_else_cannot_be_quoted(self, talk):
        line = make.they_said(make.a_talk("Ben"))

        with pytest.raises(Exception, match="no such message in this chat"):
            inbox.reply(talk.id, text="Yes", reply_to=line.id, author=ME)

    def test_a_reaction_is_no_answer(self, talk):
        line = make.they_said(talk)

        inbox.react(talk.id, message_id=line.id, sign="👍", author=ME)

        assert make.again(talk).waiting_since is not None

    @pytest.mark.parametrize("sign", ["ok", "👍 👍", "a"])
    def test_a_reaction_is_one_sign(self, talk, sign):
        line = make.they_said(talk)

        with pytest.raises(Invalid):
            inbox.react(talk.id, message_id=line.id, sign=sign, author=ME)

    def test_what_has_left_cannot_be_taken_back(self, talk):
        line = make.we_said(talk)

        with pytest.raises(Conflict, match="left already"):
            inbox.take_back(line.id, conversation_id=talk.id)

    def test_a_template_needs_every_value(self, talk):
        version = queues.make_version(category="utility")

        with pytest.raises(Invalid, match="first_name"):
            inbox.send_template(talk.id, version_id=version.id, values={"first_name": " "}, author=ME)

    def test_a_template_goes_when_the_window_is_shut(self, app):
        shut, version = make.a_talk(at=clock.now() - timedelta(days=3)), queues.make_version(category="utility")

        inbox.send_template(shut.id, version_id=version.id, values=inbox.values_for(shut.id, version.id), author=ME)

        assert only_line(shut).shown.body == "Hello Adaeze"

    def test_what_was_typed_goes_with_an_answer_and_stays_beside_anything_else(self, talk):
        me = cast.person("agent")
        author, version = sending.Author("user", me.name, me.id), queues.make_version(category="utility")
        inbox.keep_draft(talk.id, user_id=me.id, text="Half a sent")

        inbox.send_template(talk.id, version_id=version.id, values=inbox.values_for(talk.id, version.id), author=author)
        inbox.reply(talk.id, kind="location", content={"latitude": "6.45", "longitude": "3.39"}, author=author)
        assert inbox.draft_of(talk.id, user_id=me.id) == "Half a sent"
        inbox.reply(talk.id, text="Half a sentence", author=author)

        assert inbox.draft_of(talk.id, user_id=me.id) == ""


class TestActs:
    def test_closing_lets_rules_speak_again_and_is_told_to_them(self, talk, by):
        inbox.reply(talk.id, text="Done", author=ME)

        inbox.close(talk.id, by=by)

        assert make.again(talk).taken_over_at is None
        assert db.session.query(Event).filter_by(kind="conversation.closed").count() == 1

    def test_what_was_put_off_comes_back_by_itself(self, talk, by):
        inbox.snooze(talk.id, until=clock.now() + timedelta(hours=1), by=by)

        assert inbox.wake_due(clock.now()) == 0
        assert inbox.wake_due(clock.now() + timedelta(hours=2)) == 1
        assert make.again(talk).state is ConversationState.OPEN

    def test_a_viewer_is_given_nothing(self, talk, by):
        with pytest.raises(Invalid):
            inbox.assign(talk.id, user_id=cast.person("viewer").id, by=by)

    def test_seen_up_to_a_line_leaves_the_newer_ones(self, talk):
        first = make.they_said(talk, at=NOW)
        make.they_said(talk, at=NOW + timedelta(minutes=1))

        inbox.mark_read(talk.id, up_to=first.id)

        assert make.again(talk).unread == 1

    def test_seeing_wishes_for_one_mark_on_the_newest_line(self, talk):
        make.they_said(talk, at=NOW)
        newest = make.they_said(talk, at=NOW + timedelta(minutes=1))

        inbox.mark_read(talk.id)

        assert [mark.wire_id for mark in db.session.query(ReadMark)] == [newest.wire_id]

    def test_without_the_wish_nobody_is_told(self, talk, by):
        from services import settings
        settings.change("shows_read_marks", False, by=by)
        make.they_said(talk)

        inbox.mark_read(talk.id)

        assert db.session.query(ReadMark).count() == 0

    def test_colleagues_see_each_other_for_a_while(self, talk):
        ana, ben = cast.person("agent", name="Ana"), cast.person("agent", name="Ben")

        inbox.here(talk.id, user_id=ana.id, is_writing=True)

        assert inbox.others(talk.id, user_id=ben.id) == [inbox.Present(ana.id, "Ana", True)]
        assert inbox.others(talk.id, user_id=ana.id) == []

    def test_only_its_writer_takes_a_note_away(self, talk):
        note_id = inbox.add_note(talk.id, text="x", by=Actor("user", "Ana", cast.person("agent").id))

        with pytest.raises(Conflict):
            inbox.delete_note(note_id, conversation_id=talk.id, by=Actor("user", "Ben", cast.person("agent").id))


class TestLists:
    def test_newest_first_in_pages(self, app):
        for number in range(5):
            make.a_talk(f"Person {number}", at=NOW + timedelta(minutes=number))

        first = inbox.conversations(inbox.Wish(), size=2)
        second = inbox.conversations(inbox.Wish(), size=2, after=first.after)

        assert [one.name for one in (*first.items, *second.items)] == [f"Person {number}" for number in (4, 3, 2, 1)]

    def test_longest_waiting_first(self, app):
        for minutes in (5, 60, 30):
            make.they_said(make.a_talk(f"{minutes}"), at=NOW - timedelta(minutes=minutes))

        assert [one.name for one in inbox.conversations(inbox.Wish(sort="waiting")).items] == ["60", "30", "5"]

    def test_each_list_holds_what_it_says(self, app, by):
        ana = cast.person("agent")
        mine, closed, unread = make.a_talk("mine"), make.a_talk("closed"), make.a_talk("unread")
        inbox.assign(mine.id, user_id=ana.id, by=by)
        inbox.close(closed.id, by=by)
        make.they_said(unread)

        def names(show):
            return {one.name for one in inbox.conversations(inbox.Wish(show=show, user_id=ana.id)).items}

        assert [names(show) for show in ("mine", "closed", "unread", "unanswered", "unassigned")] == [
            {"mine"}, {"closed"}, {"unread"}, {"unread"}, {"unread"}]
        assert inbox.counts_for(ana.id) == inbox.Counts(open=2, unread=1, unanswered=1, mine=1, unassigned=1)

    def test_by_tag(self, app):
        make.a_talk(person=make.a_contact("Ana", tags=["VIP"]))
        make.a_talk("Ben")

        assert [one.name for one in inbox.conversations(inbox.Wish(tag="vip")).items] == ["Ana"]
