"""Connecting a number as its owner would, against a simulator in Meta's place; secrets go in and never come out."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from models import Channel, db
from services import activity, channels
from simulator import door
from transports.port import ChannelNews

TOKEN, APP_SECRET, WORD = "EAAG-token-of-the-clinic", "0123456789abcdef", "a-word-of-ours"
NUMBER, ACCOUNT = "410987654321098", "301122334455667"


@pytest.fixture
def our_webhook():
    """An address that answers Meta's handshake as ours does."""
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked = parse_qs(urlsplit(self.path).query)
            knows = asked.get("hub.verify_token") == [WORD]
            self.send_response(200 if knows else 403)
            self.end_headers()
            self.wfile.write(asked["hub.challenge"][0].encode() if knows else b"")

        def log_message(self, *args):
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/webhook"
    server.shutdown()
    server.server_close()


@pytest.fixture
def meta(tmp_path, our_webhook):
    """Somebody who keeps Meta's contract for our number."""
    running = door.start(tmp_path, secret=APP_SECRET, token=TOKEN, verify_token=WORD, phone_number_id=NUMBER,
                         business_id=ACCOUNT, webhook_url=our_webhook, seed=1, speed=1000.0)
    yield running.url
    running.stop()


def typed(meta, **other):
    return {"name": "Front desk", "phone_number_id": NUMBER, "business_id": ACCOUNT, "token": TOKEN, "app_secret": APP_SECRET,
            "verify_token": WORD, "send_rate": "20", "graph_url": meta, "graph_version": "v25.0"} | other


def connected():
    return db.session.query(Channel).filter_by(phone_number_id=NUMBER).one()


class TestConnecting:
    def test_says_what_is_missing_until_nothing_is(self, browser, meta):
        requests.delete(f"{meta}/v25.0/{ACCOUNT}/subscribed_apps", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=5)
        added = browser.post("/settings/channels/new", typed(meta))
        assert "is connected" in added.text
        number = connected()

        first = browser.get(f"/settings/channels/{number.id}").text
        assert "subscribed to no app" in first and "answers and knows the verify token" in first

        browser.post(f"/settings/channels/{number.id}/subscribe")
        then = browser.get(f"/settings/channels/{number.id}").text
        assert "subscribed to no app" not in then and "The account tells this app what happens." in then
        db.session.expire_all()
        assert channels.is_ready(connected()) and connected().tier == "TIER_UNLIMITED"

    def test_a_wrong_token_is_said_with_where_to_click(self, browser, meta):
        browser.post("/settings/channels/new", typed(meta, token="EAAG-somebody-elses"))
        number = connected()

        text = browser.get(f"/settings/channels/{number.id}").text
        assert "System users" in text and not channels.is_ready(number)
        assert "put the token in order first" in text and "Compare the" not in text and "knows no address" not in text

    def test_an_address_where_nobody_answers_is_words(self, browser):
        answer = browser.post("/settings/channels/new", typed("http://127.0.0.1:9"))

        assert answer.status_code == 200 and not channels.is_ready(connected())

    def test_no_page_and_no_activity_holds_a_secret(self, browser, meta):
        browser.post("/settings/channels/new", typed(meta))
        number = connected()
        pages = [browser.get(path).text for path in (
            "/settings/channels", f"/settings/channels/{number.id}", f"/settings/channels/{number.id}/edit", "/activity")]

        assert not any(secret in page for page in pages for secret in (TOKEN, APP_SECRET, WORD))
        assert TOKEN not in str([entry.details for entry in activity.recent(size=50).items])

    @pytest.mark.parametrize(("field", "value", "sentence"), [
        ("token", "", "Paste the access token"), ("phone_number_id", "+44 7700 900123", "That is not an id"),
        ("graph_url", "http://graph.example", "Write an address like"), ("name", "", "Give the number a name"),
        ("send_rate", "fast", "valid float"), ("graph_version", "vx", "Write a version like")])
    def test_a_refusal_stands_beside_its_field(self, browser, meta, field, value, sentence):
        answer = browser.post("/settings/channels/new", typed(meta) | {field: value})

        assert sentence in answer.text
        assert db.session.query(Channel).filter_by(phone_number_id=NUMBER).count() == 0


class TestUsing:
    def test_off_on_and_the_choice_for_new_campaigns(self, browser, meta):
        channels.ensure_first()
        browser.post("/settings/channels/new", typed(meta))
        number = connected()
        assert "Simulation is on" in browser.get("/contacts").text

        browser.post(f"/settings/channels/{number.id}/on")
        browser.post(f"/settings/channels/{number.id}/default")
        assert "Simulation is on" not in browser.get("/contacts").text

        browser.post(f"/settings/channels/{number.id}/off")
        assert "Simulation is on" in browser.get("/contacts").text

    def test_a_change_keeps_the_secrets_that_were_left_empty(self, browser, meta):
        browser.post("/settings/channels/new", typed(meta))
        number = connected()
        browser.post(f"/settings/channels/{number.id}/edit", {"name": "Shop", "business_id": ACCOUNT, "send_rate": "80",
                                                              "graph_url": meta, "graph_version": ""})
        db.session.expire_all()

        assert (connected().name, connected().send_rate) == ("Shop", 80.0)
        assert channels.line_of(connected()).token == TOKEN

    def test_the_simulated_number_has_no_secrets_to_change(self, browser):
        number = channels.ensure_first()
        text = browser.get(f"/settings/channels/{number.id}/edit").text

        assert "Access token" not in text
        browser.post(f"/settings/channels/{number.id}/edit", {"name": "Play", "send_rate": "5", "token": "x" * 20})
        db.session.expire_all()
        assert channels.get_channel(number.id).sealed_token == ""

    @pytest.mark.parametrize("act", ["check", "subscribe", "on", "off", "default", "resume"])
    def test_a_number_that_is_not_there_is_not_found(self, browser, act):
        assert browser.post(f"/settings/channels/77/{act}").status_code == 404


