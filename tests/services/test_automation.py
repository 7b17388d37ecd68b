"""Rules: when something happens, if it fits, then; each once, and every run is kept."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from core import clock
from core.errors import Invalid, NotFound
from core.states import RunState
from models import ContactTag, Conversation, ConversationNote, Event, Message, RuleRun, RuleStep, db, transaction
from services import automation, contacts, events, segments, settings
from services.automation import engine, keywords
from tests.cast import person as colleague
from tests.factories.automation import a_rule, a_writer, handle_all, sent_to, writes


def runs():
    db.session.expire_all()
    return db.session.scalars(select(RuleRun).order_by(RuleRun.id)).all()


class TestWhatHappens:
    def test_a_word_is_answered(self, app, by):
        person, channel = a_writer(name="Ana Mo")
        a_rule(by)

        writes(person, channel, "Well, HELLO there!")
        handle_all()

        assert sent_to(person) == ["Hello Ana"]

    def test_other_words_are_not(self, app, by):
        person, channel = a_writer()
        a_rule(by)

        writes(person, channel, "Othello is a play")
        handle_all()

        assert sent_to(person) == []

    def test_the_message_says_which_rule_wrote_it(self, app, by):
        person, channel = a_writer()
        rule = a_rule(by)

        writes(person, channel, "hello")
        handle_all()

        answer = db.session.scalars(select(Message).where(Message.direction == "out")).one()
        assert (answer.author_kind, answer.author_id, answer.author_name) == ("rule", rule.id, "Greeting")

    def test_and_leads_to_its_run(self, app, by):
        person, channel = a_writer()
        a_rule(by)

        writes(person, channel, "hello")
        handle_all()

        answer = db.session.scalars(select(Message).where(Message.direction == "out")).one()
        run = automation.get_run(automation.run_of_message(answer.id))
        assert run.run.said == "they wrote “hello”: “hello”"

    def test_a_second_look_does_nothing_twice(self, app, by):
        person, channel = a_writer()
        a_rule(by)
        writes(person, channel, "hello")
        handle_all()

        with transaction():
            db.session.execute(db.update(Event).values(handled_at=None))
        handle_all()

        assert len(sent_to(person)) == 1

    def test_a_rule_that_is_off_does_nothing(self, app, by):
        person, channel = a_writer()
        a_rule(by, is_on=False)

        writes(person, channel, "hello")
        handle_all()

        assert sent_to(person) == []

    def test_what_happened_before_it_was_switched_on_is_left_alone(self, app, by):
        person, channel = a_writer()
        rule = a_rule(by, is_on=False)
        writes(person, channel, "hello")

        automation.switch_on(rule.id, by=by)
        handle_all()

        assert sent_to(person) == []

    def test_what_a_rule_does_starts_no_rule(self, app, by):
        person, channel = a_writer()
        a_rule(by, then=[{"kind": "tag", "tag": "greeted"}])
        a_rule(by, name="Second", trigger={"kind": "tag_added", "tag": "greeted"})

        writes(person, channel, "hello")
        handle_all()

        assert sent_to(person) == []

    def test_a_tag_given_by_a_person_does(self, app, by):
        person, _ = a_writer()
        a_rule(by, trigger={"kind": "tag_added", "tag": "Patient"})

        contacts.give_tag(person.id, "patient", by=by)
        handle_all()

        assert len(sent_to(person)) == 1

    def test_somebody_new_is_greeted(self, app, by):
        from tests.factories.contacts import a_contact
        from tests.factories.sending import make_channel, open_window

        channel = make_channel()
        a_rule(by, trigger={"kind": "contact"})
        person = a_contact()
        open_window(person.id, channel.id)
        handle_all()

        assert len(sent_to(person)) == 1


class TestConditions:
    @pytest.mark.parametrize(("what", "value", "answers"), [
        ("tag.is", "patient", True), ("tag.is", "member", False), ("tag.is_not", "member", True),
        ("marketing.granted", "", True), ("marketing.withdrawn", "", False), ("window.open", "", True),
        ("text.has", "please", True), ("text.has_not", "please", False), ("kind.is", "text", True),
        ("country.is", "NG", True), ("talk.open", "", True), ("talk.unassigned", "", True), ("talk.assigned", "", False),
        ("hours.open", "", True), ("heard.not_within_hours", "12", True), ("ran.not_within_hours", "12", True),
        ("field.is", "company=Harbour", True), ("field.is", "company=Other", False), ("field.is", "company", True),
        ("value.is", "total", False), ("name.known", "", True), ("segment.is", "999", False)])
    def test_it_holds_or_not(self, app, by, what, value, answers):
        person, channel = a_writer(tags=["Patient"], granted=True, company="Harbour")
        a_rule(by, conditions=[[what, value]])

        writes(person, channel, "Hello, please")
        handle_all()

        assert bool(sent_to(person)) is answers

    @pytest.mark.parametrize(("how", "value", "held"), [
        ("has", "cost, PRICE", True), ("has", "pric", False), ("exact", "what price is it", True), ("exact", "price", False),
        ("contains", "pric", True), ("starts", "hello, what", True), ("starts", "wha", False), ("starts", "price", False),
        ("pattern", "PR[a-z]{1,3}e", True), ("pattern", "^price", False)])
    @pytest.mark.parametrize("wanted", ["", "_not"])
    def test_words_are_found_as_the_keyword_trigger_finds_them(self, app, by, how, value, held, wanted):
        person, channel = a_writer()
        a_rule(by, trigger={"kind": "message"}, conditions=[[f"text.{how}{wanted}", value]])

        writes(person, channel, "What príce is it? 😀")
        handle_all()

        assert bool(sent_to(person)) is (held is not bool(wanted))
        spec = automation.TRIGGERS["keyword"].check({"how": "word" if how == "has" else how, "words": value})
        assert bool(keywords.finder(spec["how"], spec["words"])(keywords.said("What príce is it? 😀"))) is held

    @pytest.mark.parametrize(("what", "value"), [("text.pattern", "(price"), ("text.pattern_not", "(?=x)"), ("text.has", "!!"),
                                                 ("text.starts", ", ,")])
    def test_words_that_can_never_be_found_are_refused(self, app, by, what, value):
        with pytest.raises(Invalid) as refused:
            a_rule(by, conditions=[[what, value]])

        assert refused.value.field == "value"

    def test_the_run_says_what_each_condition_saw(self, app, by):
        person, channel = a_writer(tags=["Patient"])
        a_rule(by, conditions=[["tag.is", "patient"], ["window.open", ""]])

        writes(person, channel, "hello")
        handle_all()

        assert runs()[0].seen == [["Tag is patient", "Patient", True], ["24-hour window is open", "open", True]]


    def test_conditions_are_told_by_name_in_a_sentence(self, app, by):
        person, channel = a_writer()
        ours = segments.add_segment(name="Ours", shape=segments.all_of([segments.Condition("country.is", "NG")]), by=by)
        a_rule(by, conditions=[["segment.is", str(ours.id)], ["channel.is", str(channel.id)], ["country.is", "NG"],
                               ["kind.is", "text"], ["field.is_not", "city=Lagos"], ["hours.open", ""]])

        writes(person, channel, "hello")
        handle_all()

        assert [words for words, _, _ in runs()[0].seen] == [
            "they are in the segment “Ours”", f"Number is {channel.name}", "Country is Nigeria",
            "the message is of the kind text", "Field is not city=Lagos", "we are open"]


class TestOrder:
    def test_only_the_first_that_answers_answers_and_others_do_the_rest(self, app, by):
        person, channel = a_writer()
        a_rule(by, then=[{"kind": "text", "text": "One"}])
        a_rule(by, name="Two", then=[{"kind": "text", "text": "Two"}])
        a_rule(by, name="Three", then=[{"kind": "tag", "tag": "wrote"}])

        writes(person, channel, "hello")
        handle_all()

        assert (sent_to(person), db.session.scalar(select(func.count()).select_from(ContactTag))) == (["One"], 1)

    @pytest.mark.parametrize(("mode", "said"), [("first", ["One"]), ("all", ["One", "Two"])])
    def test_by_choice(self, app, by, mode, said):
        settings.change("rules_mode", mode, by=by)
        person, channel = a_writer()
        a_rule(by, then=[{"kind": "text", "text": "One"}])
        a_rule(by, name="Two", then=[{"kind": "text", "text": "Two"}])

        writes(person, channel, "hello")
        handle_all()

        assert sent_to(person) == said

    @pytest.mark.parametrize(("mode", "said", "tags"), [("answer", 0, 1), ("first", 0, 0), ("all", 1, 1)])
    def test_stop_comes_before_all_rules(self, app, by, mode, said, tags):
        settings.change("rules_mode", mode, by=by)
        person, channel = a_writer()
        a_rule(by, trigger={"kind": "message"})
        rule = a_rule(by, name="Two", trigger={"kind": "message"}, then=[{"kind": "tag", "tag": "wrote"}])

        writes(person, channel, "Stop!")
        handle_all()

        assert (len(sent_to(person)), db.session.scalar(select(func.count()).select_from(ContactTag))) == (said, tags)
        assert len(automation.look_back(automation.of_rule(rule)).fired) == tags
        assert [one.outcome for one in automation.try_sentence("stop")] == {
            "answer": ["beaten", "done"], "first": ["beaten", "beaten"], "all": ["done", "done"]}[mode]

    def test_a_rule_can_stop_those_below(self, app, by):
        settings.change("rules_mode", "all", by=by)
        person, channel = a_writer()
        a_rule(by, then=[{"kind": "text", "text": "One"}, {"kind": "stop_rules"}])
        a_rule(by, name="Two", then=[{"kind": "text", "text": "Two"}])

        writes(person, channel, "hello")
        handle_all()

        assert sent_to(person) == ["One"]

    def test_moved_up_it_is_asked_first(self, app, by):
        person, channel = a_writer()
        a_rule(by, then=[{"kind": "text", "text": "One"}])
        two = a_rule(by, name="Two", then=[{"kind": "text", "text": "Two"}])

        automation.move(two.id, step=-1, by=by)
        writes(person, channel, "hello")
        handle_all()

        assert sent_to(person) == ["Two"]


class TestGuards:
    def test_ten_automatic_messages_an_hour_and_no_more(self, app, by):
        person, channel = a_writer()
        a_rule(by)

        for _ in range(12):
            writes(person, channel, "hello")
            handle_all()

        assert len(sent_to(person)) == 10

    def test_the_eleventh_run_says_why(self, app, by):
        person, channel = a_writer()
        a_rule(by)

        for _ in range(11):
            writes(person, channel, "hello")
            handle_all()

        assert (runs()[-1].state, runs()[-1].reason[:27]) == (RunState.HELD, "Too many automatic messages")

    def test_a_conversation_taken_over_is_left_to_its_person(self, app, by):
        person, channel = a_writer()
        a_rule(by)
        with transaction():
            db.session.execute(db.update(Conversation).values(taken_over_at=clock.now()))

        writes(person, channel, "hello")
        handle_all()

        assert (sent_to(person), runs()[0].state) == ([], RunState.HELD)

    def test_what_fails_is_said_and_leaves_the_others_alone(self, app, by):
        person, channel = a_writer()
        other, _ = a_writer(channel)
        leaver = colleague("agent")
        a_rule(by, then=[{"kind": "assign", "user_id": leaver.id}])
        a_rule(by, name="Two", then=[{"kind": "tag", "tag": "wrote"}])
        with transaction():
            db.session.delete(db.session.get(type(leaver), leaver.id))

        writes(person, channel, "hello")
        writes(other, channel, "hello")
        handle_all()

        assert sorted(one.state for one in runs()) == [RunState.DONE, RunState.DONE, RunState.FAILED, RunState.FAILED]


class TestActions:
    def test_everything_a_rule_can_do_to_a_conversation(self, app, by):
        person, channel = a_writer()
        agent = colleague("agent", name="Bola")
        a_rule(by, then=[{"kind": "assign", "user_id": agent.id}, {"kind": "note", "text": "{{first_name}} says hello"},
                         {"kind": "snooze", "hours": "2"}, {"kind": "close"}, {"kind": "open"}])

        writes(person, channel, "hello")
        handle_all()

        talk = db.session.scalars(select(Conversation)).one()
        note = db.session.scalars(select(ConversationNote)).one()
        assert (talk.assigned_to, str(talk.state), note.text, note.by) == (agent.id, "open", "Adaeze says hello", "Greeting")

    def test_tags_fields_and_consent(self, app, by):
        person, channel = a_writer(tags=["new"])
        a_rule(by, then=[{"kind": "tag", "tag": "Patient"}, {"kind": "untag", "tag": "new"},
                         {"kind": "field", "field": "company", "value": "{{text}} Ltd"}, {"kind": "opt_in"}])

        writes(person, channel, "hello")
        handle_all()

        found = contacts.get_contact(person.id)
        assert ([tag.name for tag in found.tags], found.company, found.marketing) == (["Patient"], "hello Ltd", "granted")

    def test_buttons_and_lists_leave_through_the_queue(self, app, by):
        person, channel = a_writer()
        a_rule(by, then=[{"kind": "buttons", "text": "Still fine?", "choices": "Confirm\nReschedule"},
                         {"kind": "list", "text": "What about?", "label": "Choose", "choices": "Prices\nHours"}])

        writes(person, channel, "hello")
        handle_all()

        kinds = db.session.execute(select(Message.kind, Message.content).where(Message.direction == "out")).all()
        assert [content["action"] for _, content in kinds] == ["buttons", "list"]

    def test_steps_are_kept_in_order(self, app, by):
        person, channel = a_writer()
        a_rule(by, then=[{"kind": "tag", "tag": "a"}, {"kind": "text", "text": "Yes"}])

        writes(person, channel, "hello")
        handle_all()

        steps = db.session.scalars(select(RuleStep).order_by(RuleStep.place)).all()
        assert [(step.kind, step.words, step.message_id is not None) for step in steps] == [
            ("tag", "tagged “a”", False), ("text", "queued “Yes”", True)]


class TestManyAtOnce:
    """A set of events is answered with few statements; each still has its own message, run and steps."""

    def test_each_step_leads_to_the_message_of_its_own_person(self, app, by):
        first, channel = a_writer(name="Ana Mo")
        people = [first, *(a_writer(channel, name=f"Number{place} Mo")[0] for place in range(20))]
        a_rule(by, then=[{"kind": "tag", "tag": "a"}, {"kind": "text", "text": "One, {{first_name}}"},
                         {"kind": "text", "text": "Two, {{first_name}}"}])
        for person in people:
            writes(person, channel, "hello")

        automation.answer_events()

        rows = db.session.execute(select(RuleRun.contact_id, Message.contact_id, RuleStep.place, Message.text)
                                  .join(RuleStep, RuleStep.run_id == RuleRun.id).join(Message, Message.id == RuleStep.message_id)
                                  .order_by(Message.id)).all()
        assert [tuple(row) for row in rows] == [
            (person.id, person.id, place, f"{word}, {person.first_name}")
            for person in people for place, word in ((1, "One"), (2, "Two"))]

    def test_one_that_breaks_leaves_the_others_their_answers(self, app, by):
        ana, channel = a_writer(name="Ana Mo")
        ben, _ = a_writer(channel, name="Ben Mo", fields={})
        a_rule(by, then=[{"kind": "text", "text": "Hello"}, {"kind": "field", "field": "email", "value": "{{text}}"}])
        writes(ana, channel, "hello")
        writes(ben, channel, "hello")

        handle_all()

        assert [(sent_to(one), [run.state for run in runs() if run.contact_id == one.id]) for one in (ana, ben)] == [
            (["Hello"], [RunState.FAILED])] * 2


class TestEditing:
    @pytest.mark.parametrize(("given", "field"), [
        ({"name": ""}, "name"), ({"trigger": {"kind": "nothing"}}, "trigger"),
        ({"trigger": {"kind": "keyword", "how": "word", "words": []}}, "trigger.words"),
        ({"trigger": {"kind": "keyword", "how": "pattern", "words": ["(a+"]}}, "trigger.words"),
        ({"then": []}, "actions"), ({"then": [{"kind": "text", "text": ""}]}, "text"),
        ({"then": [{"kind": "buttons", "text": "x", "choices": "a\nb\nc\nd"}]}, "choices"),
        ({"conditions": [["nothing", ""]]}, "what"), ({"conditions": [["tag.is", ""]]}, "value"),
        ({"tolerance_minutes": -1}, "tolerance_minutes")])
    def test_what_cannot_be_is_refused_with_its_place(self, app, by, given, field):
        with pytest.raises(Invalid) as refused:
            a_rule(by, **given)

        assert refused.value.field == field

    def test_a_deleted_rule_is_gone_and_its_runs_stay(self, app, by):
        person, channel = a_writer()
        rule = a_rule(by)
        writes(person, channel, "hello")
        handle_all()

        automation.delete_rule(rule.id, by=by)

        with pytest.raises(NotFound):
            automation.get_rule(rule.id)
        assert automation.runs().total == 1


def test_an_event_that_breaks_everything_is_put_aside(app, by, monkeypatch):
    person, channel = a_writer()
    a_rule(by)
    writes(person, channel, "hello")
    monkeypatch.setattr("services.automation.acting.gaps", lambda facts: 1 / 0)

    handle_all()

    assert db.session.scalar(select(func.count()).select_from(Event).where(Event.handled_at.is_(None))) == 0


def busy(*_args, **_values):
    raise OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))


class TestABusyDatabase:
    """It is nobody's fault: what could not be handled now is handled later, never put aside."""

    @pytest.mark.parametrize("together", [True, False])
    def test_events_wait_until_it_answers(self, app, by, monkeypatch, together):
        person, channel = a_writer()
        a_rule(by)
        writes(person, channel, "hello")
        with monkeypatch.context() as patched:
            if not together:
                patched.setattr("services.automation.acting.gaps", lambda facts: 1 / 0)
                patched.setattr("services.automation.engine._answer_alone", lambda one, real=engine._answer_alone: (
                    patched.setattr("services.automation.engine._claim", busy), real(one))[1])
            else:
                patched.setattr("services.automation.engine._claim", busy)
            automation.answer_events()

        handle_all()

        assert len(sent_to(person)) == 1

    def test_runs_wait_until_it_answers(self, app, by, monkeypatch):
        person, channel = a_writer()
        a_rule(by, then=[{"kind": "text", "text": "One"}, {"kind": "wait", "count": "1", "unit": "hours"},
                         {"kind": "text", "text": "Two"}])
        writes(person, channel, "hello")
        handle_all()
        later = clock.now() + timedelta(hours=2)
        monkeypatch.setattr(clock, "now", lambda: later)
        with monkeypatch.context() as patched:
            patched.setattr("services.automation.due.gather.facts_of", busy)
            automation.go_on()

        automation.go_on()

        assert sent_to(person) == ["One", "Two"]


