"""Counts of a large book are kept: until something changed, and a few seconds while people come in."""

from datetime import UTC, datetime, timedelta

import pytest

from core import clock
from services.contacts import tallies


class Book:
    """A book as the counts see it: the newest person, line of the ledger and act; every count is a new number."""

    def __init__(self) -> None:
        self.newest, self.counted, self.at = (1_000_000, 5, 7), 0, datetime(2026, 11, 29, tzinfo=UTC)

    def count(self) -> int:
        self.counted += 1
        return self.counted


@pytest.fixture
def book(app, monkeypatch):
    book = Book()
    monkeypatch.setattr(tallies, "_newest", lambda: book.newest)
    monkeypatch.setattr(tallies, "_kept", {})
    monkeypatch.setattr(clock, "now", lambda: book.at)
    return book


@pytest.mark.parametrize(("newest", "seconds", "is_kept"), [
    ((1_000_000, 5, 7), 29, True),  # nothing happened
    ((1_000_000, 5, 7), 31, False),
    ((1_005_000, 9, 7), 3, True),  # a file is coming in
    ((1_005_000, 9, 7), 5, False),
    ((1_005_000, 5, 8), 1, False),  # somebody did something
    ((1_000_000, 6, 7), 1, False),  # somebody agreed or said stop
    ((900_000, 5, 7), 1, False)])  # the newest people went
def test_a_count_is_kept_as_long_as_it_is_good(book, newest, seconds, is_kept):
    assert tallies._remembered("people", book.count) == 1

    book.newest, book.at = newest, book.at + timedelta(seconds=seconds)

    assert tallies._remembered("people", book.count) == (1 if is_kept else 2)


def test_a_small_book_is_counted_each_time(book):
    book.newest = (20_000, 5, 7)

    assert [tallies._remembered("people", book.count) for _ in range(2)] == [1, 2]
