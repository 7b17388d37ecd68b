"""Looks after what clocks set off: each moment makes a run a person, once, in a set; what was missed while nothing ran is
made up for as far as the rule's tolerance goes. The runs then wait to be done (due.py)."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, and_, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from core import clock, wall_time
from core.errors import DashboardError
from core.opening import wall_clock
from core.states import RunState
from models import Contact, Conversation, Rule, RuleRun, db, is_sqlite, transaction
from services import segments, sending, settings
from services.automation import compiled, timed
from services.automation.compiled import Ready

_FIRST_YEAR = 1890
_DAY = timedelta(days=1)
_WORLD = timedelta(hours=27)  # between the first and the last clock that shows the same time of a day
_LONGEST = timedelta(days=40)  # of a silence of ours that is looked back on
AT_ONCE = 5_000
NOT_ASKED = -1  # the place of a run whose conditions have not been asked yet
_r = RuleRun.__table__
_COLUMNS = ("rule_id", "contact_id", "channel_id", "period", "state", "reason", "said", "seen", "values", "actions",
            "next_place", "due_at", "started_at", "ended_at")


def sweep(now: datetime) -> int:
    """Make the runs of every moment that came since the last look; how many. Safe beside others, and to repeat."""
    made = 0
    for rule in compiled.book().rules:
        look = {"date": _dates, "schedule": _schedule, "silence": _silence}.get(str(rule.trigger.get("kind")))
        since = _since(rule.id) if look else None
        if look is None or since is None or since >= now:
            continue
        with transaction():
            made += look(rule, since, now)
            db.session.execute(update(Rule).where(Rule.id == rule.id).values(
                swept_until=now, changed_at=Rule.changed_at).execution_options(synchronize_session=False))
    return made


def _since(rule_id: int) -> datetime | None:
    """Up to when this rule has been looked after."""
    return db.session.scalar(select(Rule.swept_until).where(Rule.id == rule_id))


def _dates(rule: Ready, since: datetime, now: datetime) -> int:
    """Everybody whose moment came. Once an hour also whoever came to it late: added since, or on another clock now."""
    tolerance = timedelta(minutes=rule.tolerance_minutes)
    is_new_hour = since.replace(minute=0, second=0, microsecond=0) != now.replace(minute=0, second=0, microsecond=0)
    begin = max(since, now - _LONGEST)
    if is_new_hour:
        begin = max(rule.on_since or since, min(begin, now - min(tolerance, _WORLD)))
    shift, at = timed.shift_of(rule.trigger), wall_clock(rule.trigger["at"])
    made, day = 0, (begin - _DAY).date()
    while day <= (now + _DAY).date():
        due = {zone: moment for moment, zone in _moments(day, at) if begin < moment <= now}
        if due:
            made += _people_of_day(rule, day - shift, due, since, now - tolerance, now)
        day += _DAY
    return made


@lru_cache(maxsize=64)
def _moments(day: date, at: time) -> list[tuple[datetime, str]]:
    return timed.wall_moments(day, at)


def _people_of_day(rule: Ready, day: date, due: dict[str, datetime], since: datetime, oldest: datetime,
                   now: datetime) -> int:
    """Runs for those who have the date and live where its time has come."""
    field, zone = str(rule.trigger["field"]), settings.time_zone()
    is_yearly = rule.trigger["repeats"] == "yearly"
    period = f"{field}:{day.year if is_yearly else day.isoformat()}"[:60]
    rows = []
    for contact_id, own_zone, country in db.session.execute(whose_date(field, day, is_yearly=is_yearly)):
        moment = due.get(sending.zone_of(own_zone, country, zone))
        if moment is None or (moment < oldest and moment <= since):
            continue
        missed = "" if moment >= oldest else (
            f"Its time was {wall_time.words(moment, zone)}, while nothing ran: too late to make up for")
        rows.append(_row(rule, contact_id, period, now, missed, f"{field}, {wall_time.day(day)}"))
    return _insert(rows)


def whose_date(field: str, day: date, *, is_yearly: bool) -> Select[int, str, str]:
    """Id, zone and country of everybody who has this date in a field. 29 February counts as the 28th in other years."""
    days = [(day.month, day.day)]
    if is_yearly and (day.month, day.day) == (2, 28) and (day + _DAY).month == 3:
        days.append((2, 29))
    chosen = select(Contact.id, Contact.zone, Contact.country)
    if field == "birthday":
        wanted = [date(year, month, number) for month, number in days for year in range(_FIRST_YEAR, day.year + 1)
                  if number != 29 or month != 2 or year % 4 == 0 and (year % 100 or year % 400 == 0)]
        return chosen.where(Contact.birthday.in_(wanted if is_yearly else [day]))
    kept = Contact.fields[field].as_string()
    if not is_yearly:
        return chosen.where(kept == day.isoformat())
    return chosen.where(func.substr(kept, 6, 5).in_([f"{month:02}-{number:02}" for month, number in days]))


def _schedule(rule: Ready, since: datetime, now: datetime) -> int:
    """Everybody of the segment, at each moment of the schedule; one statement a moment."""
    zone, made = timed.zone_of(rule.trigger, settings.time_zone()), 0
    for moment in timed.moments(rule.trigger, zone, since, now):
        period = f"at:{moment:%Y-%m-%dT%H:%M}"
        if now - moment > timedelta(minutes=rule.tolerance_minutes):
            _insert([_row(rule, None, period, now, f"Its time was {wall_time.words(moment, zone)}, while nothing ran", "")])
            continue
        made += for_segment(rule, int(rule.trigger["segment_id"]), period, now,
                            f"it was {wall_time.words(moment, zone)}")
    return made


def for_segment(rule: Ready, segment_id: int, period: str, now: datetime, said: str) -> int:
    """A run for everybody of a segment, in one statement; how many."""
    try:
        people = segments.members_select(segments.get_segment(segment_id))
    except DashboardError:
        return 0
    return for_people(rule, people, period, now, said)


def for_people(rule: Ready, people: Select[Any], period: str, now: datetime, said: str) -> int:
    """A run for everybody a question answers with, in one statement; how many."""
    row = _row(rule, None, period, now, "", said)
    chosen = people.order_by(None).subquery()
    columns = [literal(row[name], _r.c[name].type).label(name) for name in _COLUMNS if name != "contact_id"]
    names = ["contact_id", *(name for name in _COLUMNS if name != "contact_id")]
    made = _once().from_select(names, select(chosen.c[0], *columns).where(literal(True))).on_conflict_do_nothing()
    with transaction():
        return int(db.session.execute(made).rowcount)


def _silence(rule: Ready, since: datetime, now: datetime) -> int:
    """Conversations in which the last word is so old now; once for each thing they said."""
    span = timedelta(minutes=timed.silence_of(rule.trigger))
    tolerance = timedelta(minutes=rule.tolerance_minutes)
    begin = max(since, now - tolerance, (rule.on_since or since)) - span
    v = Conversation
    if rule.trigger["who"] == "us":
        quiet = and_(v.waiting_since > begin, v.waiting_since <= now - span, v.state == "open")
    else:
        quiet = and_(v.last_out_at > begin, v.last_out_at <= now - span,
                     or_(v.last_in_at.is_(None), v.last_in_at < v.last_out_at))
    if rule.channel_id:
        quiet = and_(quiet, v.channel_id == rule.channel_id)
    found = db.session.execute(select(v.contact_id, v.channel_id, v.last_in_at, v.waiting_since).where(quiet)).all()
    said = timed.Silence().said(rule.trigger)
    rows = []
    for contact_id, channel_id, last_in_at, waiting_since in found:
        anchor = waiting_since if rule.trigger["who"] == "us" else last_in_at
        period = f"silence:{channel_id}:{anchor.isoformat() if anchor else 'never'}"[:60]
        rows.append(_row(rule, contact_id, period, now, "", " ".join(said)) | {"channel_id": channel_id})
    return _insert(rows)


def _row(rule: Ready, contact_id: int | None, period: str, now: datetime, missed: str, said: str) -> dict[str, Any]:
    """One run that waits for its conditions to be asked, or was missed."""
    return {"rule_id": rule.id, "contact_id": contact_id, "channel_id": rule.channel_id, "period": period,
            "state": RunState.MISSED if missed else RunState.WAITING, "reason": missed[:300], "said": said[:300],
            "seen": [], "values": {}, "actions": [dict(one) for one in rule.actions], "next_place": NOT_ASKED,
            "due_at": None if missed else now, "started_at": now, "ended_at": now if missed else None}


def _insert(rows: Sequence[dict[str, Any]]) -> int:
    """Runs that are new; how many."""
    made = 0
    with transaction():
        for start in range(0, len(rows), AT_ONCE):
            part: Iterable[dict[str, Any]] = rows[start:start + AT_ONCE]
            new = db.session.execute(_once().on_conflict_do_nothing().returning(_r.c.id), part).all()
            made += len(new)
    return made


def _once() -> Any:
    """An insert that steps aside when the run is there already."""
    return (sqlite if is_sqlite() else postgresql).insert(_r)


def now_for(rule: Ready, people: Select[Any]) -> int:
    """Have a rule run by hand for these people, at once; how many. Its conditions are asked as always."""
    now = clock.now()
    return for_people(rule, people, f"hand:{now.isoformat()}", now, "run by hand")
