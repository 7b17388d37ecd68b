"""The inbox as pages: the list, a thread, the composer, and who may do what."""

import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from core import clock
from core.states import MessageState
from models import (
    Channel,
    Conversation,
    ConversationNote,
    MediaFile,
    Message,
    ReceivedFile,
    ReplyDraft,
    db,
    transaction,
)
from services import inbox
from tests.factories import inbox as make
from tests.factories import sending as queues


def sent():
    """What waits to leave, newest last."""
    db.session.expire_all()
    return db.session.scalars(select(Message).where(Message.direction == "out", Message.state == MessageState.QUEUED)
                              .order_by(Message.id)).all()


def statements_of(call):
    """How many statements a call sends to the database."""
    seen = []

    def note(connection, cursor, statement, *rest):
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        call()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len([text for text in seen if text.startswith("SELECT")])


@pytest.fixture
def talk(app):
    """Adaeze has just written."""
    found = make.a_talk()
    make.they_said(found, "Can I come *today*?")
    return found


def test_a_confirmation_nobody_wrote_says_so(browser, talk):
    make.we_said(talk, "You will get no more of these", author_kind="", author_name="")

    assert "Sent by itself" in browser.get(f"/inbox/{talk.id}/lines").text


class TestTheList:
    def test_an_empty_inbox_says_what_to_do(self, browser):
        assert "Nobody is waiting" in browser.get("/inbox").text

    def test_a_chat_stands_in_it_with_its_last_words(self, browser, talk):
        page = browser.get("/inbox").text

        assert "Adaeze Okafor" in page and "Can I come *today*?" in page

    def test_the_rail_counts_what_nobody_has_seen(self, browser, talk):
        assert browser.get("/contacts").text.count("data-unread-badge><span>1</span>") == 2  # in the rail, and below on a phone
        inbox.mark_read(talk.id)
        assert browser.get("/contacts").text.count("data-unread-badge hidden><span>0</span>") == 2

    def test_every_page_says_in_its_title_how_many_chats_nobody_has_seen(self, browser, talk):
        assert "<title>(1) Contacts" in browser.get("/contacts").text and "<title>(1) Inbox" in browser.get("/inbox").text
        inbox.mark_read(talk.id)
        assert "<title>Contacts" in browser.get("/contacts").text

    def test_pages_ask_for_it_once_at_the_same_small_cost_whatever_there_is(self, browser, talk):
        page = browser.get("/contacts").text
        assert page.count('data-live="/inbox/unseen"') == 1 and 'data-live="/inbox/unseen"' not in browser.get("/inbox").text
        one = statements_of(lambda: browser.get("/inbox/unseen", headers={"X-Live": "1"}))
        for number in range(5):
            make.they_said(make.a_talk(f"Bola <{number}>"), "Hello")
        told = browser.get("/inbox/unseen", headers={"X-Live": "1"})
        again = statements_of(lambda: browser.get("/inbox/unseen", headers={"X-Live": "1"}))

        assert one == again == 3
        assert 'data-chats="6" data-lines="6"' in told.text and 'data-name="Bola &lt;4&gt;" data-words="Hello"' in told.text
        assert browser.get("/inbox/unseen", headers={"X-Live": "1", "If-None-Match": told.headers["ETag"]}).status_code == 304

    def test_a_stranger_hears_nothing_of_it(self, stranger, talk):
        assert stranger.get("/inbox/unseen").status_code == 302

    def test_its_part_is_not_sent_again_when_nothing_changed(self, browser, talk):
        first = browser.get("/inbox/list", headers={"X-Live": "1"})
        again = browser.get("/inbox/list", headers={"X-Live": "1", "If-None-Match": first.headers["ETag"]})

        assert again.status_code == 304

    @pytest.mark.parametrize("show", [*inbox.SHOWS, "nonsense"])
    def test_every_list_has_its_page(self, browser, talk, show):
        assert browser.get(f"/inbox?show={show}&tag=x&campaign=&channel=1&sort=waiting").status_code == 200

    def test_it_is_narrowed_to_a_tag_and_a_campaign_from_its_menu(self, browser, app):
        campaign = queues.make_campaign(1)
        for name, tags in (("Adaeze <b>", []), ("Bola", ["vip <i>"])):
            make.they_said(make.a_talk(person=make.a_contact(name, tags=tags)), "Hello")
        make.they_said(make.a_talk(person=queues.messages(campaign)[0].contact), "From the campaign")
        with transaction():
            campaign.name = "Flu <i>"

        menu = browser.get("/inbox?show=unread").text
        tagged, told = browser.get("/inbox?tag=vip+%3Ci%3E").text, browser.get(f"/inbox?tag=&campaign={campaign.id}&channel=").text

        assert "<option>vip &lt;i&gt;</option>" in menu and f'<option value="{campaign.id}">Flu &lt;i&gt;</option>' in menu
        assert '<input type="hidden" name="show" value="unread">' in menu
        assert tagged.count('class="talk-name"') == 1 and "Bola" in tagged and "Adaeze &lt;b&gt;" not in tagged
        assert told.count('class="talk-name"') == 1 and "From the campaign" in told

    def test_what_somebody_wrote_runs_no_script(self, browser, app):
        make.they_said(make.a_talk("<script>alert(1)</script>"), "<img src=x onerror=alert(1)>")

        page = browser.get("/inbox").text

        assert "<script>alert" not in page and "<img src=x" not in page


