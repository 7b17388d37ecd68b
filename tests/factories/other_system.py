"""Another system on this machine that is called by us: it notes what it hears and answers as it is told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from transports.web.caller import SafeCaller

REDIRECTS = (301, 302, 307)


class Desk(BaseHTTPRequestHandler):
    """One call. Whoever is sent elsewhere and goes there is heard there."""

    def do_POST(self):
        """Note it and answer with the next status of `answers`, 200 when there is none left."""
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.server.heard.append((self.path, dict(self.headers), body))
        status = self.server.answers.pop(0) if self.server.answers else 200
        if status == "hang":
            self.server.may_go_on.wait(20)
            return
        self.send_response(status)
        if status in REDIRECTS:
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def do_GET(self):
        """A call that was sent elsewhere."""
        self.do_POST()

    def log_message(self, *words):
        """Says nothing."""


@contextmanager
def other_system() -> Iterator[HTTPServer]:
    """One that runs until the end of the block; `answers` are its next ones, `heard` holds path, headers and body."""
    server = HTTPServer(("127.0.0.1", 0), Desk)
    server.heard, server.answers, server.may_go_on = [], [], threading.Event()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.may_go_on.set()
    server.shutdown()
    server.server_close()
    thread.join()


class Allowing(SafeCaller):
    """The real caller, where this one private place is listed."""

    def __init__(self, desk, seconds=5.0):
        super().__init__(seconds)
        self._listed = f"127.0.0.1:{desk.server_port}"

    def check(self, url, *, allowed):
        """As the real one does."""
        super().check(url, allowed=self._listed)

    def post(self, url, body, headers, *, allowed):
        """As the real one does."""
        return super().post(url, body, headers, allowed=self._listed)
