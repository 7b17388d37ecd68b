"""How the worker listens: whole requests, whatever pieces they come in, and whoever speaks slowly holds nobody up."""

import contextlib
import hashlib
import hmac
import os
import re
import socket

import pytest

from tests import database
from tests.live import Live

SECRET = "an-app-secret-for-tests-3c4d5e"  # noqa: S105
CLOUD = {"whatsapp_mode": "cloud", "whatsapp_token": "a-token", "phone_number_id": "100000000000001", "business_id": "2",
         "app_secret": SECRET, "webhook_verify_token": "a-word", "graph_api_url": "http://127.0.0.1:9",
         "secret_key": "a-key-for-tests-only-9f8e7d6c5b4a3f2e1d0c"}


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """A dashboard as it is started."""
    address = database.own_database(f"listener_{os.urandom(4).hex()}")
    live = Live(tmp_path_factory.mktemp("listener"), database_url=address, embedded_worker=0, **CLOUD).start()
    yield live
    live.kill()
    database.drop(address)


@pytest.fixture
def line(live):
    """A connection to it."""
    with socket.create_connection(("127.0.0.1", live.port), timeout=30) as line:
        yield line


def notice(body=b'{"entry": []}', *, secret=SECRET, more=b"", version=b"1.1", length=None):
    """A notice as a carrier sends it."""
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()
    told = b"Content-Length: %d\r\n" % (len(body) if length is None else length)
    return (b"POST /webhook HTTP/%s\r\nHost: example.org\r\nX-Hub-Signature-256: sha256=%s\r\n%s%s\r\n"
            % (version, signature, told, more)) + body


def answers(line, count=1):
    """The status codes of the next answers; what follows the last is an error of the test."""
    heard, codes = b"", []
    while len(codes) < count:
        part = line.recv(65536)
        if not part:
            break
        heard += part
        while (found := re.match(rb"HTTP/1\.[01] (\d+).*?\r\n\r\n", heard, re.DOTALL)):
            length = re.search(rb"content-length: (\d+)", found[0], re.IGNORECASE)
            end = found.end() + (int(length[1]) if length else 0)
            if len(heard) < end:
                break
            codes.append(int(found[1]))
            heard = heard[end:]
    return codes


class TestNotices:
    def test_one_after_another_on_one_connection(self, line):
        for number in range(3):
            line.sendall(notice(b'{"number": %d}' % number))
            assert answers(line) == [200]

    def test_two_in_one_breath_are_both_answered_in_order(self, line):
        line.sendall(notice(b"1") + notice(b"2", secret="another") + notice(b"3"))  # noqa: S106

        assert answers(line, 3) == [200, 401, 200]

    def test_byte_by_byte_is_as_good(self, line):
        for byte in notice(b'{"a": 1}'):
            line.sendall(bytes([byte]))

        assert answers(line) == [200]

    def test_pages_and_notices_share_a_connection(self, line):
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: example.org\r\n\r\n")
        assert answers(line) == [200]
        line.sendall(notice(b"after a page"))
        assert answers(line) == [200]
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: example.org\r\n\r\n")
        assert answers(line) == [200]

    @pytest.mark.parametrize("unusual", [
        notice(more=b"Connection: close\r\n"), notice(version=b"1.0"), notice(b"x" * 300_000),
        notice().replace(b"POST /webhook", b"POST /webhook/"), notice(more=b"Expect: 100-continue\r\n").replace(b"HTTP/1.1", b"HTTP/1.1"),
    ])
    def test_unusual_ones_are_taken_by_the_threads(self, line, unusual):
        line.sendall(unusual)

        assert 200 in answers(line, 2 if b"Expect" in unusual else 1)

    def test_chunks_are_taken_by_the_threads(self, line):
        body = b"in chunks"
        head = notice(body).replace(b"Content-Length: 9", b"Transfer-Encoding: chunked").removesuffix(body)
        line.sendall(head + b"9\r\n" + body + b"\r\n0\r\n\r\n")

        assert answers(line) == [200]

    @pytest.mark.parametrize(("odd", "code"), [
        (notice(more=b"Content-Length: 5\r\n"), 400), (notice(more=b"Transfer-Encoding: chunked\r\n"), 400),
        (notice(more=b" folded: yes\r\n"), 400), (notice(more=b"X-Hub-Signature-256: sha256=00\r\n"), 401),
        (notice(length=10**8), 413), (b"nonsense\r\n\r\n", 400), (b"GET " + b"x" * 70_000, 414)])
    def test_what_can_be_read_in_two_ways_is_refused(self, line, odd, code):
        line.sendall(odd)

        assert answers(line) == [code]

    def test_without_a_signature_it_is_refused(self, line):
        line.sendall(b"POST /webhook HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")

        assert answers(line) == [401]


class TestSlowOnes:
    def test_two_hundred_who_never_finish_hold_nobody_up(self, live):
        with contextlib.ExitStack() as held:
            for number in range(200):
                slow = held.enter_context(socket.create_connection(("127.0.0.1", live.port)))
                slow.sendall((notice(length=500) if number % 2 else b"GET / HTTP/1.1\r\nHost: ")[:40 + number])
            with socket.create_connection(("127.0.0.1", live.port), timeout=30) as line:
                line.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
                assert answers(line) == [200]

    def test_whoever_went_away_in_the_middle_is_forgotten(self, live):
        for _ in range(50):
            with socket.create_connection(("127.0.0.1", live.port)) as gone:
                gone.sendall(notice(length=500)[:-5])

        with socket.create_connection(("127.0.0.1", live.port), timeout=30) as line:
            line.sendall(notice(b"still there"))
            assert answers(line) == [200]

    def test_it_ends_at_once_though_somebody_is_connected(self, tmp_path):
        own = Live(tmp_path, embedded_worker=0, database_url="", **CLOUD).start()
        with socket.create_connection(("127.0.0.1", own.port), timeout=30) as line:
            line.sendall(notice())
            assert answers(line) == [200]
            process = own.process
            own.stop()

        assert process.returncode == 0
