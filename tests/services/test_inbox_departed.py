"""Whoever writes a message, and whenever it leaves: its chat in the list shows it and waits no longer, from then on."""

from datetime import timedelta

import pytest

from core import clock
from core.background import Job
from core.states import MessageState
from jobs.registry import JOBS
from models import Channel, Message, db, transaction
from services import inbox, sending
from tests.factories import inbox as make
from tests.factories import sending as queues
from transports.port import StatusNews

ME = sending.Author("user", "Folake Adeyemi")
RULE, FLOW, PROGRAM = (sending.Author(kind, "Shop", 1) for kind in ("rule", "flow", "api"))


@pytest.fixture
def talk(app):
    """Somebody wrote two minutes ago and waits."""
    with transaction():
        talk = make.a_talk(channel=queues.make_channel(), at=clock.now() - timedelta(minutes=2))
    make.they_said(talk, "Where is it?", at=clock.now() - timedelta(minutes=2))
    return talk


def queue(talk, text="It came", author=RULE, **more):
    """A message of ours to them; its id."""
    return sending.queue_message(channel_id=talk.channel_id, contact_id=talk.contact_id, phone="+447700900001", text=text,
                                 author=author, **more)


@pytest.mark.parametrize("author", [RULE, FLOW, PROGRAM, None], ids=["rule", "flow", "program", "our own confirmation"])
def test_what_left_is_what_the_list_shows_and_nobody_waits(talk, author):
    queue(talk, author=author)
    wrote_at = make.again(talk).last_at
    assert (make.again(talk).preview, inbox.counts_for(None).unanswered) == ("Where is it?", 1)

    queues.leave(talk.channel_id)

    now = make.again(talk)
    assert (now.preview, now.preview_is_ours, now.waiting_since, now.unread) == ("It came", True, None, 1)
    assert now.last_at == now.last_out_at > wrote_at and now.taken_over_at is None
    assert inbox.counts_for(None).unanswered == 0


def test_what_whatsapp_did_not_take_changes_nothing(talk):
    queue(talk)

    queues.leave(talk.channel_id, is_taken=False)

    assert (make.again(talk).preview, inbox.counts_for(None).unanswered) == ("Where is it?", 1)


def failed_later(talk, message_id):
    """WhatsApp has taken it, and says afterwards that it did not arrive."""
    number = db.session.get_one(Channel, talk.channel_id).phone_number_id
    sending.apply_news([StatusNews(number, f"wamid.left{message_id}", "failed", clock.now(), code="131047",
                                   reason="The window is shut")])


@pytest.mark.parametrize("author", [ME, RULE, PROGRAM, None], ids=["person", "rule", "program", "our own confirmation"])
def test_an_answer_that_fails_after_it_was_taken_leaves_them_waiting(talk, author):
    since = make.again(talk).waiting_since
    message_id = inbox.reply(talk.id, text="It came", author=ME) if author is ME else queue(talk, author=author)
    queues.leave(talk.channel_id)
    assert make.again(talk).waiting_since is None

    failed_later(talk, message_id)

    assert (make.again(talk).waiting_since, inbox.counts_for(None).unanswered) == (since, 1)


def test_an_answer_that_is_refused_or_taken_back_leaves_them_waiting(talk):
    since = make.again(talk).waiting_since
    message_id = inbox.reply(talk.id, text="It came", author=ME)
    inbox.take_back(message_id, conversation_id=talk.id)
    assert make.again(talk).waiting_since == since

    inbox.reply(talk.id, text="It came", author=ME)
    with transaction():
        make.again(talk).window_ends_at = clock.now() - timedelta(seconds=1)
    assert make.again(talk).waiting_since is None and sending.claim(talk.channel_id, want=5) == []

    assert make.again(talk).waiting_since == since


def test_a_failure_changes_nothing_where_another_answer_stands_or_the_chat_is_closed(talk, by):
    first, second = queue(talk), queue(talk, "Once more")
    queues.leave(talk.channel_id)
    with transaction():
        db.session.get_one(Message, second).due_at = clock.now()
    failed_later(talk, first)
    assert make.again(talk).waiting_since is None

    inbox.take_back(second, conversation_id=talk.id)
    assert make.again(talk).waiting_since is not None
    inbox.close(talk.id, by=by)
    failed_later(talk, first)
    assert inbox.counts_for(None).unanswered == 0


def test_a_reply_for_later_shows_when_it_leaves(talk, monkeypatch):
    inbox.reply(talk.id, text="Good morning", author=ME, due_at=clock.now() + timedelta(hours=1))
    assert (make.again(talk).preview, inbox.counts_for(None).unanswered) == ("Where is it?", 1)

    moment = clock.now() + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: moment)
    monkeypatch.setattr(clock, "seconds", moment.timestamp)
    queues.leave(talk.channel_id)

    now = make.again(talk)
    assert (now.preview, now.preview_is_ours, now.waiting_since, now.last_at) == ("Good morning", True, None, moment)


