"""People's phones are told that we have read or write, outside any transaction; what fails is let go."""

import pytest

from models import ReadMark, db
from services import inbox, settings
from tests import cast
from tests.factories import inbox as make
from transports.port import RequestRefused


class Engine:
    """A carrier that notes what it is told, or refuses it."""

    def __init__(self, refuses: bool = False) -> None:
        self.told, self.refuses, self.was_in_transaction = [], refuses, False

    async def mark_read(self, line, wire_id, *, is_typing=False):
        self.was_in_transaction = self.was_in_transaction or db.session().in_transaction()
        if self.refuses:
            raise RequestRefused("No", code="100")
        self.told.append((wire_id, is_typing))

    async def close(self):
        pass


@pytest.fixture
def engine(app, monkeypatch):
    """The carrier of this test."""
    made = Engine()
    monkeypatch.setitem(app.extensions["carriers"], "engine", lambda: made)
    return made


def test_a_mark_is_told_once_and_outside_a_transaction(engine):
    talk = make.a_talk()
    line = make.they_said(talk)
    inbox.mark_read(talk.id)

    assert (inbox.tell_read(), inbox.tell_read()) == (1, 0)
    assert engine.told == [(line.wire_id, False)] and not engine.was_in_transaction


def test_writing_is_told_too(engine):
    talk = make.a_talk()
    line = make.they_said(talk)
    inbox.here(talk.id, user_id=cast.person("agent").id, is_writing=True)

    inbox.tell_read()

    assert engine.told == [(line.wire_id, True)]


def test_a_read_mark_takes_no_writing_back(engine):
    talk = make.a_talk()
    line = make.they_said(talk)
    inbox.here(talk.id, user_id=cast.person("agent").id, is_writing=True)
    inbox.mark_read(talk.id)

    inbox.tell_read()

    assert engine.told == [(line.wire_id, True)]


def test_writing_is_not_told_where_that_is_not_wished(engine, by):
    settings.change("shows_typing", False, by=by)
    talk = make.a_talk()
    make.they_said(talk)
    inbox.here(talk.id, user_id=cast.person("agent").id, is_writing=True)

    assert inbox.tell_read() == 0


def test_what_is_refused_is_let_go(engine):
    engine.refuses = True
    talk = make.a_talk()
    make.they_said(talk)
    inbox.mark_read(talk.id)

    assert inbox.tell_read() == 0 and db.session.query(ReadMark).count() == 0
