"""How long to wait before trying again: growing, capped, and spread by chance so that many do not come back at once."""

import random


def full_jitter(tries: int, *, base: float, cap: float, chance: float | None = None) -> float:
    """Seconds to wait after `tries` failed tries (1, 2 …): anything between 0 and base × 2^(tries-1), at most `cap`.

    `chance` (0 to 1) replaces the dice in tests.
    """
    ceiling = min(cap, base * 2.0 ** min(max(tries, 1) - 1, 60))
    return ceiling * (random.random() if chance is None else chance)


def at_least(seconds: float, *, spread: float = 0.2, chance: float | None = None) -> float:
    """Never less than `seconds`, and up to `spread` (a share of it) more."""
    return seconds * (1.0 + spread * (random.random() if chance is None else chance))


def growing(tries: int, *, first: float, factor: float, cap: float) -> float:
    """first, first × factor, first × factor² … for tries 1, 2, 3 …, at most `cap`."""
    return min(cap, first * factor ** min(max(tries, 1) - 1, 60))
