"""What a version says reaches the wire whole, or not at all."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from core import clock
from core.states import CampaignState, MessageState
from models import Campaign, Channel, MediaFile, MediaUpload, Message, db, transaction
from services import sending
from services.sending.wording import NO_FILE, outgoing_of, words_of
from tests.factories import sending as make
from transports.port import Gap, Location, Media, TemplateButton


def with_words(version, **words):
    with transaction():
        for name, value in words.items():
            setattr(db.session.merge(version), name, value)
    return version


def variables(*names):
    return [{"name": name, "sample": "x", "fallback": ""} for name in names]


def with_picture(version, channel_id, *, wire_id="111", left=timedelta(days=3), kind="image", name="shop.jpg"):
    with transaction():
        file = MediaFile(kind=kind, name=name, mime="image/jpeg", size=1, digest=wire_id, stored_as=f"s{wire_id}")
        db.session.add(file)
        db.session.flush()
        db.session.add(MediaUpload(media_id=file.id, channel_id=channel_id, wire_id=wire_id,
                                   expires_at=clock.now() + left))
        db.session.merge(version).header = {"kind": kind, "media_id": file.id}
    return file.id


def said(version, values):
    words = words_of([Row(version)], db.session.query(Channel).first().id)[version.id]
    assert not words.trouble
    return outgoing_of(words, to="+447700900001", attempt_id="a", values=values, text="").content


class Row:
    """A message of a version."""

    def __init__(self, version):
        self.version_id = version.id


SHOP = {"kind": "location", "latitude": "51.50735", "longitude": "-0.12776", "name": "Almadia Bikes", "address": "1 Example Yard"}


class TestPlacesAndForms:
    def test_the_place_at_the_top_goes_along(self, app):
        make.make_channel()
        version = with_words(make.make_version(), header=SHOP, body="On our way, {{first_name}}!", variables=variables("first_name"))

        found = said(version, {"first_name": "Ana"})
        assert found.template.header == Location("51.50735", "-0.12776", "Almadia Bikes", "1 Example Yard")
        assert found.values == ("Ana",)

    def test_without_a_place_nothing_leaves_and_the_page_to_go_to_is_said(self, app):
        make.make_channel()
        version = with_words(make.make_version(), header={"kind": "location"})

        words = words_of([Row(version)], db.session.query(Channel).first().id)[version.id]
        assert words.trouble.endswith("has a place at the top: say which on its page first")

    def test_a_button_that_opens_a_form_says_of_which_template_the_answers_are(self, app):
        make.make_channel()
        version = with_words(make.make_version(), buttons=[
            {"kind": "quick_reply", "text": "No"}, {"kind": "flow", "text": "Rate us", "flow_id": "112233445566778"}])

        assert said(version, {"first_name": "Ana"}).template.buttons == (TemplateButton(1, "flow", version.wire_name),)


class TestWords:
    def test_every_part_gets_its_own_values(self, app):
        make.make_channel()
        version = with_words(
            make.make_version(), header={"kind": "text", "text": "Hello {{first_name}}"},
            body="Your {{bike}} is ready on {{day}}, {{first_name}}", variables=variables("first_name", "bike", "day", "code"),
            buttons=[{"kind": "quick_reply", "text": "Stop"}, {"kind": "url", "text": "See", "url": "https://x.org/{{code}}"},
                     {"kind": "phone", "text": "Call", "phone": "+441632960000"},
                     {"kind": "copy_code", "text": "Copy code", "sample": "BIKE26"}])

        content = said(version, {"first_name": "Ana", "bike": "City 3", "day": "Monday", "code": "a/b c?d=é"})

        assert content.template.header == Gap("first_name")
        assert content.template.body == (Gap("bike"), Gap("day"), Gap("first_name"))
        assert content.template.buttons == (TemplateButton(1, "url", Gap()), TemplateButton(3, "copy_code", "BIKE26"))
        assert content.values == ("Ana", "City 3", "Monday", "Ana", "a%2Fb%20c%3Fd%3D%C3%A9")

    def test_cards_go_with_their_pictures_and_not_without_one(self, app):
        channel = make.make_channel()
        version = with_words(make.make_version(), body="Look, {{first_name}}, here", variables=variables("first_name"))
        known = [with_picture(version, channel.id, wire_id=wire_id) for wire_id in ("111", "222")]
        cards = [{"media_id": number, "text": "", "button": "See", "url": ""} for number in known]
        with_words(version, header={"kind": "cards", "cards": cards})

        template = said(version, {"first_name": "Ana"}).template

        assert template.header is None and [card.header for card in template.cards] == [
            Media("image", wire_id="111"), Media("image", wire_id="222")]
        with_words(version, header={"kind": "cards", "cards": [*cards, cards[0] | {"media_id": known[1] + 1}]})
        assert words_of([Row(version)], channel.id)[version.id].trouble == NO_FILE
        with_words(version, header={"kind": "cards", "cards": [cards[0] | {"media_id": None}, cards[0] | {"media_id": None}]})
        assert words_of([Row(version)], channel.id)[version.id].trouble == NO_FILE

    def test_each_card_gets_its_own_values_and_only_ends_of_addresses_are_quoted(self, app):
        channel = make.make_channel()
        version = with_words(make.make_version(), body="Look, {{first_name}}, here",
                             variables=variables("first_name", "size", "city", "tour"),
                             buttons=[])
        known = [with_picture(version, channel.id, wire_id=wire_id) for wire_id in ("111", "222")]
        with_words(version, header={"kind": "cards", "cards": [
            {"media_id": number, "text": "In {{size}} for {{first_name}} now", "button": "Keep it", "url": "", "button2": "See it",
             "url2": f"https://example.org/{{{{{word}}}}}"} for number, word in zip(known, ("city", "tour"), strict=True)]})

        content = said(version, {"first_name": "Ana & Bo", "size": "54 cm", "city": "c/3", "tour": "t 5"})

        assert [(one.body, one.buttons) for one in content.template.cards] == [
            ((Gap("size"), Gap("first_name")), (TemplateButton(1, "url", Gap()),))] * 2
        assert content.values == ("Ana & Bo", "54 cm", "Ana & Bo", "c%2F3", "54 cm", "Ana & Bo", "t%205")

    def test_an_offer_ends_so_many_hours_from_now_and_is_no_button(self, app, monkeypatch):
        monkeypatch.setattr(clock, "seconds", lambda: 1_794_994_259.0)
        make.make_channel()
        version = with_words(
            make.make_version(), body="Take it, {{first_name}} or not", variables=variables("first_name"),
            buttons=[{"kind": "offer", "text": "Ends soon", "hours": "48"}, {"kind": "copy_code", "text": "Copy code", "sample": "A1"},
                     {"kind": "url", "text": "See", "url": "https://x.org/"}])

        template = said(version, {"first_name": "Ana"}).template

        assert template.buttons == (TemplateButton(0, "copy_code", "A1"),)
        assert template.offer_ends_ms == 1_795_167_000_000  # 172,800 s after the full minute

    def test_numbers_are_counted_in_each_part(self, app):
        make.make_channel()
        version = with_words(make.make_version(), header={"kind": "text", "text": "Hello {{2}}"},
                             body="{{10}} and {{2}}", variables=variables("2", "10"))

        content = said(version, {"2": "two", "10": "ten"})

        assert (content.template.header, content.template.body) == (Gap(), (Gap(), Gap()))
        assert content.values == ("two", "two", "ten")

    @pytest.mark.parametrize(("kind", "name", "filename"), [("image", "shop.jpg", ""), ("document", "menu.pdf", "menu.pdf")])
    def test_a_file_goes_by_the_id_of_this_channels_carrier(self, app, kind, name, filename):
        channel = make.make_channel()
        version = make.make_version()
        with_picture(version, channel.id, kind=kind, name=name)

        assert said(version, {"first_name": "Ana"}).template.header == Media(kind, wire_id="111", filename=filename)

    def test_a_claim_with_a_file_asks_two_questions_whatever_their_number(self, app):
        channel = make.make_channel()
        version = make.make_version()
        with_picture(version, channel.id)

        channel_id, row = channel.id, Row(version)
        seen = []
        event.listen(db.engine, "before_cursor_execute", note := lambda *told: seen.append(told[2]))
        words_of([row] * 300, channel_id)
        event.remove(db.engine, "before_cursor_execute", note)

        assert len([statement for statement in seen if statement.startswith("SELECT")]) == 2


class TestHalfAMessage:
    @pytest.mark.parametrize("trouble", [{"wire_id": ""}, {"left": timedelta(minutes=1)}, {"left": timedelta(days=-1)}])
    def test_a_file_the_carrier_does_not_know_pauses_the_campaign_and_nothing_leaves(self, app, trouble):
        channel = make.make_channel()
        campaign = make.make_campaign(3, channel=channel)
        with_picture(campaign.version, channel.id, **trouble)
        id_ = campaign.id

        assert sending.claim(channel.id, want=10) == []

        paused = db.session.get(Campaign, id_)
        assert (paused.state, paused.paused_reason) == (CampaignState.PAUSED, NO_FILE)
        assert sending.counts(id_)[MessageState.QUEUED] == 3

    def test_the_file_of_another_channel_does_not_count(self, app):
        channel, other = make.make_channel(), make.make_channel(number_id="2")
        campaign = make.make_campaign(1, channel=channel)
        with_picture(campaign.version, other.id)

        assert sending.claim(channel.id, want=10) == []

    def test_other_campaigns_go_on(self, app):
        channel = make.make_channel()
        held = make.make_campaign(2, channel=channel)
        with_picture(held.version, channel.id, wire_id="")
        fine = make.make_campaign(2, channel=channel, version=make.make_version(name="plain"), start=100).id

        assert {claim.campaign_id for claim in sending.claim(channel.id, want=10)} == {fine}

    def test_a_message_without_a_campaign_waits_for_its_file_and_is_then_refused_with_the_reason(self, app):
        channel = make.make_channel()
        version = make.make_version()
        with_picture(version, channel.id, wire_id="")
        person, = make.make_people(1)
        with transaction():
            db.session.add(Message(channel_id=channel.id, contact_id=person, version_id=version.id, priority=0,
                                   phone="+447700900001", variables={"first_name": "Ana"}, state=MessageState.QUEUED,
                                   created_at=clock.now() - timedelta(minutes=16)))

        assert sending.claim(channel.id, want=10) == []
        refused = db.session.query(Message).one()
        assert (refused.state, refused.reason_code) == (MessageState.SKIPPED, "no_wording")
