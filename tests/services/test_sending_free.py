"""Free messages: what they hold, the 24-hour window, people without a number."""

import io
from datetime import timedelta

import pytest
from PIL import Image

from core import clock
from core.errors import Invalid
from core.states import MessageState
from models import Contact, Message, db, transaction
from services import media, sending
from tests.factories import sending as make
from transports.port import Interactive, Location, Media, Reaction, ReplyButtons, Text


@pytest.fixture
def talk(app):
    """(channel id, contact id) of somebody who just wrote to us."""
    channel = make.make_channel()
    person, = make.make_people(1)
    make.open_window(person, channel.id)
    return channel.id, person


def queued(talk, **what):
    """A message to them; its id."""
    return sending.queue_message(channel_id=talk[0], contact_id=talk[1], phone="+447700900001", **what)


@pytest.fixture
def picture(by):
    """A small picture that is kept; its id."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    file.seek(0)
    return media.keep(file, name="a.png", kind="image", by=by).id


def only_claim(talk):
    """The one message that may leave."""
    claim, = sending.claim(talk[0], want=5)
    return claim


def test_outside_the_window_nothing_leaves_and_the_reason_is_said(app):
    channel = make.make_channel()
    person, = make.make_people(1)
    make.open_window(person, channel.id, hours=-0.01)

    message_id = queued((channel.id, person), text="Are you there?")

    assert sending.claim(channel.id, want=5) == []
    message = db.session.get_one(Message, message_id)
    assert (message.state, message.reason_code) == (MessageState.SKIPPED, "window_closed")


def test_the_window_of_one_number_opens_no_other(app):
    first, second = make.make_channel(), make.make_channel(number_id="100000000000002")
    person, = make.make_people(1)
    make.open_window(person, first.id)

    queued((second.id, person), text="Hello from the other number")

    assert sending.claim(second.id, want=5) == []


def test_a_quote_goes_along(talk):
    queued(talk, text="Yes", reply_to="wamid.1")

    outgoing = only_claim(talk).outgoing

    assert (outgoing.content, outgoing.reply_to) == (Text("Yes"), "wamid.1")


@pytest.mark.parametrize(("what", "content"), [
    (dict(kind="location", content={"latitude": "6.45", "longitude": "3.39", "name": "Clinic"}),
     Location("6.45", "3.39", "Clinic", "")),
    (dict(kind="reaction", text="👍", reply_to="wamid.2"), Reaction("wamid.2", "👍")),
])
def test_each_kind_becomes_what_the_carrier_takes(talk, what, content):
    queued(talk, **what)

    assert only_claim(talk).outgoing.content == content


def test_buttons_come_with_their_words(talk):
    queued(talk, kind="interactive", text="Which day?", content={
        "action": "buttons", "choices": [{"id": "mon", "title": "Monday"}, {"id": "tue", "title": "Tuesday"}]})

    content = only_claim(talk).outgoing.content

    assert isinstance(content, Interactive) and isinstance(content.action, ReplyButtons)
    assert [one.title for one in content.action.choices] == ["Monday", "Tuesday"]


def test_somebody_without_a_number_gets_it_by_their_user_id(app):
    channel = make.make_channel()
    with transaction():
        person = Contact(user_id="GB.123", name="Ana")
        db.session.add(person)
    make.open_window(person.id, channel.id)

    sending.queue_message(channel_id=channel.id, contact_id=person.id, phone="", text="Hello Ana")

    outgoing = sending.claim(channel.id, want=5)[0].outgoing
    assert (outgoing.to, outgoing.user_id) == ("", "GB.123")


def test_a_file_goes_up_before_its_message_leaves(talk, picture, monkeypatch):
    message_id = queued(talk, kind="image", text="Look", content={"media_id": picture})
    assert sending.claim(talk[0], want=5) == []
    assert db.session.get_one(Message, message_id).state is MessageState.QUEUED

    monkeypatch.setattr("services.media.uploads._handed_over", lambda file, line, is_sample: "wire-7")
    assert sending.hand_over_files() == 1
    assert only_claim(talk).outgoing.content == Media("image", wire_id="wire-7", caption="Look")


def test_a_file_nobody_has_ends_its_message_with_the_reason(talk):
    message_id = queued(talk, kind="image", content={"media_id": 4})

    assert sending.hand_over_files() == 0
    db.session.expire_all()
    message = db.session.get_one(Message, message_id)
    assert (message.state, message.reason_code) == (MessageState.SKIPPED, "no_wording")


@pytest.mark.parametrize(("kind", "content"), [
    ("image", {"media_id": 10**30}), ("contacts", {"cards": [{"formatted_name": "A", "phones": "abc"}]}),
    ("interactive", {"action": "buttons", "choices": 5})])
def test_what_was_kept_in_another_shape_ends_with_the_reason_and_stops_nobody_else(talk, kind, content):
    odd = queued(talk, text="One")
    with transaction():
        message = db.session.get_one(Message, odd)
        message.kind, message.content = kind, content
    queued(talk, text="Two")

    assert only_claim(talk).outgoing.content == Text("Two")
    assert sending.hand_over_files() == 0
    db.session.expire_all()
    assert db.session.get_one(Message, odd).state is MessageState.SKIPPED


def test_a_message_does_not_wait_for_its_file_for_ever(talk, picture):
    message_id = queued(talk, kind="image", content={"media_id": picture})
    with transaction():
        db.session.get_one(Message, message_id).created_at = clock.now() - timedelta(minutes=16)

    assert sending.claim(talk[0], want=5) == []
    db.session.expire_all()
    assert db.session.get_one(Message, message_id).reason_code == "no_wording"


@pytest.mark.parametrize("what", [
    dict(text=" "), dict(text="x" * 4097), dict(kind="image"), dict(kind="location", content={"latitude": "91", "longitude": "0"}),
    dict(kind="interactive", text="Which?", content={"action": "buttons", "choices": [{"title": "A"}, {"title": "A"}]}),
    dict(kind="interactive", text="Which?", content={"action": "list", "label": "Open", "sections": []}),
    dict(kind="contacts", content={"cards": []}), dict(kind="poll", text="?"),
    *(dict(kind="interactive", text="Rate us", content={"action": "flow", "label": "Rate", "flow_id": "112233445566"} | odd) for odd in (
        {"label": ""}, {"label": "x" * 21}, {"flow_id": ""}, {"flow_id": "a"}, {"data_json": "{}"},
        {"screen": "START", "data_json": "{bad"}, {"screen": "START", "data_json": "[1]"})),
])
def test_what_the_carrier_would_refuse_is_refused_before_it_is_queued(talk, what):
    with pytest.raises(Invalid):
        queued(talk, **what)

    assert db.session.query(Message).count() == 0
