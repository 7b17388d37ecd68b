"""How fast is too fast: a rate for the number, and one for each person, with room for a burst."""

from dataclasses import dataclass

_MANY = 200_000


@dataclass(slots=True)
class Pace:
    """So many a second with a burst; 0 means no limit. Remembers one moment: when the burst would be used up."""

    per_second: float
    burst: float
    _full_at: float = 0.0

    def allows(self, now: float) -> bool:
        """Whether one more may pass at `now` (seconds of any clock that only runs forward)."""
        if not self.per_second:
            return True
        start = max(self._full_at, now)
        if start - now > (self.burst - 1) / self.per_second:
            return False
        self._full_at = start + 1 / self.per_second
        return True


class PairPace:
    """One pace for each person."""

    def __init__(self, per_second: float, burst: float) -> None:
        self._per_second = per_second
        self._burst = burst
        self._people: dict[str, Pace] = {}

    def allows(self, recipient: str, now: float) -> bool:
        """Whether this person may get one more now."""
        if not self._per_second:
            return True
        if len(self._people) >= _MANY:
            self._people.clear()
        pace = self._people.get(recipient)
        if pace is None:
            pace = self._people[recipient] = Pace(self._per_second, self._burst)
        return pace.allows(now)
