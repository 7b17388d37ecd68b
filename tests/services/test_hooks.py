"""Other systems call us, and we call them: signed, once, tried again, never at a private address."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from core import clock
from core.errors import Conflict, Invalid, NotFound, TooMany
from core.states import CallState
from models import CallTarget, CallTry, Contact, HookCall, OutgoingCall, db, transaction
from services import automation, hooks
from tests.factories.automation import a_rule, a_writer, handle_all, writes
from tests.factories.other_system import Allowing, other_system
from tests.factories.sending import make_channel
from transports.port.web import CallFailed
from transports.web.caller import SafeCaller

ORDER = {"customer": {"phone": "+447700900123", "name": "Ana Mo"}, "order": {"number": 17, "items": [{"name": "Rug"}]}}
MAPPING = {"phone": "customer.phone", "name": "customer.name", "order": "order.number", "item": "order.items.0.name"}


@pytest.fixture
def desk():
    """Another system on this machine."""
    with other_system() as server:
        yield server


@pytest.fixture
def target(app, desk, by, monkeypatch):
    """That system as a target, and the secret of its calls."""
    monkeypatch.setitem(app.extensions, "web_caller", Allowing(desk))
    return hooks.add_target(name="Shop", url=f"http://127.0.0.1:{desk.server_port}/hook?x=1", by=by)


def later(monkeypatch, hours: float):
    moment = clock.now() + timedelta(hours=hours)
    monkeypatch.setattr(clock, "now", lambda: moment)


class TestCallingThem:
    def test_a_call_is_signed_as_standard_webhooks_says(self, app, desk, target):
        place, secret = target
        hooks.call(place.id, body='{"a": 1}', contact_id=None, author="Greeting")

        hooks.make_calls()

        path, headers, body = desk.heard[0]
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest())
        assert (path, body, headers["webhook-signature"]) == ("/hook?x=1", b'{"a": 1}', f"v1,{expected.decode()}")

    def test_a_rule_calls_with_what_it_knows(self, app, desk, target, by):
        person, channel = a_writer()
        a_rule(by, then=[{"kind": "call", "target_id": str(target[0].id)}])
        writes(person, channel, "hello")
        handle_all()

        hooks.make_calls()

        told = json.loads(desk.heard[0][2])
        assert (told["type"], told["data"]["rule"], told["data"]["contact"]["phone"]) == ("rule.called", "Greeting", person.phone)

    @pytest.mark.parametrize("status", [500, 429, 404, 302, 307])
    def test_other_answers_are_tried_again_over_the_schedule_and_then_given_up(self, app, desk, target, monkeypatch, status):
        desk.answers += [status] * 20
        hooks.call(target[0].id, body="{}", contact_id=None, author="Greeting")

        for _ in range(12):
            hooks.make_calls()
            later(monkeypatch, 20)

        call = db.session.scalars(select(OutgoingCall)).one()
        assert (len(desk.heard), call.state) == (len(hooks.SCHEDULE) + 1, CallState.FAILED)

    def test_every_try_has_the_same_id(self, app, desk, target, monkeypatch):
        desk.answers += [500]
        hooks.call(target[0].id, body="{}", contact_id=None, author="Greeting")

        hooks.make_calls()
        later(monkeypatch, 1)
        hooks.make_calls()

        assert len({headers["webhook-id"] for _, headers, _ in desk.heard}) == 1 and len(desk.heard) == 2

    def test_410_switches_the_system_off(self, app, desk, target):
        desk.answers += [410]
        hooks.call(target[0].id, body="{}", contact_id=None, author="Greeting")

        hooks.make_calls()

        db.session.expire_all()
        assert db.session.get(CallTarget, target[0].id).off_since
        with pytest.raises(Conflict, match="switched off"):
            hooks.call(target[0].id, body="{}", contact_id=None, author="Greeting")

    def test_whoever_hangs_is_left(self, app, desk, target, monkeypatch):
        monkeypatch.setitem(app.extensions, "web_caller", Allowing(desk, seconds=0.3))
        desk.answers += ["hang"]
        hooks.call(target[0].id, body="{}", contact_id=None, author="Greeting")

        hooks.make_calls()

        assert db.session.scalars(select(CallTry)).one().words == "No answer within 0.3 seconds"


class TestAddressesThatAreNeverCalled:
    @pytest.mark.parametrize("url", ["ftp://shop.example/", "http://user:pw@shop.example/", "http:///x", "http://shop.example:x/",
                                     "javascript:alert(1)", "http://sh op.example/", "file:///etc/passwd",
                                     "http://10.0.0.1/", "https://169.254.169.254/latest", "http://[::1]/", "http://localhost/x",
                                     "http://2130706433/", "http://127.0.0.1:8080/", "https://shop.example:22/"])
    def test_by_their_form(self, app, by, url):
        with pytest.raises(Invalid):
            hooks.add_target(name="Shop", url=url, by=by)

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254",
                                      "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "[fd00::1]", "[fe80::1]", "100.64.0.1", "224.0.0.1",
                                      "2130706433", "0x7f.1"])
    def test_by_where_they_lead(self, host):
        with pytest.raises(CallFailed) as refused:
            SafeCaller(1).post(f"http://{host}/", b"", {}, allowed="")

        assert refused.value.is_refused

    def test_other_ports_only_when_they_are_listed(self):
        with pytest.raises(CallFailed, match="Port 22"):
            SafeCaller(1).post("http://93.184.216.34:22/", b"", {}, allowed="")

    def test_a_net_can_be_listed(self, desk):
        answer = SafeCaller(5).post(f"http://127.0.0.1:{desk.server_port}/", b"{}", {"Content-Type": "application/json"},
                                    allowed=f"127.0.0.0/8, 127.0.0.1:{desk.server_port}")

        assert answer.status == 200


class TestTheyCallUs:
    def hook(self, by, **more):
        return hooks.add_hook(name="Shop", mapping=MAPPING, by=by, **more)

    def test_a_call_finds_its_person_and_starts_a_rule(self, app, by):
        make_channel()
        hook, token, _ = self.hook(by)
        a_rule(by, trigger={"kind": "hook", "hook_id": str(hook.id)}, conditions=[["value.is", "order>10"]],
               then=[{"kind": "tag", "tag": "ordered"}, {"kind": "log", "text": "{{item}} {{order}}"}])

        hooks.take(token, json.dumps(ORDER).encode())
        handle_all()

        steps = automation.runs().items[0].steps
        assert [step.words for step in steps] == ["tagged “ordered”", "noted in the activity “Rug 17”"]

    def test_somebody_new_is_added(self, app, by):
        _, token, _ = self.hook(by)

        hooks.take(token, json.dumps(ORDER).encode())

        person = db.session.scalars(select(Contact)).one()
        assert (person.phone, person.name, person.source) == ("+447700900123", "Ana Mo", "api")

    def test_the_same_key_twice_is_once(self, app, by):
        _, token, _ = self.hook(by)

        first = hooks.take(token, json.dumps(ORDER).encode(), idempotency_key="k1")
        again = hooks.take(token, json.dumps(ORDER).encode(), idempotency_key="k1")

        assert (again.call_id, again.is_repeat, len(db.session.scalars(select(HookCall)).all())) == (first.call_id, True, 1)

    def test_a_signature_that_does_not_fit_is_refused_and_noted(self, app, by):
        _, token, secret = self.hook(by, signs=True)
        body = json.dumps(ORDER).encode()

        with pytest.raises(Invalid, match="signature"):
            hooks.take(token, body, signature="sha256=00")
        taken = hooks.take(token, body, signature="sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest())

        assert taken.contact_id and [one.is_taken for one in db.session.scalars(select(HookCall).order_by(HookCall.id))] == [False, True]

    @pytest.mark.parametrize(("body", "why"), [(b"", "no JSON"), (b"[]", "no JSON object"), (b"{}", "no phone number"),
                                               (b"{\"customer\": {\"phone\": \"hello\"}}", "no phone number"), (b"[" * 100_000, "no JSON")])
    def test_what_cannot_be_used_is_kept_with_the_reason(self, app, by, body, why):
        _, token, _ = self.hook(by)

        with pytest.raises(Invalid, match=why):
            hooks.take(token, body)

        assert why in db.session.scalars(select(HookCall)).one().reason

    def test_a_token_nobody_has(self, app):
        with pytest.raises(NotFound):
            hooks.take("nothing", b"{}")

    def test_the_token_is_kept_as_a_digest_only(self, app, by):
        hook, token, _ = self.hook(by)

        assert token not in json.dumps([hook.token_digest, hook.sealed_secret, hook.mapping])

    def test_too_many_in_a_minute(self, app, by):
        hook, token, _ = self.hook(by)
        with transaction():
            db.session.add_all([HookCall(hook_id=hook.id, body="") for _ in range(hooks.PER_MINUTE)])

        with pytest.raises(TooMany):
            hooks.take(token, json.dumps(ORDER).encode())
