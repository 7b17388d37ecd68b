"""Quiet hours at the moment of sending: marketing that falls into the night of its person waits for their morning."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, update

from models import Campaign, Contact, Message, Setting, db
from services import settings
from services.sending.claim import Queued
from services.sending.hours import QuietHours, quiet_of, release, zone_of
from services.sending.verdict import MARKETING
from services.sending.wording import Words

_m = Message.__table__.c
_QUIET = select(Setting.value).where(Setting.name == "quiet_hours")


def awake(rows: Sequence[Queued], words: Mapping[int | None, Words], now: datetime) -> list[Queued]:
    """Those whose people are not asleep; the others are put off to the end of their quiet hours. Join it to a claim.

    One query for campaigns of marketing; two more while quiet hours are on. Whoever could only be written to after the
    latest useful moment is put off all the same: then they are late, and a person is asked.
    """
    candidates = [row.id for row in rows if row.campaign_id is not None and row.test_of is None
                  and words[row.version_id].wanted.category == MARKETING]
    if not candidates or (quiet := _quiet()) is None:
        return list(rows)
    until = _until(candidates, quiet, now)
    by_end: dict[datetime, list[int]] = defaultdict(list)
    for message_id, end in until.items():
        by_end[end].append(message_id)
    for end, ids in sorted(by_end.items()):
        db.session.execute(update(Message.__table__).where(_m.id.in_(ids), _m.state == "queued").values(due_at=end))
    return [row for row in rows if row.id not in until]


def _quiet() -> QuietHours | None:
    """Quiet hours as they are kept, in one plain query: the sender asks very often."""
    kept = db.session.scalar(_QUIET)
    return quiet_of(settings.DEFAULTS["quiet_hours"] if kept is None else kept)


def _until(ids: Sequence[int], quiet: QuietHours, now: datetime) -> dict[int, datetime]:
    """Of these messages, those that must wait, and until when."""
    found: dict[int, datetime] = {}
    ends: dict[str, datetime] = {}
    ours = settings.time_zone()
    for message_id, zone, country, otherwise in db.session.execute(
            select(_m.id, Contact.zone, Contact.country, Campaign.zone)
            .join(Contact, Contact.id == _m.contact_id).join(Campaign, Campaign.id == _m.campaign_id)
            .where(_m.id.in_(ids))):
        name = zone_of(zone, country, otherwise or ours)
        if name not in ends:
            ends[name] = release(now, name, quiet)
        if ends[name] > now:
            found[message_id] = ends[name]
    return found
