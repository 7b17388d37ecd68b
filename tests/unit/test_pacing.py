"""How many messages now, and when each may leave."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sending import pacing
from services.sending.pacing import Timetable

NOW = 1000.0


def timetable(now=NOW, **changes):
    return Timetable(now, **({"next_slot": 0.0, "reply_slot": 0.0, "rate": 20.0, "share": 0.0} | changes))


def test_after_a_lull_nothing_was_saved_up():
    times = timetable(next_slot=5.0)

    assert (times.places(100), times.in_line()) == (21, NOW)


def test_a_reservation_continues_where_the_last_one_ended():
    first = timetable()
    leaves = [first.in_line() for _ in range(4)]
    second = timetable(now=NOW + 0.01, next_slot=first.next_slot)

    assert second.in_line() == pytest.approx(leaves[0] + 4 / 20)


def test_places_too_far_ahead_are_left_for_later():
    times = timetable(next_slot=NOW + 1.5)

    assert (times.places(5), times.again_at()) == (0, NOW + 0.5)


def test_a_slow_channel_still_gets_a_place():
    assert timetable(rate=0.1).places(5) == 1


@given(rate=st.floats(0.5, 1000), asks=st.lists(st.tuples(st.floats(0, 0.4), st.integers(1, 60)), max_size=60))
def test_no_second_holds_more_than_the_rate(rate, asks):
    """Whoever asks, whenever, for however many: departures are a gap apart."""
    now, next_slot, leaves = NOW, 0.0, []
    for passed, wanted in asks:
        now += passed
        times = timetable(now, next_slot=next_slot, rate=rate)
        leaves += [times.in_line() for _ in range(times.places(wanted))]
        next_slot = times.next_slot

    gaps = [b - a for a, b in zip(leaves, leaves[1:], strict=False)]
    assert all(gap > 0.999 / rate for gap in gaps)


def test_a_reply_leaves_at_once_and_the_next_one_in_line_before_campaigns():
    times = timetable(next_slot=NOW + 0.9, share=0.05)

    leaves = [times.reply(), times.reply(), times.in_line()]

    assert leaves == pytest.approx([NOW, NOW + 0.9, NOW + 0.9 + 1 / 19])


def test_without_a_share_replies_go_in_line():
    assert timetable(next_slot=NOW + 0.9).reply() == NOW + 0.9


def test_both_together_stay_within_the_rate():
    times = timetable(share=0.05)

    leaves = sorted([times.reply() for _ in range(30)] + [times.in_line() for _ in range(600)])

    assert max(sum(at <= other < at + 10 for other in leaves) for at in leaves) <= 201


def test_few_messages_are_kept_ready_at_low_rates():
    assert pacing.ahead(20, 0.01, 64) == pacing.FEWEST_AHEAD
    assert pacing.ahead(80, 0.01, 64) == 16
    assert pacing.ahead(1000, 0.01, 256) == 125
    assert pacing.ahead(1e6, 0.01, 64) == 64