class TestAThread:
    def test_it_shows_what_was_said_as_the_phone_shows_it(self, browser, talk):
        assert "Can I come <strong>today</strong>?" in browser.get(f"/inbox/{talk.id}").text

    def test_opening_it_changes_nothing_by_itself(self, browser, talk):
        browser.get(f"/inbox/{talk.id}")

        assert make.again(talk).unread == 1

    def test_a_chat_that_is_not_there_says_so(self, browser):
        assert browser.get("/inbox/999").status_code == 404

    def test_a_viewer_reads_and_cannot_write(self, browser_as, talk):
        viewer = browser_as("viewer")

        assert "needs the role of an agent" in viewer.get(f"/inbox/{talk.id}").text
        assert viewer.post(f"/inbox/{talk.id}/write", {"mode": "reply", "text": "Hi"}).status_code == 403

    @pytest.mark.parametrize(("kind", "content"), [
        ("location", {"latitude": "6.45", "longitude": "3.39", "name": "<b>Clinic</b>"}),
        ("contacts", {"cards": [{"formatted_name": "Ada", "phones": [{"value": "+44"}]}]}),
        ("order", {"order": {"items": [{"id": "tea", "quantity": 2}]}}), ("image", {}), ("poll_of_next_year", {}),
        ("unsupported", {"unsupported": {"what": "poll"}}), ("interactive", {"choice": {"kind": "list", "title": "Mon"}}),
        ("button", {"choice": {"kind": "template"}}), ("system", {"system": "number"}), ("revoke", {}), ("reaction", {}),
        ("request_welcome", {}), ("sticker", {}), ("interactive", {"form": {"<i>day</i>": "Monday"}}),
    ])
    def test_every_kind_of_line_is_a_page_that_holds(self, browser, talk, kind, content):
        make.they_said(talk, "" if kind != "button" else "Yes", kind=kind, content=content)

        answer = browser.get(f"/inbox/{talk.id}")

        assert answer.status_code == 200 and "<i>day" not in answer.text and "<b>Clinic" not in answer.text

    @pytest.mark.parametrize(("kind", "text", "content", "said"), [
        ("text", "", {}, "An empty message."), ("location", ", ", {}, "A place with nothing on it."),
        ("contacts", "", {"cards": []}, "A contact card with nothing on it."), ("interactive", "", {}, "An empty message."),
        ("request_welcome", "", {}, "opened the chat for the first time"),
        ("system", "changed from 1 to 2", {"system": "user_changed_number"}, "has a new number: changed from 1 to 2"),
        ("text", "In stock?", {"product": {"catalog": "7", "id": "SKU-9"}}, "About the product SKU-9"),
        ("contacts", "Ada", {"cards": [{"formatted_name": "Ada", "phones": [{"value": "+447700900777"}]}]}, "+44 7700 900777")])
    def test_a_line_says_what_it_is(self, browser, talk, kind, text, content, said):
        make.they_said(talk, text, kind=kind, content=content)

        shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", browser.get(f"/inbox/{talk.id}/lines").text))

        assert said in shown

    def test_a_form_that_was_filled_in_is_shown_once(self, browser, talk):
        make.they_said(talk, "rating: 5", kind="interactive", content={"form": {"rating": "five stars"}})

        page = browser.get(f"/inbox/{talk.id}/lines").text

        assert (page.count("five stars"), "rating: 5" in page) == (1, False)

    def test_a_quote_names_who_wrote_what_it_answers_to(self, browser, talk, admin):
        theirs = db.session.scalars(select(Message)).one()
        make.we_said(talk, "Yes, at two", reply_to=theirs.wire_id)
        ours = make.we_said(talk, "Bring your card", by="Amina Bello")
        make.they_said(talk, "Which one?", reply_to=ours.wire_id)
        make.they_said(talk, "And this?", reply_to="wamid.of-another-life")

        page = browser.get(f"/inbox/{talk.id}/lines").text

        heads = re.findall(r'class="line-quote[^>]*>\s*(?:<strong[^>]*>(.*?)</strong>)?', page, re.S)
        assert [head.strip() for head in heads] == ["Adaeze Okafor", "Amina Bello", ""]

    def test_a_file_that_did_not_come_says_why_and_can_be_asked_for_again(self, browser, browser_as, talk):
        picture = make.they_said(talk, "", kind="image")
        make.file_of(picture, reason="WhatsApp did not give it to us. It is tried again.",
                     due_at=clock.now() + timedelta(hours=6))

        page = browser.get(f"/inbox/{talk.id}").text
        assert "Photo is being fetched: WhatsApp did not give it to us" in page and "Try now" in page
        assert "Try now" not in browser_as("viewer").get(f"/inbox/{talk.id}").text
        browser.post(f"/inbox/{talk.id}/fetch", {"message_id": picture.id})

        db.session.expire_all()
        assert db.session.scalars(select(ReceivedFile)).one().due_at <= clock.now()

    def test_a_picture_that_cannot_be_drawn_is_handed_out_and_not_shown(self, browser, talk):
        with transaction():
            kept = MediaFile(kind="document", name="a.png", mime="application/octet-stream", size=9, digest="d", stored_as="a.png")
            db.session.add(kept)
        make.file_of(make.they_said(talk, "", kind="image"), media=kept)

        page = browser.get(f"/inbox/{talk.id}/lines").text

        assert ("<img" in page, "download" in page) == (False, True)

    def test_a_file_of_another_chat_is_not_asked_for(self, browser, talk):
        make.file_of(make.they_said(make.a_talk("Bola"), "", kind="image"), due_at=clock.now() + timedelta(hours=6))
        other = db.session.scalars(select(ReceivedFile)).one()

        browser.post(f"/inbox/{talk.id}/fetch", {"message_id": other.message_id})

        db.session.expire_all()
        assert db.session.scalars(select(ReceivedFile)).one().due_at > clock.now()

    def test_a_number_that_is_paused_says_so_where_one_writes(self, browser, talk):
        with transaction():
            channel = db.session.get_one(Channel, talk.channel_id)
            channel.paused_at, channel.paused_reason = clock.now(), "Meta has locked the account."

        page = browser.get(f"/inbox/{talk.id}").text

        assert "at present: Meta has locked the account. What you write waits." in page

    def test_a_failure_says_why_and_what_to_do(self, browser, talk):
        make.we_said(talk, state=MessageState.FAILED, reason_code="131026", reason="The number cannot be reached")

        page = browser.get(f"/inbox/{talk.id}").text

        assert "The number cannot be reached" in page and "Check the number" in page


