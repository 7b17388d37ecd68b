"""One page of a longer list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`items` of page `number` (from 1), `size` a page, `total` in all."""

    items: Sequence[T]
    number: int
    size: int
    total: int

    @property
    def last(self) -> int:
        """The number of the last page; 1 when there is nothing."""
        return max(1, -(-self.total // self.size))

    @property
    def first_shown(self) -> int:
        """Counted from 1 over the whole list; 0 when there is nothing."""
        return (self.number - 1) * self.size + 1 if self.items else 0

    @property
    def last_shown(self) -> int:
        """Counted from 1 over the whole list; 0 when there is nothing."""
        return self.first_shown + len(self.items) - 1 if self.items else 0
