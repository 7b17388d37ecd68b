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
    TemplateButton,
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


GAPPED = [{"media_id": number, "text": "In {{size}} for {{first_name}} now", "button": "Keep it", "url": "", "button2": "See it",
           "url2": f"https://example.org/{{{{{word}}}}}"} for number, word in ((5, "city"), (6, "tour"))]
SAMPLES = {"first_name": "Ana", "size": "54 cm", "city": "c3", "tour": "t5"}


@pytest.mark.parametrize("numbers", [{}, {"first_name": "1", "size": "2", "city": "3", "tour": "4"}])
def test_cards_with_values_and_two_buttons_are_handed_in_listed_sent_and_shown(world, numbers):
    line, body = line_to(world), "Look, {{first_name}}, what came in"
    for name, number in numbers.items():
        body = body.replace(f"{{{{{name}}}}}", f"{{{{{number}}}}}")
    cards = [{key: renumbered(value, numbers) for key, value in one.items()} for one in GAPPED]
    ours = words_of(body=body, header={"kind": "cards", "cards": cards},
                    variables=[{"name": numbers.get(name, name), "sample": value} for name, value in SAMPLES.items()])
    header = with_handles(ours.header, [STORE.sample(line, picture()) for _ in cards])
    CloudCatalogue().submit(line, name="bikes", language="en_GB", category="marketing", footer="", is_named=not numbers, body=ours.body,
                            samples=tuple((one["name"], one["sample"]) for one in ours.variables), header=header, handle="")
    control(world, "POST", "templates", {"name": "bikes", "status": "APPROVED"})
    [listed] = CloudCatalogue().templates(line)

    assert listed.foreign_parts == () and says_the_same(ours, listed)
    assert words_from(listed, ours) == ours
    assert not says_the_same(words_of(body=body, header={"kind": "cards", "cards": [cards[0], cards[1] | {"text": "Other"}]}), listed)
    gaps = [Gap("" if numbers else name) for name in ("size", "first_name")]
    files = [Media("image", STORE.upload(line, picture())) for _ in cards]
    template = Template("bikes", "en_GB", body=(gaps[1],), cards=tuple(
        TemplateCard(one, tuple(gaps), (TemplateButton(1, "url", Gap()),)) for one in files))
    values = ("Ana", "54 cm", "Ana", "c3", "58 cm", "Ana", "t5")
    assert isinstance(send(line, OutgoingMessage(PERSON, "a", FromTemplate(template, values)))[0], Receipt)
    lacking = Template("bikes", "en_GB", body=(gaps[1],), cards=tuple(TemplateCard(one, tuple(gaps)) for one in files))
    assert send(line, OutgoingMessage(PERSON, "b", FromTemplate(lacking, ("Ana", "5", "Ana", "5", "Ana"))))[0].code == "131008"


def renumbered(value, numbers):
    """A text with its gaps called by number."""
    for name, number in numbers.items():
        value = value.replace(f"{{{{{name}}}}}", f"{{{{{number}}}}}") if isinstance(value, str) else value
    return value


@pytest.mark.parametrize("change", [
    {"format": "VIDEO"}, {"buttons": [{"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+447700900123"}]},
    {"buttons": [{"type": "QUICK_REPLY", "text": word} for word in "ABC"]}, {"buttons": []}])
def test_cards_of_another_shape_are_named_as_what_cannot_be_sent_from_here(change):
    card = {"components": [{"type": "HEADER", "format": change.get("format", "IMAGE")}, {"type": "BODY", "text": change.get("text", "A")},
                           {"type": "BUTTONS", "buttons": change.get("buttons", [{"type": "QUICK_REPLY", "text": "A"}])}]}
    listed = listed_of({"id": "1", "name": "bikes", "language": "en_GB", "status": "APPROVED", "components": [
        {"type": "BODY", "text": "Look"}, {"type": "CAROUSEL", "cards": [card, card]}]})

    assert listed.foreign_parts == ("a carousel",)
