"""What Meta tells of a number or an account: written down, and where it must be, sending stops."""

from collections.abc import Sequence

from sqlalchemy import select, update

from core.actor import SYSTEM
from models import Channel, db, transaction
from services import activity
from services.channels.edit import pause
from transports.port import ChannelNews

_KEPT = ("tier", "throughput", "verified_name")


def apply_news(channel: Channel, news: ChannelNews) -> None:
    """Keep the facts of one number, note what was said, pause it where nothing may leave any more."""
    with transaction():
        facts = {name: value[:Channel.__table__.c[name].type.length]
                 for name, value in news.facts.items() if name in _KEPT}
        if facts:
            db.session.execute(update(Channel).where(Channel.id == channel.id).values(**facts))
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
