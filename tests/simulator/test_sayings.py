"""Whatever a person can do reaches the webhook in Meta's shape, and our reader understands it."""

import base64
import hashlib
import json

import pytest
import requests

from simulator import drawn
from tests.simulator.conftest import BUSINESS_ID, NUMBER_ID, SECRET, TOKEN, WAIT, approve, control, line_to, send
from transports.cloud_api.media import CloudMedia
from transports.cloud_api.read import CloudReader
from transports.cloud_api.signature import is_signed
from transports.port import (
    BadItem,
    Choice,
    FlowButton,
    FromTemplate,
    Gap,
    IdentityNews,
    IncomingMessage,
    Interactive,
    ListMenu,
    OutgoingMessage,
    ReplyButtons,
    Section,
    Template,
    TemplateButton,
    Text,
)

PERSON = "+447700900123"
DIGITS = PERSON[1:]
BUSINESS = "441632960000"


@pytest.fixture
def world(start, mailbox):
    """A simulator with a webhook, and Priya's phone in hand."""
    running = start(webhook_url=mailbox.url)
    control(running, "POST", "people", {"number": PERSON, "name": "Priya N."})
    return running


@pytest.fixture
def say(world, mailbox):
    """Lets Priya do something; gives the raw message as the webhook heard it, and as our reader reads it."""

    def speak(**told):
        answer = control(world, "POST", "say", {"from": PERSON} | told)
        assert answer.status_code == 200, answer.text
        return heard(mailbox)

    return speak


def heard(mailbox):
    """The next message the webhook hears: (raw value, raw message, as read)."""
    while True:
        body, headers = mailbox.next_body()
        assert is_signed(SECRET, body, headers["X-Hub-Signature-256"])
        items = CloudReader().read(body)
        assert not [item for item in items if isinstance(item, BadItem)]
        for entry in json.loads(body)["entry"]:
            assert entry["id"] == BUSINESS_ID
            for change in entry["changes"]:
                if messages := change["value"].get("messages"):
                    return change["value"], messages[0], next(i for i in items if isinstance(i, IncomingMessage))


