"""Stories are seeded, shares are kept, and what is published is what happens."""

from pathlib import Path

import pytest

from core.phone import Phone
from simulator.limits import Pace, PairPace
from simulator.magic import NUMBERS, magic_of, table
from simulator.story import Chances, Story

PAGE = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text()


def plots(story: Story, count: int = 2000):
    return [story.of(f"+4479{number:08}", "hello") for number in range(count)]


def share(found, total):
    return sum(found) / total


def test_the_same_seed_tells_the_same_stories():
    assert plots(Story(7), 100) == plots(Story(7), 100)


def test_another_seed_tells_other_stories():
    assert plots(Story(7), 100) != plots(Story(8), 100)


def test_another_text_to_the_same_person_is_another_story():
    assert Story(7).of("+447911123456", "hello") != Story(7).of("+447911123456", "bye")


def test_most_people_get_it_and_many_read_it():
    found = plots(Story(1))
    words = [[step.word for step in plot.steps] for plot in found]

    assert 0.93 < share(("delivered" in w for w in words), 2000) < 0.99
    assert 0.60 < share(("read" in w for w in words), 2000) < 0.75
    assert 0.003 < share(("failed" in w for w in words), 2000) < 0.02


def test_news_follows_the_order_of_life():
    for plot in plots(Story(1)):
        times = [step.after for step in plot.steps]
        assert times == sorted(times) and times[0] > 0


def test_ordinary_people_on_an_ordinary_wire_get_an_answer():
    assert all(plot.refusal is None and plot.fault is None for plot in plots(Story(1)))


@pytest.mark.parametrize("name, how", [("reset-after-accepting", "reset"), ("hang", "hang"), ("broken-json", "broken")])
def test_a_share_of_faults_is_kept(name, how):
    found = plots(Story(1, faults=[f"{name}=25%"]))

    assert 0.2 < share((plot.fault is not None and plot.fault.how == how for plot in found), 2000) < 0.3


def test_a_share_of_throttling_is_kept_with_its_advice():
    found = [plot.refusal for plot in plots(Story(1, faults=["code-130429:3=0.3"]))]

    assert 0.25 < share((refusal is not None for refusal in found), 2000) < 0.35
    assert {refusal.retry_after for refusal in found if refusal} == {3}


def test_some_people_answer_and_some_want_no_more():
    found = plots(Story(1, Chances(reply=0.2, stop=0.1)))
    said = [saying.text for plot in found for saying in plot.sayings]

    assert said.count("Thank you!") > said.count("STOP") > 0


@pytest.mark.parametrize("number", [number for number, _words in table()])
def test_a_magic_number_is_a_number_we_can_message(number):
    assert magic_of(Phone.parse(number).e164) is not None


@pytest.mark.parametrize(
    "number", ["+447911123456", "+16135550100", "+16135550199", "+161355501011", "+12025550101", "1"])
def test_other_numbers_are_ordinary(number):
    assert magic_of(number) is None


def test_the_page_publishes_every_magic_number():
    rows = [f"| {number} | {words} |" for number, words in table()]

    assert [row for row in rows if row not in PAGE] == []
    assert PAGE.count("\n| +1 613 555 01") == len(NUMBERS)


def test_the_page_explains_every_chance():
    assert all(f"| `{name}` | {getattr(Chances(), name)} |" in PAGE for name in Chances.__slots__)


class TestPace:
    def test_a_burst_passes_and_then_one_after_the_other(self):
        pace = Pace(per_second=2, burst=3)

        assert [pace.allows(100.0) for _ in range(4)] == [True, True, True, False]
        assert [pace.allows(100.5), pace.allows(100.5)] == [True, False]

    def test_no_rate_is_no_limit(self):
        assert all(Pace(0, 1).allows(100.0) for _ in range(1000))

    def test_each_person_has_a_pace_of_their_own(self):
        pairs = PairPace(1 / 6, 1)

        assert pairs.allows("ana", 100.0) and pairs.allows("bo", 100.0)
        assert not pairs.allows("ana", 105.0) and pairs.allows("ana", 106.0)
