"""How gunicorn's worker listens: whoever speaks slowly holds no thread, and notices of carriers need none at all.

gunicorn's threads read requests themselves, so that forty people who send a byte a second would hold all forty threads. Here
the loop that waits for everybody gathers what each has said. A whole request goes to a thread; a whole notice of a carrier
goes, with all others that came meanwhile, to the pen: one thread that has them checked and on the disk together.
"""

import re
import selectors
import socket
import threading
from collections.abc import Sequence
from email.utils import formatdate
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from gunicorn import http
from gunicorn.workers import gthread

from core import clock

PATIENCE = 10.0  # seconds a request may take to arrive
IDLE = 5.0  # seconds a connection may be silent between two requests
SMALL = 64 * 1024  # bytes of a body that is gathered here; a larger one is read by a thread
LARGE_AT_ONCE = 8  # threads that may read large bodies, of the forty
HEAD_LIMIT = 48 * 1024
ROUND = 64  # connections accepted before others are heard
SET = 500  # notices the pen writes together

_HEADS_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,10})[ \t]*(?=\r\n)", re.IGNORECASE)
_READ_AT_ONCE = re.compile(rb"\r\n(?:transfer-encoding|expect|upgrade)[ \t]*:", re.IGNORECASE)
_NOTICE = re.compile(rb"POST /webhook HTTP/1\.1\r\n(?:[!#$%&'*+.^`|~0-9A-Za-z-]+:[\t\x20-\x7e]*\r\n)+\r\n")
_SIGNATURE = re.compile(rb"\r\nx-hub-signature-256:[ \t]*([^\r]*?)[ \t]*(?=\r\n)", re.IGNORECASE)
_NOT_PLAIN = re.compile(rb"\r\n(?:connection:[ \t]*(?!keep-alive[ \t]*\r\n)|content-encoding:)", re.IGNORECASE)


class Visit:
    """One connection, and what it has said so far of a request."""

    __slots__ = ("body_at", "conn", "data", "is_large", "is_waiting", "until", "wanted")

    def __init__(self, conn: Any) -> None:
        self.conn = conn
        self.data = bytearray()
        self.is_large = self.is_waiting = False
        self.begin(PATIENCE)

    def begin(self, patience: float) -> None:
        """The next request may come, and has so many seconds."""
        self.until = clock.monotonic() + patience
        self.body_at = self.wanted = 0


