"""Whatever strangers write, and whatever kinds are invented: nothing raises, neighbours are unharmed, every line is shown."""

import json

import pytest
from sqlalchemy import func, select

from models import Contact, Conversation, Message, ReceivedFile, WebhookEvent, db
from services import channels, inbox, webhooks
from tests.factories.webhooks import body_of, value

NASTY = ("<script>alert(1)</script>", "{{7*7}}", "{%for x in y%}", "%(x)s %s %n", "${7*7}", "'; DROP TABLE messages;--", "\0nul\0",
         "\ud800half", "\u202egnp.exe", "a" * 70_000, "\r\nSet-Cookie: x", "\u0000", "́" * 500, "🏴\U000e0067" * 50, "../../etc/passwd",
         "javascript:alert(1)", "NaN", "null", "-1e999", "﷽" * 100)
INVENTED = ("hologram", "poll", "payment", "gif_v2", "event_invite", "live_location", "pin", "group_invite", "voice_clone", "scent",
            "<b>bold</b>", "__proto__", "constructor", "texts", "TEXT", "x" * 300, "изображение", "\u202etxet", "a\0b", "ünïcode")


def sent(messages, *, name="Priya N.", **more):
    """Everything in one body, kept and read."""
    body = json.dumps(value(contacts=[{"profile": {"name": name}, "wa_id": "447700900123"}], messages=messages, **more))
    webhooks.keep(body_of(json.loads(body)))
    while webhooks.read_events():
        pass
    db.session.rollback()


def one(kind, part, number=0, **more):
    return {"from": "447700900123", "id": f"wamid.{number}", "timestamp": str(1794994200 + number), "type": kind, kind: part, **more}


def text(number, words="I am fine"):
    return one("text", {"body": words}, number)


def states():
    return {str(state): count for state, count in db.session.execute(
        select(WebhookEvent.state, func.count()).group_by(WebhookEvent.state))}


def test_twenty_invented_kinds_between_two_messages_are_all_kept_and_said_to_be_unknown(app):
    assert len(set(INVENTED)) == 20
    sent([text(1), *(one(kind, {"body": "?", "deep": [{"x": None}]}, 10 + number) for number, kind in enumerate(INVENTED)), text(99)])

    kept = db.session.scalars(select(Message).order_by(Message.created_at)).all()
    assert len(kept) == 22 and (kept[0].text, kept[-1].text) == ("I am fine", "I am fine")
    assert all(row.content["unsupported"] is not None and len(row.kind) <= 20 for row in kept[1:-1])
    assert states() == {"read": 1} and db.session.scalars(select(Conversation)).one().unread == 22


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_hostile_words_in_every_place_harm_nobody(app, browser, nasty):
    sent([
        text(1), text(2, nasty),
        one("image", {"id": nasty, "mime_type": nasty, "caption": nasty, "sha256": nasty}, 3),
        one("document", {"id": "77", "filename": nasty, "mime_type": nasty}, 4),
        one("location", {"latitude": nasty, "longitude": nasty, "name": nasty, "address": nasty, "url": nasty}, 5),
        one("contacts", [{"name": {"formatted_name": nasty}, "phones": [{"phone": nasty, "wa_id": nasty}], "urls": [{"url": nasty}]}], 6),
        one("interactive", {"type": nasty, "button_reply": {"id": nasty, "title": nasty}}, 7),
        one("interactive", {"nfm_reply": {"response_json": json.dumps({nasty: nasty}), "body": nasty}}, 8),
        one("reaction", {"message_id": nasty, "emoji": nasty}, 9),
        one("order", {"catalog_id": nasty, "text": nasty, "product_items": [{"product_retailer_id": nasty, "quantity": nasty}]}, 10),
        one("unsupported", {"type": nasty}, 11, errors=[{"code": nasty, "error_data": {"details": nasty}}]),
        one("edit", {"original_message_id": nasty, "message": {"type": nasty, nasty: {"body": nasty}}}, 12),
        one("system", {"body": nasty, "type": nasty, "wa_id": nasty}, 13),
        text(14) | {"context": {"id": nasty, "forwarded": nasty, "referred_product": {"catalog_id": nasty}},
                    "referral": {"source_url": nasty, "headline": nasty, "body": nasty}, "group_id": nasty},
        text(99)], name=nasty)

    texts = list(db.session.scalars(select(Message.text).order_by(Message.created_at)))
    assert len(texts) == 15 and texts[0] == texts[-1] == "I am fine"
    assert states() == {"read": 1}
    person = db.session.scalars(select(Contact)).one()
    assert len(person.name) <= 200 and "\0" not in person.name
    talk = db.session.scalars(select(Conversation)).one()
    shown = browser.get(f"/inbox/{talk.id}")
    assert shown.status_code == 200 and b"<script>alert" not in shown.data and b"49" not in talk.preview.encode()
    assert b"I am fine" in shown.data


@pytest.mark.parametrize("part", [None, [], "text", 7, True, {"id": {"id": 1}}, {"body": ["a"]}, [[[[]]]], {"": {"": {}}}])
def test_parts_of_the_wrong_shape_are_kept_as_what_can_be_read(app, part):
    kinds = ("text", "image", "document", "location", "contacts", "button", "interactive", "reaction", "order", "system", "edit",
             "revoke", "unsupported")
    sent([text(1), *(one(kind, part, 10 + number) for number, kind in enumerate(kinds)), text(99)])

    assert db.session.scalar(select(func.count()).select_from(Message)) == 15
    assert states().get("read") == 1 or all("id" in row.error or "time" in row.error for row in db.session.scalars(select(WebhookEvent)))


def test_a_form_of_ten_thousand_fields_and_a_hundred_cards_are_cut(app):
    sent([one("interactive", {"nfm_reply": {"response_json": json.dumps({f"f{n}": "x" * 100 for n in range(900)})}}, 1),
          one("contacts", [{"name": {"formatted_name": f"N{n}"}} for n in range(500)], 2)])

    form, cards = db.session.scalars(select(Message).order_by(Message.created_at)).all()
    assert len(form.content["form"]) == 100 and len(cards.content["cards"]) == 50 and len(form.text) <= 4096


def test_a_file_without_an_id_that_can_be_asked_for_is_said_to_be_gone(app):
    sent([one("image", {"id": "../../v25.0/me"}, 1)])

    assert db.session.scalars(select(ReceivedFile)).one().state == "gone"


def test_a_message_for_a_number_that_is_not_ours_is_nobodys(app):
    channels.ensure_first()
    metadata = {"display_phone_number": "1", "phone_number_id": "999"}
    webhooks.keep(body_of({"metadata": metadata, "messages": [text(1)]}))
    webhooks.read_events()

    assert not db.session.scalar(select(func.count()).select_from(Contact))
    assert inbox.receive_many([]) == 0
