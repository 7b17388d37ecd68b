"""Those who knock at a running dashboard at a pace: carriers with notices, people who open pages."""

import hashlib
import hmac
import http.client
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

SECRET = "an-app-secret-for-tests-3c4d5e"  # noqa: S105


@dataclass
class Heard:
    """What came of it."""

    waits: list[float] = field(default_factory=list)  # seconds, each
    answers: Counter = field(default_factory=Counter)  # status, or the name of what went wrong

    def share(self, part: float) -> float:
        """The wait, in milliseconds, that this share of all did not exceed."""
        return round(sorted(self.waits)[min(len(self.waits) - 1, int(len(self.waits) * part))] * 1000) if self.waits else 0


def told(number: int, *, phone_number_id: str, at: int = 1794994200, people: int = 2000, status: bool = False) -> bytes:
    """A notice: one of so many people wrote, or one message was delivered."""
    wa_id = f"44770{number % people:07}"
    what = (f'"statuses":[{{"id":"wamid.OUT.{number}","status":"delivered","timestamp":"{at}","recipient_id":"{wa_id}"}}]'
            if status else f'"contacts":[{{"profile":{{"name":"P"}},"wa_id":"{wa_id}"}}],"messages":[{{"from":"{wa_id}","id":'
            f'"wamid.LOAD.{number}","timestamp":"{at}","type":"text","text":{{"body":"Hello number {number}"}}}}]')
    return (f'{{"object":"whatsapp_business_account","entry":[{{"id":"2","changes":[{{"field":"messages","value":{{'
            f'"messaging_product":"whatsapp","metadata":{{"phone_number_id":"{phone_number_id}"}},{what}}}}}]}}]}}').encode()


def knock(port: int, bodies, *, a_second: float, hands: int = 16, seconds: float = 0.0) -> Heard:
    """Post these at a pace over connections that stay open. A wait counts from when the notice was due to leave. With
    `seconds` it ends then, whatever could not be posted by then."""
    heard, began, lock = Heard(), time.monotonic() + 0.1, threading.Lock()
    due = iter(enumerate(bodies))

    def one_hand(_):
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            with lock:
                number, body = next(due, (0, None))
            if body is None or (seconds and time.monotonic() > began + seconds):
                line.close()
                return
            leaves = began + number / a_second
            threading.Event().wait(max(0.0, leaves - time.monotonic()))
            answer = _post(line, body)
            with lock:
                heard.waits.append(time.monotonic() - leaves)
                heard.answers[answer] += 1

    with ThreadPoolExecutor(hands) as pool:
        list(pool.map(one_hand, range(hands)))
    return heard


def _post(line: http.client.HTTPConnection, body: bytes) -> int | str:
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    try:
        line.request("POST", "/webhook", body=body, headers={"X-Hub-Signature-256": f"sha256={signature}"})
        answer = line.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as error:
        line.close()
        return type(error).__name__
    return answer.status


class People(threading.Thread):
    """Somebody signed in who opens pages, one after another, until told to stop."""

    def __init__(self, address: str, cookie: str, pages, *, pause: float = 0.2) -> None:
        super().__init__(daemon=True)
        self.address, self.cookie, self.pages, self.pause = address, cookie, pages, pause
        self.heard, self.is_done = Heard(), threading.Event()

    def run(self) -> None:
        """Until `is_done`."""
        while not self.is_done.is_set():
            for path in self.pages:
                self.open(path)
                self.is_done.wait(self.pause)

    def open(self, path: str) -> None:
        """One page."""
        began = time.monotonic()
        asked = urllib.request.Request(self.address + path, headers={"Cookie": self.cookie})  # noqa: S310  # our own
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310
                word: int | str = "signed out" if "sign-in" in answer.geturl() else answer.status
        except urllib.error.HTTPError as error:
            word = error.code
        except OSError as error:
            word = type(error).__name__
        self.heard.answers[word] += 1
        self.heard.waits.append(time.monotonic() - began)

    def stop(self) -> None:
        """No more pages."""
        self.is_done.set()
        self.join()
