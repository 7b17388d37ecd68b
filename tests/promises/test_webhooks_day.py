"""A captured day of webhooks, shuffled, doubled and replayed, gives the same tables. CHAOS=1 tries many more orders.

The day is every example of a webhook body, each a minute after the one before, so that "newer" means something.
"""

import json
import random
import re
from pathlib import Path

import pytest
from sqlalchemy import inspect, select

from core import clock
from core.actor import SYSTEM
from core.states import MessageState, TemplateState
from models import (
    Campaign,
    CarrierFact,
    Channel,
    ConsentEntry,
    Contact,
    DeliveryNews,
    Message,
    MessageTemplate,
    TemplateVersion,
    WebhookEvent,
    db,
    transaction,
)
from services import webhooks
from tests import database
from tests.factories import sending as make
from tests.promises.figures import IS_FULL, show

EXAMPLES = sorted(Path(__file__).parents[1].glob("transports/examples/webhook-*.json"))
ORDERS = 100 if IS_FULL else 3
KEPT_ID = re.compile(r"channel \d+")  # what a fact about a number is filed under; PostgreSQL never gives an id twice
NUMBER, BUSINESS = "410987654321098", "301122334455667"
# ids are given in the order of arrival, and these say when we heard; everything else must be alike
OURS = {"id", "created_at", "changed_at", "heard_at", "recorded_at", "received_at", "read_at", "due_at", "last_news_at",
        "message_id", "contact_id", "template_id", "version_id", "channel_id", "campaign_id", "paused_at", "attempt_id", "started_at", "recategorised_at", "templates_asked_at"}


def later(data, seconds):
    """The same body, told so much later."""
    if isinstance(data, list):
        return [later(part, seconds) for part in data]
    if not isinstance(data, dict):
        return data
    moved = {name: later(part, seconds) for name, part in data.items()}
    for name in ("timestamp", "time"):
        if isinstance(moved.get(name), int):
            moved[name] += seconds
        elif str(moved.get(name, "")).isdigit():
            moved[name] = str(int(moved[name]) + seconds)
    return moved


# whoever moves to another number does not write from the old one afterwards, and moves once: each example of moving is of
# somebody else. Several moves of one person: tests/services/test_moves.py.
MOVES = ("webhook-message-system-number-changed", "webhook-message-system-user-id-changed", "webhook-user-id-update")
PERSON = {"447700900123": "4477009007{}1", "447700900124": "4477009007{}2",
          "GB.70193358812046671930": "GB.701900000000000007{}1", "GB.88801122334455667788": "GB.888000000000000007{}2"}


def told(path):
    """The body of an example."""
    text = path.read_text()
    for known, other in PERSON.items() if path.stem in MOVES else ():
        text = text.replace(known, other.format(MOVES.index(path.stem)))
    return json.loads(text)


DAY = [later(told(path), 60 * number) for number, path in enumerate(EXAMPLES)]


def wires():
    """Every message of ours that the day tells of."""
    return sorted({one["id"] for body in DAY for entry in body["entry"] for change in entry["changes"]
                   for one in change["value"].get("statuses", ())})


def begin():
    """The installation as it was before that day: a number, two templates, and messages that were accepted."""
    channel = make.make_channel(number_id=NUMBER)
    with transaction():
        channel.business_id = BUSINESS
        for name in ("winter_offer", "service_reminder"):
            template = MessageTemplate(name=name, language="en_GB", category="utility")
            db.session.add(TemplateVersion(template=template, number=1, body="Hello {{1}}", wire_name=name, variables=[],
                                           state=TemplateState.PENDING))
        db.session.flush()
        version = db.session.scalars(select(TemplateVersion).where(TemplateVersion.wire_name == "winter_offer")).one()
    for number, wire_id in enumerate(wires()):
        campaign = make.make_campaign(1, channel=channel, version=version, start=number + 1)
        with transaction():
            db.session.execute(db.update(Message).where(Message.campaign_id == campaign.id).values(
                wire_id=wire_id, state=MessageState.ACCEPTED, attempted_at=clock.from_seconds(1794994000)))


def rows_of(table):
    """Every row, without what depends on the order of arrival."""
    # why a campaign stands is the first of several reasons; a number that was not known yet is not written back
    left_out = OURS | {Campaign: {"paused_reason"}, Message: {"phone"}, CarrierFact: {"digest"}}.get(table, set())
    columns = [column.key for column in inspect(table).columns if column.key not in left_out]
    return sorted(KEPT_ID.sub("channel", json.dumps({name: str(getattr(row, name)) for name in columns}, sort_keys=True))
                  for row in db.session.scalars(select(table)))


def tables():
    """What is known now."""
    db.session.expire_all()
    owners = sorted(map(str, db.session.execute(
        select(Message.wire_id, Contact.phone, Contact.user_id).join(Contact, Contact.id == Message.contact_id))))
    agreed = sorted(map(str, db.session.execute(
        select(Contact.phone, Contact.user_id, ConsentEntry.category, ConsentEntry.state, ConsentEntry.at)
        .join(Contact, Contact.id == ConsentEntry.contact_id))))
    joined = sorted(map(str, db.session.execute(
        select(DeliveryNews.wire_id, DeliveryNews.status, Message.wire_id).join(Message, Message.id == DeliveryNews.message_id))))
    return {"owners": owners, "agreed": agreed, "joined": joined, **{
        table.__tablename__: rows_of(table)
        for table in (Message, Contact, ConsentEntry, DeliveryNews, CarrierFact, Campaign, MessageTemplate, TemplateVersion, Channel)}}


def hear(bodies, chance):
    """Keep these in parts, reading after each."""
    start = 0
    while start < len(bodies):
        size = chance.choice((1, 3, 10, 200))
        webhooks.keep(*bodies[start:start + size])
        while webhooks.read_events(chance.choice((1, 7, 200))):
            pass
        start += size


def the_day_in_order():
    """The tables after the day as it was."""
    begin()
    hear([json.dumps(body).encode() for body in DAY], random.Random(0))
    return tables()


@pytest.mark.parametrize("part", range(ORDERS // 10 if IS_FULL else 1))
def test_a_day_shuffled_doubled_and_replayed_gives_the_same_tables(app, part):
    wanted = the_day_in_order()
    differing = []
    orders = range(part * 10, part * 10 + 10) if IS_FULL else range(ORDERS)
    for seed in orders:
        database.empty()
        begin()
        chance = random.Random(seed)
        bodies = [json.dumps(body, indent=indent).encode() for body in DAY for indent in (None, 1)]
        chance.shuffle(bodies)
        hear(bodies, chance)
        webhooks.replay(list(db.session.scalars(select(WebhookEvent.id))), by=SYSTEM)
        while webhooks.read_events():
            pass
        found = tables()
        differing += [(seed, name, sorted(set(found[name]) ^ set(wanted[name]))) for name in wanted if found[name] != wanted[name]]

    show("Done when", f"{len(orders)} orders of {len(DAY)} bodies told twice and replayed: tables that differ", len(differing), 0)
    assert not differing, '\n'.join(map(str, differing))[:8000]
