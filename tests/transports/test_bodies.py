"""What leaves is what Meta's examples show, for every kind of message."""

import json
from pathlib import Path

import pytest

from transports.cloud_api.send import payload_of, read_mark_of
from transports.port import (
    AskContact,
    AskLocation,
    Card,
    Choice,
    Contacts,
    FlowButton,
    FromTemplate,
    Gap,
    Interactive,
    LinkButton,
    ListMenu,
    Location,
    Media,
    OutgoingMessage,
    Reach,
    Reaction,
    ReplyButtons,
    Section,
    Template,
    TemplateButton,
    TemplateCard,
    Text,
)

EXAMPLES = Path(__file__).with_name("examples")
PICTURE = Media("image", wire_id="1184420099331177")
SHOP = Location("51.50735", "-0.12776", "Almadia Bikes", "1 Example Yard, London")
WAMID = "wamid.HBgMNDQ3NzAwOTAwMTIzFQIAEhgUM0FGRkI5RDBCODA0QzU2RTlDQzUA"
ANA = "GB.55820017764390218845"


def template(name, *values, **parts):
    return FromTemplate(Template(name, "en_GB", **parts), values)


def button(index, kind, value=None, **more):
    return TemplateButton(index, kind, Gap() if value is None else value, **more)


MESSAGES = {
    "send-text": (Text("Hi Priya, your bike is ready for collection. Directions: https://example.com/shop", True),
                  {"attempt_id": "msg:0192f5c2-7b0e-7c1a-9f0e-2d4c0b6d1a11"}),
    "send-text-to-bsuid": (Text("Thanks for writing in. How can we help?"), {"to": "", "user_id": ANA}),
    "send-text-reply-context": (Text("Yes, we open at 08:00 on Saturday."),
                                {"reply_to": "wamid.HBgMNDQ3NzAwOTAwMTIzFQIAEhgUM0EzMTkxRTkxRjAwRUM4RDYzRjIA"}),
    "send-image-by-id": (Media("image", "1184420099331177", caption="Frame after the respray"), {}),
    "send-video-by-link": (Media("video", link="https://example.com/media/tuneup.mp4",
                                 caption="How we tune a derailleur"), {}),
    "send-audio-voice": (Media("audio", "1184420099331999", is_voice=True), {}),
    "send-document-by-id": (Media("document", "1184420099332555", caption="Invoice 2026-1187",
                                  filename="invoice-2026-1187.pdf"), {}),
    "send-sticker": (Media("sticker", "1184420099334000"), {}),
    "send-location": (SHOP, {}),
    "send-contacts": (Contacts((Card(
        "Dana Okafor", "Dana", "Okafor", phones=(Reach("+44 7700 900789", "WORK", "447700900789"),),
        emails=(Reach("dana@example.com", "WORK"),), urls=(Reach("https://example.com", "WORK"),),
        company="Almadia Bikes", title="Workshop lead"),)), {}),
    "send-reaction": (Reaction(WAMID, "👍"), {}),
    "send-reaction-remove": (Reaction(WAMID), {}),
    "send-interactive-buttons": (Interactive(
        "Your service is booked for Thursday at 10:00. Keep this slot?", ReplyButtons((
            Choice("slot:keep:88231", "Keep it"), Choice("slot:move:88231", "Move it"),
            Choice("slot:cancel:88231", "Cancel"))), PICTURE, "Almadia Bikes"), {}),
    "send-interactive-list": (Interactive("Which service do you need?", ListMenu("See services", (
        Section("Quick jobs", (Choice("svc:puncture", "Puncture repair", "About 20 minutes"),
                               Choice("svc:brakes", "Brake pads"))),
        Section("Full service", (Choice("svc:full", "Annual service", "Leave the bike overnight"),)))),
        "Pick a service", "Prices include VAT"), {}),
    "send-interactive-cta-url": (Interactive("Choose a time that suits you.", LinkButton(
        "See times", "https://example.com/book?c=88231"), "Book online", "Slots refresh hourly"), {}),
    "send-interactive-flow": (Interactive("Tell us how the repair went.", FlowButton(
        "Give feedback", "990011223344", "fb-88231-1", "RATING", '{"job_id": "88231"}'), "Feedback",
        "Takes one minute"), {}),
    "send-interactive-location-request": (Interactive("Where should the courier collect the bike?", AskLocation()), {}),
    "send-interactive-request-contact-info": (Interactive(
        "Please share your number so the courier can call you.", AskContact()), {"to": "", "user_id": ANA}),
    "send-template-no-params": (template("store_reopening"), {}),
    "send-template-positional-params": (template("service_ready", "Priya", "88231", body=(Gap(), Gap())),
                                        {"attempt_id": "camp:41;rcpt:90017"}),
    "send-template-named-params": (template(
        "service_reminder", "Priya", "2 December", "City 3", header=Gap("first_name"),
        body=(Gap("due_date"), Gap("bike_model"))), {"attempt_id": "camp:42;rcpt:90018"}),
    "send-template-image-header-buttons": (template(
        "winter_offer", "Priya", "15%", "w26-90017", header=PICTURE, body=(Gap(), Gap()),
        buttons=(button(0, "quick_reply", "STOP_MARKETING:camp41"), button(1, "url"))), {}),
    "send-template-document-header": (template(
        "invoice_copy", "2026-1187", body=(Gap(),),
        header=Media("document", link="https://example.com/i/2026-1187.pdf", filename="invoice-2026-1187.pdf")), {}),
    "send-template-location-header": (template("courier_on_way", "Priya", header=SHOP, body=(Gap(),)), {}),
    "send-template-authentication-otp": (template("login_code", "640219", "640219", body=(Gap(),),
                                                  buttons=(button(0, "url"),)), {}),
    "send-template-flow-button": (template("feedback_invite", "Priya", body=(Gap(),), buttons=(
        button(0, "flow", "fb-88231-2", data_json='{"job_id": "88231"}'),)), {}),
    "send-template-limited-time-offer-copy-code": (template(
        "black_week", "Priya", "BLACK26", offer_ends_ms=1796083140000, body=(Gap(),),
        buttons=(button(0, "copy_code", "BLACK26"), button(1, "url"))), {}),
    "send-template-carousel": (template("spring_carousel", "Priya", "city3", "tour5", body=(Gap(),), cards=(
        TemplateCard(PICTURE, (), (button(0, "quick_reply", "more:city3"), button(1, "url"))),
        TemplateCard(Media("image", "1184420099331178"), (), (button(0, "quick_reply", "more:tour5"),
                                                             button(1, "url"))))), {}),
}


