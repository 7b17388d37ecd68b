"""Other systems: what we call is called as Standard Webhooks says (W21), what calls us twice is answered once (S26)."""

import json
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from core import clock
from models import CallTarget, CallTry, OutgoingCall, db
from services import hooks
from tests.factories.other_system import Allowing, other_system
from tests.live import wait_until
from tests.promises.busy import count
from tests.promises.figures import show

STANDARD = (5, 300, 1800, 7200, 18_000, 36_000, 36_000)  # Standard Webhooks: at once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h
A_CALLER = """
from app import create_app
from models import db
from services import channels, keys
from core.actor import Actor
from tests.factories import sending as make
with create_app().app_context():
    person, = make.make_people(1)
    talk = make.open_window(person, channels.ensure_first().id)
    print(talk.id, keys.make_key(name="Shop", scopes=("read", "send"), by=Actor("user", "Folake Adeyemi")).secret)
"""


@pytest.mark.parametrize("says", [500, 429, "hang", 302, 410])
def test_w21_what_we_call_is_tried_again_as_standard_webhooks_says(app, by, monkeypatch, says):
    with other_system() as desk:
        monkeypatch.setitem(app.extensions, "web_caller", Allowing(desk, seconds=0.3 if says == "hang" else 5.0))
        desk.answers += [says] * 20
        target, _ = hooks.add_target(name="Shop", url=f"http://127.0.0.1:{desk.server_port}/hook", by=by)
        hooks.call(target.id, body="{}", contact_id=None, author="Greeting")
        moment = clock.now()
        monkeypatch.setattr(clock, "now", lambda: moment)

        while hooks.make_calls():
            due = db.session.scalars(select(OutgoingCall.due_at)).one()
            moment = max(moment, due.replace(tzinfo=moment.tzinfo)) + timedelta(milliseconds=1)

    tried = [one.at for one in db.session.scalars(select(CallTry).order_by(CallTry.id))]
    waits = [(later - earlier).total_seconds() for earlier, later in zip(tried, tried[1:], strict=False)]
    followed = [path for path, _, _ in desk.heard if path != "/hook"]
    is_off = db.session.scalars(select(CallTarget.off_since)).one() is not None
    show("W21", f"{says}: seconds between the tries; redirects followed; switched off",
         ([round(wait) for wait in waits], len(followed), is_off), f"{[] if says == 410 else list(STANDARD)}; 0; {says == 410}")
    assert not followed
    assert is_off == (says == 410)
    assert len(waits) == (0 if says == 410 else len(STANDARD))
    assert all(standard <= wait <= standard * 1.25 + 1 for wait, standard in zip(waits, STANDARD, strict=False))


def test_s26_asked_fifty_times_at_once_it_is_done_once_also_after_a_restart(dashboard):
    live = dashboard()
    talk, secret = live.run(A_CALLER).stdout.split()

    def ask(words):
        """As a program does: whoever is told to come later comes later."""
        asked = urllib.request.Request(f"{live.address}/api/v1/messages", method="POST", headers={
            "Authorization": f"Bearer {secret}", "Content-Type": "application/json", "Idempotency-Key": "order-7"},
            data=json.dumps({"conversation_id": int(talk), "text": words}).encode())
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                return answer.status, json.load(answer)["id"], answer.headers.get("Idempotent-Replayed")
        except urllib.error.HTTPError as refused:
            return refused.code, refused.headers.get("Retry-After"), refused.read().decode()

    def let_in(words):
        """The first answer that is not to come later."""
        answers = []
        wait_until(lambda: answers.append(ask(words)) or answers[-1][0] != 429, "it was never let in again")
        return answers[-1]

    with ThreadPoolExecutor(50) as programs:
        first = list(programs.map(ask, ["Yes"] * 50))
    other = let_in("No")
    live.kill()
    live.start()
    again = let_in("Yes")

    made = count(live, "SELECT count(*) FROM messages WHERE direction = 'out'")
    show("S26", "messages of 50 at once; other contents; after kill -9", (made, other[0], again), "1; 409 or 422; the first one")
    answered = Counter(status for status, *_ in first)
    assert made == 1
    assert set(answered) <= {201, 429} and answered[201]
    assert {number for status, number, _ in first if status == 201} == {again[1]}
    assert all(later for status, later, _ in first if status == 429)
    assert (other[0], again[0], again[2]) == (409, 201, "true")
