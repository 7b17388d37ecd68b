"""Every body Meta's documentation shows, delivered signed to our door, ends as a person would expect."""

import hashlib
import hmac
import json
from pathlib import Path

import pytest
from sqlalchemy import select

from models import (
    ActivityEntry,
    Channel,
    Contact,
    ContactAddress,
    Conversation,
    Message,
    MessageTemplate,
    ReceivedFile,
    TemplateVersion,
    WebhookEvent,
    db,
    transaction,
)
from services import channels, webhooks
from tests.services.webhook_expectations import EXPECTED

FOLDER = Path(__file__).parent.parent / "transports" / "examples"
FILES = sorted(path.name for path in FOLDER.glob("webhook-*.json"))
_SILENT = ("contact.added", "channel.added")  # said by other tests


@pytest.fixture
def business(app):
    """The number and the templates the examples speak of."""
    channel = channels.ensure_first()
    with transaction():
        channel.phone_number_id, channel.business_id, channel.display_phone = (
            "410987654321098", "301122334455667", "12025550142")
        for name, category in (("winter_offer", "marketing"), ("service_reminder", "utility")):
            template = MessageTemplate(name=name, language="en_GB", category=category)
            db.session.add(TemplateVersion(template=template, number=1, body="Hello", wire_name=name, state="approved",
                                           variables=[]))
    return channel


def deliver(door, channel, body: bytes):
    """Post a body as Meta does, and read it."""
    secret = channels.line_of(channel).app_secret.encode()
    answer = door.post("/webhook", data=body, headers={
        "X-Hub-Signature-256": "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()})
    assert answer.status_code == 200
    while webhooks.read_events():
        pass
    db.session.rollback()


def what_we_sent(channel, body: bytes) -> None:
    """The messages of ours whose statuses a body tells."""
    changes = [change["value"] for entry in json.loads(body)["entry"] for change in entry["changes"]]
    ids = dict.fromkeys(one["id"] for value in changes for one in value.get("statuses", ()))
    with transaction():
        person = Contact(name="Priya", phone="+447700900123", marketing="granted") if ids else None
        for wire_id in ids:
            db.session.add(Message(channel_id=channel.id, contact=person, phone="+447700900123", state="accepted",
                                   kind="template", wire_id=wire_id))


def what_is() -> dict:
    """What a person finds afterwards. What is not there did not happen."""
    lines = db.session.scalars(select(Message).where(Message.kind != "template").order_by(Message.created_at, Message.id)).all()
    found = {
        "lines": [f"{line.direction} {line.kind}: {line.text}".rstrip(": ") for line in lines],
        "holds": [line.content for line in lines if line.content],
        "refers": [line.reply_to[-8:] for line in lines if line.reply_to],
        "files": [f"{row.kind} {row.mime}" for row in db.session.scalars(select(ReceivedFile).order_by(ReceivedFile.message_id))],
        "talks": [(row.unread, "open" if row.window_ends_at else "shut", row.preview) for row in db.session.scalars(
            select(Conversation).order_by(Conversation.id))],
        "people": [(row.name, row.phone or "", row.user_id or "") for row in db.session.scalars(
            select(Contact).order_by(Contact.id)) if row.name != "Priya"],
        "consent": [str(row.marketing) for row in db.session.scalars(select(Contact).order_by(Contact.id))
                    if row.marketing not in ("unknown", "granted") or row.name != "Priya" and row.marketing != "unknown"],
        "further": [f"{row.kind} {row.value}" for row in db.session.scalars(select(ContactAddress).order_by(ContactAddress.id))],
        "sent": [f"{row.state} {row.reason_code}".strip() for row in db.session.scalars(
            select(Message).where(Message.kind == "template").order_by(Message.id))],
        "templates": [f"{row.template.name} {row.state} {row.template.category} {row.quality or ''}".strip()
                      for row in db.session.scalars(select(TemplateVersion).order_by(TemplateVersion.id))],
        "channel": [name for name, is_so in _of_channel(db.session.scalars(select(Channel)).one()) if is_so],
        "noted": [row.verb for row in db.session.scalars(select(ActivityEntry).order_by(ActivityEntry.id))
                  if row.verb not in _SILENT],
        "unread": [row.error for row in db.session.scalars(select(WebhookEvent)) if row.state != "read"]}
    if found["templates"] == ["winter_offer approved marketing", "service_reminder approved utility"]:
        del found["templates"]
    return {name: value for name, value in found.items() if value}


def _of_channel(channel: Channel) -> list[tuple[str, object]]:
    return [("paused", channel.paused_at), *(
        (f"{name} {value}", value) for name in ("tier", "throughput", "verified_name") if (value := getattr(channel, name)))]


@pytest.mark.parametrize("name", FILES)
def test_it_ends_as_a_person_expects(business, app, name):
    body = (FOLDER / name).read_bytes()
    what_we_sent(business, body)

    deliver(app.test_client(), business, body)

    assert what_is() == EXPECTED[name]


def test_every_example_is_in_the_table():
    assert set(FILES) == set(EXPECTED) and len(FILES) >= 75


@pytest.mark.parametrize("name", [name for name in FILES if "message" in name or "history" in name or "calls" in name])
def test_told_twice_it_is_the_same(business, app, name):
    data = json.loads((FOLDER / name).read_bytes())
    for _ in range(2):
        data["entry"][0]["again"] = _
        deliver(app.test_client(), business, json.dumps(data).encode())

    assert what_is() == EXPECTED[name]
