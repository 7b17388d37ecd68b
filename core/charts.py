"""Charts as numbers: a round top for the axis, its ticks, which labels have room. Drawing is the template's business.

Everything lies on a grid of 100 across (percent) and HEIGHT down, so that a chart can be any width without scaling its
letters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10

HEIGHT = 150
MOST_LABELS = 4
MARKS = ("circle", "square", "triangle", "diamond")
DASHES = ("none", "6 4", "2 3", "8 3 2 3")
_ROUND = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Series:
    """One thing counted: its name, the kind that gives its colour, and one value for each label."""

    name: str
    kind: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle: x and width in percent, y and height on the grid."""

    x: float
    y: float
    width: float
    height: float
    value: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Labels along the bottom and one or more series over them."""

    labels: tuple[str, ...]
    series: tuple[Series, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(any(one.values) for one in self.series)

    @property
    def top(self) -> int:
        """A round number no value exceeds."""
        return round_top(max((value for one in self.series for value in one.values), default=0))

    @property
    def ticks(self) -> list[tuple[int, float]]:
        """(value, y) of the lines across, from the bottom up."""
        parts = next(part for part in (4, 5, 2, 3, 1) if self.top % part == 0)
        return [(self.top * step // parts, self.y(self.top * step // parts)) for step in range(parts + 1)]

    @property
    def shown_labels(self) -> list[tuple[str, float, str]]:
        """(text, x, anchor) of the labels that have room, the first and the last among them."""
        count = len(self.labels)
        step = max(1, -(-count // MOST_LABELS))
        return [(self.labels[place], self.x(place), "start" if place == 0 and count > 1 else
                 "end" if place == count - 1 and count > 1 else "middle") for place in range(0, count, step)]

    def x(self, place: int) -> float:
        """The middle of a label, in percent."""
        return 100 * (place + 0.5) / max(1, len(self.labels))

    def y(self, value: float) -> float:
        """A value on the grid, counted from the top."""
        return HEIGHT * (1 - value / self.top)

    def bars(self, number: int) -> list[Bar]:
        """The bars of one series, beside those of the others."""
        room = 100 / max(1, len(self.labels))
        width = room * 0.84 / len(self.series)
        return [Bar(place * room + room * 0.08 + number * width, self.y(value), width * 0.94, HEIGHT - self.y(value), value)
                for place, value in enumerate(self.series[number].values)]

    def points(self, number: int) -> str:
        """One series as the points of a line, 100 wide and HEIGHT high."""
        return " ".join(f"{self.x(place):.2f},{self.y(value):.2f}"
                        for place, value in enumerate(self.series[number].values))

    def marks(self, number: int) -> list[tuple[float, float]]:
        """(x, y) of some points of a line, so that it is known by its shape as well; each line at other places."""
        values = self.series[number].values
        step = max(1, len(values) // 5)
        places = sorted({*range(number * step // max(1, len(self.series)), len(values), step), len(values) - 1})
        return [(self.x(place), self.y(values[place])) for place in places if place >= 0]


def round_top(value: int) -> int:
    """The next round number: 0 → 1, 7 → 10, 23 → 25, 1,204 → 2,000."""
    if value <= 5:
        return max(1, value)
    size = 10 ** floor(log10(value))
    return int(next(part * size for part in _ROUND if part * size >= value))


def running_total(values: Sequence[int]) -> tuple[int, ...]:
    """Each value with all before it."""
    found, total = [], 0
    for value in values:
        total += value
        found.append(total)
    return tuple(found)