def test_who_writes_after_it_was_written_waits_from_then_on(talk):
    queue(talk)
    later = make.they_said(talk, "And where is the other?", at=clock.now() + timedelta(seconds=5))

    queues.leave(talk.channel_id)

    now = make.again(talk)
    assert (now.preview, now.preview_is_ours, now.waiting_since) == ("And where is the other?", False, later.created_at)


def test_whom_a_flow_handed_to_the_team_still_waits(talk):
    queue(talk, "A colleague will write to you", author=FLOW)
    with transaction():
        inbox.get_conversation(talk.id).taken_over_at = clock.now()

    queues.leave(talk.channel_id)

    now = make.again(talk)
    assert now.preview == "A colleague will write to you" and now.waiting_since is not None


def test_a_reaction_answers_nothing(talk):
    queue(talk, "👍", kind="reaction", reply_to="wamid.1")

    queues.leave(talk.channel_id)

    assert (make.again(talk).preview, inbox.counts_for(None).unanswered) == ("Where is it?", 1)


def test_a_template_shows_with_its_words(talk):
    version = queues.make_version(category="utility")
    sending.queue_message(channel_id=talk.channel_id, contact_id=talk.contact_id, phone="+447700900001",
                          version_id=version.id, variables={"first_name": "Adaeze"}, author=RULE)

    queues.leave(talk.channel_id)

    assert "Adaeze" in make.again(talk).preview


def test_somebody_without_a_chat_and_a_broken_listener_stop_nothing(app, talk, monkeypatch):
    person, = queues.make_people(1, start=7)
    version = queues.make_version()
    message_id = sending.queue_message(channel_id=talk.channel_id, contact_id=person, phone="+447700900007",
                                       version_id=version.id, variables={"first_name": "P"})
    queues.leave(talk.channel_id)

    sending.install_departed(lambda ids: 1 / 0)
    try:
        queue(talk)
        queues.leave(talk.channel_id)
    finally:
        sending.install_departed(inbox.departed)

    assert db.session.get_one(Channel, talk.channel_id) and make.again(talk).preview == "Where is it?"
    assert db.session.get_one(make.Message, message_id).state is MessageState.ACCEPTED


class TestWhenAProcessDiesInBetween:
    """The receipt is written, the chat was not told: whoever looks next tells it."""

    @pytest.fixture(autouse=True)
    def died(self, talk):
        """Nobody tells chats of what leaves."""
        sending.install_departed(None)
        yield
        sending.install_departed(inbox.departed)

    def test_the_chat_is_told_by_whoever_looks_next(self, talk):
        queue(talk)
        queues.leave(talk.channel_id)
        assert (make.again(talk).preview, inbox.counts_for(None).unanswered) == ("Where is it?", 1)

        assert look(after=1) == 0, "a receipt of this moment may still be told by whoever wrote it"
        assert (look(after=10), look(after=10)) == (1, 0)

        now = make.again(talk)
        assert (now.preview, now.preview_is_ours, now.waiting_since) == ("It came", True, None)

    def test_a_new_process_looks_where_the_old_one_ended_however_long_ago(self, talk):
        queue(talk)
        queues.leave(talk.channel_id)
        began = clock.now() + timedelta(days=3)

        assert inbox.tell_missed(began + timedelta(seconds=1), since=began) == 1
        assert make.again(talk).preview == "It came"

    def test_the_job_tells_it(self, talk, monkeypatch):
        queue(talk)
        queues.leave(talk.channel_id)
        moment = clock.now() + timedelta(seconds=10)
        monkeypatch.setattr(clock, "now", lambda: moment)

        JOBS[Job.TELL_CHATS].call()

        assert make.again(talk).preview == "It came"

    def test_what_was_heard_of_later_counts_though_its_receipt_was_lost(self, talk):
        message_id = queue(talk)
        queues.leave(talk.channel_id)
        with transaction():
            message = db.session.get_one(make.Message, message_id)
            message.sent_at, message.accepted_at, message.state = message.accepted_at, None, MessageState.DELIVERED

        assert look(after=10) == 1 and make.again(talk).preview == "It came"

    def test_what_failed_and_what_they_wrote_since_is_respected(self, talk):
        queue(talk)
        queues.leave(talk.channel_id, is_taken=False)
        assert look(after=10) == 0
        queue(talk, "It came after all")
        later = make.they_said(talk, "Which one?", at=clock.now() + timedelta(seconds=2))
        queues.leave(talk.channel_id)

        look(after=10)

        now = make.again(talk)
        assert (now.preview, now.preview_is_ours, now.waiting_since) == ("Which one?", False, later.created_at)


def look(*, after):
    """So many seconds later somebody looks; how many chats learnt something."""
    now = clock.now() + timedelta(seconds=after)
    return inbox.tell_missed(now, since=now)
