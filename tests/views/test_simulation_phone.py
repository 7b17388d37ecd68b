"""The page on which one is the customer: what can be done there, what it shows, who may, and when it does not exist."""

import io
import re
from urllib.parse import quote

import pytest

from models import Message, db
from services import channels, simulation
from simulator import drawn
from tests.factories.contacts import a_contact
from tests.live import wait_until
from tests.simulated import simulated
from tests.simulator.conftest import greeting, send
from transports.cloud_api.catalogue import CloudCatalogue
from transports.cloud_api.media import CloudMedia
from transports.port import Choice, FileToSend, FlowButton, Interactive, ListMenu, Media, OutgoingMessage, Section

PERSON = "+447700900123"


@pytest.fixture
def world(app, tmp_path):
    """A running simulator, and Priya's phone in hand."""
    with simulated(tmp_path) as running:
        simulation.make_person(name="Priya Nair", number=PERSON)
        yield running


def do(browser, act, **more):
    """Press something as Priya; the page afterwards."""
    return browser.post("/simulation/say", {"person": PERSON, "act": act} | more, follow_redirects=True).text


def last(side="person"):
    return [line for line in simulation.phone(PERSON).talk if line.side == side][-1]


class TestPage:
    def test_shows_the_phone_the_teams_view_and_the_calls_between(self, browser, world):
        simulation.say(PERSON, "text", text="Do you open on *Saturday*?")
        world.carry()

        page = browser.get(f"/simulation/phone?person=%2B{PERSON[1:]}").text

        assert page.count("Do you open on <strong>Saturday</strong>?") == 2
        assert "Open in the inbox" in page and "Simulated phone" in page

    def test_without_anybody_it_says_how_to_begin(self, browser, app, tmp_path):
        with simulated(tmp_path):
            assert "Make a person, or pick up the phone of a contact" in browser.get("/simulation/phone").text

    @pytest.mark.parametrize("address", ["phone", "phone/talk?person=%2B447700900123", "phone/team?person=%2B447700900123"])
    def test_there_is_no_such_page_without_a_simulated_number(self, browser, address):
        assert browser.get(f"/simulation/{address}").status_code == 404

    def test_the_live_parts_are_sent_only_when_they_changed(self, browser, world):
        simulation.say(PERSON, "text", text="Hello")
        wait_until(lambda: last().state == "delivered", "Her message never left her phone")
        address = f"/simulation/phone/talk?person=%2B{PERSON[1:]}"
        first = browser.get(address, headers={"X-Live": "1"})

        again = browser.get(address, headers={"X-Live": "1", "If-None-Match": first.headers["ETag"]})

        assert (first.status_code, again.status_code) == (200, 304) and "Hello" in first.text

    def test_whoever_may_only_look_gets_no_buttons(self, browser_as, world):
        simulation.say(PERSON, "text", text="Hello")
        viewer = browser_as("viewer")

        page = viewer.get("/simulation/phone").text

        assert "Hello" in page and "Say STOP" not in page
        assert viewer.post("/simulation/say", {"person": PERSON, "act": "stop"}).status_code == 403

    def test_a_contact_leads_to_their_phone(self, browser, world):
        person = a_contact("Ibrahim Musa", phone="+447700900777")

        page = browser.get(f"/contacts/{person.id}").text

        assert 'href="/simulation/phone?person=%2B447700900777"' in page

    def test_a_phone_nobody_holds_can_be_picked_up(self, browser, world):
        a_contact("Ibrahim Musa", phone="+447700900777")

        before = browser.get("/simulation/phone?person=%2B447700900777").text
        after = browser.post("/simulation/take", {"person": "+447700900777"}, follow_redirects=True).text

        assert "Pick up this phone" in before and "Do as Ibrahim" in after

    @pytest.mark.parametrize("person", ["nobody", "%2B1", "%00", "../x"])
    def test_who_is_nobody_breaks_no_page(self, browser, world, person):
        assert browser.get(f"/simulation/phone?person={person}").status_code in (404, 422)


def asked_by_form(world):
    """Priya wrote, and a form was sent to her; its id."""
    simulation.say(PERSON, "text", text="Hello")
    send(line_here(world), OutgoingMessage(PERSON, "attempt-1", Interactive("Which one?", FlowButton("Tell us more", "123"))))
    return last("business").id


def came():
    """Forms that came to us."""
    return db.session.query(Message).filter_by(kind="interactive", direction="in").all()


