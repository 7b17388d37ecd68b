"""What every page gets: the viewer's zone and look, the places of the rail, filters for numbers, times and phones."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, g, has_request_context, request, url_for
from flask_login import current_user
from markupsafe import Markup
from werkzeug.routing import BuildError, IntegerConverter

from core import clock, phone, words
from core.rights import Right
from services import channels, home, inbox, settings

LOOKS = ("dark", "light", "system")
LARGEST_ID = 2**31 - 1

# name, icon, endpoint, whether it is in the bar of a phone
PLACES = (
    ("Home", "house", "home.index", True),
    ("Inbox", "inbox", "inbox.index", True),
    ("Contacts", "address-book", "contacts.index", True),
    ("Templates", "file-lines", "message_templates.index", False),
    ("Campaigns", "bullhorn", "campaigns.index", True),
    ("Automation", "bolt", "automation.index", False),
    ("Reports", "chart-column", "reports.index", False),
    ("Activity", "clock-rotate-left", "activity.index", False),
    ("Settings", "gear", "settings.index", False),
)
LIVES_UNDER = {"imports": "contacts", "segments": "contacts", "flows": "automation"}  # parts without a place of their own
STYLES = {"short": "%a %-d %b, %H:%M", "long": "%A %-d %B %Y, %H:%M", "date": "%-d %b %Y", "day": "%A %-d %B",
          "time": "%H:%M", "clock": "%H:%M:%S", "weekday": "%a", "weekday_time": "%a %H:%M", "short_date": "%-d %b",
          "exact": "%-d %b %Y, %H:%M:%S"}


@dataclass(frozen=True, slots=True)
class Place:
    """One row of the rail."""

    name: str
    icon: str
    url: str
    is_here: bool
    is_short: bool
    count: int | None = None  # what waits there and nobody has seen; None: nothing ever does


@dataclass(frozen=True, slots=True)
class Shell:
    """What stands around the content of a page."""

    places: list[Place]
    lines: list[home.LineCard]


class Simulated:
    """True in templates while new campaigns reach simulated phones only; asked once a request."""

    def __bool__(self) -> bool:
        if "is_simulated" not in g:
            g.is_simulated = not channels.looks_real()
        return bool(g.is_simulated)


class Id(IntegerConverter):
    """Numbers in addresses, no larger than any database takes for an id; larger ones are simply not found."""

    def __init__(self, map: Any, fixed_digits: int = 0, min: int | None = None, max: int | None = None,
                 signed: bool = False) -> None:
        super().__init__(map, fixed_digits, min, LARGEST_ID if max is None else max, signed)


def install(app: Flask) -> None:
    """Give every template the filters and names below."""
    app.url_map.converters["int"] = Id
    app.jinja_env.filters.update(number=number, local=local, ago=ago, phone=phone.international)
    app.jinja_env.globals.update(
        icon=icon, glyph=icon, plural=words.plural, listed=words.listed, initials=initials, hue=hue, url_if=url_if,
        url_of_import=url_of_import, url_of_act=url_of_act, is_simulated=Simulated(), Right=Right)
    app.context_processor(page_values)


def page_values() -> dict[str, Any]:
    """Names that differ from request to request."""
    return {"now": clock.now(), "theme": theme(), "shell_of_page": shell_of_page, "unseen": unseen,
            "running_work": home.running_work, "viewer_zone": viewer_zone, "zone_words": zone_words}


def theme() -> str:
    """dark, light or system, as this browser was told; at first as the system says."""
    kept = request.cookies.get("theme", "") if has_request_context() else ""
    return kept if kept in LOOKS else "system"


def shell_of_page() -> Shell:
    """The rail of the page being shown. Three small queries."""
    here = LIVES_UNDER.get(request.blueprint or "", request.blueprint or "")
    places = [Place(name, sign, _settings_url() if endpoint == "settings.index" else url_if(endpoint),
                    endpoint.startswith(f"{here}."), is_short, _waiting_at(endpoint))
              for name, sign, endpoint, is_short in PLACES if url_if(endpoint)]
    return Shell(places, home.line_cards())


def _waiting_at(endpoint: str) -> int | None:
    """How many chats nobody has seen, for the place of the inbox."""
    return unseen().chats if endpoint == "inbox.index" else None


def unseen() -> inbox.Unseen:
    """What nobody of the team has seen, asked once a request. At most two small queries."""
    if "unseen" not in g:
        g.unseen = inbox.unseen()
    found: inbox.Unseen = g.unseen
    return found


def _settings_url() -> str:
    """Those who may not manage are led to their own account."""
    return url_for("settings.index" if current_user.may(Right.MANAGE) else "settings.account")


def url_if(endpoint: str, **values: Any) -> str:
    """The address of a page, or an empty text when there is no such page."""
    try:
        return url_for(endpoint, **values)
    except BuildError:
        return ""


def url_of_import(import_id: int) -> str:
    """The page of an import, or an empty text for those who may not see files of people."""
    may_see = current_user.is_authenticated and current_user.may(Right.IMPORT)
    return url_if("imports.show", import_id=import_id) if may_see else ""


def url_of_act(act_id: int) -> str:
    """The page of an act on many people, or an empty text for those who may not change people."""
    may_see = current_user.is_authenticated and current_user.may(Right.EDIT_CONTACTS)
    return url_if("contacts.show_act", act_id=act_id) if may_see else ""


def viewer_zone() -> ZoneInfo:
    """The zone of whoever looks; looked up once a request."""
    if "viewer_zone" not in g:
        chosen = current_user.timezone if has_request_context() and current_user.is_authenticated else ""
        name = chosen or settings.time_zone()
        g.viewer_zone = ZoneInfo(name) if name in clock.zone_names() else ZoneInfo("UTC")
    return g.viewer_zone


def zone_words() -> str:
    """The viewer's zone as people say it: Lagos (WAT)."""
    zone = viewer_zone()
    city = zone.key.rpartition("/")[2].replace("_", " ")
    short = clock.now().astimezone(zone).tzname() or ""
    short = f"UTC{short}" if short[:1] in "+-" else short
    return city if city == short else f"{city} ({short})"


