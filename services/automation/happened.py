"""What happened between two moments, as rules are asked about it: events from where they are kept, moments of clocks."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from core.errors import DashboardError
from core.opening import wall_clock
from core.states import MessageState
from models import Contact, DeliveryNews, Event, FlowStep, Message, db
from services import segments, sending, settings
from services.automation import periods, timed
from services.automation.compiled import Ready
from services.automation.happening import Happening

MOST = 20_000  # happenings looked at
FROM_ELSEWHERE = ("message.received", "contact.added", "message.status")  # kept in tables of their own, for longer


def happened(kinds: set[str], since: datetime, until: datetime, *, most: int = MOST) -> list[Happening]:
    """All events of these kinds, in order; of each kind the newest when there are more than `most`, with one too many to tell."""
    found = [(one.at, one.event_id or one.message_id or 0, one) for one in _all(kinds, since, until, most + 1)]
    return [one for _, _, one in sorted(found, key=lambda row: row[:2])]


def _all(kinds: set[str], since: datetime, until: datetime, most: int) -> Iterator[Happening]:
    if "message.received" in kinds:
        yield from _messages(since, until, most)
    if "contact.added" in kinds:
        for contact_id, at in db.session.execute(select(Contact.id, Contact.created_at).where(
                Contact.created_at > since, Contact.created_at <= until).order_by(Contact.created_at.desc()).limit(most)):
            yield Happening("contact.added", at, contact_id)
    if "message.status" in kinds:
        yield from _statuses(since, until, most)
    yield from _noted(kinds - set(FROM_ELSEWHERE), since, until, most)


def _messages(since: datetime, until: datetime, most: int) -> Iterator[Happening]:
    """What people wrote, but not what a flow waited for and took."""
    for row in db.session.execute(
            select(Message.id, Message.contact_id, Message.channel_id, Message.created_at, Message.kind, Event.id)
            .outerjoin(Event, (Event.message_id == Message.id) & (Event.kind == "message.received"))
            .where(Message.direction == "in", Message.created_at > since, Message.created_at <= until,
                   Message.contact_id.is_not(None), ~exists().where(FlowStep.message_id == Message.id))
            .order_by(Message.created_at.desc(), Message.id.desc()).limit(most)):
        yield Happening("message.received", row[3], row[1], row[2], row[0], {"kind": row[4]}, row[5])


_OF_PEOPLE = (Message.direction == "out", Message.contact_id.is_not(None), Message.author_kind.not_in(("rule", "flow")))


def _statuses(since: datetime, until: datetime, most: int) -> Iterator[Happening]:
    """What became of messages, but not of those that rules and flows sent."""
    told = (select(DeliveryNews.status, DeliveryNews.at, DeliveryNews.details, Message.contact_id, Message.channel_id, Message.id)
            .join(Message, Message.id == DeliveryNews.message_id)
            .where(*_OF_PEOPLE, DeliveryNews.at > since, DeliveryNews.at <= until)
            .order_by(DeliveryNews.at.desc()).limit(most))
    failed: dict[int, Happening] = {}
    for row in db.session.execute(told.where(DeliveryNews.status.in_(ARRIVED))):
        yield Happening("message.status", row.at, row.contact_id, row.channel_id, row.id, {"status": row.status})
    for row in db.session.execute(told.where(DeliveryNews.status == MessageState.FAILED, ~_HAD_ARRIVED)):
        if not sending.is_tried_again(row.details):
            failed.setdefault(row.id, Happening("message.status", row.at, row.contact_id, row.channel_id, row.id, _FAILED))
    for row in db.session.execute(select(Message.id, Message.contact_id, Message.channel_id, Message.failed_at).where(
            *_OF_PEOPLE, Message.state == MessageState.FAILED, Message.failed_at > since, Message.failed_at <= until,
            Message.created_at > since - LONGEST_WAY)
            .order_by(Message.failed_at.desc()).limit(most)):
        failed.setdefault(row.id, Happening("message.status", row.failed_at, row.contact_id, row.channel_id, row.id, _FAILED))
    yield from failed.values()


ARRIVED = ("delivered", "read")
LONGEST_WAY = timedelta(days=30)  # from being written to failing
_FAILED = {"status": "failed"}
_earlier = aliased(DeliveryNews)
_HAD_ARRIVED = exists().where(_earlier.message_id == DeliveryNews.message_id, _earlier.status.in_(ARRIVED),
                              _earlier.id < DeliveryNews.id)


def _noted(kinds: Iterable[str], since: datetime, until: datetime, most: int) -> Iterator[Happening]:
    """What is kept as events only."""
    wanted = sorted(kinds)
    for row in db.session.scalars(select(Event).where(
            Event.kind.in_(wanted), Event.at > since, Event.at <= until, Event.by_itself.is_(False),
            Event.contact_id.is_not(None)).order_by(Event.id.desc()).limit(most)) if wanted else ():
        yield Happening(row.kind, row.at, row.contact_id, row.channel_id, row.message_id, row.details, row.id)


def of_clocks(rule: Ready, since: datetime, until: datetime) -> Iterator[Happening]:
    """The moments of a rule of dates, once for each person and date, or of a schedule; nothing for other rules."""
    kind, number = rule.trigger["kind"], rule.channel_id
    if kind == "date":
        shift, at = timed.shift_of(rule.trigger), wall_clock(rule.trigger["at"])
        met: set[tuple[int, date | int]] = set()
        for days in range(-1, (until - since).days + 2):
            day = (since + timedelta(days=days)).date()
            due = {zone: moment for moment, zone in timed.wall_moments(day, at) if since < moment <= until}
            for contact_id, moment in _whose_day(rule, day - shift, due):
                mark = (contact_id, (day - shift).year if rule.trigger["repeats"] == "yearly" else day)
                if mark not in met:
                    met.add(mark)
                    yield Happening("due", moment, contact_id, number, details={"said": rule.trigger["field"]})
    elif kind == "schedule":
        try:
            chosen = segments.members_select(segments.get_segment(rule.trigger["segment_id"]))
        except DashboardError:
            return
        people = list(db.session.scalars(chosen.limit(MOST)))
        for moment in timed.moments(rule.trigger, timed.zone_of(rule.trigger, settings.time_zone()), since, until):
            yield from (Happening("due", moment, contact_id, number) for contact_id in people)


def _whose_day(rule: Ready, day: date, due: Mapping[str, datetime]) -> Iterator[tuple[int, datetime]]:
    zone = settings.time_zone()
    chosen = periods.whose_date(str(rule.trigger["field"]), day, is_yearly=rule.trigger["repeats"] == "yearly")
    for contact_id, own, country in db.session.execute(chosen) if due else ():
        if moment := due.get(sending.zone_of(own, country, zone)):
            yield contact_id, moment
