"""Cards to swipe go to the carrier with their pictures, come back in its list, and are sent; half of them is refused."""

import io

import pytest

from services.message_templates import words_of
from services.message_templates.cards import with_handles
from services.message_templates.incoming import says_the_same, words_from
from tests.factories import files
from tests.simulator.conftest import control, line_to, send
from transports.cloud_api.catalogue import CloudCatalogue
from transports.cloud_api.listed import listed_of
from transports.cloud_api.media import CloudMedia
from transports.port import (
    FileToSend,
    FromTemplate,
    Gap,
    Media,
    OutgoingMessage,
    Receipt,
    SendFailed,
    Template,
    TemplateCard,
)

PERSON = "+447911123456"
STORE = CloudMedia()
CARDS = [{"media_id": number, "text": f"Bike {number}", "button": "See it", "url": f"https://example.org/{number}"}
         for number in (5, 6, 7)]


@pytest.fixture
def world(start):
    """A simulator."""
    return start()


def picture():
    """A picture for a card."""
    return FileToSend(io.BytesIO(files.JPEG), "bike.jpg", "image/jpeg", len(files.JPEG))


def submit(line, handles, cards=CARDS):
    header = with_handles({"kind": "cards", "cards": cards}, handles)
    return CloudCatalogue().submit(line, name="bikes", language="en_GB", category="marketing", footer="", is_named=True,
                                   body="Look, {{first_name}}, what came in", samples=(("first_name", "Ana"),), header=header,
                                   handle=handles[0] if handles else "")


def sent(line, *pictures):
    cards = tuple(TemplateCard(header=one) for one in pictures)
    template = Template("bikes", "en_GB", body=(Gap("first_name"),), cards=cards)
    return send(line, OutgoingMessage(PERSON, "a", FromTemplate(template, ("Ana",))))[0]


def test_they_are_handed_in_listed_and_sent(world):
    line = line_to(world)
    submit(line, [STORE.sample(line, picture()) for _ in CARDS])
    control(world, "POST", "templates", {"name": "bikes", "status": "APPROVED"})
    [listed] = CloudCatalogue().templates(line)
    ours = words_of(body="Look, {{first_name}}, what came in", header={"kind": "cards", "cards": CARDS})
    uploaded = [Media("image", STORE.upload(line, picture())) for _ in CARDS]

    assert listed.foreign_parts == () and says_the_same(ours, listed)
    assert words_from(listed, ours).header == ours.header
    assert [one["media_id"] for one in words_from(listed).header["cards"]] == [None] * 3
    assert isinstance(sent(line, *uploaded), Receipt)
    assert sent(line, *uploaded[:2]).code == "132012"


@pytest.mark.parametrize("cards", [CARDS[:1], CARDS * 4, [CARDS[0], CARDS[1] | {"url": ""}], [CARDS[0], CARDS[1] | {"text": ""}],
                                   [CARDS[0], CARDS[1] | {"button": "x" * 26}]])
def test_what_meta_would_refuse_is_refused(world, cards):
    line = line_to(world)
    with pytest.raises(SendFailed):
        submit(line, [STORE.sample(line, picture()) for _ in cards], cards)


def test_without_its_pictures_it_is_refused(world):
    with pytest.raises(SendFailed):
        submit(line_to(world), [])


@pytest.mark.parametrize("change", [
    {"format": "VIDEO"}, {"buttons": [{"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+447700900123"}]},
    {"buttons": [{"type": "QUICK_REPLY", "text": "A"}, {"type": "QUICK_REPLY", "text": "B"}]}, {"text": "For {{1}} only"},
    {"buttons": [{"type": "URL", "text": "See", "url": "https://example.org/{{1}}"}]}])
def test_cards_of_another_shape_are_named_as_what_cannot_be_sent_from_here(change):
    card = {"components": [{"type": "HEADER", "format": change.get("format", "IMAGE")}, {"type": "BODY", "text": change.get("text", "A")},
                           {"type": "BUTTONS", "buttons": change.get("buttons", [{"type": "QUICK_REPLY", "text": "A"}])}]}
    listed = listed_of({"id": "1", "name": "bikes", "language": "en_GB", "status": "APPROVED", "components": [
        {"type": "BODY", "text": "Look"}, {"type": "CAROUSEL", "cards": [card, card]}]})

    assert listed.foreign_parts == ("a carousel",)
