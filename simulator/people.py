"""Whose phone is in somebody's hand: people who were picked up or made, and how their phones behave.

A phone that is held does what its holder says. Everybody else is an ordinary person, whose story is drawn.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from core import clock
from simulator.customers import name_of, user_id_of
from simulator.ledger import Ledger

NUMBER = re.compile(r"[1-9][0-9]{5,14}")
USERNAME = re.compile(r"[a-z0-9._]{3,30}")
LONGEST_NAME = 100
LONGEST_DELAY = 600.0
FRESH_SECONDS = 0.25  # after which a phone picked up in another process is known here
FREE_NUMBERS = [f"447700900{last:03}" for last in range(100, 1000)]  # kept free for stories, so none is a person


@dataclass(frozen=True, slots=True)
class Person:
    """One person and their phone."""

    number: str  # digits, as WhatsApp writes them
    user_id: str
    name: str
    username: str = ""
    hides_number: bool = False  # shows the username instead
    has_whatsapp: bool = True
    has_connection: bool = True
    reads: bool = True  # looks at what arrives by itself
    tells_read: bool = True  # read receipts are on
    has_blocked: bool = False
    news_late: float = 0.0  # seconds until the webhook hears of a delivery
    typing_until: float = 0.0  # Unix seconds until which they see us writing
    held_at: float = 0.0  # 0: an ordinary person

    @property
    def is_held(self) -> bool:
        """Whether somebody has this phone in hand."""
        return self.held_at > 0

    def contact(self, *, with_username: bool = True) -> str:
        """How Meta shows this person beside a message, as JSON."""
        profile = {"name": self.name} | ({"username": self.username} if self.username and with_username else {})
        number = {} if self.hides_number else {"wa_id": self.number}
        return json.dumps({"profile": profile} | number | {"user_id": self.user_id})


CHANGED = "hides_number, has_whatsapp, has_connection, reads, tells_read, has_blocked, news_late, name, username"
_SWITCHES = ("hides_number", "has_whatsapp", "has_connection", "reads", "tells_read", "has_blocked")
_COLUMNS = ", ".join(field.name for field in fields(Person))
_ASK = f"SELECT {_COLUMNS} FROM people WHERE "
_KEEP = (f"INSERT INTO people ({_COLUMNS}) VALUES ({', '.join('?' * len(fields(Person)))}) ON CONFLICT (number) DO UPDATE "
         f"SET {', '.join(f'{field.name} = excluded.{field.name}' for field in fields(Person) if field.name != 'number')}")


class People:
    """The people of one simulated world."""

    def __init__(self, book: Ledger) -> None:
        self._book = book
        self._known: set[str] = set()  # numbers with plus, and user ids
        self._looked = -FRESH_SECONDS

    def has(self, recipient: str) -> bool:
        """Whether `of_recipient` may find somebody; for every send, so it asks the file only now and then."""
        now = clock.monotonic()
        if now - self._looked > FRESH_SECONDS:
            rows = self._book.rows("SELECT number, user_id FROM people")
            self._known, self._looked = {name for number, user in rows for name in (f"+{number}", user)}, now
        return recipient in self._known

    def of_recipient(self, recipient: str) -> Person | None:
        """The held phone a message to this number (with plus) or user id reaches; None for an ordinary person. One query."""
        column, value = ("number", recipient[1:]) if recipient.startswith("+") else ("user_id", recipient)
        rows = self._book.rows(f"{_ASK}{column} = ?", (value,))
        return _person(rows[0]) if rows else None

    def of(self, number: str) -> Person:
        """Whoever has this number (digits): the held phone, or an ordinary person. One query."""
        return self.of_recipient(f"+{number}") or ordinary(number)

    def all(self) -> list[Person]:
        """Every held phone, the one that was picked up last first. One query."""
        return [_person(row) for row in self._book.rows(f"{_ASK}held_at > 0 ORDER BY held_at DESC, number")]

    def keep(self, person: Person) -> None:
        """Write a person down."""
        self._book.write([(_KEEP, [tuple(getattr(person, field.name) for field in fields(Person))])])
        self._looked = -FRESH_SECONDS

    def free_number(self) -> str:
        """Digits nobody of this world holds yet. Raises ValueError when all are taken."""
        taken = {person.number for person in self.all()}
        for number in FREE_NUMBERS:
            if number not in taken:
                return number
        raise ValueError("All numbers that are kept free for stories are taken: give one")


def ordinary(number: str) -> Person:
    """An ordinary person: the same number is always the same person."""
    return Person(number, user_id_of(number), name_of(number))


def changes_of(told: dict[str, Any]) -> dict[str, Any]:
    """What is to change about a person, checked. Raises ValueError in words."""
    made: dict[str, Any] = {}
    for name, value in told.items():
        if name in _SWITCHES:
            if not isinstance(value, bool):
                raise ValueError(f"{name} must be true or false")
            made[name] = value
        elif name == "news_late":
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LONGEST_DELAY:
                raise ValueError(f"news_late is seconds from 0 to {LONGEST_DELAY:g}")
            made[name] = float(value)
        elif name == "name":
            made[name] = name_given(value)
        elif name == "username":
            made[name] = username_given(value)
        else:
            raise ValueError(f"{name[:60]} cannot be changed. There are: {CHANGED}")
    return made


def number_given(value: object) -> str:
    """Digits of a number with plus. Raises ValueError in words."""
    digits = value.translate(str.maketrans("", "", " -()")).removeprefix("+") if isinstance(value, str) else ""
    if not digits.isascii() or not NUMBER.fullmatch(digits):
        raise ValueError("A number has a plus, a country code and 6 to 15 digits in all")
    return digits


def name_given(value: object) -> str:
    """A profile name. Raises ValueError in words."""
    name = " ".join(value.split()) if isinstance(value, str) else ""
    if not 0 < len(name) <= LONGEST_NAME:
        raise ValueError(f"A name has 1 to {LONGEST_NAME} characters")
    return name


def username_given(value: object) -> str:
    """A username, or none. Raises ValueError in words."""
    name = value.strip().removeprefix("@").lower() if isinstance(value, str) else "?"
    if name and not USERNAME.fullmatch(name):
        raise ValueError("A username has 3 to 30 small letters, digits, dots and underscores")
    return name


def held_now(person: Person, **changes: Any) -> Person:
    """The same person with their phone in somebody's hand."""
    return replace(person, held_at=person.held_at or clock.seconds(), **changes)


def _person(row: Sequence[Any]) -> Person:
    """One row of the file."""
    values = dict(zip((field.name for field in fields(Person)), row, strict=True))
    return Person(**values | {name: bool(values[name]) for name in _SWITCHES})