def upload(world, data, mime):
    """A file of a person; its id."""
    answer = requests.post(f"{world.url}/_simulator/files", data=data, timeout=WAIT,
                           headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": mime})
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


def written(world, content):
    """Send Priya something by the Graph API; its id."""
    control(world, "POST", "say", {"from": PERSON, "text": "Hello"})
    [receipt] = send(line_to(world), OutgoingMessage(PERSON, "attempt-1", content))
    return receipt.wire_id


class TestText:
    def test_a_text_names_its_sender_by_number_id_and_profile(self, say):
        value, message, read = say(text="Do you open on Saturday?")

        assert value["contacts"] == [{"profile": {"name": "Priya N."}, "wa_id": DIGITS, "user_id": message["from_user_id"]}]
        assert value["metadata"] == {"display_phone_number": BUSINESS, "phone_number_id": NUMBER_ID}
        assert set(message) == {"from", "from_user_id", "id", "timestamp", "type", "text"}
        assert (read.text, read.wa_id, read.user_id, read.profile_name) == (
            "Do you open on Saturday?", DIGITS, message["from_user_id"], "Priya N.")

    def test_letters_of_the_world_are_escaped_on_the_wire(self, world, mailbox):
        control(world, "POST", "say", {"from": PERSON, "text": "Grüße 🚲"})

        body, _ = mailbox.next_body()

        assert body.isascii() and b"Gr\\u00fc\\u00dfe" in body

    def test_a_quote_names_the_message_and_who_wrote_it(self, world, mailbox, say):
        first = control(world, "POST", "say", {"from": PERSON, "text": "One"}).json()["id"]
        heard(mailbox)

        _, message, _ = say(text="Two", quote=first)

        assert message["context"] == {"from": DIGITS, "id": first}

    def test_a_quote_of_ours_names_the_business(self, world, mailbox, say):
        ours = written(world, Text("We open at nine"))
        heard(mailbox)

        _, message, _ = say(text="Thanks", quote=ours)

        assert message["context"] == {"from": BUSINESS, "id": ours}

    @pytest.mark.parametrize("how, mark", [("once", {"forwarded": True}), ("often", {"frequently_forwarded": True})])
    def test_a_forwarded_message_is_marked(self, say, how, mark):
        assert say(text="Look at this", forwarded=how)[1]["context"] == mark

    def test_somebody_who_comes_from_an_advertisement_brings_it_along(self, say):
        _, message, _ = say(text="I saw your offer", ad={"headline": "Winter week"})

        assert message["referral"]["headline"] == "Winter week"
        assert {"source_url", "source_id", "source_type", "body", "media_type", "ctwa_clid"} <= set(message["referral"])

    def test_a_question_about_a_product_names_it(self, world, mailbox, say):
        first = control(world, "POST", "say", {"from": PERSON, "text": "One"}).json()["id"]
        heard(mailbox)

        _, message, _ = say(text="In stock?", quote=first, product="SKU-1")

        assert message["context"]["referred_product"]["product_retailer_id"] == "SKU-1"


class TestFiles:
    @pytest.mark.parametrize("kind, what, told", [
        ("image", "parcel", {"mime_type": "image/png"}),
        ("voice", "voice", {"mime_type": "audio/ogg; codecs=opus", "voice": True}),
        ("audio", "voice", {"mime_type": "audio/ogg", "voice": False}),
        ("document", "document", {"mime_type": "application/pdf", "filename": "page.pdf"}),
        ("sticker", "sticker", {"mime_type": "image/webp", "animated": False})])
    def test_a_file_is_told_by_id_type_and_sum(self, world, say, kind, what, told):
        file = control(world, "POST", "drawn", {"what": what}).json()

        _, message, read = say(type=kind, file=file["id"], name=file["name"])

        part = message[message["type"]]
        digest = base64.b64encode(hashlib.sha256(drawn.file_of(what)[0]).digest()).decode()
        assert part == {"id": file["id"], "sha256": digest} | told
        assert read.kind == message["type"] == ("audio" if kind == "voice" else kind)

    def test_a_film_of_ones_own_goes_with_its_caption(self, world, say):
        file = upload(world, b"not really a film", "video/mp4")

        _, message, read = say(type="video", file=file, text="The noise")

        assert message["video"]["caption"] == read.text == "The noise"

    def test_a_file_is_fetched_as_any_other(self, world, say, tmp_path):
        _, message, _ = say(type="image", file=control(world, "POST", "drawn", {"what": "door"}).json()["id"])

        store, line = CloudMedia(), line_to(world)
        stored = store.describe(line, message["image"]["id"])
        with open(tmp_path / "door.png", "w+b") as into:
            store.download(line, stored, into, most_bytes=10_000_000)

        assert (tmp_path / "door.png").read_bytes() == drawn.picture("door") and stored.mime == "image/png"

    def test_what_a_document_says_of_itself_is_told_true_or_not(self, world, say):
        file = upload(world, b"MZ a program", "application/pdf")

        _, message, _ = say(type="document", file=file, name="../../quote.pdf")

        assert (message["document"]["mime_type"], message["document"]["filename"]) == ("application/pdf", "../../quote.pdf")

    def test_a_file_of_a_person_cannot_be_sent_by_us(self, world, mailbox):
        from transports.port import Media

        file = control(world, "POST", "drawn", {"what": "door"}).json()["id"]
        written(world, Media("image", wire_id=file))

        statuses = mailbox.statuses(1)

        assert statuses[0]["errors"][0]["code"] == 131053

    def test_a_file_that_nobody_handed_over_is_refused(self, world):
        answer = control(world, "POST", "say", {"from": PERSON, "type": "image", "file": "123"})

        assert answer.status_code == 400 and "hand one over first" in answer.json()["error"]


class TestOtherKinds:
    def test_a_place(self, say):
        _, message, read = say(type="location", latitude=51.5, longitude=-0.1, name="Home", address="2 Example Yard")

        assert message["location"] == {"latitude": 51.5, "longitude": -0.1, "name": "Home", "address": "2 Example Yard"}
        assert read.text == "Home, 2 Example Yard"

    def test_a_contact_card(self, say):
        _, message, read = say(type="contacts", cards=[{"name": "Lee Park", "phone": "+44 7700 900777"}])

        assert message["contacts"] == [{"name": {"formatted_name": "Lee Park", "first_name": "Lee", "last_name": "Park"},
                                        "phones": [{"phone": "+44 7700 900777", "wa_id": "447700900777", "type": "CELL"}]}]
        assert read.text == "Lee Park"

    def test_ones_own_number_has_an_origin_and_no_name(self, say):
        _, message, _ = say(type="contacts", own_number=True)

        assert message["contacts"] == [
            {"origin": "contact_request", "phones": [{"phone": PERSON, "wa_id": DIGITS, "type": "CELL"}]}]

    @pytest.mark.parametrize("emoji, part", [("❤️", {"emoji": "❤️"}), ("", {})])
    def test_a_reaction_and_its_removal(self, world, mailbox, say, emoji, part):
        ours = written(world, Text("Hello"))
        heard(mailbox)

        _, message, _ = say(type="reaction", message=ours, emoji=emoji)

        assert message["reaction"] == {"message_id": ours} | part

    def test_an_order(self, say):
        _, message, read = say(type="order", text="At reception", items=[{"id": "SKU-1", "quantity": 2, "price": 18}])

        assert message["order"]["product_items"] == [
            {"product_retailer_id": "SKU-1", "quantity": 2, "item_price": 18, "currency": "GBP"}]
        assert read.text == "At reception"

    def test_an_edit_and_a_deletion_name_the_message(self, world, mailbox, say):
        _, first, _ = say(text="Do you open on Saturday?")

        _, edit, read = say(type="edit", message=first["id"], text="On Sunday?")
        _, revoke, _ = say(type="revoke", message=first["id"])

        assert edit["edit"] == {"original_message_id": first["id"],
                                "message": {"type": "text", "text": {"body": "On Sunday?"}}}
        assert read.text == "On Sunday?"
        assert revoke["revoke"] == {"original_message_id": first["id"]}

    def test_what_meta_does_not_hand_on_says_what_it_was(self, say):
        _, message, _ = say(type="unsupported", what="poll_creation")

        assert message["unsupported"] == {"type": "poll_creation"} and message["errors"][0]["code"] == 131051

    def test_whoever_opens_the_talk_for_the_first_time_is_announced(self, say):
        _, message, _ = say(type="request_welcome")

        assert set(message) == {"from", "from_user_id", "id", "timestamp", "type"}


class TestPressing:
    def test_a_button_of_a_template_brings_its_payload(self, world, mailbox, say):
        approve(world, "visit", buttons=({"kind": "quick_reply", "text": "Book a time"},))
        template = Template("visit", "en_GB", body=(Gap("first_name"),), buttons=(TemplateButton(0, "quick_reply", "book:1"),))
        [receipt] = send(line_to(world), OutgoingMessage(PERSON, "a-1", FromTemplate(template, ("Ana",))))

        _, message, read = say(type="press", message=receipt.wire_id, choice="0")

        assert message["button"] == {"payload": "book:1", "text": "Book a time"} and read.text == "Book a time"
        assert message["context"] == {"from": BUSINESS, "id": receipt.wire_id}

    def test_a_button_without_a_payload_brings_its_words(self, world, mailbox, say):
        approve(world, "visit", buttons=({"kind": "quick_reply", "text": "Stop"},))
        template = Template("visit", "en_GB", body=(Gap("first_name"),))
        [receipt] = send(line_to(world), OutgoingMessage(PERSON, "a-1", FromTemplate(template, ("Ana",))))

        assert say(type="press", message=receipt.wire_id, choice="0")[1]["button"]["payload"] == "Stop"

    def test_a_button_we_made_comes_back_with_its_id(self, world, mailbox, say):
        ours = written(world, Interactive("Shall we?", ReplyButtons((Choice("slot:move", "Move it"),))))
        heard(mailbox)

        _, message, read = say(type="press", message=ours, choice="slot:move")

        assert message["interactive"] == {"type": "button_reply", "button_reply": {"id": "slot:move", "title": "Move it"}}
        assert read.text == "Move it"

    def test_a_row_of_a_list_comes_back_with_its_words(self, world, mailbox, say):
        menu = ListMenu("Choose", (Section("Repairs", (Choice("svc:1", "Puncture", "20 minutes"),)),))
        ours = written(world, Interactive("What is it?", menu))
        heard(mailbox)

        _, message, _ = say(type="press", message=ours, choice="svc:1")

        assert message["interactive"] == {
            "type": "list_reply", "list_reply": {"id": "svc:1", "title": "Puncture", "description": "20 minutes"}}

    def test_a_form_comes_back_as_json_in_a_text(self, world, mailbox, say):
        ours = written(world, Interactive("Tell us", FlowButton("Rate us", "123", token="fb-1")))
        heard(mailbox)

        _, message, read = say(type="press", message=ours, choice="flow", answers={"rating": "5"})

        reply = message["interactive"]["nfm_reply"]
        assert (reply["name"], json.loads(reply["response_json"])) == ("flow", {"flow_token": "fb-1", "rating": "5"})
        assert read.text == "rating: 5"

    def test_a_button_that_is_not_there_cannot_be_pressed(self, world, mailbox):
        ours = written(world, Interactive("Shall we?", ReplyButtons((Choice("yes", "Yes"),))))

        answer = control(world, "POST", "say", {"from": PERSON, "type": "press", "message": ours, "choice": "no"})

        assert answer.status_code == 400 and "no such button" in answer.json()["error"]


class TestNumbers:
    def test_a_person_with_a_username_shows_no_number(self, world, mailbox, say):
        control(world, "POST", f"phone/{PERSON}", {"username": "priya.rides", "hides_number": True})

        value, message, read = say(text="Without my number?")

        assert value["contacts"] == [{"profile": {"name": "Priya N.", "username": "priya.rides"},
                                      "user_id": message["from_user_id"]}]
        assert "from" not in message and (read.wa_id, read.user_id) == ("", message["from_user_id"])

    def test_a_new_number_is_told_twice_and_without_contacts_in_the_talk(self, world, mailbox):
        control(world, "POST", f"number/{PERSON}", {"number": "+447700900124"})

        items, values = [], []
        while len([item for item in items if isinstance(item, IdentityNews)]) < 2:
            body, _ = mailbox.next_body()
            items += CloudReader().read(body)
            values += [change["value"] for entry in json.loads(body)["entry"] for change in entry["changes"]]

        [system] = [value for value in values if "messages" in value]
        assert "contacts" not in system and system["messages"][0]["system"] == {
            "body": "User Priya N. changed from 447700900123 to 447700900124", "wa_id": "447700900124",
            "type": "user_changed_number"}
        number, user = sorted((item for item in items if isinstance(item, IdentityNews)), key=lambda item: item.user_id)
        assert (number.wa_id, number.new_wa_id) == (DIGITS, "447700900124")
        assert user.former_user_id and user.former_user_id != user.user_id


@pytest.mark.parametrize("told, words", [
    ({"from": "somebody"}, "A number has a plus"), ({"type": "dance"}, "type must be one of"),
    ({"type": ["text"]}, "type must be one of"), ({"text": ""}, "text is a text of 1 to"),
    ({"text": "x", "quote": "wamid.nothing"}, "no such message"), ({"text": "x", "forwarded": "yes"}, "once or often"),
    ({"type": "location", "latitude": 91, "longitude": 0}, "latitude"), ({"type": "location"}, "latitude"),
    ({"type": "contacts", "cards": []}, "cards is a list"), ({"type": "order", "items": "x"}, "items is a list"),
    ({"type": "reaction", "message": 7}, "no such message"), ({"type": "edit", "message": "x"}, "no such message"),
    ({"type": "unsupported", "what": "x"}, "what must be one of"), ({"type": "flow_reply", "answers": 7}, "answers")])
def test_what_no_phone_could_do_is_refused_in_words(world, told, words):
    answer = control(world, "POST", "say", {"from": PERSON} | told)

    assert answer.status_code == 400 and words in answer.json()["error"]