class PatientWorker(gthread.ThreadWorker):
    """gunicorn's worker with threads, behind a loop that reads."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._visits: set[Visit] = set()
        self._large: set[Visit] = set()  # whose bodies threads read now
        self._in_line: list[Visit] = []  # large ones whose turn has not come
        self._notices: SimpleQueue[Visit] = SimpleQueue()
        self._pen: threading.Thread | None = None
        self._answers: tuple[int, dict[int, bytes]] = (0, {})
        self._swept = 0.0

    # connections

    def accept(self, listener: socket.socket) -> None:
        """Take everybody who stands at the door."""
        if self.cfg.is_ssl:
            super().accept(listener)
            return
        for _ in range(ROUND):
            try:
                client, address = listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.nr_conns += 1
            self._hear(Visit(gthread.TConn(self.cfg, client, address, listener.getsockname())))

    def on_client_socket_readable(self, conn: Any, client: socket.socket) -> None:
        """Somebody a thread has answered says more."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        visit = Visit(conn)
        self._hear(visit)
        self._read(visit, client)

    def _hear(self, visit: Visit) -> None:
        """Listen to a connection until its request is whole."""
        visit.conn.sock.setblocking(False)
        self._visits.add(visit)
        self.poller.register(visit.conn.sock, selectors.EVENT_READ, partial(self._read, visit))

    def _read(self, visit: Visit, client: socket.socket) -> None:
        try:
            said = client.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            said = b""
        if not said or len(visit.data) > SMALL + HEAD_LIMIT:
            self._leave(visit)
            return
        visit.data += said
        if not visit.is_waiting:
            self._look(visit)

    def _leave(self, visit: Visit) -> None:
        """Close a connection. Twice is once: somebody may have gone while their answer was made."""
        if visit not in self._visits:
            return
        self._visits.discard(visit)
        self.poller.unregister(visit.conn.sock)
        self.nr_conns -= 1
        visit.conn.close()

    def murder_pending(self) -> None:
        """Close whoever took too long; while the worker stops, also whoever is silent."""
        super().murder_pending()
        now = clock.monotonic()
        if now - self._swept < 1.0 and self.alive:
            return
        self._swept = now
        for visit in [one for one in self._visits if not one.is_waiting]:
            if visit.until < now or (not self.alive and not visit.data):
                self._leave(visit)

    # requests

    def _look(self, visit: Visit) -> None:
        """Whether the request is whole, and whose it is."""
        data = visit.data
        if not visit.body_at:
            end = data.find(_HEADS_END)
            if end < 0 and len(data) <= HEAD_LIMIT:
                return
            visit.body_at = end + len(_HEADS_END) if end >= 0 else len(data)
            head = bytes(data[:visit.body_at])
            told = _LENGTH.findall(head)
            visit.is_large = bool(_READ_AT_ONCE.search(head)) or (bool(told) and int(told[0]) > SMALL)
            visit.wanted = 0 if visit.is_large or len(told) != 1 else int(told[0])
        if len(data) < visit.body_at + visit.wanted:
            return
        if self._is_notice(visit):
            self._to_the_pen(visit)
        else:
            self._to_a_thread(visit)

    def _to_a_thread(self, visit: Visit) -> None:
        """A whole request, or a large one whose turn has come, is answered by a thread."""
        self.poller.unregister(visit.conn.sock)
        self._visits.discard(visit)
        if visit.is_large and len(self._large) >= LARGE_AT_ONCE:
            self._in_line.append(visit)
            return
        self._begin(visit)

    def _begin(self, visit: Visit) -> None:
        conn = visit.conn
        if visit.is_large:
            self._large.add(visit)
            seconds = int(PATIENCE).to_bytes(8, "little") + bytes(8)
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, seconds)  # threads read without a limit else
        if conn.parser is None:
            conn.parser, conn.initialized = http.get_parser(self.cfg, conn.sock, conn.client), True
        conn.parser.unreader.unread(bytes(visit.data))
        job = self.tpool.submit(self.handle, conn)
        job.add_done_callback(lambda done: self.method_queue.defer(self._answered, visit, done))

    def _answered(self, visit: Visit, done: Any) -> None:
        """A thread has answered: go on with the connection, and with the next large one."""
        self._large.discard(visit)
        if self._in_line and len(self._large) < LARGE_AT_ONCE:
            self._begin(self._in_line.pop(0))
        self.finish_request(visit.conn, done)

    # notices of carriers

    def _is_notice(self, visit: Visit) -> bool:
        """Whether this is what carriers send, written in the plainest way. Everything else is for the threads."""
        if visit.is_large or visit.data[:13] != b"POST /webhook":
            return False
        head = bytes(visit.data[:visit.body_at])
        return (_NOTICE.fullmatch(head) is not None and len(_LENGTH.findall(head)) == 1
                and len(_SIGNATURE.findall(head)) <= 1 and not _NOT_PLAIN.search(head))

    def _to_the_pen(self, visit: Visit) -> None:
        """It is answered once it is on the disk."""
        visit.is_waiting = True
        if self._pen is None:
            self._pen = threading.Thread(target=self._write, name="pen", daemon=True)
            self._pen.start()
        self._notices.put(visit)

    def _write(self) -> None:
        """The pen: have everything that waits checked and kept together, again and again."""
        door = self.wsgi.extensions["webhook_door"]
        while True:
            visits = [self._notices.get()]
            try:
                while len(visits) < SET:
                    visits.append(self._notices.get_nowait())
            except Empty:
                pass
            self.method_queue.defer(self._reply, visits, door.receive_all([_said(visit) for visit in visits]))

    def _reply(self, visits: Sequence[Visit], statuses: Sequence[int]) -> None:
        """Tell each what became of its notice, and hear it again."""
        for visit, status in zip(visits, statuses, strict=True):
            del visit.data[:visit.body_at + visit.wanted]
            visit.is_waiting = False
            visit.begin(IDLE)
            try:
                whole = self._answer(status)
                is_sent = visit.conn.sock.send(whole) == len(whole)
            except OSError:
                is_sent = False
            if not is_sent:
                self._leave(visit)
            elif visit.data:
                self._look(visit)

    def _answer(self, status: int) -> bytes:
        """The whole answer; its date is made once a second."""
        second = int(clock.seconds())
        if self._answers[0] != second:
            self._answers = second, {}
        known = self._answers[1]
        if status not in known:
            door = self.wsgi.extensions["webhook_door"]
            lines = [f"HTTP/1.1 {door.status_line(status)}", f"Date: {formatdate(second, usegmt=True)}",
                     "Connection: keep-alive", *(f"{name}: {value}" for name, value in door.headers)]
            known[status] = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        return known[status]


def _said(visit: Visit) -> tuple[bytes, str]:
    """The body of a notice and its signature."""
    found = _SIGNATURE.search(visit.data, 0, visit.body_at)
    body = bytes(visit.data[visit.body_at:visit.body_at + visit.wanted])
    return body, found[1].decode("latin-1") if found else ""
