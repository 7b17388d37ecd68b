"""Charts as numbers: nothing is drawn outside its box, whatever is counted."""

from hypothesis import given
from hypothesis import strategies as some

from core.charts import HEIGHT, Chart, Series, round_top, running_total

VALUES = some.lists(some.integers(0, 10**7), min_size=1, max_size=48)


@given(VALUES)
def test_every_bar_lies_inside_the_box(values):
    chart = Chart(tuple(map(str, values)), (Series("a", "sent", tuple(values)), Series("b", "read", tuple(values))))

    for number in (0, 1):
        for bar in chart.bars(number):
            assert bar.x >= 0 and bar.x + bar.width <= 100.001
            assert bar.y >= -0.001 and abs(bar.y + bar.height - HEIGHT) < 0.001
    assert all(0 <= y <= HEIGHT for _, y in chart.marks(0))


@given(some.integers(0, 10**9))
def test_the_top_of_an_axis_is_round_and_not_far_above(value):
    assert value <= round_top(value) <= max(1, value * 2.5)


@given(VALUES)
def test_the_ticks_rise_evenly_from_nothing_to_the_top(values):
    ticks = [value for value, _ in Chart(("x",) * len(values), (Series("a", "sent", tuple(values)),)).ticks]

    assert ticks[0] == 0 and ticks == sorted(set(ticks)) and len(ticks) <= 6


def test_few_labels_are_shown_when_there_are_many():
    chart = Chart(tuple(map(str, range(48))), (Series("a", "sent", (1,) * 48),))

    assert len(chart.shown_labels) <= 6 and chart.shown_labels[0][0] == "0"


def test_a_running_total_holds_all_before():
    assert running_total([1, 0, 4]) == (1, 1, 5)


def test_nothing_counted_is_empty():
    assert Chart(("a",), (Series("a", "sent", (0,)),)).is_empty and Chart((), ()).is_empty
