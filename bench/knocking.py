"""A carrier that knocks: many kept-alive connections over loopback, each sending its next notice when the last is answered.

Raw sockets and one epoll, so that the knocking costs little of what is measured.
"""

import hashlib
import hmac
import os
import re
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60.0
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(slots=True)
class Answers:
    """What came of a round of knocking."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)  # seconds, each request

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.waits) / self.seconds

    def wait(self, share: float) -> float:
        """The wait, in seconds, that this share of the requests did not exceed."""
        return sorted(self.waits)[min(len(self.waits) - 1, int(len(self.waits) * share))]


def notice(body: bytes, secret: str, path: str = "/webhook") -> bytes:
    """A whole request as Meta would send it."""
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return (f"POST {path} HTTP/1.1\r\nHost: example.org\r\nAccept: */*\r\nUser-Agent: facebookexternalua\r\n"
            f"Content-Type: application/json\r\nX-Hub-Signature-256: sha256={signature}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


def knock(port: int, requests: Sequence[bytes], connections: int = 64) -> Answers:
    """Send every request once over so many connections; returns when each was answered. OSError when one is cut off."""
    answers, left = Answers(), iter(requests)
    poll, doors = select.epoll(), {}
    began = time.perf_counter()
    for _ in range(min(connections, len(requests))):
        door = socket.create_connection(("127.0.0.1", port))
        door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        poll.register(door.fileno(), select.EPOLLIN)
        door.sendall(next(left))
        doors[door.fileno()] = [door, time.perf_counter(), b""]
    while doors:
        ready = poll.poll(PATIENCE)
        if not ready:
            raise OSError("no answer came")
        for number, _ in ready:
            _go_on(poll, doors, number, left, answers)
    answers.seconds = time.perf_counter() - began
    return answers


def _go_on(poll: select.epoll, doors: dict[int, list], number: int, left: Iterator[bytes], answers: Answers) -> None:
    """Read what came; a whole answer is counted and followed by the next request of that connection."""
    entry = doors[number]
    data = entry[0].recv(65536)
    if not data:
        raise OSError("a connection was cut off")
    entry[2] += data
    head, mark, rest = entry[2].partition(b"\r\n\r\n")
    if not mark or len(rest) < int(_LENGTH.search(head)[1]):  # type: ignore[index]
        return
    now = time.perf_counter()
    answers.waits.append(now - entry[1])
    answers.statuses[int(head[9:12])] += 1
    request = next(left, None)
    if request is None:
        poll.unregister(number)
        doors.pop(number)[0].close()
    else:
        entry[0].sendall(request)
        entry[1], entry[2] = now, b""


@contextmanager
def served(command: Sequence[str], folder: str | Path, *, core: str = "", **settings: object) -> Iterator[int]:
    """Run a server in a process of its own, bound to these cores (all when empty); gives its port."""
    port = free_port()
    environment = os.environ | {name: str(value) for name, value in settings.items()} | {"PORT": str(port)}
    words = [*(["taskset", "-c", core] if core else []), *(word.replace("{port}", str(port)) for word in command)]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(words, cwd=folder, env=environment, stdout=said, stderr=said, start_new_session=True)
        try:
            _wait(process, port, said)
            yield port
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, said: object) -> None:
    """Until somebody listens there."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    said.seek(0)  # type: ignore[attr-defined]
    raise RuntimeError(f"the server did not start: {said.read().decode(errors='replace')[-2000:]}")  # type: ignore[attr-defined]


def gunicorn(target: str, *flags: str, python: str = sys.executable) -> list[str]:
    """The command of a bare application under gunicorn as ours is served."""
    return [python, "-m", "gunicorn", "-c", "/dev/null", "--bind", "127.0.0.1:{port}", "--worker-class",
            "gthread", "--threads", "40", "--keep-alive", "5", "--no-control-socket", *flags, target]  # -c: not our file


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
