"""A notice that could not be read for a moment is read again by itself; one that never can be waits for a person."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from core import clock
from core.actor import SYSTEM
from core.states import EventState
from models import Message, WebhookEvent, db, transaction
from services import activity, inbox, webhooks
from services.webhooks import apply, retries
from tests.factories.webhooks import body_of, text_message, value
from transports.port import IncomingMessage


def locked(*_):
    raise OperationalError("UPDATE", {}, Exception("database is locked"))


def odd(*_):
    raise ValueError("odd")


@pytest.fixture
def fails(monkeypatch):
    """Have incoming messages fail in a way, or work again."""

    def how(rule):
        monkeypatch.setattr(inbox, "receive_many", rule)
        monkeypatch.setitem(apply._RULES, IncomingMessage, rule)

    return how


def event():
    db.session.expire_all()
    return db.session.scalars(select(WebhookEvent)).one()


def read_all():
    while webhooks.read_events():
        pass


class TestReadingAgain:
    def test_what_passes_is_read_again_when_its_time_has_come(self, app, fails, monkeypatch):
        fails(locked)
        webhooks.keep(body_of(text_message("Hello")))
        read_all()
        assert (event().state, event().tries) == (EventState.DEAD, 1) and event().retry_at > clock.now()
        assert webhooks.read_again_what_is_due(clock.now()) == 0

        monkeypatch.undo()
        assert webhooks.read_again_what_is_due(clock.now() + retries.WAITS[0]) == 1
        read_all()

        assert (event().state, event().error, event().retry_at) == (EventState.READ, "", None)
        assert db.session.scalar(select(func.count()).select_from(Message)) == 1

    def test_it_ends_after_some_tries_and_then_says_so(self, app, fails):
        fails(locked)
        webhooks.keep(body_of(text_message("Hello")))
        read_all()
        for _ in retries.WAITS:
            assert activity.recent(verb="webhook.dead").total == 0
            webhooks.read_again_what_is_due(clock.now() + timedelta(days=1))
            read_all()

        assert (event().state, event().tries, event().retry_at) == (EventState.DEAD, len(retries.WAITS) + 1, None)
        assert activity.recent(verb="webhook.dead").total == 1

    def test_what_cannot_pass_is_not_tried_again(self, app, fails):
        fails(odd)
        webhooks.keep(body_of(text_message("Hello")))
        read_all()

        assert event().retry_at is None and event().error == "IncomingMessage: ValueError"

    def test_a_part_that_passes_is_enough_to_try_again(self, app, fails):
        fails(locked)
        webhooks.keep(body_of(text_message("Hello"), value(messages=["poison"])))
        read_all()

        assert event().retry_at is not None

    def test_a_person_may_not_want_to_wait(self, app, fails, monkeypatch):
        fails(locked)
        webhooks.keep(body_of(text_message("Hello")))
        read_all()
        monkeypatch.undo()

        webhooks.replay([event().id], by=SYSTEM)
        read_all()

        assert (event().state, event().tries, event().retry_at) == (EventState.READ, 0, None)


class TestForgetting:
    def test_old_ones_go_young_ones_and_unread_ones_stay(self, app):
        now = clock.now()
        ages = {b"old": (91, "read"), b"young": (89, "dead"), b"unread": (400, "new"), b"dead": (91, "dead")}
        with transaction():
            db.session.add_all(WebhookEvent(digest=name.decode(), body=name, state=EventState(state),
                                            received_at=now - timedelta(days=days)) for name, (days, state) in ages.items())

        assert webhooks.forget(now - timedelta(days=90)) == 2
        assert sorted(db.session.scalars(select(WebhookEvent.body))) == [b"unread", b"young"]