class TestWriting:
    def test_an_answer_is_queued_under_my_name(self, browser, talk, admin):
        browser.post(f"/inbox/{talk.id}/write", {"mode": "reply", "text": "Yes, at 2"})

        message, = sent()
        assert (message.text, message.author_kind, message.author_id) == ("Yes, at 2", "user", admin.id)

    def test_an_agent_may_answer(self, browser_as, talk):
        browser_as("agent").post(f"/inbox/{talk.id}/write", {"mode": "reply", "text": "Yes"})

        assert len(sent()) == 1

    def test_a_note_is_kept_and_not_sent(self, browser, talk):
        browser.post(f"/inbox/{talk.id}/write", {"mode": "note", "text": "Prefers afternoons"})

        assert db.session.scalars(select(ConversationNote.text)).all() == ["Prefers afternoons"] and not sent()
        assert "only the team sees this" in browser.get(f"/inbox/{talk.id}").text

    def test_a_picture_goes_as_a_picture(self, browser, talk, monkeypatch):
        monkeypatch.setattr("services.media.ensure_uploaded", lambda channel, media_id: "77")
        png = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000"
                            "050001a5f645400000000049454e44ae426082")

        browser.post(f"/inbox/{talk.id}/write", {"mode": "reply", "text": "Here", "file": (io.BytesIO(png), "card.png")})

        message, = sent()
        assert (message.kind, message.text, message.content["name"]) == ("image", "Here", "card.png")

    def test_when_the_window_is_shut_nothing_is_queued_and_the_words_stay(self, browser, app):
        shut = make.a_talk(at=clock.now() - timedelta(hours=25))

        answer = browser.post(f"/inbox/{shut.id}/write", {"mode": "reply", "text": "Are you there?"})

        assert answer.status_code == 422 and "Are you there?" in answer.text and "only a template" in answer.text
        assert "btn-primary is-first write-template" in answer.text and "is-second write-send" in answer.text
        assert not sent() and db.session.scalars(select(ReplyDraft.text)).all() == ["Are you there?"]

    def test_a_message_for_later_can_be_taken_back(self, browser, talk):
        browser.post(f"/inbox/{talk.id}/write", {"mode": "reply", "text": "See you", "when": "later", "day": "2020-01-01"})
        assert not sent(), "half a time is refused"
        soon = (clock.now() + timedelta(hours=2)).astimezone(clock.zone("UTC"))
        browser.post(f"/inbox/{talk.id}/write", {"mode": "reply", "text": "See you", "when": "later",
                                                 "day": f"{soon:%Y-%m-%d}", "time": f"{soon:%H:%M}"})
        message, = sent()

        browser.post(f"/inbox/{talk.id}/take-back", {"message_id": message.id})

        assert not sent() and "See you" in browser.get(f"/inbox/{talk.id}").text

    @pytest.mark.parametrize(("word", "form", "shown"), [
        ("location", {"latitude": "6.45", "longitude": "3.39", "name": "Quay"}, "Quay"),
        ("card", {"formatted_name": "Dr Balogun", "phone": "+2341"}, "Dr Balogun"),
        ("buttons", {"text": "When?", "first": "Monday", "second": "Tuesday"}, "Tuesday"),
        ("list", {"text": "When?", "label": "Choose", "rows": "Monday | from 8\nTuesday"}, "from 8"),
        ("link", {"text": "Book here", "label": "Book now", "url": "https://example.org/book"}, "Book now"),
        ("form", {"text": "How was it?", "label": "Rate us", "flow_id": "112233445566", "screen": "START"}, "Rate us"),
        ("ask-location", {"text": "Where shall we come to?"}, "Send location"),
        ("ask-number", {"text": "May we have your number?"}, "Share their number"),
    ])
    def test_what_is_more_than_text_has_a_page_of_its_own(self, browser, talk, word, form, shown):
        assert browser.get(f"/inbox/{talk.id}/send/{word}").status_code == 200

        browser.post(f"/inbox/{talk.id}/send/{word}", form)

        assert len(sent()) == 1 and shown in browser.get(f"/inbox/{talk.id}").text

    @pytest.mark.parametrize(("word", "form", "says"), [
        ("link", {"text": "Book", "label": "Book", "url": "example"}, "begins with https://"),
        ("form", {"text": "Rate", "label": "Rate us", "flow_id": "mine"}, "Give the id of the form"),
        ("ask-location", {"text": ""}, "Write what you ask")])
    def test_what_whatsapp_would_not_take_is_refused_beside_its_field(self, browser, talk, word, form, says):
        answer = browser.post(f"/inbox/{talk.id}/send/{word}", form)

        assert answer.status_code == 422 and says in answer.text and not sent()

    def test_a_location_beyond_the_earth_is_refused_beside_its_field(self, browser, talk):
        answer = browser.post(f"/inbox/{talk.id}/send/location", {"latitude": "99", "longitude": "1"})

        assert answer.status_code == 422 and "Give the latitude in degrees" in answer.text

    def test_what_is_typed_is_kept_for_me(self, browser, talk):
        browser.post(f"/inbox/{talk.id}/draft", {"text": "Half a sent"})

        assert "Half a sent" in browser.get(f"/inbox/{talk.id}").text