def test_a_change_by_a_person_is_noted_for_rules(app, by):
    person, _ = a_writer(company="Old")

    contacts.change_contact(person.id, company="New", by=by)

    kept = db.session.scalars(select(Event).where(Event.kind == "contact.changed")).one()
    assert kept.details == {"fields": {"company": ["Old", "New"]}}


def test_every_kind_of_event_that_a_trigger_listens_for_exists():
    listened = {kind for trigger in automation.TRIGGERS.values() for kind in trigger.listens}

    assert listened <= set(events.KINDS)


class TestWhatBecameOfOurMessages:
    def a_message(self):
        from tests.services.test_news import sent_campaign

        return sent_campaign()

    def test_a_failed_message_sets_a_rule_off_once_however_often_it_is_told(self, app, by):
        from services import sending
        from tests.services.test_news import news

        self.a_message()
        a_rule(by, trigger={"kind": "status", "status": "failed"}, then=[{"kind": "tag", "tag": "unreached"}])

        for _ in range(3):
            sending.apply_news([news("wamid.1", "failed", code="131026", reason="Not on WhatsApp")])
        handle_all()

        assert [run.state for run in runs()] == [RunState.DONE]

    def failed_runs(self, by, happen):
        """How often a rule ran when a message of ours fails, and how often it would have."""
        rule = a_rule(by, trigger={"kind": "status", "status": "failed"}, then=[{"kind": "tag", "tag": "unreached"}])
        happen()
        handle_all()
        return len(runs()), len(automation.look_back(automation.of_rule(rule)).fired)

    def test_a_message_that_whatsapp_does_not_even_take_sets_it_off(self, app, by):
        from services import sending
        from tests.factories.sending import make_campaign
        from tests.services.test_sending_dispatch import refused
        from transports.port import RecipientRefused

        campaign = make_campaign(1)
        claim, = sending.claim(campaign.channel_id, want=1)

        assert self.failed_runs(by, lambda: sending.exchange(
            campaign.channel_id, done=[refused(claim, RecipientRefused("No WhatsApp", code="131026"))])) == (1, 1)

    def test_one_that_is_tried_again_does_so_once_at_most_when_it_has_failed_for_good(self, app, by):
        from services import sending
        from tests.services.test_news import news
        from transports.port import TryLater

        self.a_message()
        trouble = news("wamid.1", "failed", code="131000", refusal=TryLater)._replace(at=clock.now())
        assert self.failed_runs(by, lambda: sending.apply_news([trouble])) == (0, 0)

        message = db.session.scalars(select(Message).where(Message.direction == "out")).one()
        with transaction():
            message.tries, message.state, message.wire_id = 5, "accepted", "wamid.2"
        sending.apply_news([trouble._replace(wire_id="wamid.2")])
        handle_all()

        rule = automation.rules()[0].rule
        assert (len(runs()), len(automation.look_back(automation.of_rule(rule)).fired)) == (1, 1)

    def test_nothing_is_noted_while_no_rule_listens(self, app, by):
        from services import sending
        from tests.services.test_news import news

        self.a_message()

        sending.apply_news([news("wamid.1", "delivered")])

        assert db.session.scalar(select(func.count()).where(Event.kind == "message.status")) == 0
