"""Finding what was said: every word by its beginning, without case and accents, in scripts without spaces, too."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from models import Message, db, transaction
from services import inbox
from tests.factories import inbox as make


@pytest.fixture
def talk(app):
    """One conversation to look in."""
    return make.a_talk()


def found(words):
    """The messages that are found, by id."""
    return [one.message_id for one in inbox.search(words)]


@pytest.mark.parametrize(("said", "words"), [
    ("Can I come for the flu jab?", "FLU"), ("Can I come for the flu jab?", "jab come"), ("appointment", "appoint"),
    ("Café ouvert à midi", "cafe"), ("cafe", "Café"), ("ÑANDÚ", "nandu"), ("Çok güzel", "cok guzel"),
    ("明天可以预约吗", "预约"), ("明天可以预约吗", "预"), ("予約したいです", "約し"), ("안녕하세요 선생님", "하세요"),
    ("ขอบคุณมากครับ", "มาก"), ("привет доктор", "ДОКТ"), ("at 2:30 please", "2:30"), ("write to ada@example.com", "ada@example.com"),
    ("order #A-17/b", "a-17"), ("under_score", "under_score"), ("مرحبا دكتور", "دكتور"),
])
def test_it_is_found(talk, said, words):
    message = make.they_said(talk, said)

    assert found(words) == [message.id]


@pytest.mark.parametrize(("said", "words"), [
    ("flu jab", "flu shot"), ("flute", "lute"), ("明天可以预约吗", "约预"), ("flu jab", ""), ("flu jab", "!?"), ("flu", '"'),
    ("flu", "NOT"), ("flu", "text:flu x"), ("flu", "zz OR flu"), ("flu", "flu)"[:0] + "'; DROP TABLE messages"),
])
def test_it_is_not_found_and_nothing_breaks(talk, said, words):
    make.they_said(talk, said)

    assert found(words) == []


@pytest.mark.parametrize(("said", "words", "marked"), [
    ("Un café crème", "cafe", "café"), ("The Straße is \"quoted\"", "quoted", "quoted"), ("is flooded, says O'Brien", "O'Brien", "O"),
    ("Die Straße", "stra", "Stra"), ("not so so-so", "so", "so"), ("日本語です", "本語", "本語"), ("CAFE\u0301 noir", "café", "CAFE\u0301")])
def test_what_was_found_is_marked_where_it_stands(talk, said, words, marked):
    make.they_said(talk, said)

    one, = inbox.search(words)
    assert (one.match, one.before + one.match + one.after) == (marked, said)


@pytest.mark.parametrize("words", ["flu)", "flu*", "(flu", "flu:", "fl'u"[:2], "flu & ", "<flu>", "flu -> ", "flu\x00", "“flu”"])
def test_signs_around_a_word_change_nothing(talk, words):
    message = make.they_said(talk, "the flu")

    assert found(words) == [message.id]


def test_each_conversation_stands_once_with_its_newest(talk):
    make.they_said(talk, "flu", at=make.NOW)
    newest = make.they_said(talk, "flu again", at=make.NOW + timedelta(minutes=1))

    one, = inbox.search("flu")
    assert (one.message_id, one.more, one.match, one.after) == (newest.id, 1, "flu", " again")


def test_what_we_said_is_found_too(talk):
    assert found("balogun") == [] and make.we_said(talk, "Dr Balogun is in") and found("balogun") != []


def test_a_changed_text_is_found_by_its_new_words_only(talk):
    message = make.they_said(talk, "monday 预约")
    with transaction():
        db.session.execute(update(Message).where(Message.id == message.id).values(text="tuesday"))

    assert (found("monday"), found("预约"), found("tuesday")) == ([], [], [message.id])


def test_a_deleted_message_is_forgotten(talk):
    message = make.they_said(talk, "monday 预约")
    with transaction():
        db.session.execute(delete(Message).where(Message.id == message.id))
    other = make.they_said(talk, "monday")

    assert found("monday") == [other.id]


def test_an_erased_text_is_forgotten(talk):
    message = make.they_said(talk, "monday")
    with transaction():
        db.session.execute(update(Message).where(Message.id == message.id).values(text=""))

    assert found("monday") == []


def test_people_are_found_by_name(talk):
    make.a_talk("Ben")

    assert [one.name for one in inbox.of_people("adae")] == ["Adaeze Okafor"]


def test_the_page_shows_where_it_was_said(talk, browser):
    make.they_said(talk, "the flu <b>jab</b>")

    page = browser.get("/inbox?q=flu").text

    assert "<mark>flu</mark> &lt;b&gt;jab" in page