class TestActs:
    def test_close_and_open_again(self, browser, talk):
        browser.post(f"/inbox/{talk.id}/close")
        assert make.again(talk).state == "closed"

        browser.post(f"/inbox/{talk.id}/reopen")
        assert make.again(talk).state == "open"

    def test_put_off_until_tomorrow(self, browser, talk):
        browser.post(f"/inbox/{talk.id}/snooze", {"until": "tomorrow"})

        assert make.again(talk).state == "snoozed" and "Put off" in browser.get("/inbox?show=snoozed").text

    def test_give_it_to_myself(self, browser, talk, admin):
        browser.post(f"/inbox/{talk.id}/assign", {"user_id": admin.id})

        assert make.again(talk).assigned_to == admin.id
        assert "gave this chat to Folake Adeyemi" in browser.get(f"/inbox/{talk.id}").text

    def test_seen_as_far_as_a_line(self, browser, talk):
        last = db.session.scalars(select(Message).order_by(Message.id.desc())).first()

        browser.post(f"/inbox/{talk.id}/read", {"up_to": last.id})

        assert make.again(talk).unread == 0

    def test_without_scripts_a_button_says_that_it_is_seen(self, browser, talk):
        last = db.session.scalars(select(Message)).one()
        page = browser.get(f"/inbox/{talk.id}").text
        button = page.split("<noscript>")[1].split("</noscript>")[0]
        assert f'action="/inbox/{talk.id}/read"' in button and f'name="up_to" value="{last.id}"' in button

        browser.post(f"/inbox/{talk.id}/read", {"up_to": last.id})

        assert make.again(talk).unread == 0 and "<noscript>" not in browser.get(f"/inbox/{talk.id}").text

    def test_a_chat_is_begun_from_a_person(self, browser, talk):
        answer = browser.post("/inbox/start", {"contact_id": talk.contact_id})

        assert answer.headers["Location"].endswith(f"/inbox/{talk.id}")
        assert db.session.query(Conversation).count() == 1


