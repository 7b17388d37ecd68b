"""Notices at a dashboard that runs, while its processes are killed and while bodies are too large. CHAOS=1 runs the full sizes."""

import contextlib
import hashlib
import hmac
import http.client
import os
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import create_engine, text

from tests import database
from tests.live import Live, wait_until
from tests.promises.figures import IS_FULL, show

SECRET, NUMBER = "an-app-secret-for-tests-3c4d5e", "100000000000001"  # noqa: S105
CLOUD = {"whatsapp_mode": "cloud", "whatsapp_token": "a-token", "phone_number_id": NUMBER, "business_id": "2",
         "app_secret": SECRET, "webhook_verify_token": "a-word", "graph_api_url": "http://127.0.0.1:9",
         "secret_key": "a-key-for-tests-only-9f8e7d6c5b4a3f2e1d0c"}
KILLS, EVENTS = (30, 5000) if IS_FULL else (3, 60)
LIMIT = 3 * 1024 * 1024


@pytest.fixture
def dashboard(tmp_path):
    """A way to start one with a number of Meta's, and so many processes; it is stopped in the end."""
    address, started = database.own_database(f"notices_{os.urandom(4).hex()}"), []

    def start(processes, **settings):
        live = Live(tmp_path, database_url=address, web_concurrency=processes, **CLOUD | settings)
        started.append(live)
        return live.start()

    yield start
    for live in started:
        live.kill()
    database.drop(address)


def rows(live, statement):
    """What its database answers."""
    given = live.environment["DATABASE_URL"] or f"sqlite:///{Path(live.environment['INSTANCE_DIR']) / 'pigeonpost.sqlite'}"
    engine = create_engine(given)
    with engine.connect() as connection:
        found = connection.execute(text(statement)).all()
    engine.dispose()
    return found


def told(number):
    """A notice: somebody wrote."""
    return (f'{{"object":"whatsapp_business_account","entry":[{{"id":"2","changes":[{{"field":"messages","value":{{'
            f'"messaging_product":"whatsapp","metadata":{{"display_phone_number":"447700900000","phone_number_id":"{NUMBER}"}},'
            f'"contacts":[{{"profile":{{"name":"P"}},"wa_id":"44770090{number % 50:04}"}}],"messages":[{{"from":'
            f'"44770090{number % 50:04}","id":"wamid.LIVE.{number}","timestamp":"1794994200","type":"text","text":'
            f'{{"body":"Hello"}}}}]}}}}]}}]}}').encode()


def post(live, body, **more):
    """The status of the answer; OSError or HTTPException when the connection is cut off."""
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    door = http.client.HTTPConnection("127.0.0.1", live.port, timeout=60)
    try:
        door.request("POST", "/webhook", body=more.get("chunks", body), encode_chunked="chunks" in more, headers={
            "X-Hub-Signature-256": f"sha256={signature}",
            **({"Transfer-Encoding": "chunked"} if "chunks" in more else {})})
        return door.getresponse().status
    finally:
        door.close()


def workers_of(live):
    """The processes that answer."""
    return [int(one) for one in Path(f"/proc/{live.process.pid}/task/{live.process.pid}/children").read_text().split()]


def test_w5_what_was_answered_with_200_is_there_however_often_a_worker_is_killed(dashboard):
    live, answered, ended = dashboard(2, embedded_worker=0), set(), threading.Event()

    def burst(start):
        number = start
        while not ended.is_set():
            body = told(number)
            with contextlib.suppress(OSError, http.client.HTTPException):
                if post(live, body) == 200:
                    answered.add(hashlib.sha256(body).hexdigest())
            number += 8

    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(burst, start) for start in range(8)]
        for _ in range(KILLS):
            before = len(answered)
            wait_until(lambda before=before: len(answered) >= before + 5, "nothing is answered any more")
            if IS_FULL:
                time.sleep(0.4)
            with contextlib.suppress(ProcessLookupError, IndexError):
                os.kill(workers_of(live)[0], signal.SIGKILL)
        ended.set()
        for one in done:
            one.result()

    kept = {row.digest for row in rows(live, "SELECT digest FROM webhook_events")}
    show("W5", f"answered 200 but not stored, {KILLS} kills, {len(answered):,} answers", len(answered - kept), 0)
    assert len(answered) >= 5 * KILLS and answered <= kept


def test_w6_told_three_times_at_once_over_four_processes_each_fact_counts_once(dashboard):
    live = dashboard(4)
    with ThreadPoolExecutor(12) as pool:
        answers = Counter(pool.map(lambda number: post(live, told(number % EVENTS)), range(3 * EVENTS)))
    wait_until(lambda: not rows(live, "SELECT 1 FROM webhook_events WHERE state = 'new'"), "not everything was read", 300)

    messages = rows(live, "SELECT wire_id, count(*) AS n FROM messages WHERE direction = 'in' GROUP BY wire_id")
    events = rows(live, "SELECT count(*) AS n FROM webhook_events")[0].n
    show("W6", f"{EVENTS:,} events three times over four processes: rows an event",
         max(row.n for row in messages), 1)
    assert answers == {200: 3 * EVENTS} and events == EVENTS
    assert len(messages) == EVENTS and {row.n for row in messages} == {1}


HANDSHAKES = [({}, 200), ({"hub.verify_token": "wrong"}, 403), ({"hub.verify_token": None}, 403), ({"hub.mode": None}, 403),
              ({"hub.challenge": "<script>alert(1)</script>"}, 200)]


def test_w14_the_handshake_is_echoed_as_plain_text_to_whoever_knows_our_word(dashboard):
    live = dashboard(1, embedded_worker=0)
    found = []
    for changes, _ in HANDSHAKES:
        values = {"hub.mode": "subscribe", "hub.verify_token": "a-word", "hub.challenge": "1158201444"} | changes
        door = http.client.HTTPConnection("127.0.0.1", live.port, timeout=60)
        door.request("GET", "/webhook?" + urlencode({name: value for name, value in values.items() if value is not None}))
        answer = door.getresponse()
        said, heads = answer.read().decode(), (answer.headers.get_content_type(), answer.headers["X-Content-Type-Options"])
        door.close()
        assert (said == values["hub.challenge"]) if answer.status == 200 else values["hub.challenge"] not in said
        assert answer.status != 200 or heads == ("text/plain", "nosniff")
        found.append(answer.status)

    wanted = [status for _, status in HANDSHAKES]
    show("W14", "right, wrong, missing word; no mode; markup as the challenge: answers", found, wanted)
    assert found == wanted


def test_w12_three_megabytes_are_taken_and_more_is_refused_without_being_kept(dashboard):
    live = dashboard(1, embedded_worker=0)
    worker = workers_of(live)[0]
    padded = told(1)[:-1] + b" " * (LIMIT - len(told(1))) + b"}"
    assert post(live, padded) == 200
    before = memory_of(worker)

    began = time.monotonic()
    assert post(live, padded + b" ") == 413
    spent = time.monotonic() - began
    show("W12", "413 for 3 MB + 1, ms", round(spent * 1000), 100)

    size = 1024 if IS_FULL else 16  # megabytes
    with contextlib.suppress(ConnectionError):  # it may hang up before it was told everything
        assert post(live, b"", chunks=(b"x" * 2**20 for _ in range(size))) == 413
    show("W12", f"memory growth over a body of {size} MB in chunks, MB", (memory_of(worker) - before) / 2**20, 20)
    assert len(rows(live, "SELECT id FROM webhook_events")) == 1
    assert memory_of(worker) - before < 20 * 2**20


def memory_of(process):
    """Bytes this process has in memory."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
