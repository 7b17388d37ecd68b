"""Acts on many people in the background: whom they mean, deaths and stops in the middle, and the way back."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from core import clock
from core.background import Job
from core.errors import Conflict, Invalid, NotFound
from core.states import BulkState, ConsentState
from jobs.registry import JOBS
from models import BulkAct, BulkPart, Contact, ContactTag, Event, Tag, db, transaction
from services import activity, automation, contacts, home, segments
from services.contacts import Incoming, bulk_work
from tests.factories.contacts import a_contact
from tests.machine import ROOT


@pytest.fixture(autouse=True)
def parts_of_ten(monkeypatch):
    monkeypatch.setattr(bulk_work, "_PART", 10)


@pytest.fixture
def people(app, by):
    """Twenty-five, the first five of them with the tag “old”."""
    return many(25, by, tagged=5)


def many(count, by, tagged=0, first=0):
    contacts.add_or_update_many([Incoming(phone=f"+23480355{number:05d}", tags=("old",) if number < tagged else ())
                                 for number in range(first, first + count)], by=by)
    return ids()[-count:]


def ids():
    return list(db.session.scalars(select(Contact.id).order_by(Contact.id)))


def tagged(name):
    return list(db.session.scalars(select(ContactTag.contact_id).join(Tag).where(Tag.key == name)
                                   .order_by(ContactTag.contact_id)))


def finish():
    while contacts.go_on_with_bulk():
        pass


def figures(act):
    now = contacts.get_act(act.id)
    return now.state, now.total, now.done, now.changed


class TestParts:
    def test_nothing_is_done_in_the_request_and_a_part_at_each_look(self, people, by):
        act = contacts.start_bulk(people, act="tag", tag="New", by=by)
        before = len(tagged("new"))
        contacts.go_on_with_bulk()

        assert (before, len(tagged("new"))) == (0, 10)
        assert figures(act) == (BulkState.RUNNING, 25, 10, 10)
        assert [(work.kind, work.name, work.percent) for work in home.running_work()] == [
            ("bulk", "Add the tag “New”", 40)]

    def test_who_has_the_tag_already_is_done_and_not_changed(self, people, by):
        act = contacts.start_bulk(people, act="tag", tag="old", by=by)
        finish()

        assert figures(act) == (BulkState.FINISHED, 25, 25, 20)
        assert tagged("old") == people and home.running_work() == []

    def test_it_is_written_down_once_and_the_rules_are_told_once(self, people, by):
        contacts.start_bulk(people, act="untag", tag="old", by=by)
        finish()

        entries = [(one.verb, one.details["count"], one.actor_name) for one in activity.recent(verb="contacts").items]
        event, = db.session.scalars(select(Event).where(Event.kind == "tag.removed"))
        told = automation.engine._people_of(automation.happening.Happening(
            event_id=event.id, kind=event.kind, contact_id=None, at=event.at, details=event.details))
        assert entries == [("contacts.untagged", 5, by.name)]
        assert sorted(db.session.scalars(told)) == people[:5]

    def test_a_tag_that_cannot_be_leaves_no_act(self, people, by):
        with pytest.raises(Invalid):
            contacts.start_bulk(people, act="tag", tag=" ", by=by)
        with pytest.raises(NotFound):
            contacts.start_bulk(people, act="untag", tag="nobody's", by=by)

        assert not contacts.acts_at_work()

    def test_what_cannot_go_on_says_so_and_holds_up_nobody(self, people, by, monkeypatch):
        broken = contacts.start_bulk(people, act="delete", by=by)
        fine = contacts.start_bulk(people, act="tag", tag="new", by=by)
        monkeypatch.setitem(bulk_work._DO, "delete", lambda act, ids: 1 // 0)
        finish()

        assert contacts.get_act(broken.id).error == "Something unexpected happened; the log says more"
        assert figures(broken)[0] is BulkState.FAILED and figures(fine)[3] == 25


class TestDeath:
    def test_a_part_that_dies_halfway_never_happened_and_is_done_by_the_next(self, people, by, monkeypatch):
        act = contacts.start_bulk(people, act="tag", tag="new", by=by)
        contacts.go_on_with_bulk()

        def die_after_writing(act, ids):
            bulk_work._do_change(act, ids)
            raise KeyboardInterrupt

        with monkeypatch.context() as dying, pytest.raises(KeyboardInterrupt):
            dying.setitem(bulk_work._DO, "tag", die_after_writing)
            contacts.go_on_with_bulk()
        after = len(tagged("new")), figures(act)
        finish()

        assert after == (10, (BulkState.RUNNING, 25, 10, 10))
        assert tagged("new") == people and figures(act) == (BulkState.FINISHED, 25, 25, 25)

    def test_the_job_goes_on_until_the_end(self, people, by, monkeypatch):
        monkeypatch.setattr(contacts, "PAUSE", 0)
        act = contacts.start_bulk(people, act="tag", tag="new", by=by)
        JOBS[Job.RUN_BULK_ACTS].call()

        assert figures(act) == (BulkState.FINISHED, 25, 25, 25)


class TestWhom:
    def test_those_of_the_moment_it_was_asked_for(self, people, by):
        without = segments.ids_matching(segments.all_of([segments.Condition("tag.is_not", "new")]))
        act = contacts.start_bulk(contacts.ids_of(without), act="tag", tag="new", by=by)
        contacts.go_on_with_bulk()
        late = many(3, by, first=500)
        finish()

        assert figures(act) == (BulkState.FINISHED, 25, 25, 25)
        assert tagged("new") == people and late[0] not in people

    @pytest.mark.parametrize("act", ["tag", "delete"])
    def test_never_somebody_who_came_later_under_a_number_that_was_freed(self, people, by, act):
        work = contacts.start_bulk(people, act=act, tag="new", by=by)
        with transaction():
            db.session.execute(update(Contact).where(Contact.id == people[-1])
                               .values(created_at=clock.now() + timedelta(seconds=1)))
        finish()

        assert figures(work) == (BulkState.FINISHED, 25, 25, 24)
        assert people[-1] in ids() and people[-1] not in tagged("new")

    def test_what_somebody_does_between_two_parts_stays(self, people, by):
        contacts.start_bulk(people, act="tag", tag="new", by=by)
        contacts.go_on_with_bulk()
        contacts.untag_people(people[:1], tag="new", by=by)
        finish()

        assert tagged("new") == people[1:]

    def test_who_is_gone_is_left_out(self, people, by):
        work = contacts.start_bulk(people, act="tag", tag="new", by=by)
        contacts.delete_people(people[:2], by=by)
        finish()

        assert figures(work) == (BulkState.FINISHED, 25, 25, 23)


class TestDeleting:
    def test_who_said_stop_stays_out_of_marketing(self, people, by):
        phone = "+2348035599999"
        stopped = a_contact("Z", phone=phone, withdrawn=True)
        work = contacts.start_bulk([*people[:20], stopped.id], act="delete", by=by)
        finish()
        contacts.add_or_update_many([Incoming(phone=phone, consent=ConsentState.GRANTED)], by=by)

        assert figures(work) == (BulkState.FINISHED, 21, 21, 21) and people[:20] != ids()[:20]
        assert contacts.contact_by_phone(phone).marketing is ConsentState.WITHDRAWN
        assert [one.details["count"] for one in activity.recent(verb="contacts.deleted").items] == [21]


class TestStop:
    def test_who_is_left_stays_and_what_was_done_is_written_down(self, people, by):
        work = contacts.start_bulk(people, act="delete", by=by)
        contacts.go_on_with_bulk()
        contacts.stop_bulk(work.id, by=by)
        finish()

        assert figures(work) == (BulkState.STOPPED, 25, 10, 10) and ids() == people[10:]
        assert [one.verb for one in activity.recent(verb="contacts").items] == ["contacts.bulk_stopped", "contacts.deleted"]
        assert not db.session.scalar(select(func.count()).select_from(BulkPart))

    def test_not_after_the_end(self, people, by):
        work = contacts.start_bulk(people, act="tag", tag="new", by=by)
        finish()

        with pytest.raises(Conflict, match="ended already"):
            contacts.stop_bulk(work.id, by=by)


class TestUndo:
    def test_exactly_those_who_were_changed_part_by_part(self, people, by):
        work = contacts.start_bulk(people, act="tag", tag="old", by=by)
        finish()
        back = contacts.start_undo(work.change_id, by=by)
        contacts.go_on_with_bulk()
        halfway = len(tagged("old"))
        finish()

        assert (halfway, tagged("old")) == (15, people[:5])
        assert figures(back) == (BulkState.FINISHED, 20, 20, 20) and not contacts.can_undo_act(contacts.get_act(work.id))
        assert activity.recent(verb="contacts").items[0].verb == "contacts.tag_undone"

    def test_of_what_was_stopped(self, people, by):
        work = contacts.start_bulk(people, act="untag", tag="old", by=by)
        contacts.go_on_with_bulk()
        contacts.stop_bulk(work.id, by=by)
        contacts.start_undo(work.change_id, by=by)
        finish()

        assert tagged("old") == people[:5]

    def test_one_that_could_not_go_on_can_be_asked_for_again(self, people, by, monkeypatch):
        work = contacts.start_bulk(people, act="tag", tag="new", by=by)
        finish()
        with monkeypatch.context() as broken:
            contacts.start_undo(work.change_id, by=by)
            contacts.go_on_with_bulk()
            broken.setitem(bulk_work._DO, "undo", lambda act, ids: 1 // 0)
            finish()
        halfway = len(tagged("new"))
        contacts.start_undo(work.change_id, by=by)
        finish()

        assert (halfway, tagged("new")) == (15, [])
        assert [one.verb for one in activity.recent(verb="contacts").items] == ["contacts.tag_undone", "contacts.tagged"]

    def test_not_while_it_is_being_done_and_not_twice(self, people, by):
        work = contacts.start_bulk(people, act="tag", tag="new", by=by)
        with pytest.raises(Conflict, match="still being done"):
            contacts.undo_bulk(work.change_id, by=by)
        finish()
        back = contacts.start_undo(work.change_id, by=by)

        with pytest.raises(Conflict, match="undone already"):
            contacts.start_undo(work.change_id, by=by)
        with pytest.raises(Conflict, match="to its end"):
            contacts.stop_bulk(back.id, by=by)


CHILD = """
import sys
from tests.services.test_imports_races_and_deaths import app_at
from services import contacts
from services.contacts import bulk_work
with app_at(sys.argv[1], sys.argv[2]).app_context():
    while contacts.go_on_with_bulk():
        pass
