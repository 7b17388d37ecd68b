"""A program with a key, and people it talks to."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from models import Channel, db, transaction
from services import keys
from tests.client import Browser
from tests.factories import sending as make


class Program:
    """Calls by address with a key."""

    def __init__(self, client: Browser, secret: str) -> None:
        self._client, self.secret = client, secret

    def get(self, path: str, **query: Any) -> Any:
        """GET /api/v1…"""
        return self._client.get(f"/api/v1{path}", query_string=query, headers=self.headers())

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """POST /api/v1… with JSON."""
        return self._client.post(f"/api/v1{path}", json={} if body is None else body, headers=self.headers() | {
            name.replace("_", "-"): value for name, value in headers.items()})

    def headers(self) -> dict[str, str]:
        """What every call carries."""
        return {"Authorization": f"Bearer {self.secret}"}


@pytest.fixture
def program_with(app: Flask, by: Any) -> Callable[..., Program]:
    """A program whose key has these scopes: `program_with("read")`."""
    def make_one(*scopes: str, **more: Any) -> Program:
        return Program(app.test_client(), keys.make_key(name="Shop", scopes=scopes, by=by, **more).secret)

    return make_one


@pytest.fixture
def program(program_with: Callable[..., Program]) -> Program:
    """A program that may read and send."""
    return program_with("read", "send")


@pytest.fixture
def channel(app: Flask) -> Channel:
    """Our one number, in use."""
    return make.make_channel()


@pytest.fixture
def talk(channel: Channel) -> Any:
    """A conversation of somebody who just wrote, with its message."""
    from core import clock
    from core.states import MessageState
    from models import Message

    person, = make.make_people(1)
    conversation = make.open_window(person, channel.id)
    with transaction():
        conversation.unread = 1
        db.session.add(Message(direction="in", kind="text", channel_id=channel.id, contact_id=person, phone="+447700900001",
                               text="Is it ready?", state=MessageState.RECEIVED, wire_id="wamid.in", created_at=clock.now()))
    return conversation