class TestActs:
    @pytest.mark.parametrize("act, more, kind", [
        ("text", {"text": "Hello"}, "text"), ("stop", {}, "text"), ("start", {}, "text"), ("voice", {}, "audio"),
        ("photo", {"drawn": "parcel", "text": "Broken"}, "image"), ("place", {"latitude": "51.5", "longitude": "-0,1"}, "location"),
        ("document", {}, "document"), ("sticker", {}, "sticker"), ("own_number", {}, "contacts"), ("order", {}, "order"),
        ("card", {"name": "Lee Park", "phone": "+44 7700 900777"}, "contacts"), ("forward", {}, "text"), ("ad", {}, "text"),
        ("poll", {}, "unsupported")])
    def test_everything_that_can_be_pressed_is_said_and_shown(self, browser, world, act, more, kind):
        page = do(browser, act, **more)

        assert last().kind == kind and "talk-row is-theirs" in page

    def test_a_file_of_ones_own_goes_as_what_it_is(self, browser, world):
        browser.post("/simulation/say", {"person": PERSON, "act": "photo", "drawn": "parcel",
                                         "file": (io.BytesIO(drawn.picture("door")), "door.png")},
                     content_type="multipart/form-data")

        stream, mime, _ = simulation.open_file(last().shown["file"]["id"])
        with stream:
            assert (stream.read(), mime) == (drawn.picture("door"), "image/png")

    def test_an_answer_quotes_the_message_it_was_begun_from(self, browser, world):
        first = simulation.say(PERSON, "text", text="One")
        assert "Answer nothing" in browser.get(f"/simulation/phone?person=%2B{PERSON[1:]}&quote={quote(first, safe='')}").text

        do(browser, "text", text="Two", quote=first)

        assert last().quotes == first

    def test_a_button_of_a_template_is_on_the_phone_and_can_be_pressed(self, browser, world):
        approve_here(world, buttons=({"kind": "quick_reply", "text": "Book a time"},))
        [receipt] = send(line_here(world), greeting(PERSON))
        page = browser.get("/simulation/phone").text
        assert re.search(r'value="press"[^>]*>.*Book a time', page)

        do(browser, "press", message=receipt.wire_id, choice="0")

        assert (last().kind, last().shown["text"], last().quotes) == ("button", "Book a time", receipt.wire_id)

    def test_a_list_opens_and_its_rows_can_be_pressed(self, browser, world):
        simulation.say(PERSON, "text", text="Hello")
        menu = ListMenu("Choose a time", (Section("Morning", (Choice("at:9", "Nine", "Before work"),)),))
        send(line_here(world), OutgoingMessage(PERSON, "attempt-1", Interactive("When?", menu, header="Your visit")))
        page = browser.get("/simulation/phone").text
        assert all(words in page for words in ("Choose a time", "Morning", "Nine", "Before work", "Your visit"))

        do(browser, "press", message=last("business").id, choice="at:9")

        assert (last().kind, last().shown["text"]) == ("interactive", "Nine")

    def test_a_form_is_filled_in_field_by_field(self, browser, world):
        ours = asked_by_form(world)
        page = browser.get("/simulation/phone").text
        assert "Tell us more" in page and 'name="field-5"' in page and "Send the form" in page

        do(browser, "press", message=ours, choice="flow", **{
            "field-1": "size", "value-1": "XL", "field-3": " colour ", "value-3": "", "field-4": "", "value-4": ""})

        wait_until(lambda: world.carry() or came(), "the form never came")
        assert came()[0].content["form"] == {"size": "XL", "colour": ""}

    @pytest.mark.parametrize("rows, words", [
        ({"field-1": "", "value-1": "XL"}, "Name the field that holds “XL”"),
        ({"field-1": "a", "value-1": "1", "field-2": "a", "value-2": "2"}, "The field “a” stands there twice")])
    def test_a_form_nobody_could_read_is_refused_in_words(self, browser, world, rows, words):
        ours = asked_by_form(world)

        assert words in do(browser, "press", message=ours, choice="flow", **rows)
        assert last().kind == "text"

    def test_a_reaction_goes_to_the_last_message_of_the_business(self, browser, world):
        approve_here(world)
        send(line_here(world), greeting(PERSON))

        page = do(browser, "thumb")

        assert last("business").reaction_theirs == "👍" and "You reacted" in page

    def test_what_cannot_be_done_is_said(self, browser, world):
        assert "There is no message of yours on this phone yet" in do(browser, "thumb")
        assert "Write something first" in do(browser, "text", text=" ")
        assert "Choose what the customer does" in do(browser, "dance")

    def test_an_own_message_is_changed_and_deleted(self, browser, world):
        first = simulation.say(PERSON, "text", text="On Saturday?")

        changed = do(browser, "edit", message=first, text="On Sunday?")
        deleted = do(browser, "delete", message=first)

        assert "On Sunday?" in changed and "You deleted this message" in deleted

    def test_what_they_wrote_comes_in_as_from_anybody(self, browser, world):
        do(browser, "text", text="Hello")
        world.carry()

        assert db.session.query(Message).one().contact.name == "Priya Nair"


