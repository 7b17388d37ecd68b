"""Stored before acknowledged, each fact once, in any order: the W checks. CHAOS=1 runs the full sizes and prints the figures."""

import hashlib
import hmac
import json
import os
import random

import pytest
from sqlalchemy import func, select

from core.actor import SYSTEM
from core.states import EventState, MessageState
from models import Contact, DeliveryNews, Message, WebhookEvent, db, transaction
from services import channels, webhooks
from services.sending.news import join_receipts
from tests.factories.sending import make_campaign
from tests.factories.webhooks import body_of, signed, status, text_message, value

IS_FULL = bool(os.environ.get("CHAOS"))
BODIES, WIRES, MIXED, AGAIN = (10_000, 1_000, 100, 1_000) if IS_FULL else (150, 100, 3, 40)
ODD = (None, True, 0, -1, 1e308, 10**40, "", "\0", "\ud800", "x" * 5000, [], {}, [[]], {"a": {"a": {"a": {}}}}, [None], "NaN")


def figure(words):
    """Say what was measured, when somebody runs the full sizes."""
    if IS_FULL:
        print(f"\n  {words}")


def read_all():
    while webhooks.read_events():
        pass


def count(table, *conditions):
    return db.session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def places_in(data, path=()):
    """Every place of a JSON value, as the way to it."""
    yield path
    if isinstance(data, dict | list):
        for key in data if isinstance(data, dict) else range(len(data)):
            yield from places_in(data[key], (*path, key))


def mutated(data, chance):
    """The same value with one to three places gone or turned into something odd."""
    data = json.loads(json.dumps(data))
    for _ in range(chance.randint(1, 3)):
        way = chance.choice([place for place in places_in(data) if place])
        owner = data
        for key in way[:-1]:
            owner = owner[key]
        if chance.random() < 0.3:
            del owner[way[-1]]
        else:
            owner[way[-1]] = chance.choice(ODD)
        if not data:
            return data
    return data


def whole_day():
    """One body of everything that is told."""
    return json.loads(body_of(
        text_message("Hello"), status("delivered", wire_id="wamid.X", biz_opaque_callback_data="a.1"),
        value(messages=[{"from": "447700900123", "id": "wamid.I", "timestamp": "1794994200", "type": "image",
                         "image": {"id": "1", "mime_type": "image/png", "sha256": "x"}},
                        {"from": "447700900123", "id": "wamid.R", "timestamp": "1794994200", "type": "reaction",
                         "reaction": {"message_id": "wamid.I", "emoji": "👍"}},
                        {"from": "447700900123", "id": "wamid.S", "timestamp": "1794994200", "type": "system",
                         "system": {"type": "user_changed_number", "wa_id": "447700900124", "body": "moved"}}])))


def test_w1_no_signed_body_however_odd_breaks_the_door_or_the_reader(app):
    door, chance = app.test_client(), random.Random(7)
    answers = []
    for number in range(BODIES):
        body = json.dumps(mutated(whole_day(), chance)).encode()
        if number % 50 == 0:
            body = b"[" * 20_000 + body
        answers.append(door.post("/webhook", data=body, headers=signed(body)).status_code)
    read_all()

    kept = count(WebhookEvent)
    figure(f"W1: {BODIES:,} odd bodies: {sum(one >= 500 for one in answers)} answers of 500 (goal 0), "
           f"{count(WebhookEvent, WebhookEvent.state == EventState.NEW)} left unread (goal 0), {kept:,} kept")
    assert set(answers) == {200}
    assert count(WebhookEvent, WebhookEvent.state == EventState.NEW) == 0
    assert kept > BODIES // 2  # bodies that came out alike are kept once


