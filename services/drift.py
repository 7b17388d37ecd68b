"""Drift: a template that is not any more what it was stops everything that sends with it, before the next message.

The carrier tells by notices, and is asked for its whole list now and then. Both ways end here: the change is written down
and what uses the template stops in one transaction. Whoever sends with templates joins `stop`.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, update

from core import clock
from core.actor import Actor
from core.background import Job, enqueue
from core.errors import CarrierTrouble, DashboardError
from core.states import TemplateState
from models import Channel, after_commit, db, transaction
from services import activity, campaigns, channels, message_templates, settings, whatsapp_service
from transports.port import SendFailed, TemplateDrift, TemplateNews

log = logging.getLogger("whatsapp")
SOON = timedelta(seconds=20)  # between two questions that notices made necessary


@dataclass(frozen=True, slots=True)
class Synced:
    """What asking for the lists changed, over all accounts."""

    accounts: int = 0
    listed: int = 0
    added: int = 0
    changed: int = 0
    gone: int = 0

    @property
    def words(self) -> str:
        """What changed, for people."""
        found = [f"{count:,} {what}" for count, what in
                 ((self.added, "new"), (self.changed, "changed"), (self.gone, "gone")) if count]
        return f"WhatsApp lists {self.listed:,} template{'' if self.listed == 1 else 's'}: " + (
            ", ".join(found) or "nothing has changed")


Stop = Callable[[Sequence[int], str], int]
_joined: tuple[Stop, ...] = ()


def install_stops(*stops: Stop) -> None:
    """Say who else sends with templates: each is told the versions and the reason, and answers how many things it stopped."""
    global _joined
    _joined = stops


def stop(version_ids: Sequence[int], reason: str) -> int:
    """Stop everything that sends with these versions; how many things. Join it to the transaction of the change."""
    if not version_ids:
        return 0
    return campaigns.freeze(version_ids, reason=reason) + sum(one(version_ids, reason) for one in _joined)


def template_told(news: TemplateNews) -> None:
    """A template was approved, refused, paused: what uses it stops before the next message."""
    with transaction():
        message_templates.apply_template_news([news])
        if versions := message_templates.unusable_versions(news.name, news.language):
            reason = message_templates.reason_in_words(news.reason)
            stop(versions, message_templates.why_stopped(news.name, TemplateState(news.state), reason)
                 if news.state in set(TemplateState) else f"WhatsApp says of the template {news.name}: {news.event.lower()}")
        if news.state == TemplateState.UNCLEAR:
            ask_soon(news.business_id)


def template_drifted(news: TemplateDrift) -> None:
    """A template counts as another kind, or reads otherwise at the carrier: what uses it stops and asks."""
    with transaction():
        if versions := message_templates.drifted(news):
            stop(versions, f"Of the template {news.name}: {news.words}")
        if news.is_reshaped:
            ask_soon(news.business_id)


def submit_templates() -> None:
    """Hand in what waits; what uses words that were changed in place stops."""
    message_templates.submit_pending(stop=stop)
    message_templates.forget_pending()


def ask_soon(business_id: str) -> None:
    """Have this account's list asked for within seconds, seldom enough for a burst of notices. Joins a transaction."""
    channel = channels.speakers().get(business_id)
    if channel is None:
        return
    now = clock.now()
    rested = channel.templates_synced_at + SOON if channel.templates_synced_at else now
    with transaction():
        _note(channel.id, templates_asked_at=max(now, rested) - _every())
        if rested <= now:
            after_commit(lambda: enqueue(Job.SYNC_TEMPLATES))


def sync_due(now: datetime) -> Synced:
    """Ask for the list of every account whose turn it is. Safe from any number of processes; trouble is kept, not raised."""
    done = Synced()
    for channel_id in [channel.id for channel in channels.speakers().values()]:
        if _claimed(channel_id, now, _every()):
            try:
                done = _sum(done, _sync(channel_id))
            except DashboardError as error:
                log.warning("the templates of channel %d could not be asked for: %s", channel_id, error.message)
    return done


def sync_now(*, by: Actor) -> Synced:
    """Ask for the list of every account at once. Raises CarrierTrouble with the first reason in words, after all were
    asked."""
    done, trouble = Synced(), ""
    for channel_id in [channel.id for channel in channels.speakers().values()]:
        _claimed(channel_id, clock.now(), timedelta())
        try:
            done = _sum(done, _sync(channel_id))
        except DashboardError as error:
            trouble = trouble or error.message
    with transaction():
        activity.record("template.synced", by=by, subject_kind="template", added=done.added, changed=done.changed,
                        gone=done.gone)
    if trouble:
        raise CarrierTrouble(f"WhatsApp’s list of templates could not be had: {trouble}")
    return done


def _every() -> timedelta:
    return timedelta(minutes=settings.start_up().template_sync_minutes)


def _claimed(channel_id: int, now: datetime, every: timedelta) -> bool:
    """Whether it is ours to ask now."""
    with transaction():
        return bool(db.session.execute(
            update(Channel)
            .where(Channel.id == channel_id, or_(Channel.templates_asked_at.is_(None),
                                                 Channel.templates_asked_at <= now - every))
            .values(templates_asked_at=now)).rowcount)


def _sync(channel_id: int) -> Synced:
    """Ask one account and take its list in. Raises CarrierTrouble."""
    channel = channels.get_channel(channel_id)
    business_id, asked_at = channel.business_id, clock.now()
    try:
        line = channels.line_of(channel)
        known = message_templates.known_at(business_id)
        db.session.rollback()  # the carrier is never waited for inside a transaction
        listed = whatsapp_service.catalogue().templates(line)
    except (SendFailed, DashboardError) as error:
        words = error.words if isinstance(error, SendFailed) else error.message
        _note(channel_id, templates_trouble=words[:300])
        raise CarrierTrouble(words) from None
    taken = message_templates.take_in(business_id, listed, known=known, asked_at=asked_at, stop=stop)
    _note(channel_id, templates_trouble="", templates_synced_at=clock.now())
    return Synced(1, taken.listed, taken.added, taken.changed, taken.gone)


def _note(channel_id: int, **values: object) -> None:
    with transaction():
        db.session.execute(update(Channel).where(Channel.id == channel_id).values(**values))


def _sum(one: Synced, other: Synced) -> Synced:
    return Synced(*(getattr(one, name) + getattr(other, name) for name in Synced.__slots__))
