"""Who did what, when, to what: filters live in the address, the export is exactly what they show."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, render_template, request, stream_with_context
from flask_login import current_user

from core import clock
from core.actor import COMMAND, SYSTEM
from core.csv_text import escape_cell
from core.rights import Right
from core.words import one_line
from services import activity, auth, home
from views.page_context import url_if, url_of_import, viewer_zone

pages = Blueprint("activity", __name__)

KINDS = {"campaign": "Campaigns", "contact": "People", "import": "Imports", "template": "Templates",
         "message": "Messages", "user": "Team and sign-in", "settings": "Settings", "channel": "Business numbers",
         "tag": "Tags", "field": "Fields", "webhook": "Notices from WhatsApp", "key": "Keys of programs"}
# what each setting is called on its page
SETTINGS = {"business_name": "name of the business", "default_country": "country", "timezone": "time zone",
            "opt_out_words": "words that mean stop", "opt_in_words": "words that mean start again",
            "confirms_stop": "answer to whoever stops", "keep_days": "days things are kept"}
# kind of subject → endpoint and the name of its number there; an empty name: the page has no number
PAGES_OF = {"contact": ("contacts.show", "contact_id"), "campaign": ("campaigns.show", "campaign_id"),
            "template": ("message_templates.show", "template_id"), "import": ("imports.show", "import_id"),
            "user": ("settings.person", "user_id"), "channel": ("settings.channel", "channel_id"),
            "webhook": ("settings.webhook", "event_id")}


@dataclass(frozen=True, slots=True)
class Line:
    """One act, ready to be shown: who, what is said before and after the subject, and the subject's page."""

    at: datetime
    who: str
    kind: str
    before: str
    subject: str
    after: str
    url: str


@pages.get("")
def index() -> str:
    """Acts by day, newest first."""
    asked, problem = _asked()
    page = activity.recent(**_filters(asked), page=_page_number())
    lines = lines_of(page.items)
    by_day = groupby(lines, lambda line: line.at.astimezone(viewer_zone()).date())
    days = [(day, list(of_day)) for day, of_day in by_day]
    people = sorted({user.name for user in auth.all_users()} | {SYSTEM.name, COMMAND.name, asked["who"]} - {""})
    return render_template("activity/index.html", page=page, days=days, asked=asked, problem=problem, people=people,
                           kinds=KINDS, today=clock.now().astimezone(viewer_zone()).date(), arguments=_arguments(asked))


@pages.get("/export")
def export() -> Response:
    """The same acts as a CSV file, streamed."""
    asked, _ = _asked()
    pieces = stream_with_context(_csv(activity.each(**_filters(asked))))
    answer = Response(pieces, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="activity-{clock.now():%Y-%m-%d}.csv"'
    return answer


def lines_of(entries: Sequence[Any]) -> list[Line]:
    """Acts as they are shown; subjects that are gone are words, not links. At most one query for each kind."""
    alive = home.still_there((entry.subject_kind, entry.subject_id) for entry in entries)
    return [_line(entry, alive) for entry in entries]


def _line(entry: Any, alive: set[tuple[str, int]]) -> Line:
    before, after = activity.sentence(entry)
    is_me = current_user.is_authenticated and entry.user_id == current_user.id and entry.actor_kind == "user"
    names_subject = "{subject}" in activity.SENTENCES.get(entry.verb, "")
    url = _url_of(entry) if (entry.subject_kind, entry.subject_id) in alive else ""
    return Line(entry.at, "You" if is_me else entry.actor_name, "" if entry.actor_kind == "user" else entry.actor_kind,
                before, _subject(entry) if names_subject else "", after, url)


def _subject(entry: Any) -> str:
    """What was acted upon, in words."""
    is_setting = entry.subject_kind == "setting"
    return SETTINGS.get(entry.subject_name, entry.subject_name) if is_setting else entry.subject_name


def _url_of(entry: Any) -> str:
    endpoint, number = PAGES_OF[entry.subject_kind]
    if endpoint.startswith("settings.") and not current_user.may(Right.MANAGE):
        return ""
    if entry.subject_kind == "import":
        return url_of_import(entry.subject_id)
    return url_if(endpoint, **({number: entry.subject_id} if number else {}))


def _asked() -> tuple[dict[str, str], str]:
    """What the address asks for, and what is wrong with it in words. A date that is none is left out."""
    asked = {name: one_line(request.args.get(name, ""))[:200] for name in ("q", "kind", "who", "from", "to")}
    if asked["kind"] not in KINDS:
        asked["kind"] = ""
    wrong = [name for name in ("from", "to") if asked[name] and _day(asked[name]) is None]
    problem = f"“{asked[wrong[0]][:40]}” is not a day; write it like 2026-11-23" if wrong else ""
    start, end = _day(asked["from"]), _day(asked["to"])
    if start and end and start > end:
        problem = "The first day is after the last one, so nothing can be found"
    return asked, problem


def _filters(asked: dict[str, str]) -> dict[str, Any]:
    """The filters as the service takes them: days of the viewer's zone as moments."""
    start, end = _day(asked["from"]), _day(asked["to"])
    return {"text": asked["q"], "verb": f"{asked['kind']}" if asked["kind"] else "", "actor": asked["who"],
            "since": _midnight(start) if start else None, "until": _midnight(end + timedelta(days=1)) if end else None}


def _arguments(asked: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in asked.items() if value}


def _day(text: str) -> date | None:
    """A day of the years a calendar and every zone can hold, or None."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1970 <= day.year <= 2200 else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), viewer_zone()).astimezone(UTC)


def _page_number() -> int:
    text = request.args.get("page", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else 1


def _csv(entries: Iterable[Any]) -> Iterator[str]:
    """Rows as text, each cell safe to open in a spreadsheet."""
    yield "\ufeff" + _row(["time (UTC)", "who", "what", "to what", "act"])
    for entry in entries:
        before, after = activity.sentence(entry)
        names_subject = "{subject}" in activity.SENTENCES.get(entry.verb, "")
        said = f"{before}{_subject(entry) if names_subject else ''}{after}"
        yield _row([f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.actor_name, said, _subject(entry), entry.verb])


def _row(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([escape_cell(cell) for cell in cells])
    return out.getvalue()