class TestPhoneItself:
    @pytest.mark.parametrize("name, value, wanted", [
        ("has_connection", "no", False), ("reads", "no", False), ("tells_read", "no", False), ("has_blocked", "yes", True),
        ("has_whatsapp", "no", False)])
    def test_a_switch_is_turned(self, browser, world, name, value, wanted):
        browser.post("/simulation/change", {"person": PERSON, name: value})

        assert getattr(simulation.phone(PERSON).person, name) is wanted

    def test_news_can_come_late(self, browser, world):
        browser.post("/simulation/change", {"person": PERSON, "news_late": "30"})

        assert simulation.phone(PERSON).person.news_late == 30

    def test_looking_reads_what_came(self, browser, world):
        simulation.change_phone(PERSON, reads=False)

        assert "Nothing new had come" in browser.post("/simulation/look", {"person": PERSON}, follow_redirects=True).text

    def test_a_voice_message_of_ours_can_be_listened_to(self, browser, world, tmp_path):
        simulation.say(PERSON, "text", text="Hello")
        (tmp_path / "voice.ogg").write_bytes(drawn.voice(1))
        with open(tmp_path / "voice.ogg", "rb") as stream:
            file = FileToSend(stream, "voice.ogg", "audio/ogg", (tmp_path / "voice.ogg").stat().st_size)
            wire_id = CloudMedia().upload(line_here(world), file)
        send(line_here(world), OutgoingMessage(PERSON, "attempt-1", Media("audio", wire_id=wire_id, is_voice=True)))
        assert "Listen to it" in browser.get("/simulation/phone").text

        browser.post("/simulation/listen", {"person": PERSON, "message": last("business").id})

        while not (found := re.findall(rb'"status":"played"', world.mailbox.next_body()[0])):
            continue
        assert len(found) == 1

    def test_a_new_number_leads_to_the_new_phone(self, browser, world):
        answer = browser.post("/simulation/number", {"person": PERSON, "number": "+44 7700 900 124"})

        assert answer.headers["Location"].endswith("person=%2B447700900124")

    def test_a_person_is_made(self, browser, world):
        page = browser.post("/simulation/person", {"name": "Sam", "username": "sam.rides", "hides_number": "yes"},
                            follow_redirects=True).text

        assert "@sam.rides" in page and "hides the number" in page

    def test_twenty_people_write_at_once(self, browser, world):
        assert "20 people have written to you" in browser.post("/simulation/crowd", follow_redirects=True).text


class TestRaw:
    def test_a_call_is_shown_with_its_raw_body(self, browser, world):
        for word in ("Hello", "Again"):
            simulation.say(PERSON, "text", text=word)
            world.carry()
        [call] = [one for one in simulation.phone(PERSON).calls if "Hello" in one.body]

        page = browser.get(f"/simulation/phone/call?person=%2B{PERSON[1:]}&call={call.id}").text

        assert "whatsapp_business_account" in page and "“Hello” came in, signature right" in page

    def test_a_call_that_is_not_there_is_not_found(self, browser, world):
        assert browser.get(f"/simulation/phone/call?person=%2B{PERSON[1:]}&call=999").status_code == 404

    def test_a_picture_is_shown_and_a_document_handed_out(self, browser, world):
        picture, page = simulation.draw("door")["id"], simulation.draw("document")["id"]

        shown, handed = browser.get(f"/simulation/file/{picture}"), browser.get(f"/simulation/file/{page}")

        assert shown.mimetype == "image/png" and "attachment" not in shown.headers.get("Content-Disposition", "")
        assert handed.mimetype == "application/octet-stream" and "attachment" in handed.headers["Content-Disposition"]

    @pytest.mark.parametrize("wire_id", ["1234567890123456", "x", "..%2f..%2fetc"])
    def test_a_file_that_is_not_there_is_not_found(self, browser, world, wire_id):
        assert browser.get(f"/simulation/file/{wire_id}").status_code == 404

    def test_what_a_customer_writes_is_only_text(self, browser, world):
        page = do(browser, "text", text="<script>alert(1)</script>{{ 7*7 }}")

        assert "<script>alert" not in page and "{{ 7*7 }}" in page


def line_here(world):
    """The line of the simulated number."""
    return channels.line_of(channels.ensure_first())


def approve_here(world, **changes):
    """The template `hello`, approved."""
    values = {"language": "en_GB", "category": "utility", "body": "Hello {{first_name}}, come in.", "footer": "",
              "samples": (("first_name", "Ana"),), "is_named": True}
    CloudCatalogue().submit(line_here(world), name="hello", **(values | changes))
    world.mailbox.next_body()