"""


def a_worker(app):
    """A process that works until nothing is left."""
    places = [db.engine.url.render_as_string(hide_password=False), str(app.extensions["settings"].instance)]
    return subprocess.Popen([sys.executable, "-c", CHILD, *places], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})


def done(act_id):
    """How far it is now, whoever works on it."""
    db.session.rollback()
    return db.session.scalar(select(BulkAct.done).where(BulkAct.id == act_id))


@pytest.mark.parametrize("act", ["tag", "delete"])
def test_killed_at_any_moment_it_goes_on_and_everything_adds_up(app, by, act):
    """SIGKILL again and again; each new process goes on with who is left, and nobody is counted twice."""
    people = many(600, by, tagged=100)
    work, left = contacts.start_bulk(people, act=act, tag="old", by=by).id, []
    for parts in (1, 15, None):
        child, before, deadline = a_worker(app), done(work), clock.monotonic() + 30
        while child.poll() is None and clock.monotonic() < deadline:
            if parts and done(work) >= before + parts * 10:
                child.send_signal(signal.SIGKILL)
                break
        child.wait(timeout=30)
        left.append(600 - done(work))

    found = contacts.get_act(work)
    assert (found.state, found.done) == (BulkState.FINISHED, 600) and left[0] > left[1] > 0, left
    assert found.changed == (500 if act == "tag" else 600)
    assert (tagged("old"), ids()) == ((people, people) if act == "tag" else ([], []))


def test_two_processes_take_turns_and_nobody_is_done_twice(app, by):
    people = many(300, by)
    work = contacts.start_bulk(people, act="tag", tag="new", by=by).id
    both = [a_worker(app), a_worker(app)]

    assert [one.wait(timeout=60) for one in both] == [0, 0]
    db.session.rollback()
    assert figures(contacts.get_act(work)) == (BulkState.FINISHED, 300, 300, 300)
    assert activity.recent(verb="contacts.tagged").total == 1
