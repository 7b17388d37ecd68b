"""What a refusal means beyond its message: the same whether it came as the answer to a call or later as a notice."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, null, or_, select, update

from core import clock
from core.actor import SYSTEM
from core.states import CampaignState, ConsentState, MessageState
from models import Campaign, Channel, Contact, Message, db, transaction
from services import activity, channels, contacts
from services.sending import pacing
from services.sending.claim import archive
from services.sending.forward import KIND
from services.sending.outcomes import MOST_TRIES, NO_MORE, Then
from services.sending.queue import OVERTAKES, nudge
from services.sending.results import Result
from transports.port import AGAIN, PairTooFast, SendFailed, TooFast, TryLater

REST = timedelta(hours=24)  # Meta: no marketing to that person before
MOST_TOLD = 20  # tries of a message that is told again and again to be too fast
_TRIED_AGAIN: Mapping[type[SendFailed], int] = {TooFast: MOST_TOLD, PairTooFast: MOST_TOLD, TryLater: MOST_TRIES}
_m, _c = Message.__table__.c, Contact.__table__.c


@dataclass(frozen=True, slots=True)
class Refused:
    """One message that was refused: what follows, in which words, when."""

    message_id: int
    contact_id: int | None
    then: Then
    words: str
    at: datetime


def of_results(channel_id: int, results: Iterable[Result]) -> None:
    """Draw the consequences of answers, before the failures themselves are written."""
    found = [Refused(one.claim.message_id, one.claim.contact_id, one.outcome.then, one.outcome.words,
                     clock.from_seconds(one.at))
             for one in results if one.outcome is not None and one.outcome.then in _RULES]
    if found:
        with transaction():
            _draw(channel_id, found, told="WhatsApp refused a message")


def of_news(channel_id: int, told: Sequence[tuple[type[SendFailed], Refused]]) -> None:
    """Draw the consequences of failures that were told for the first time. Joins the caller's transaction, after the
    messages themselves have failed; those that only came too early are queued once more."""
    _draw(channel_id, [one for _, one in told if one.then in _RULES], told="WhatsApp reported")
    for kind, most in _TRIED_AGAIN.items():
        if ids := [one.message_id for named, one in told if issubclass(named, kind) and one.message_id]:
            _try_later(ids, most)


def is_tried_again(details: Mapping[str, Any]) -> bool:
    """Whether a failure that was kept with these details is one after which a message is tried once more."""
    kind = kind_of(str(details.get(KIND, "")))
    return kind is not None and issubclass(kind, tuple(_TRIED_AGAIN))


def kind_of(name: str) -> type[SendFailed] | None:
    """The kind of refusal that was kept by its name."""
    return _KINDS.get(name)


def _draw(channel_id: int, found: Sequence[Refused], *, told: str) -> None:
    by_kind: dict[Then, list[Refused]] = {}
    for one in found:
        by_kind.setdefault(one.then, []).append(one)
    for then, some in by_kind.items():
        _RULES[then](channel_id, some, told)


def _opt_out(_channel_id: int, some: Sequence[Refused], told: str) -> None:
    for one in some:
        if one.contact_id is not None:
            contacts.record_consent(
                contact_id=one.contact_id, category="marketing", state=ConsentState.WITHDRAWN, how="preferences",
                proof=f"{told}: {one.words}"[:500], at=one.at, by=SYSTEM)


def _rest(_channel_id: int, some: Sequence[Refused], _told: str) -> None:
    """Mark who gets no marketing for a day."""
    until = max(one.at for one in some) + REST
    ids = [one.contact_id for one in some if one.contact_id is not None]
    db.session.execute(
        update(Contact.__table__).where(_c.id.in_(ids), or_(_c.marketing_rest_until.is_(None),
                                                            _c.marketing_rest_until < until))
        .values(marketing_rest_until=until))


def _stop_template(_channel_id: int, some: Sequence[Refused], _told: str) -> None:
    """Pause every campaign that sends the same version."""
    versions = db.session.scalars(
        select(Message.version_id).where(Message.id.in_([one.message_id for one in some])).distinct()).all()
    running = db.session.execute(
        select(Campaign.id, Campaign.name)
        .where(Campaign.version_id.in_(versions), Campaign.state == CampaignState.SENDING).order_by(Campaign.id)).all()
    for campaign in running:
        if db.session.execute(
                update(Campaign).where(Campaign.id == campaign.id, Campaign.state == CampaignState.SENDING)
                .values(state=CampaignState.PAUSED, paused_reason=some[0].words[:300])).rowcount:
            activity.record("campaign.paused", by=SYSTEM, subject_kind="campaign", subject_id=campaign.id,
                            subject_name=campaign.name, reason=some[0].words)


def _stop_channel(channel_id: int, some: Sequence[Refused], _told: str) -> None:
    channels.pause(channel_id, reason=some[0].words)


def _stop_account(channel_id: int, some: Sequence[Refused], _told: str) -> None:
    """Pause every number of the same business account."""
    account = select(Channel.business_id).where(Channel.id == channel_id).scalar_subquery()
    for one in db.session.scalars(select(Channel.id).where(
            or_(Channel.id == channel_id, Channel.business_id == account)).order_by(Channel.id)).all():
        channels.pause(one, reason=some[0].words)


def _slow_down(channel_id: int, _some: Sequence[Refused], _told: str) -> None:
    """Halve the pace of the number, once for many refusals at the same time; it comes back by itself."""
    now = clock.seconds()
    known = db.session.execute(
        select(Channel.slow_share, Channel.slowed_at).where(Channel.id == channel_id)).first()
    if known is None or now - known.slowed_at < pacing.SETTLES:
        return
    db.session.execute(
        update(Channel).where(Channel.id == channel_id, Channel.slowed_at == known.slowed_at)
        .values(slow_share=pacing.slower(known.slow_share, known.slowed_at, now), slowed_at=now))


def _try_later(ids: Sequence[int], most: int) -> None:
    """Failed messages that may be tried once more go back to the queue, where their campaign is not stopped; of the others
    nobody is told that they will be tried again."""
    db.session.execute(
        update(Message.__table__).where(_m.id.in_(ids), _m.state == MessageState.FAILED, _m.tries >= most)
        .values(reason=func.replace(_m.reason, AGAIN, NO_MORE)))
    again = db.session.execute(
        select(_m.id, _m.tries).where(_m.id.in_(ids), _m.state == MessageState.FAILED, _m.tries < most)).all()
    if not again:
        return
    archive([row.id for row in again], "failed")
    now = clock.now()
    for row in again:
        wait = timedelta(seconds=max(6.0, min(4.0 ** row.tries, 3600.0)))
        db.session.execute(
            update(Message.__table__).where(_m.id == row.id, _m.state == MessageState.FAILED)
            .values(state=MessageState.QUEUED, due_at=now + wait, priority=OVERTAKES, attempt_id=null(), wire_id=null(),
                    failed_at=null(), accepted_at=null(), sent_at=null()))
    nudge()


_RULES: Mapping[Then, Any] = {
    Then.OPT_OUT: _opt_out, Then.REST: _rest, Then.STOP_TEMPLATE: _stop_template, Then.STOP_CHANNEL: _stop_channel,
    Then.STOP_ACCOUNT: _stop_account, Then.SLOW_DOWN: _slow_down,
}


def _all_kinds(kind: type[SendFailed]) -> dict[str, type[SendFailed]]:
    found = {kind.__name__: kind}
    for one in kind.__subclasses__():
        found |= _all_kinds(one)
    return found


_KINDS = _all_kinds(SendFailed)
