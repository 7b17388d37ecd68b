"""Pure: how many messages now, and when each may leave. A channel's row holds the next free slot for all processes."""

HORIZON = 1.0  # seconds: no process reserves slots further ahead than this
FEWEST_AHEAD, MOST_OF_FEW = 4, 16  # messages kept ready at low rates
FAST = 200.0  # messages a second: above it a place that passes while a busy machine is late is soon too many
SETTLES = 2.0  # seconds after being told to slow down: what else is told then was under way already
SLOWEST = 0.25  # of the rate: it never goes below that
RECOVERS = 60.0  # seconds until the full rate is back


class Timetable:
    """Departures of one claim. Replies have `share` of the rate for themselves, so one leaves at once although campaigns
    hold the places of the next second; when that is used up they go in line, before campaigns.

    Together the two never hold more than the rate. Idle time is not saved up: after a lull the first message leaves at
    once and the others follow in step. Nobody reserves places further ahead than the horizon.
    """

    def __init__(self, now: float, *, next_slot: float, reply_slot: float, rate: float, share: float) -> None:
        self.now, self.next_slot, self.reply_slot = now, next_slot, reply_slot
        self._rate, self._reply_rate = rate * (1.0 - share), rate * share

    def places(self, wanted: int) -> int:
        """How many may go in line within the horizon, `wanted` at most."""
        return _places(self.now, self.next_slot, self._rate, wanted)

    def reply_places(self, wanted: int) -> int:
        """How many replies may go within the horizon, beside the line and in it."""
        beside = _places(self.now, self.reply_slot, self._reply_rate, wanted) if self._reply_rate else 0
        return min(wanted, beside + self.places(wanted))

    def again_at(self) -> float:
        """When there will be a place in line, if there is none now."""
        return self.next_slot - HORIZON

    def in_line(self) -> float:
        """The next departure in line, taken."""
        at = max(self.next_slot, self.now)
        self.next_slot = at + 1.0 / self._rate
        return at

    def reply(self) -> float:
        """The next departure of a reply, taken: the earlier of its own place and the next one in line."""
        own = max(self.reply_slot, self.now)
        if not self._reply_rate or own > max(self.next_slot, self.now):
            return self.in_line()
        self.reply_slot = own + 1.0 / self._reply_rate
        return own


def _places(now: float, next_slot: float, rate: float, wanted: int) -> int:
    """How many places at this rate lie within the horizon, `wanted` at most."""
    first = max(next_slot, now)
    return max(0, min(wanted, int((now + HORIZON - first) * rate) + 1)) if first <= now + HORIZON else 0


def ahead(rate: float, trip_seconds: float, limit: int) -> int:
    """How many messages to keep claimed beyond those on the wire: enough to cover the next trip to the database.

    Few, because a dead sender leaves each of them in doubt; a fifth of a second of a slow number and an eighth of a fast
    one, because each of its places that passes while a busy machine is late is lost.
    """
    few = min(MOST_OF_FEW, rate * 0.2)
    least = 0.125 if rate > FAST else 0.06
    return max(FEWEST_AHEAD, min(limit, round(max(few, rate * max(least, 3.0 * trip_seconds)))))


def share_now(slow_share: float, slowed_at: float, now: float) -> float:
    """Which share of its rate a number goes at, `slowed_at` being when it was last told to slow down."""
    back = max(0.0, now - slowed_at) / RECOVERS
    return min(1.0, slow_share + (1.0 - slow_share) * back)


def slower(slow_share: float, slowed_at: float, now: float) -> float:
    """The share after being told to slow down once more."""
    return max(SLOWEST, share_now(slow_share, slowed_at, now) / 2.0)