def test_w2_no_wrong_signature_writes_anything(app):
    door, body = app.test_client(), body_of(text_message("Hello"))
    good = signed(body)["X-Hub-Signature-256"]
    other = "sha256=" + hmac.new(b"another secret", body, hashlib.sha256).hexdigest()
    wrong = ["", "sha256=", good[:-1], good[:-2], good.upper(), good.replace("sha256", "sha1"), f"{good},{good}", f" {good}",
             f"{good} ", f"{good}0", other, "sha256=" + "0" * 64, good.replace("=", ":"), "sha256=" + "é" * 64,
             "sha1=" + hashlib.sha1(body).hexdigest()]  # noqa: S324
    rounds = BODIES // len(wrong) + 1
    answers = [door.post("/webhook", data=body, headers={"X-Hub-Signature-256": one} if one else {}).status_code
               for _ in range(rounds) for one in wrong]

    figure(f"W2: {len(answers):,} wrong signatures: {sum(one < 400 for one in answers)} accepted (goal 0), "
           f"{count(WebhookEvent)} writes (goal 0)")
    assert {one // 100 for one in answers} == {4} and count(WebhookEvent) == 0


def test_w4_without_a_secret_nothing_is_believed_and_the_pages_say_so(app, browser):
    line = channels.add_channel(name="Front desk", phone_number_id="410987654321098", business_id="301122334455667",
                                token="EAAG-a-token", app_secret="0123456789abcdef", verify_token="a-word-of-ours", by=SYSTEM)
    channels.switch_on(line.id, by=SYSTEM)
    with transaction():
        line.sealed_app_secret = ""
    door, chance = app.test_client(), random.Random(4)

    for number in range(BODIES):
        body = body_of(text_message(f"number {number}", wire_id=f"wamid.{number}"))
        key = chance.choice([b"", b"None", b"null", b"0123456789abcdef", b"a-word-of-ours", b"EAAG-a-token"])
        sign = hmac.new(key, body, hashlib.sha256).hexdigest()
        answer = door.post("/webhook", data=body, headers={"X-Hub-Signature-256": chance.choice(["", "sha256="]) + sign})
        assert answer.status_code in (401, 403)

    figure(f"W4  secret unset, {BODIES:,} bodies signed with what might stand in for it: stored {count(WebhookEvent)} (goal 0)")
    assert count(WebhookEvent) == 0
    for page in (f"/settings/channels/{line.id}", "/settings/channels", "/settings/webhooks", "/"):
        assert "No app secret is set" in browser.get(page).text, page
    assert "No app secret is set" in app.test_client().get("/readyz").text


def test_w8_a_status_that_comes_before_its_message_waits_for_it(app):
    channel = channels.ensure_first()
    campaign = make_campaign(WIRES, channel=channel)
    for number in range(WIRES):
        webhooks.keep(body_of(status("delivered", wire_id=f"wamid.W8.{number}")))
    read_all()
    rows = db.session.scalars(select(Message).where(Message.campaign_id == campaign.id).order_by(Message.id)).all()
    with transaction():
        for number, row in enumerate(rows):
            row.wire_id, row.state = f"wamid.W8.{number}", MessageState.ACCEPTED
        db.session.flush()
        join_receipts(channel.id, [f"wamid.W8.{number}" for number in range(WIRES)])
    db.session.expire_all()

    applied = count(Message, Message.state == MessageState.DELIVERED)
    figure(f"W8: {applied:,} of {WIRES:,} early statuses applied (goal all)")
    assert applied == WIRES


def test_w9_a_poisoned_item_spoils_no_other_and_says_why(app):
    for number in range(MIXED):
        good = [text_message("one", wire_id=f"wamid.W9.{number}.{at}") for at in range(99)]
        webhooks.keep(body_of(*good[:50], value(messages=["not an object"]), *good[50:]))
    read_all()

    handled = count(Message, Message.direction == "in")
    dead = count(WebhookEvent, WebhookEvent.state == EventState.DEAD, WebhookEvent.error != "")
    figure(f"W9: {handled:,} of {MIXED * 99:,} other items handled (goal all), {dead} of {MIXED} set aside with a reason")
    assert (handled, dead) == (MIXED * 99, MIXED)


def test_w6_and_w17_told_three_times_shuffled_and_replayed_each_fact_counts_once(app):
    bodies = [body_of(text_message("Hello", wire_id=f"wamid.W17.{number}", wa_id=f"4477009{number % 90:05}"),
                      status("delivered", wire_id=f"wamid.OUT.{number}"),
                      *([value(statuses=7, messages=["poison"])] if number % 2 else [])) for number in range(AGAIN)]
    told = [json.dumps(json.loads(body), indent=indent).encode() for body in bodies for indent in (None, 1, 2)]
    random.Random(3).shuffle(told)
    for body in told:
        webhooks.keep(body)
    read_all()
    before = [count(Message), count(Contact), count(DeliveryNews)]
    assert before[0] == AGAIN and before[2] == AGAIN

    webhooks.replay([row.id for row in db.session.query(WebhookEvent.id)], by=SYSTEM)
    webhooks.replay_all(webhooks.Wanted("dead"), by=SYSTEM)
    read_all()

    after = [count(Message), count(Contact), count(DeliveryNews)]
    figure(f"W6, W17: {len(told):,} bodies with {AGAIN * 2:,} facts, replayed: {sum(after) - sum(before)} new rows (goal 0)")
    assert after == before


def test_w18_a_body_for_a_number_that_is_not_ours_changes_nothing(app):
    foreign = text_message("STOP")
    foreign["metadata"]["phone_number_id"] = "999999999"
    late = status("read", wire_id="wamid.OURS")
    late["metadata"]["phone_number_id"] = "999999999"
    webhooks.keep(body_of(foreign, late))
    read_all()

    assert (count(Message), count(Contact)) == (0, 0)


@pytest.mark.parametrize("kind", ["unsupported", "unknown", "reaction", "order", "system", "edit", "revoke", "button",
                                  "interactive", "request_welcome", "contacts", "location", "sticker",
                                  *(f"invented_{number}" for number in range(20))])
def test_w15_every_kind_is_kept_and_none_breaks(app, kind):
    webhooks.keep(body_of(value(contacts=[{"profile": {"name": "P"}, "wa_id": "447700900123"}], messages=[
        {"from": "447700900123", "id": f"wamid.{kind}", "timestamp": "1794994200", "type": kind}])))
    read_all()

    assert count(Message) == 1 and count(WebhookEvent, WebhookEvent.state == EventState.NEW) == 0
