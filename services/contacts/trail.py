"""Where numbers went: every move the carrier told of is kept, so that whoever had a number at some moment is found where they
are by now, in whatever order the moves were told and however often a number was left.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, func, or_, select

from core.spellings import other_spellings
from models import NumberMove, db
from services.contacts import addresses, writing

_FAR = 50  # moves one after another; a longer trail is not followed to its end


class Move(NamedTuple):
    """From one number to another, both in the spelling that is kept."""

    former: str
    current: str
    at: datetime


def spelled(wa_id: str) -> str:
    """The digits of a number in the one spelling that is kept."""
    if not other_spellings(f"+{wa_id}"):
        return wa_id[:20]
    return (addresses.phone_of(wa_id) or wa_id).lstrip("+")[:20]


def keep(wa_id: str, new_wa_id: str, at: datetime) -> None:
    """Remember that whoever had the one number had the other from then on. Twice is once."""
    former, current = spelled(wa_id), spelled(new_wa_id)
    if former and current and former != current:
        writing.insert_new(NumberMove, [{"former": former, "current": current, "at": at}])


def forget(digits: Iterable[str]) -> None:
    """Forget every move from or to these numbers."""
    known = [*{spelled(number) for number in digits}]
    db.session.execute(delete(NumberMove).where(or_(NumberMove.former.in_(known), NumberMove.current.in_(known))))


def around(*numbers: str) -> list[Move]:
    """Every move that hangs together with these numbers, oldest first. A query for each step away from them."""
    found: set[Move] = set()
    known: set[str] = set()
    new = {spelled(number) for number in numbers if number}
    while new and len(known) < _FAR:
        known |= new
        found |= {Move(*row) for row in db.session.execute(
            select(NumberMove.former, NumberMove.current, NumberMove.at)
            .where(or_(NumberMove.former.in_(new), NumberMove.current.in_(new))))}
        new = {number for move in found for number in move[:2]} - known
    return sorted(found, key=lambda move: (move.at, move.former, move.current))


def now_of(moves: Sequence[Move], wa_id: str, at: datetime, *, has_arrived: bool = False) -> str:
    """The number of whoever had this one at that moment, by now. `has_arrived`: they came to it at that very moment."""
    number, passed = spelled(wa_id), set[Move]()
    for _ in range(_FAR):
        onward = next((move for move in moves if move.former == number and move not in passed
                       and (move.at > at if has_arrived else move.at >= at)), None)
        if onward is None:
            return number
        passed.add(onward)
        number, at, has_arrived = onward.current, onward.at, True
    return number


def left_for(moves: Sequence[Move], number: str) -> dict[str, datetime]:
    """The numbers that whoever has this one had before, and when they left each for the last time."""
    return {move.former: move.at for move in moves
            if now_of(moves, move.current, move.at, has_arrived=True) == number and move.former != number}


def last_left(numbers: Iterable[str]) -> Mapping[str, datetime]:
    """When each of these numbers was left last, where it ever was. One query."""
    wanted = {spelled(number) for number in numbers if number}
    if not wanted:
        return {}
    return dict(db.session.execute(select(NumberMove.former, func.max(NumberMove.at)).where(
        NumberMove.former.in_(wanted)).group_by(NumberMove.former)).all())


def of_numbers(digits: Iterable[str]) -> list[NumberMove]:
    """What is kept of moves from or to these numbers, oldest first."""
    known = [*{spelled(number) for number in digits}]
    return list(db.session.scalars(select(NumberMove).where(
        or_(NumberMove.former.in_(known), NumberMove.current.in_(known))).order_by(NumberMove.at, NumberMove.id)))