class TestEveryFinding:
    """The simulator plays a Meta that finds something; the page says it and where to click."""

    @pytest.mark.parametrize(("told", "says", "click"), [
        ({"token": {"is_valid": False}}, "not valid any more", "Generate new token"),
        ({"token": {"expires_at": 1_000_000_000}}, "Valid until 9 Sep 2001", "Generate new token"),
        ({"token": {"scopes": ["whatsapp_business_messaging"]}}, "lacks whatsapp_business_management", "Tick this permission"),
        ({"token": {"granular_scopes": [{"scope": "whatsapp_business_messaging", "target_ids": ["9"]}]}},
         "not for this business account", "Assign assets"),
        ({"number": {"status": "PENDING"}}, "the number is pending", "finish the registration"),
        ({"number": {"code_verification_status": "NOT_VERIFIED"}}, "not verified by SMS or call", "Phone numbers, Verify"),
        ({"number": {"code_verification_status": "EXPIRED"}}, "has expired", "verify again"),
        ({"number": {"name_status": "DECLINED"}}, "was declined", "Edit display name"),
        ({"number": {"name_status": "NONE"}}, "people see the bare number", "Add display name"),
        ({"number": {"status": "RESTRICTED"}}, "is restricted", "it says why and until when"),
        ({"number": {"quality_rating": "RED"}}, "Rated red", "say how to stop"),
        ({"number": {"account_mode": "SANDBOX"}}, "a test number", ""),
        ({"number": {"platform_type": "ON_PREMISE"}}, "not in the Cloud API", "move it to the Cloud API"),
        ({"number": {"throughput": {"level": "STANDARD"}}}, "Meta takes 80 from this number", "Lower the pace"),
        ({"number": {"whatsapp_business_manager_messaging_limit": "TIER_2K"}}, "2,000 people in 24 hours", ""),
        ({"number": {"webhook_configuration": {}}}, "knows no address for news", "paste the callback URL"),
        ({"number": {"webhook_configuration": {"application": "http://clinic.example.org/webhook"}}},
         "Meta calls https addresses only", "paste the callback URL"),
        ({"subscribed": False}, "subscribed to no app", "Subscribe the account"),
        ({"token": {"app_id": "42"}}, "tells another app", "Subscribe the account")])
    def test_is_said_with_where_to_click(self, browser, meta, told, says, click):
        requests.post(f"{meta}/_simulator/account", json=told, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=5)
        browser.post("/settings/channels/new", typed(meta, send_rate="500"))

        text = " ".join(browser.get(f"/settings/channels/{connected().id}").text.split())
        assert says in text and click in text

    def test_a_version_that_ends_is_said(self, browser, meta):
        browser.post("/settings/channels/new", typed(meta, graph_version="v20.0"))

        assert "Meta stopped answering v20.0 on 24 Sep 2026" in browser.get(f"/settings/channels/{connected().id}").text

    def test_a_word_meta_was_not_told_is_said(self, browser, meta):
        browser.post("/settings/channels/new", typed(meta, verify_token="another-word"))

        assert "does not know this verify token" in browser.get(f"/settings/channels/{connected().id}").text

    def test_the_fields_to_subscribe_are_all_that_we_act_on(self, browser, meta):
        text = browser.post("/settings/channels/new", typed(meta)).text

        assert all(field in text for field in channels.FIELDS)

    def test_it_is_paused_with_the_reason_and_resumed(self, browser, meta):
        channels.ensure_first()
        browser.post("/settings/channels/new", typed(meta))
        number = connected()
        browser.post(f"/settings/channels/{number.id}/on")

        browser.post(f"/settings/channels/{number.id}/pause", {"reason": "the office moves today"})
        assert "the office moves today" in browser.get(f"/settings/channels/{number.id}").text
        browser.post(f"/settings/channels/{number.id}/resume")
        db.session.expire_all()
        assert connected().paused_at is None


class TestWhatWhatsAppTold:
    def test_a_warning_stands_on_home_and_on_the_numbers_page_until_it_is_seen(self, browser):
        channel = channels.ensure_first()
        channels.apply_news(channel, ChannelNews(channel.business_id, "", "WhatsApp warns: the picture was lost", is_warning=True))
        address = f"/settings/channels/{channel.id}"
        home = browser.get("/").text
        assert "WhatsApp says of “Simulated number”" in home and "the picture was lost." in home and address in home
        assert "Not seen yet" in browser.get(address).text

        text = browser.post(f"{address}/seen", follow_redirects=True).text

        assert "the picture was lost" in text and "Not seen yet" not in text
        assert "WhatsApp says of" not in browser.get("/").text

    def test_a_reader_cannot_mark_it(self, browser_as):
        assert browser_as("viewer").post(f"/settings/channels/{channels.ensure_first().id}/seen").status_code == 403
