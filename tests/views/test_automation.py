"""Pages of rules: read as sentences, written without scripts, tried before they are on."""

import pytest

from models import Rule, db
from services import automation, hooks
from services.segments import from_json
from tests.factories.automation import a_rule, a_writer, handle_all, writes
from tests.factories.contacts import a_contact

GREETING = {"name": "Greeting", "kind": "keyword", "t-how": "word", "t-words": "hello, hi", "what-0-0": "tag.is",
            "value-0-0": "patient", "a-0-kind": "text", "a-0-text": "Hello {{first_name}}", "tolerance_hours": "24"}


def the_rule():
    db.session.expire_all()
    return db.session.scalars(db.select(Rule)).one()


class TestTheList:
    def test_a_rule_is_a_sentence(self, browser, by):
        a_rule(by, conditions=[["tag.is", "patient"]])

        page = browser.get("/automation").text

        assert all(part in page for part in ("a message has the word", "hello", "Tag is patient", "answer “Hello {{first_name}}”"))

    def test_groups_of_conditions_and_what_it_is_about_are_told_apart(self, browser, by):
        hook, _, _ = hooks.add_hook(name="Shop", mapping={"phone": "phone"}, by=by)
        shape = {"any": False, "groups": [{"any": True, "conditions": [["tag.is", "vip"], ["tag.is", "member"]]},
                                          {"any": False, "conditions": [["window.open", ""]]}]}
        rule = a_rule(by, trigger={"kind": "hook", "hook_id": hook.id})
        automation.change_rule(rule.id, name="Greeting", trigger=rule.trigger, shape=from_json(shape), done=rule.actions, by=by)

        row = automation.rules()[0]

        assert str(row.sentence).startswith("When another system calls “Shop”, if (Tag is vip or Tag is member) and 24-hour window is open")
        assert "(<span" in browser.get("/automation").text

    def test_it_is_switched_off_and_on(self, browser, by):
        rule = a_rule(by)

        browser.post(f"/automation/{rule.id}/switch", {"on": "0"})

        assert not the_rule().is_on

    def test_it_moves_up_by_a_button(self, browser, by):
        one, two = a_rule(by), a_rule(by, name="Two")

        browser.post(f"/automation/{two.id}/move", {"step": "-1"})

        assert [row.rule.id for row in automation.rules()] == [two.id, one.id]

    def test_two_rules_that_fit_the_same_messages_are_shown_side_by_side(self, browser, by):
        person, channel = a_writer()
        a_rule(by, name="First")
        a_rule(by, name="Second", trigger={"kind": "keyword", "how": "word", "words": ["there"]})
        writes(person, channel, "hello there")
        handle_all()

        page = browser.get("/automation").text

        assert "“First” often answers first" in page

    def test_a_sentence_is_tried_rule_by_rule(self, browser, by):
        a_rule(by, name="First")
        a_rule(by, name="Second")
        a_rule(by, name="Third", trigger={"kind": "keyword", "how": "word", "words": ["bye"]})

        page = browser.get("/automation?say=hello").text

        assert "answers" in page and "“First” answers first" in page and "no match" in page

    def test_a_viewer_sees_rules_and_changes_none(self, browser_as, by):
        rule = a_rule(by)
        viewer = browser_as("viewer")

        assert viewer.get("/automation").status_code == 200
        assert viewer.post(f"/automation/{rule.id}/switch", {"on": "0"}).status_code == 403


