"""Flows for real: people are led on by what they write, woken in time, handed over; each thing once."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from core import clock
from core.errors import Conflict, Invalid
from core.states import CallState
from models import CallTarget, Contact, Conversation, FlowSession, FlowStep, Message, OutgoingCall, db, transaction
from services import automation, contacts, flows
from tests.factories.automation import a_rule, a_writer, handle_all, sent_to, writes
from tests.unit.test_flows_engine import BOOKING

NODES = {"words": {"agent": ["agent"]}, "start": "a"}
BOOK = BOOKING | {"nodes": [node if node["id"] != "day" else node | {"save_to": "company"} for node in BOOKING["nodes"]
                            if node["id"] != "note"]} | {}


def drawn(*nodes):
    """A drawing of these nodes."""
    return NODES | {"nodes": list(nodes)}


@pytest.fixture
def booking(app, by):
    """The booking flow, published."""
    return published(by, BOOK | {"nodes": [node | ({"next": "bye"} if node["id"] == "big" else {}) for node in BOOK["nodes"]]})


def published(by, drawing, name="Booking"):
    flow = flows.add_flow(name=name, drawing=drawing, by=by)
    flows.publish(flow.id, by=by)
    return flow


@pytest.fixture
def ana(app):
    """(person, channel) of somebody who just wrote."""
    return a_writer(name="Ana Obi", first_name="Ana", language="en")


def led(flow, ana, by):
    """Ana is led into the flow."""
    return flows.start(flow.id, contact_id=ana[0].id, channel_id=ana[1].id, by=by)


def session(session_id):
    db.session.expire_all()
    return db.session.get_one(FlowSession, session_id)


class TestPlaying:
    def test_a_booking_is_played_by_what_somebody_writes(self, booking, ana, by):
        number = led(booking, ana, by)
        for words in ("book", "24.11.2026", "3"):
            writes(*ana, words)
            handle_all()

        assert sent_to(ana[0]) == ["Hello Ana", "What is it?", "Which day?", "How many?", "See you on 2026-11-24, 3 of you."]
        assert (session(number).ended, db.session.get(Contact, ana[0].id).company) == ("done", "2026-11-24")

    def test_what_belongs_to_a_flow_reaches_no_rule(self, booking, ana, by):
        a_rule(by, trigger={"kind": "any_message"} if "any_message" in automation.TRIGGERS else {"kind": "message"},
               then=({"kind": "text", "text": "A rule speaks"},))
        led(booking, ana, by)
        writes(*ana, "book")
        handle_all()

        assert "A rule speaks" not in sent_to(ana[0])

    def test_every_message_says_which_flow_sent_it(self, booking, ana, by):
        number = led(booking, ana, by)

        message = db.session.scalars(select(Message).where(Message.author_kind == "flow").order_by(Message.id)).first()
        assert (message.author_name, message.author_id) == ("Booking", booking.id)
        assert flows.session_of_message(message.id) == number

    def test_choices_are_buttons_and_a_pressed_one_leads_on(self, booking, ana, by):
        number = led(booking, ana, by)
        asked = db.session.scalars(select(Message).where(Message.kind == "interactive")).one()
        pressed = asked.content["choices"][0]["id"]
        writes(*ana, "Book", kind="interactive", content={"choice": {"kind": "button", "id": pressed, "title": "Book"}})
        handle_all()

        assert (pressed, session(number).node) == ("what:book", "day")

    def test_more_than_three_choices_are_a_list(self, app, ana, by):
        flow = published(by, drawn(
            {"id": "a", "kind": "ask", "expects": "choice", "texts": {"": "Which?"}, "next": "e",
             "choices": [{"id": str(n), "titles": {"": f"Row {n}"}} for n in range(5)]}, {"id": "e", "kind": "end"}))
        led(flow, ana, by)

        content = db.session.scalars(select(Message.content).where(Message.kind == "interactive")).one()
        assert (content["action"], len(content["sections"][0]["rows"])) == ("list", 5)

    def test_a_reaction_answers_no_question(self, booking, ana, by):
        number = led(booking, ana, by)
        writes(*ana, "👍", kind="reaction")
        handle_all()

        assert session(number).tries == 0


class TestOnce:
    def test_an_event_that_is_handled_again_moves_nobody(self, booking, ana, by):
        number = led(booking, ana, by)
        writes(*ana, "book")
        handle_all()
        handle_all()

        assert session(number).node == "day" and sent_to(ana[0]).count("Which day?") == 1

    def test_a_death_in_the_middle_leaves_everything_as_it_was(self, booking, ana, by, monkeypatch):
        number = led(booking, ana, by)
        writes(*ana, "book")

        class Killed(BaseException):
            """The process is gone."""

        def dies(*_args, **_values):
            raise Killed
        with monkeypatch.context() as patched:
            patched.setattr("services.actions.base.sending.queue_rows", dies)
            with pytest.raises(Killed):
                handle_all()
        assert session(number).node == "what" and len(sent_to(ana[0])) == 2

        handle_all()
        assert session(number).node == "day" and len(sent_to(ana[0])) == 3

    def test_one_flow_at_a_time_the_newest_goes_on(self, booking, ana, by):
        first, second = led(booking, ana, by), led(booking, ana, by)

        assert (session(first).ended, session(second).ended) == ("stopped", "")
        assert db.session.scalar(select(func.count()).where(FlowSession.ended_at.is_(None))) == 1


class TestTime:
    def test_nobody_answers_and_is_let_go_with_a_word(self, booking, ana, by):
        number = led(booking, ana, by)
        assert flows.wake_due(clock.now()) == 0

        assert flows.wake_due(clock.now() + timedelta(minutes=61)) == 1
        assert (session(number).ended, sent_to(ana[0])[-1]) == ("timed_out", "Write again when you like.")
        assert flows.wake_due(clock.now() + timedelta(minutes=61)) == 0

    def test_a_wait_goes_on_when_its_time_has_come(self, app, ana, by):
        flow = published(by, drawn({"id": "a", "kind": "wait", "minutes": 5, "next": "b"},
                                   {"id": "b", "kind": "end", "texts": {"": "Here again"}}))
        led(flow, ana, by)
        assert sent_to(ana[0]) == []

        flows.wake_due(clock.now() + timedelta(minutes=6))
        assert sent_to(ana[0]) == ["Here again"]


class TestOthers:
    def test_a_flow_asks_another_system_and_branches_on_the_answer(self, app, ana, by):
        with transaction():
            target = CallTarget(name="Stock", url="https://stock.example/ask")
            db.session.add(target)
        flow = published(by, drawn(
            {"id": "a", "kind": "call", "target_id": target.id, "save_as": "left", "next": "b", "on_fail": "z"},
            {"id": "b", "kind": "branch", "cases": [{"value_of": "left", "test": "greater", "value": "0", "next": "y"}],
             "next": "n"}, {"id": "y", "kind": "end", "texts": {"": "We have {{left}}"}},
            {"id": "n", "kind": "end", "texts": {"": "None left"}}, {"id": "z", "kind": "end", "texts": {"": "Ask later"}}))
        led(flow, ana, by)
        assert flows.wake_due(clock.now()) == 0
        with transaction():
            db.session.execute(update(OutgoingCall).values(state=CallState.DONE, status=200, answer='{"value": 7}'))

        flows.wake_due(clock.now())
        assert sent_to(ana[0]) == ["We have 7"]

    def test_a_call_that_failed_goes_the_other_way(self, app, ana, by):
        with transaction():
            target = CallTarget(name="Stock", url="https://stock.example/ask")
            db.session.add(target)
        flow = published(by, drawn({"id": "a", "kind": "call", "target_id": target.id, "next": "y", "on_fail": "z"},
                                   {"id": "y", "kind": "end"}, {"id": "z", "kind": "end", "texts": {"": "Ask later"}}))
        led(flow, ana, by)
        with transaction():
            db.session.execute(update(OutgoingCall).values(state=CallState.FAILED))

        flows.wake_due(clock.now())
        assert sent_to(ana[0]) == ["Ask later"]

    def test_a_person_who_takes_over_ends_the_flow(self, booking, ana, by):
        number = led(booking, ana, by)
        with transaction():
            db.session.execute(update(Conversation).values(taken_over_at=clock.now()))
        writes(*ana, "book")
        handle_all()

        assert (session(number).ended, session(number).reason) == ("stopped", "Somebody of the team took over")

    def test_a_rule_takes_somebody_out_of_their_flow(self, booking, ana, by):
        rule = a_rule(by, name="Out", trigger={"kind": "tag_added", "tag": "patient"}, then=({"kind": "stop_flow"},))
        number = led(booking, ana, by)
        contacts.give_tag(ana[0].id, "patient", by=by)
        handle_all()
        said = sent_to(ana[0])
        writes(*ana, "book")
        handle_all()

        assert (session(number).ended, session(number).reason) == ("stopped", f"Stopped by {rule.name}")
        assert sent_to(ana[0]) == said

    @pytest.mark.parametrize("words", ["STOP", "unsubscribe"])
    def test_whoever_says_stop_ends_the_flow_and_has_answered_nothing(self, booking, ana, by, words):
        number = led(booking, ana, by)
        before = sent_to(ana[0])
        writes(*ana, words)
        handle_all()

        assert (session(number).ended, session(number).reason) == ("stopped", "They said STOP")
        assert sent_to(ana[0]) == before

    def test_handing_over_opens_the_conversation_with_a_note(self, booking, ana, by):
        from models import ConversationNote

        led(booking, ana, by)
        writes(*ana, "agent")
        handle_all()

        talk = db.session.scalars(select(Conversation)).one()
        assert talk.taken_over_at is not None and talk.waiting_since is not None
        assert db.session.scalars(select(ConversationNote.text)).all() == ["They asked for a person"]

    def test_another_flow_goes_on_with_what_is_remembered(self, app, ana, by):
        second = published(by, drawn({"id": "a", "kind": "end", "texts": {"": "You are {{age}}"}}), name="Second")
        first = published(by, drawn(
            {"id": "a", "kind": "ask", "expects": "number", "texts": {"": "Age?"}, "save_as": "age", "next": "b"},
            {"id": "b", "kind": "flow", "flow_id": second.id}), name="First")
        led(first, ana, by)
        writes(*ana, "41")
        handle_all()

        assert sent_to(ana[0]) == ["Age?", "You are 41"]

    def test_flows_that_lead_to_each_other_stop(self, app, ana, by):
        flow = published(by, drawn({"id": "a", "kind": "end"}))
        flows.change_flow(flow.id, drawing=drawn({"id": "a", "kind": "flow", "flow_id": flow.id}), by=by)
        flows.publish(flow.id, by=by)

        led(flow, ana, by)

        assert db.session.scalar(select(func.count()).select_from(FlowSession)) <= 6

    def test_two_machines_that_talk_are_stopped(self, app, ana, by, monkeypatch):
        monkeypatch.setattr("services.flows.sessions.MOST_AN_HOUR", 3)
        flow = published(by, drawn(
            {"id": "a", "kind": "ask", "texts": {"": "Yes?"}, "next": "b"},
            {"id": "b", "kind": "branch", "cases": [{"value_of": "x", "test": "known", "value": "", "next": "e"}], "next": "a"},
            {"id": "e", "kind": "end"}))
        number = led(flow, ana, by)
        for _ in range(6):
            writes(*ana, "Yes!")
            handle_all()

        assert len(sent_to(ana[0])) == 3 and "two machines" in session(number).reason

    def test_a_rule_starts_a_flow(self, booking, ana, by):
        a_rule(by, then=({"kind": "start_flow", "flow_id": booking.id},))
        writes(*ana, "hello")
        handle_all()

        assert sent_to(ana[0]) == ["Hello Ana", "What is it?"]

    def test_what_a_rule_says_before_and_after_it_comes_before_and_after(self, booking, ana, by):
        a_rule(by, then=({"kind": "text", "text": "One"}, {"kind": "start_flow", "flow_id": booking.id},
                         {"kind": "text", "text": "Three"}))
        writes(*ana, "hello")
        handle_all()

        assert sent_to(ana[0]) == ["One", "Hello Ana", "What is it?", "Three"]

    def test_what_cannot_be_done_is_in_the_trace_and_the_rest_is_done(self, app, ana, by):
        flow = published(by, drawn(
            {"id": "a", "kind": "ask", "texts": {"": "Mail?"}, "save_to": "no_such_field", "next": "e"},
            {"id": "e", "kind": "end", "texts": {"": "Thanks"}}))
        number = led(flow, ana, by)
        writes(*ana, "something")
        handle_all()

        assert sent_to(ana[0])[-1] == "Thanks"
        assert db.session.scalar(select(func.count()).where(FlowStep.session_id == number, FlowStep.what == "failed")) == 1


class TestVersions:
    def test_whoever_is_inside_keeps_their_version(self, booking, ana, by):
        led(booking, ana, by)
        changed = BOOK | {"nodes": [node | ({"texts": {"": "Changed?"}} if node["id"] == "day" else {})
                                    | ({"next": "bye"} if node["id"] == "big" else {}) for node in BOOK["nodes"]]}
        flows.change_flow(booking.id, drawing=changed, by=by)
        assert flows.publish(booking.id, by=by).number == 2
        writes(*ana, "book")
        handle_all()

        assert sent_to(ana[0])[-1] == "Which day?"

    def test_publishing_the_same_again_makes_no_version(self, booking, by):
        assert flows.publish(booking.id, by=by).number == 1

    def test_a_flow_that_cannot_end_is_not_published(self, app, by):
        flow = flows.add_flow(name="Endless", drawing=drawn({"id": "a", "kind": "ask", "texts": {"": "?"}, "next": "a"}), by=by)

        with pytest.raises(flows.Unready, match="never end"):
            flows.publish(flow.id, by=by)
        with pytest.raises(Conflict):
            flows.switch(flow.id, is_on=True, by=by)

    def test_what_is_exported_is_imported_again(self, booking, by):
        again = flows.imported(flows.exported(booking.id), by=by)

        assert (again.name, again.drawing, again.is_on) == (booking.name, booking.drawing, False)

    @pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"nodes": 5}', "{" * 3000, '{"name": "x", "nodes": [{"id": 1}]}'])
    def test_a_file_that_is_no_flow_is_refused_in_words(self, app, by, text):
        with pytest.raises(Invalid):
            flows.imported(text, by=by)

    def test_deleting_lets_everybody_go(self, booking, ana, by):
        number = led(booking, ana, by)

        assert flows.delete_flow(booking.id, by=by) == 1
        assert session(number).reason == "The flow was deleted"


class TestFigures:
    def test_each_node_tells_who_came_answered_and_left(self, booking, ana, by):
        led(booking, ana, by)
        writes(*ana, "book")
        handle_all()
        flows.wake_due(clock.now() + timedelta(days=2))

        figures = flows.figures_of(booking.id)
        assert (figures["what"].entered, figures["what"].answered) == (1, 1)
        assert (figures["day"].entered, figures["day"].left) == (1, 1)

    def test_the_list_counts_those_inside_and_those_who_finished(self, booking, ana, by):
        led(booking, ana, by)

        row, = flows.all_flows()
        assert (row.inside, row.started, row.finished, row.version, row.has_changes) == (1, 1, 0, 1, False)

    def test_the_way_of_one_person_is_told_step_by_step(self, booking, ana, by):
        trace = flows.trace_of(led(booking, ana, by))

        assert [(step.node, step.what, step.words) for step in trace.steps] == [
            ("hello", "entered", ""), ("what", "entered", ""), ("hello", "sent", "Hello Ana"), ("what", "sent", "What is it?")]


def test_a_try_out_says_what_the_flow_would_say_and_keeps_nothing(booking):
    shown = flows.play(flows.drawing_of(booking.id), ["what:book", "24.11.2026", "3"], {"first_name": "Ana"})

    assert [line.text for line in shown.lines if line.who == "we"][-1] == "See you on 2026-11-24, 3 of you."
    assert shown.ended == "done" and db.session.scalar(select(func.count()).select_from(Message)) == 0