class TestReadyAnswers:
    def test_a_manager_writes_one_and_an_agent_uses_it(self, browser_as, talk):
        browser_as("manager").post("/inbox/answers/new", {"shortcut": "/hours", "text": "Hello {{first_name}}, 8 to 5"})

        assert "Hello Adaeze, 8 to 5" in browser_as("agent").get(f"/inbox/{talk.id}").text

    def test_an_agent_manages_none(self, browser_as, talk):
        assert browser_as("agent").post("/inbox/answers/new", {"shortcut": "x", "text": "y"}).status_code == 403

    def test_a_taken_word_is_refused_beside_its_field(self, browser, app, by):
        inbox.add_canned(shortcut="hours", text="8 to 5", by=by)

        answer = browser.post("/inbox/answers/new", {"shortcut": "Hours", "text": "9 to 5"})

        assert answer.status_code == 422 and "already" in answer.text

    def test_change_and_delete(self, browser, app, by):
        made = inbox.add_canned(shortcut="hours", text="8 to 5", by=by)

        browser.post(f"/inbox/answers/{made.id}", {"shortcut": "hours", "text": "9 to 5"})
        assert "9 to 5" in browser.get("/inbox/answers").text
        browser.post(f"/inbox/answers/{made.id}/delete")
        assert "9 to 5" not in browser.get("/inbox/answers").text