class TestTheEditor:
    def test_a_rule_is_kept_as_it_was_written(self, browser):
        browser.post("/automation/new", GREETING | {"keep": "1"})

        rule = the_rule()
        assert (rule.name, rule.trigger["words"], rule.actions[0]["text"], rule.is_on) == (
            "Greeting", ["hello", "hi"], "Hello {{first_name}}", False)

    def test_conditions_in_two_groups(self, browser):
        page = browser.post("/automation/new", GREETING | {"group": "1"}).text
        assert 'name="what-1-0"' in page and "Group 2" in page

        browser.post("/automation/new", GREETING | {
            "any-0": "any", "what-0-1": "window.open", "any-1": "all", "what-1-0": "country.is", "value-1-0": "NG", "keep": "1"})

        assert the_rule().conditions == {"any": False, "groups": [
            {"any": True, "conditions": [["tag.is", "patient"], ["window.open", ""]]},
            {"any": False, "conditions": [["country.is", "NG"]]}]}

    def test_more_rows_without_scripts(self, browser):
        page = browser.post("/automation/new", GREETING | {"add_action": "1", "new_action": "tag"}).text

        assert "2. Give a tag" in page and "Hello {{first_name}}" in page

    def test_rows_move_and_go_without_scripts(self, browser):
        two = GREETING | {"a-1-kind": "tag", "a-1-tag": "greeted"}

        page = browser.post("/automation/new", two | {"up_action": "1"}).text
        gone = browser.post("/automation/new", two | {"drop_action": "0"}).text

        assert page.index("1. Give a tag") < page.index("2. Answer with a text") and "Answer with a text</h3>" not in gone

    @pytest.mark.parametrize("kind", list(automation.TRIGGERS))
    def test_every_trigger_has_its_fields(self, browser, kind):
        page = browser.post("/automation/new", GREETING | {"kind": kind, "choose": "1"}).text

        assert all(field.label in page for field in automation.TRIGGERS[kind].fields)

    @pytest.mark.parametrize(("changes", "said"), [
        ({"name": ""}, "A rule needs a name"), ({"t-words": ""}, "Write at least one word"),
        ({"value-0-0": ""}, "say what it is compared with"), ({"a-0-text": ""}, "Text is empty"),
        ({"a-0-text": "{{"}, "never closed"), ({"tolerance_hours": "x"}, "whole number")])
    def test_what_is_wrong_is_said_and_nothing_typed_is_lost(self, browser, changes, said):
        answer = browser.post("/automation/new", GREETING | changes | {"keep": "1"})

        assert (answer.status_code, said in answer.text, 'value="Greeting"' in answer.text or "name" in changes) == (422, True, True)

    def test_what_it_would_have_done_is_shown_before_it_is_kept(self, browser, by):
        person, channel = a_writer(tags=["patient"])
        writes(person, channel, "hi")

        page = browser.post("/automation/new", GREETING | {"look": "1"}).text

        assert "It would have acted 1 time, for 1 person." in page and person.name in page

    def test_what_was_chosen_to_be_added_stays_when_the_page_comes_again(self, browser):
        page = browser.post("/automation/new", {**GREETING, "new_action": "tag", "what-0-0": "kind.is", "more": "0"}).text

        assert '<option value="tag" selected>' in page
        assert '<option value="image">picture</option>' in page  # what a condition is compared with is a list where there is one

    def test_a_kept_rule_comes_back_into_the_form(self, browser):
        browser.post("/automation/new", GREETING | {"keep": "1"})

        page = browser.get(f"/automation/{the_rule().id}").text

        assert "hello\nhi" in page and "Hello {{first_name}}" in page and 'value="patient"' in page


