"""A simulator on a free port, and a mailbox that hears its webhooks."""

import asyncio
import json
import queue
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from simulator import door
from transports.cloud_api.catalogue import CloudCatalogue
from transports.cloud_api.engine import CloudEngine
from transports.port import FromTemplate, Gap, Line, OutgoingMessage, Receipt, SendFailed, Template

SECRET, TOKEN, NUMBER_ID, BUSINESS_ID = "the app secret", "the-token", "100000000000001", "200000000000001"
QUICK = 1000.0
WAIT = 20.0  # seconds until a test gives up


class Mailbox:
    """A webhook that keeps what it hears. `answers` are the statuses it gives, then 200."""

    def __init__(self) -> None:
        self.bodies: queue.Queue[tuple[bytes, dict[str, str]]] = queue.Queue()
        self.answers: list[int] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhook"

    def next_body(self) -> tuple[bytes, dict[str, str]]:
        """The next body and its headers."""
        return self.bodies.get(timeout=WAIT)

    def next_change(self, field: str = "messages") -> dict[str, Any]:
        """The value of the next change of this field."""
        while True:
            for entry in json.loads(self.next_body()[0])["entry"]:
                for change in entry["changes"]:
                    if change["field"] == field:
                        return change["value"]

    def statuses(self, count: int) -> list[dict[str, Any]]:
        """The next `count` statuses, in the order they were told."""
        found: list[dict[str, Any]] = []
        while len(found) < count:
            found.extend(self.next_change().get("statuses", []))
        return found

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        mailbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = mailbox.answers.pop(0) if mailbox.answers else 200
                mailbox.bodies.put((body, dict(self.headers)))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        return Handler


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """Where news arrives."""
    box = Mailbox()
    yield box
    box.close()


@pytest.fixture
def start(tmp_path) -> Iterator[Callable[..., door.Running]]:
    """Starts simulators; all stop after the test."""
    started: list[door.Running] = []

    def begin(**changes: Any) -> door.Running:
        values = {"secret": SECRET, "token": TOKEN, "phone_number_id": NUMBER_ID, "business_id": BUSINESS_ID,
                  "webhook_url": "", "speed": QUICK} | changes
        started.append(door.start(values.pop("folder", tmp_path), **values))
        return started[-1]

    yield begin
    for running in started:
        running.stop()


def line_to(running: door.Running, **changes: Any) -> Line:
    """The line that leads to a simulator."""
    values = {"phone_number_id": NUMBER_ID, "business_id": BUSINESS_ID, "base_url": running.url, "version": "v25.0",
              "token": TOKEN, "app_secret": SECRET, "verify_token": "", "timeout_seconds": 10.0}
    return Line(**(values | changes))


def hand_in(running: door.Running, name: str = "hello", **changes: Any) -> tuple[str, str]:
    """Hand in a template with one variable."""
    values: dict[str, Any] = {"language": "en_GB", "category": "marketing", "body": "Hello {{first_name}}, come in.",
                              "footer": "Bye", "samples": (("first_name", "Ana"),), "is_named": True}
    return CloudCatalogue().submit(line_to(running), name=name, **(values | changes))


def approve(running: door.Running, name: str = "hello", **changes: Any) -> None:
    """Hand in a template that is approved at once."""
    hand_in(running, name, **changes)
    control(running, "POST", "templates", {"name": name, "status": "APPROVED"})


def control(running: door.Running, method: str, path: str, payload: Any = None) -> requests.Response:
    """Ask the control address."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return requests.request(method, f"{running.url}/_simulator/{path}", json=payload, headers=headers, timeout=WAIT)


def greeting(to: str, attempt_id: str = "attempt-1", *, name: str = "hello", gap: str = "first_name") -> OutgoingMessage:
    """The template `hello`, or another with one gap, for somebody."""
    return OutgoingMessage(to, attempt_id, FromTemplate(Template(name, "en_GB", body=(Gap(gap),)), ("Ana",)))


def send(line: Line, *messages: OutgoingMessage) -> list[Receipt | SendFailed]:
    """What comes of each message, sent one after the other with an engine of its own."""

    async def one(engine: CloudEngine, message: OutgoingMessage) -> Receipt | SendFailed:
        try:
            return await engine.send(line, message)
        except SendFailed as refusal:
            return refusal

    async def every() -> list[Receipt | SendFailed]:
        engine = CloudEngine()
        try:
            return [await one(engine, message) for message in messages]
        finally:
            await engine.close()

    return asyncio.run(every())
