"""How long to wait before trying again."""

import pytest

from core import retry


@pytest.mark.parametrize("tries, most", [(1, 2), (2, 4), (3, 8), (20, 60)])
def test_the_wait_grows_and_is_capped(tries, most):
    assert retry.full_jitter(tries, base=2, cap=60, chance=1.0) == most


def test_the_wait_is_spread_down_to_nothing():
    assert retry.full_jitter(5, base=2, cap=60, chance=0.0) == 0


def test_a_carriers_advice_is_never_cut_short():
    assert retry.at_least(3.0, chance=0.0) == 3.0
    assert 3.0 <= retry.at_least(3.0) <= 3.6


def test_the_pair_wait_grows_by_a_factor():
    assert [retry.growing(n, first=6, factor=4, cap=3600) for n in (1, 2, 3, 9)] == [6, 24, 96, 3600]


def test_a_huge_number_of_tries_is_harmless():
    assert retry.full_jitter(10**9, base=2, cap=60, chance=1.0) == 60
