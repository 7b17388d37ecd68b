"""A flow is a story told the same way each time: what is asked, kept, branched on, and how it ends."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from services.flows import check, drawing, engine
from services.flows.answers import Heard, answer_to, in_language
from services.flows.drawing import Node
from services.flows.engine import Act, CallOut, GoOn, HandOver, Keep, Say

BOOKING = {
    "schema": "pigeonpost/flow/1", "start": "hello", "timeout_minutes": 60, "timeout_texts": {"": "Write again when you like."},
    "words": {"menu": ["menu"], "back": ["back", "zurück"], "agent": ["agent", "human"]},
    "nodes": [
        {"id": "hello", "kind": "say", "texts": {"": "Hello {{first_name}}", "fr": "Bonjour {{first_name}}"}, "next": "what"},
        {"id": "what", "kind": "ask", "expects": "choice", "texts": {"": "What is it?"}, "save_as": "what", "tries": 2,
         "choices": [{"id": "book", "titles": {"": "Book", "fr": "Réserver"}, "next": "day"},
                     {"id": "other", "titles": {"": "Something else"}, "next": "team"}], "on_fail": "team"},
        {"id": "day", "kind": "ask", "expects": "date", "texts": {"": "Which day?"}, "save_as": "day", "save_to": "visit",
         "next": "many"},
        {"id": "many", "kind": "ask", "expects": "number", "least": 1, "most": 8, "texts": {"": "How many?"}, "save_as": "many",
         "next": "big"},
        {"id": "big", "kind": "branch", "cases": [{"value_of": "many", "test": "greater", "value": "5", "next": "team"}],
         "next": "note"},
        {"id": "note", "kind": "do", "action": {"kind": "add_tag", "tag": "booked"}, "next": "bye"},
        {"id": "bye", "kind": "end", "texts": {"": "See you on {{day}}, {{many}} of you."}},
        {"id": "team", "kind": "hand_over", "note": "Wants {{what}}", "texts": {"": "Somebody will write."}},
    ]}
ANA = {"first_name": "Ana", "language": "", "country": "GB"}


@pytest.fixture
def booking():
    return drawing.read(BOOKING)


def played(flow, *said, known=ANA):
    """The last outcome after somebody said all this, and everything they were told."""
    outcome = engine.begin(flow, known)
    told = list(outcome.effects)
    for words in said:
        heard = words if isinstance(words, Heard) else Heard(words)
        outcome = engine.hear(flow, outcome.stand, heard, known)
        told += outcome.effects
    return outcome, [one.text for one in told if isinstance(one, Say)], told


@pytest.mark.parametrize("said", [("agent",), ("1", "24.11.2026", "lots", "many", "a few")])
def test_whoever_gets_a_person_is_told_so(booking, said):
    outcome, texts, told = played(booking, *said)

    assert (outcome.ended, texts[-1], isinstance(told[-1], HandOver)) == ("handed_over", "Somebody will write.", True)


def test_a_booking_is_played_to_its_end(booking):
    outcome, said, told = played(booking, "1", "24.11.2026", "3")

    assert outcome.ended == "done"
    assert said == ["Hello Ana", "What is it?", "Which day?", "How many?", "See you on 2026-11-24, 3 of you."]
    assert [one for one in told if isinstance(one, Keep | Act)] == [
        Keep("visit", "2026-11-24", "date"), Act({"kind": "add_tag", "tag": "booked"})]


def test_a_button_of_the_question_is_its_answer(booking):
    outcome, _, told = played(booking, Heard("Book", "interactive", choice_id="what:book"))

    assert outcome.stand.node == "day"
    assert told[1].choices == (("what:book", "Book"), ("what:other", "Something else"))


def test_their_language_is_spoken_and_understood(booking):
    outcome, said, _ = played(booking, "réserver", known=ANA | {"language": "fr_CA"})

    assert said[0] == "Bonjour Ana" and outcome.stand.node == "day"


def test_an_answer_that_is_none_is_asked_again_and_then_leads_out(booking):
    first, _, _ = played(booking, "hm")
    second, said, told = played(booking, "hm", "hm")

    assert (first.stand.tries, first.waits_for) == (1, "answer")
    assert (second.ended, said[-1], told[-1]) == ("handed_over", "Somebody will write.", HandOver("Wants ", None))


def test_a_branch_goes_where_the_value_says(booking):
    outcome, _, told = played(booking, "Book", "2026-11-24", "7")

    assert (outcome.ended, told[-1]) == ("handed_over", HandOver("Wants Book", None))


@pytest.mark.parametrize(("said", "node"), [(("Book", "back"), "what"), (("Book", "2026-11-24", "ZURÜCK."), "day"),
                                            (("Book", "menu"), "what"), (("back",), "what")])
def test_back_and_menu_lead_to_where_they_say(booking, said, node):
    outcome, _, _ = played(booking, *said)

    assert (outcome.stand.node, outcome.waits_for) == (node, "answer")


def test_whoever_asks_for_a_person_gets_one(booking):
    outcome, _, told = played(booking, "Book", "Agent!")

    assert (outcome.ended, told[-1]) == ("handed_over", HandOver("They asked for a person", None))


def test_nobody_answers(booking):
    outcome = engine.begin(booking, ANA)
    assert outcome.minutes == 60

    late = engine.wake(booking, outcome.stand, ANA)
    assert (late.ended, late.effects) == ("timed_out", [Say("Write again when you like.")])


def test_calls_and_waits_go_on_when_they_are_woken():
    flow = drawing.read({"start": "a", "nodes": [
        {"id": "a", "kind": "wait", "minutes": 5, "next": "b"},
        {"id": "b", "kind": "call", "target_id": 3, "save_as": "stock", "next": "c", "on_fail": "d"},
        {"id": "c", "kind": "flow", "flow_id": 9}, {"id": "d", "kind": "end"}]})

    first = engine.begin(flow, {})
    second = engine.wake(flow, first.stand, {})
    good = engine.wake(flow, second.stand, {}, value="7")
    bad = engine.wake(flow, second.stand, {}, has_failed=True)

    assert (first.waits_for, first.minutes, second.waits_for) == ("time", 5, "call")
    assert second.effects == [CallOut(3, {})] and good.effects == [GoOn(9)] and good.stand.memory == {"stock": "7"}
    assert bad.ended == "done"


def test_what_is_written_is_read_again(booking):
    assert drawing.read(json.loads(json.dumps(drawing.write(booking)))) == booking


@pytest.mark.parametrize(("expects", "heard", "value"), [
    ("number", "1,234.5", "1234.5"), ("number", "1.234,5", "1234.5"), ("number", "3,5", "3.5"), ("number", "12,000", "12000"),
    ("number", " 7 ", "7"), ("number", "-2", "-2"), ("date", "2026-02-28", "2026-02-28"), ("date", "1/2/2026", "2026-02-01"),
    ("email", " Ana@Example.org ", "ana@example.org"), ("phone", "07700 900123", "+447700900123"), ("text", " hi ", "hi")])
def test_answers_are_read_as_people_write_them(expects, heard, value):
    assert answer_to(Node("n", "ask", expects=expects), Heard(heard), country="GB").value == value


@pytest.mark.parametrize(("expects", "heard"), [
    ("number", "many"), ("number", "1e9"), ("number", "٣x"), ("date", "31.2.2026"), ("date", "soon"), ("email", "ana@"), ("phone", "no"),
    ("text", "  "), ("choice", "x"), ("location", "London"), ("media", "a picture")])
def test_what_is_no_answer_is_said_to_be_none(expects, heard):
    with pytest.raises(Invalid):
        answer_to(Node("n", "ask", expects=expects), Heard(heard), country="GB")


def test_in_the_united_states_the_month_comes_first():
    assert answer_to(Node("n", "ask", expects="date"), Heard("2/1/2026"), country="US").value == "2026-02-01"


def test_a_place_and_a_file_are_answers():
    place = Heard("", "location", content={"latitude": "6.45", "longitude": "3.39"})

    assert answer_to(Node("n", "ask", expects="location"), place).value == "6.45,3.39"
    assert answer_to(Node("n", "ask", expects="media"), Heard("", "image", message_id=4)).value == "image in message 4"


def test_a_text_for_everybody_is_said_where_the_language_is_missing():
    assert in_language({"": "Hi", "fr": "Salut"}, "de") == "Hi"


@pytest.mark.parametrize(("value", "test", "wanted", "holds"), [
    ("Lagos", "is", "lagos", True), ("Lagos", "is_not", "Abuja", True), ("patient, member", "is", "Member", True),
    ("patient, member", "is_not", "member", False), ("", "known", "", False), ("x", "not_known", "", False),
    ("10", "greater", "9", True), ("2026-11-24", "less", "2026-12-01", True), ("", "less", "2026-12-01", False),
    ("Lagos Island", "contains", "island", True)])
def test_a_case_holds_when_it_should(value, test, wanted, holds):
    assert engine.passes(value, test, wanted) is holds


class TestCheck:
    def test_a_whole_flow_has_no_problem(self, booking):
        assert check.problems_of(booking) == []

    @pytest.mark.parametrize(("nodes", "words"), [
        ([{"id": "a", "kind": "say", "texts": {"": "Hi"}}], "Nothing follows"),
        ([{"id": "a", "kind": "say", "texts": {"": "Hi"}, "next": "x"}], "not there"),
        ([{"id": "a", "kind": "end"}, {"id": "b", "kind": "end"}], "Nothing leads here"),
        ([{"id": "a", "kind": "ask", "texts": {"": "?"}, "next": "a"}], "can never end"),
        ([{"id": "a", "kind": "say", "texts": {"": "Hi"}, "next": "b"}, {"id": "b", "kind": "branch", "next": "a", "cases": [
            {"value_of": "x", "value": "1", "next": "c"}]}, {"id": "c", "kind": "end"}], "in a circle"),
        ([{"id": "a", "kind": "ask", "expects": "choice", "texts": {"": "?"}, "next": "b"}, {"id": "b", "kind": "end"}],
         "nothing to choose"),
        ([{"id": "a", "kind": "say", "next": "b"}, {"id": "b", "kind": "end"}], "no text"),
        ([{"id": "a", "kind": "say", "texts": {"": "Hi {{"}, "next": "b"}, {"id": "b", "kind": "end"}], ""),
        ([{"id": "a", "kind": "ask", "expects": "choice", "texts": {"": "?"}, "choices": [
            {"titles": {"": "x" * 21}, "next": "b"}]}, {"id": "b", "kind": "end"}], "longer than 20")])
    def test_a_flow_that_cannot_run_is_refused_with_the_reason(self, nodes, words):
        found = check.problems_of(drawing.read({"start": "a", "nodes": nodes}))

        assert any(words in one.words for one in found)

    @pytest.mark.parametrize("raw", [None, [], {}, {"nodes": []}, {"nodes": [1]}, {"nodes": [{"id": "a", "kind": "poll"}]},
                                     {"nodes": [{"id": "a", "kind": "end"}, {"id": "a", "kind": "end"}]},
                                     {"nodes": [{"id": "a", "kind": "end", "colour": 1}]}, {"schema": "other", "nodes": []},
                                     {"nodes": [{"id": "a", "kind": "wait", "minutes": True}]},
                                     {"nodes": [{"id": "a b", "kind": "end"}]}])
    def test_what_has_not_the_published_form_is_refused(self, raw):
        with pytest.raises(Invalid):
            drawing.read(raw)


WORDS = st.sampled_from(["1", "2", "Book", "something else", "back", "menu", "2026-11-24", "3", "7", "hm", "", "agent", "\ud83d"])


@given(st.lists(WORDS, max_size=12))
def test_whatever_is_said_the_story_waits_or_has_ended(words):
    flow = drawing.read(BOOKING)
    outcome = engine.begin(flow, ANA)
    for said in words:
        if outcome.ended:
            break
        outcome = engine.hear(flow, outcome.stand, Heard(said), ANA)
        assert bool(outcome.ended) != bool(outcome.waits_for)
        assert outcome.ended != "broken"