def icon(name: str) -> Markup:
    """A Font Awesome sign, to stand beside a word."""
    return Markup('<i class="fa-solid fa-{}" aria-hidden="true"></i>').format(name)


def number(value: int | float | None) -> str:
    """1,204; a dash for nothing known."""
    return "–" if value is None else f"{value:,}"


def local(moment: datetime | None, style: str = "short") -> Markup | str:
    """A time in the viewer's zone, with UTC on hover. Styles: short, long, date, day, time, exact."""
    if moment is None:
        return "–"
    return _time(moment, moment.astimezone(viewer_zone()).strftime(STYLES.get(style, STYLES["short"])))


def ago(moment: datetime | None) -> Markup | str:
    """4 s ago; put it beside an absolute time, never alone."""
    if moment is None:
        return "never"
    passed = max(0, int((clock.now() - moment).total_seconds()))
    for size, unit in ((86400, "days" if passed >= 172800 else "day"), (3600, "h"), (60, "min"), (1, "s")):
        if passed >= size:
            return _time(moment, f"{passed // size} {unit} ago")
    return _time(moment, "just now")


def _time(moment: datetime, text: str) -> Markup:
    exact = moment.isoformat(" ", "seconds")  # nothing here was typed by anybody, so nothing needs escaping
    return Markup(f'<time datetime="{exact.replace(" ", "T")}" title="{exact[:19]} UTC">{text}</time>')  # noqa: S704


def initials(name: str) -> str:
    """FA for Folake Adeyemi; a question mark for nobody."""
    parts = [part for part in name.split() if part[:1].isalnum()]
    return "".join(part[0] for part in (parts[:1] + parts[1:][-1:])).upper() or "?"


def hue(name: str) -> int:
    """One of six colours, the same for the same name."""
    return sum(name.encode()) % 6
