"""Files people sent us: fetched from the carrier in the background, checked by what they hold, kept on our shelf.

Addresses are good for five minutes and ids for seven days, so each try asks for a new address. Several are fetched at once;
no transaction is open meanwhile.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select, update

from core import clock
from core.states import FileState
from models import Channel, MediaFile, Message, ReceivedFile, db, transaction
from services import channels, whatsapp_service
from services.media import checking, fetching, files
from services.media.fetching import Fetched, Wanted
from transports.port import Line

AT_ONCE = 4
KEPT_BY_CARRIER = timedelta(days=7)
LEASE = timedelta(minutes=10)  # longer than one fetch may take
WAITS = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3600, 6 * 3600))  # after the first, second … try

_r = ReceivedFile.__table__.c


class _Claim(NamedTuple):
    """One file that is ours to fetch until the lease ends."""

    message_id: int
    kind: str
    name: str
    wire_id: str
    tries: int
    sent_at: datetime
    channel_id: int
    lease_until: datetime | None = None


def fetch_due(now: datetime) -> int:
    """Fetch files that are due, several at once; how many were tried. Safe for many at the same time."""
    claims = _claimed(now)
    if not claims:
        return 0
    lines = _lines({claim.channel_id for claim in claims})
    store = whatsapp_service.media_store()
    wanted = [Wanted(claim.kind, claim.wire_id, lines[claim.channel_id]) for claim in claims]
    db.session.rollback()  # no connection is held while the carrier is waited for
    with fetching.places(len(wanted)) as places, ThreadPoolExecutor(AT_ONCE) as pool:
        fetched = list(pool.map(fetching.fetch, [store] * len(wanted), wanted, places))
        for claim, found in zip(claims, fetched, strict=True):
            _settle(claim, found)
    return len(claims)


def try_again(message_id: int) -> None:
    """Have a file that was not fetched tried once more, now."""
    with transaction():
        db.session.execute(update(ReceivedFile).where(
            ReceivedFile.message_id == message_id, ReceivedFile.state != FileState.FETCHED).values(
            state=FileState.WAITING, due_at=clock.now(), lease_until=None))


def forget_received(before: datetime) -> int:
    """Delete what people sent before this moment; their messages stay and say so. How many files."""
    with transaction():
        old = dict(db.session.execute(
            select(MediaFile.id, MediaFile.stored_as).join(ReceivedFile, ReceivedFile.media_id == MediaFile.id)
            .where(ReceivedFile.fetched_at < before)).all())
        files.forget(old)
    return len(old)


def _claimed(now: datetime) -> list[_Claim]:
    """Some that are due and nobody is at, ours for the lease."""
    until = now + LEASE
    with transaction():
        due: Any = (
            select(_r.message_id, _r.kind, _r.name, _r.wire_id, _r.tries, Message.created_at, Message.channel_id)
            .join(Message, Message.id == _r.message_id)
            .where(_r.state == FileState.WAITING, _r.due_at <= now, (_r.lease_until.is_(None)) | (_r.lease_until < now))
            .order_by(_r.due_at, _r.message_id).limit(AT_ONCE).with_for_update(skip_locked=True, of=ReceivedFile.__table__))
        claims = [_Claim(*row)._replace(lease_until=until) for row in db.session.execute(due)]
        if claims:
            db.session.execute(update(ReceivedFile).where(ReceivedFile.message_id.in_([c.message_id for c in claims]))
                               .values(lease_until=until, tries=ReceivedFile.tries + 1))
    return claims


def _lines(channel_ids: set[int]) -> dict[int, Line]:
    return {channel.id: channels.line_of(channel) for channel in db.session.scalars(
        select(Channel).where(Channel.id.in_(channel_ids)))}


def _settle(claim: _Claim, found: Fetched) -> None:
    """Keep the file, or write down why not and when to try again."""
    now = clock.now()
    if found.state == FileState.WAITING and now - claim.sent_at >= KEPT_BY_CARRIER:
        why = found.reason.removesuffix(fetching.AGAIN).strip()
        found = found._replace(state=FileState.GONE, reason=f"WhatsApp keeps files for 7 days, and in that time this one "
                                                            f"could not be fetched. {why}")
    kept = None
    if found.state == FileState.FETCHED:
        kept, found = _kept(claim, found)
    with transaction():
        mine = update(ReceivedFile).where(ReceivedFile.message_id == claim.message_id,
                                          ReceivedFile.lease_until == claim.lease_until)
        values: dict[str, Any] = {"state": found.state, "reason": found.reason[:300], "lease_until": None}
        if found.state == FileState.WAITING:
            values["due_at"] = now + WAITS[min(claim.tries, len(WAITS) - 1)]
        if kept is not None:
            db.session.add(kept)
            db.session.flush()
            values |= {"media_id": kept.id, "fetched_at": now}
        won = db.session.execute(mine.values(values)).rowcount
        if kept is not None and not won:  # the person was erased meanwhile, or somebody else fetched it
            files.forget({kept.id: kept.stored_as})


def _kept(claim: _Claim, found: Fetched) -> tuple[MediaFile | None, Fetched]:
    """The bytes on the shelf, as a row that is not written yet."""
    try:
        return checking.shelved(found, kind=claim.kind, name=claim.name), found
    except OSError as error:  # the disk is full, or not ours to write to
        return None, found._replace(state=FileState.WAITING, reason=f"It could not be kept on our disk ({error.strerror})")
