"""Every number is looked after once a minute: does Meta answer for it, does its token work, does its webhook answer?

What is well leaves a sign of life; what stops leaving one is in trouble (troubles.py). A webhook that never answered us is
not said to be broken: not every network lets a machine call its own public address.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from core import clock
from core.actor import SYSTEM
from core.errors import DashboardError
from models import Channel, WorkerBeat, db, is_sqlite, transaction
from services import whatsapp_service
from services.channels.about import Step, facts_of_number
from services.channels.checkup import check, webhook_url
from services.channels.queries import channels_in_use, get_channel, line_of
from transports.port import AccountRefused, ChannelRefused, Line, NotSignedIn, SendFailed

EVERY = timedelta(seconds=25)
WHOLE = timedelta(hours=6)  # between two whole checks, which also tell when the token ends
_PATH = "path"  # one sign for all processes
log = logging.getLogger("whatsapp")


def pulse_due(now: datetime) -> int:
    """Look after every number in use whose turn it is; how many. Safe from any number of processes."""
    mine = [channel.id for channel in channels_in_use() if _claimed(f"pulse {channel.id}", now)]
    for channel_id in mine:
        try:
            _pulse(channel_id, now)
        except DashboardError as error:  # a secret that cannot be opened: troubles() says so
            log.warning("channel %d could not be looked after: %s", channel_id, error.message)
    return len(mine)


def seen(part: str) -> datetime | None:
    """When this part of a number last gave a sign of life: graph 3, webhook 3. One query."""
    return db.session.scalar(select(WorkerBeat.beat_at).where(WorkerBeat.part == part, WorkerBeat.process == _PATH))


def _pulse(channel_id: int, now: datetime) -> None:
    """One number: ask Meta about it, then call its webhook as Meta would."""
    channel = get_channel(channel_id)
    line, was_bad = line_of(channel), _has_bad_token(channel)
    is_old = channel.checked_at is None or channel.checked_at < now - WHOLE
    db.session.rollback()  # nobody is waited for inside a transaction
    number = _asked(line, channel_id, was_bad)
    if number is None:
        return
    if was_bad or is_old:
        check(channel_id, by=SYSTEM)
    with transaction():
        _sign(f"graph {channel_id}", clock.now())
        facts = {name: value for name, value in facts_of_number(number).items() if value}
        if facts:
            db.session.execute(update(Channel).where(Channel.id == channel_id).values(**facts))
    if _knocks(line, webhook_url(number)):
        with transaction():
            _sign(f"webhook {channel_id}", clock.now())


def _asked(line: Line, channel_id: int, was_bad: bool) -> Mapping[str, Any] | None:
    """What Meta says of the number; None when it does not answer, or refuses: then the whole check keeps why."""
    try:
        number = whatsapp_service.account().number_info(line)
    except (NotSignedIn, AccountRefused, ChannelRefused):
        if not was_bad:
            check(channel_id, by=SYSTEM)
        with transaction():
            _sign(f"graph {channel_id}", clock.now())
        return None
    except SendFailed as error:
        log.info("Meta does not answer for channel %d: %s", channel_id, error.code)
        return None
    return number


def _knocks(line: Line, url: str) -> bool:
    try:
        if url:
            whatsapp_service.account().knock(line, url)
    except SendFailed:
        return False
    return bool(url)


def _has_bad_token(channel: Channel) -> bool:
    return any(one.get("part") == "Access token" and one.get("step") == Step.BAD for one in channel.findings or [])


def _claimed(part: str, now: datetime) -> bool:
    """Whether it is ours this time."""
    with transaction():
        won = db.session.execute(update(WorkerBeat).where(
            WorkerBeat.part == part, WorkerBeat.process == _PATH, WorkerBeat.beat_at <= now - EVERY)
            .values(beat_at=now)).rowcount
        if won:
            return True
        first = _insert().values(part=part, process=_PATH, beat_at=now)
        return db.session.scalar(first.on_conflict_do_nothing(index_elements=["part", "process"])
                                 .returning(WorkerBeat.part)) is not None


def _sign(part: str, at: datetime) -> None:
    db.session.execute(_insert().values(part=part, process=_PATH, beat_at=at).on_conflict_do_update(
        index_elements=["part", "process"], set_={"beat_at": at}))


def _insert() -> Any:
    if is_sqlite():
        from sqlalchemy.dialects.sqlite import insert
    else:
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
    return insert(WorkerBeat)