def example(name):
    return json.loads((EXAMPLES / f"{name}.json").read_text())


def ordered(value):
    """With the parameters of a part in their order, which counts, as JSON text."""
    return json.dumps(value, sort_keys=True)


@pytest.mark.parametrize("name", MESSAGES)
def test_it_is_what_metas_example_shows(name):
    content, more = MESSAGES[name]
    message = OutgoingMessage(**{"to": "+447700900123", "attempt_id": "", "content": content} | more)
    sent = json.loads(payload_of(message))
    if not message.attempt_id:
        sent.pop("biz_opaque_callback_data", None)

    assert ordered(sent) == ordered(example(name))


@pytest.mark.parametrize(("name", "is_typing"), [("mark-as-read", False), ("mark-as-read-with-typing", True)])
def test_a_read_mark_is_what_metas_example_shows(name, is_typing):
    shown = example(name)

    assert json.loads(read_mark_of(shown["message_id"], is_typing=is_typing)) == shown


def test_a_template_to_a_user_id_and_as_an_answer():
    content = template("service_ready", "Priya", "88231", body=(Gap(), Gap()))
    sent = json.loads(payload_of(OutgoingMessage("", "a", content, user_id=ANA, reply_to=WAMID)))

    assert (sent["recipient"], sent["context"], "to" in sent) == (ANA, {"message_id": WAMID}, False)
    assert [one["text"] for one in sent["template"]["components"][0]["parameters"]] == ["Priya", "88231"]


@pytest.mark.parametrize("values", [(), ("one",), ("one", "two", "three")])
def test_a_template_with_a_value_too_few_or_too_many_never_becomes_bytes(values):
    with pytest.raises(ValueError, match="one value for each gap"):
        payload_of(OutgoingMessage("+447700900123", "a", template("t", *values, body=(Gap(), Gap()))))


@pytest.mark.parametrize("odd", ['"},{"x":"', "\\", "\x00", "{{1}}", "é🚲\ud800", "\n\t"])
def test_a_value_is_data_and_nothing_else(odd):
    sent = json.loads(payload_of(OutgoingMessage("+447700900123", odd, template("t", odd, body=(Gap(),)))))

    assert sent["template"]["components"][0]["parameters"] == [{"type": "text", "text": odd}]
    assert sent["biz_opaque_callback_data"] == odd