class TestRuns:
    def test_a_run_says_what_set_it_off_what_was_seen_and_what_was_done(self, browser, by):
        person, channel = a_writer(tags=["patient"])
        a_rule(by, conditions=[["tag.is", "patient"]])
        writes(person, channel, "hello")
        handle_all()

        page = browser.get(f"/automation/runs/{automation.runs().items[0].run.id}").text

        assert all(part in page for part in ("they wrote “hello”", "Tag is patient", "queued “Hello Adaeze”"))

    def test_a_message_leads_to_its_run(self, browser, by):
        person, channel = a_writer()
        a_rule(by)
        writes(person, channel, "hello")
        handle_all()
        message = db.session.scalar(db.text("SELECT max(id) FROM messages"))

        answer = browser.get(f"/automation/message/{message}")

        assert answer.headers["Location"].endswith(f"/automation/runs/{automation.runs().items[0].run.id}")

    def test_the_rule_says_whom_it_would_have_been_for(self, browser, by):
        person, channel = a_writer(name="Ana Mo")
        rule = a_rule(by, is_on=False)
        writes(person, channel, "hello")

        page = browser.get(f"/automation/{rule.id}/show?past=1").text

        assert "It would have acted 1 time, for 1 person." in page and "Ana Mo" in page

    def test_a_dry_run_says_what_would_be_done_and_sends_nothing(self, browser, by):
        person, _ = a_writer(name="Ana Mo")
        rule = a_rule(by)

        page = browser.get(f"/automation/{rule.id}/show?as={person.id}").text

        assert "answer “Hello Ana”" in page and automation.runs().total == 0

    def test_by_hand_for_one_person(self, browser, by):
        person, _ = a_writer(name="Ana Mo")
        rule = a_rule(by, is_on=False)

        browser.post(f"/automation/{rule.id}/run", {"contact_id": str(person.id)})
        automation.go_on()

        assert automation.runs().items[0].run.state == "done"


    @pytest.mark.parametrize(("typed", "said"), [("bo li", "Bo Li: it would act"), ("0803 123 4577", "Bo Li: it would act"),
                                                 ("nobody", "Nobody has “nobody”"), ("i", "More than one person has “i”")])
    def test_whoever_never_wrote_is_named_by_name_or_number(self, browser, by, typed, said):
        a_contact(name="Bo Li", phone="+2348031234577")
        a_contact(name="Ina Ito")
        rule = a_rule(by)

        page = browser.get(f"/automation/{rule.id}/show", query_string={"as": "", "who": typed}).text

        assert said in page

    @pytest.mark.parametrize(("trigger", "is_said"), [
        ({"kind": "opt_in"}, True), ({"kind": "keyword", "how": "word", "words": ["hello"]}, False)])
    def test_a_dry_run_says_what_would_not_leave(self, browser, by, trigger, is_said):
        person = a_contact(name="Bo Li")
        rule = a_rule(by, trigger=trigger)

        page = browser.get(f"/automation/{rule.id}/show?as={person.id}").text

        assert ("It would not leave: More than 24 hours" in page) is is_said

    def test_so_is_whom_it_runs_for_by_hand(self, browser, by):
        person = a_contact(name="Bo Li")
        rule = a_rule(by, is_on=False, then=[{"kind": "tag", "tag": "greeted"}])

        browser.post(f"/automation/{rule.id}/run", {"contact_id": "", "who": "Bo Li"})
        automation.go_on()

        assert [(one.contact_id, one.run.state) for one in automation.runs().items] == [(person.id, "done")]


class TestExamples:
    @pytest.mark.parametrize("key", [one.key for one in automation.EXAMPLES])
    def test_each_is_added_by_one_click_switched_off(self, browser, key):
        browser.post(f"/automation/examples/{key}")

        assert automation.rules() and not any(row.rule.is_on for row in automation.rules())

    def test_each_can_be_switched_on(self, browser, by):
        for one in automation.EXAMPLES:
            automation.install(one.key, by=by)

        for row in automation.rules():
            automation.switch_on(row.rule.id, by=by)

        assert all(row.rule.is_on for row in automation.rules())

    def test_they_can_be_read_before(self, browser):
        page = browser.get("/automation/examples").text

        assert all(one.name in page for one in automation.EXAMPLES)


class TestWhichRuleSentIt:
    def test_the_thread_leads_from_the_line_to_the_run(self, browser, by):
        person, channel = a_writer()
        a_rule(by)
        writes(person, channel, "hello")
        handle_all()
        message = db.session.scalar(db.text("SELECT max(id) FROM messages"))
        talk = db.session.scalar(db.text("SELECT id FROM conversations"))

        assert f"/automation/message/{message}" in browser.get(f"/inbox/{talk}").text

    def test_so_does_the_story_of_the_person(self, browser, by):
        person, channel = a_writer()
        a_rule(by)
        writes(person, channel, "hello")
        handle_all()

        assert "/automation/message/" in browser.get(f"/contacts/{person.id}").text


def test_home_says_when_a_rule_was_held_back(browser, by):
    person, channel = a_writer()
    a_rule(by)
    for _ in range(12):
        writes(person, channel, "hello")
        handle_all()

    assert "“Greeting” was held back 2 times" in browser.get("/").text


class TestOtherSystems:
    def test_a_new_address_begins_empty(self, browser):
        page = browser.get("/automation/systems").text

        assert 'placeholder="order=order.number"></textarea>' in page

    def test_what_was_typed_for_an_address_stays_when_it_is_refused(self, browser):
        page = browser.post("/automation/systems/hooks", {"name": "Shop", "values": "order=order.number"}).text

        assert 'placeholder="order=order.number">order=order.number</textarea>' in page and 'value="Shop"' in page

    def test_what_was_typed_for_a_system_stays_when_it_is_refused(self, browser):
        page = browser.post("/automation/systems/targets", {"name": "Till", "url": "ftp://shop.example"}).text

        assert 'value="Till"' in page and 'value="ftp://shop.example"' in page
