"""What Meta tells of a number or an account: written down, and where it must be, sending stops."""

from collections.abc import Sequence

from sqlalchemy import select, update

from core import clock
from core.actor import SYSTEM, Actor
from models import Channel, ChannelNotice, db, transaction
from services import activity
from services.channels.edit import pause
from services.channels.queries import get_channel
from transports.port import ChannelNews

SHOWN = 10
_KEPT = ("tier", "throughput", "verified_name")


def apply_news(channel: Channel, news: ChannelNews) -> None:
    """Keep the facts of one number, note what was said, pause it where nothing may leave any more."""
    with transaction():
        facts = {name: value[:Channel.__table__.c[name].type.length]
                 for name, value in news.facts.items() if name in _KEPT}
        if facts:
            db.session.execute(update(Channel).where(Channel.id == channel.id).values(**facts))
        db.session.add(ChannelNotice(channel_id=channel.id, at=news.at or clock.now(), words=news.words[:500],
                                     is_warning=news.is_warning and not news.must_stop))  # a pause says why by itself
        activity.record("channel.told", by=SYSTEM, subject_kind="channel", subject_id=channel.id,
                        subject_name=channel.name, words=news.words)
        if news.must_stop and not pause(channel.id, reason=news.words):
            db.session.execute(update(Channel).where(Channel.id == channel.id, Channel.paused_at.is_not(None))
                               .values(paused_reason=news.words[:300]))  # stands already; this is why it must go on so


def meant_by(news: ChannelNews) -> Sequence[Channel]:
    """Our numbers of this account; the one that is named, where one is."""
    ours = db.session.scalars(
        select(Channel).where(Channel.business_id == news.business_id).order_by(Channel.id)).all()
    named = [one for one in ours if news.display_phone and one.display_phone.lstrip("+") == news.display_phone]
    return named or ours


def notices_of(channel_id: int) -> Sequence[ChannelNotice]:
    """The newest of what was told of a number. One query."""
    return db.session.scalars(select(ChannelNotice).where(ChannelNotice.channel_id == channel_id)
                              .order_by(ChannelNotice.at.desc(), ChannelNotice.id.desc()).limit(SHOWN)).all()


def unseen_warnings() -> Sequence[tuple[Channel, ChannelNotice, int]]:
    """For each number its newest warning nobody has seen, and how many there are. One query."""
    unseen: dict[int, tuple[Channel, ChannelNotice, int]] = {}
    for notice, channel in db.session.execute(
            select(ChannelNotice, Channel).join(Channel, Channel.id == ChannelNotice.channel_id)
            .where(ChannelNotice.is_warning, ChannelNotice.seen_at.is_(None))
            .order_by(ChannelNotice.at, ChannelNotice.id)):
        unseen[channel.id] = (channel, notice, unseen[channel.id][2] + 1 if channel.id in unseen else 1)
    return list(unseen.values())


def mark_seen(channel_id: int, *, by: Actor) -> int:
    """Somebody has read what was told of this number; how many warnings there were. Raises NotFound."""
    channel = get_channel(channel_id)
    with transaction():
        count = int(db.session.execute(update(ChannelNotice).where(
            ChannelNotice.channel_id == channel_id, ChannelNotice.is_warning, ChannelNotice.seen_at.is_(None))
            .values(seen_at=clock.now())).rowcount)
        if count:
            activity.record("channel.notices_seen", by=by, subject_kind="channel", subject_id=channel_id,
                            subject_name=channel.name, count=count)
    return count
