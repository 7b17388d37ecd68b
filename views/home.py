"""The first page: what needs a person, today's figures, what runs; and the tray every page carries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template

from core import clock
from core.words import plural
from services import activity, channels, home
from views.activity import lines_of
from views.page_context import url_if, url_of_import, viewer_zone

pages = Blueprint("home", __name__)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One row of “Needs you now”, ready to be shown. `resume_url` is posted to, `url` is opened."""

    icon: str
    tone: str
    title: str
    words: str
    button: str
    url: str
    at: datetime | None = None
    resume_url: str = ""
    acts: tuple[tuple[str, str, dict[str, str]], ...] = ()  # address, words and fields of what may be done at once


# kind → icon, tone, title, words, button; {name}, {count} and {detail} are ours to fill by replacement
WAITING: dict[str, tuple[str, str, str, str, str]] = {
    "unknown": ("circle-question", "ask", "{messages} we cannot be sure about",
                "{name} · the connection broke as we handed over. Nothing is sent again until we know.", "See them"),
    "unheard": ("circle-exclamation", "bad", "“{name}” hears nothing back",
                "WhatsApp takes its messages, and no news of them has come for ten minutes. Look at its webhook. "
                "Nothing of unknown outcome is sent again meanwhile.", "Look at it"),
    "no_receipt": ("hourglass-half", "ask", "{messages} without a receipt",
                   "WhatsApp took them and nothing was heard of them since. They are marked “no receipt” in the reports.",
                   "See the campaigns"),
    "unanswered": ("comments", "warn", "{chats} without an answer", "{detail}{name} has waited longest, since", "Answer them"),
    "rule_burst": ("bolt", "warn", "“{name}” was held back {times}", "One person got as many automatic messages within an hour "
                   "as you allow. It may be another machine that answers.", "See what happened"),
    "missed": ("calendar-xmark", "warn", "“{name}” was not sent", "{detail}.", "Look at it"),
    "late": ("clock", "warn", "“{name}” is late for {people}",
             "They wait past the latest useful time, and nothing is sent until you choose.", "Look at it"),
    "part": ("heart-crack", "bad", "The {name} has stopped", "The {name} {detail}. Nothing it does happens until then; "
             "nothing is lost.", "See what is alive"),
    "told": ("bell", "bad", "WhatsApp says of “{name}”", "{detail}{more}", "Look at it"),
    "dead": ("envelope-open-text", "warn", "{notices} from WhatsApp could not be read",
             "The reason stands beside each. They are kept, and can be read again at any time.", "See them"),
    "line_token": ("key", "bad", "The access token of “{name}” needs you", "{detail}", "Renew it"),
    "line_secret": ("lock", "bad", "The secrets of “{name}” cannot be opened", "{detail}", "Look at it"),
    "line_graph": ("plug-circle-xmark", "bad", "WhatsApp does not answer for “{name}”", "{detail} Last answer:", "Look at it"),
    "line_webhook": ("plug-circle-xmark", "bad", "Nothing is heard of “{name}”", "{detail} Last answer:", "Look at it"),
    "line_number": ("phone-slash", "bad", "“{name}” is not connected", "{detail}", "Look at it"),
    "line_quality": ("thumbs-down", "warn", "The quality of “{name}” is low", "{detail}", "Look at it"),
    "line_failing": ("circle-exclamation", "warn", "Many messages of “{name}” fail", "{detail}", "Look at it"),
    "line_limit": ("gauge-high", "warn", "The daily limit of “{name}” is almost used", "{detail}", "Look at it"),
    "line_templates": ("file-lines", "warn", "The templates of “{name}” could not be compared", "{detail}", "Look at it"),
    "channel": ("pause", "bad", "Sending from “{name}” is paused", "{detail}", "Resume sending"),
    "paused": ("pause", "warn", "“{name}” is paused", "{detail}", "Look at it"),
    "import_failed": ("file-circle-xmark", "bad", "“{name}” could not be imported", "{detail}", "Read why"),
    "import_stopped": ("file-circle-exclamation", "warn", "The import of “{name}” stands still",
                       "It was stopped before its end; nothing is lost.", "Go on with it"),
    "import_mapping": ("table-columns", "info", "“{name}” waits for its columns", "Nothing has been changed yet.",
                       "Choose columns"),
    "import_rows": ("file-circle-exclamation", "info", "{rows} of “{name}” could not be read",
                    "The other rows are in. Mend these and import them again.", "See the rows"),
    "template_rejected": ("file-circle-xmark", "bad", "WhatsApp refused the template “{name}”", "{detail}",
                          "Read why"),
    "template_paused": ("file-lines", "warn", "WhatsApp paused the template “{name}”", "{detail}", "Read why"),
    "template_disabled": ("file-circle-xmark", "bad", "WhatsApp disabled the template “{name}”", "{detail}",
                          "Read why"),
}


@pages.get("/")
def index() -> str:
    """The whole page."""
    return render_template("home/index.html", steps=home.next_steps(), greeting=_greeting(), **_parts())


@pages.get("/home/now")
def now() -> str:
    """The part of the page that refreshes itself."""
    return render_template("home/_now.html", **_parts())


@pages.get("/home/tray")
def tray() -> str:
    """Running campaigns and imports, small."""
    return render_template("home/_tray.html")


def _parts() -> dict[str, Any]:
    """What the page and its refresh both show; about fifteen queries, whatever the sizes."""
    at, troubles = clock.now(), channels.troubles()
    today, last_week = home.today_against_last_week(viewer_zone(), at)
    return {"today": today, "last_week": last_week, "weekday": f"{at.astimezone(viewer_zone()):%A}",
            "needs": [waiting(need) for need in home.needs(troubles)], "campaigns": home.recent_campaigns(),
            "lines": home.line_cards(), "troubles": troubles, "acts": lines_of(activity.recent(size=6).items)}


def waiting(need: home.Need) -> Waiting:
    """One thing that waits, in words and with its one button."""
    icon, tone, title, words, button = WAITING[need.kind]
    given = {"{name}": need.name, "{detail}": need.detail, "{messages}": plural(need.count, "message", "messages"),
             "{rows}": plural(need.count, "row", "rows"), "{people}": plural(need.count, "person", "people"),
             "{chats}": plural(need.count, "chat", "chats"), "{times}": plural(need.count, "time", "times"),
             "{notices}": plural(need.count, "notice", "notices"),
             "{more}": f" – and {plural(need.count - 1, 'other warning', 'other warnings')}." if need.count > 1 else "."}
    url, resume_url = _where(need)
    return Waiting(icon, tone, _fill(title, given), _fill(words, given), button, url, need.at, resume_url, _acts(need))


def _acts(need: home.Need) -> tuple[tuple[str, str, dict[str, str]], ...]:
    """What can be decided here: late and missed campaigns are sent all the same, or left out."""
    if need.kind == "missed":
        return ((url_if("campaigns.send", campaign_id=need.subject_id), "Send now", {"now": "1"}),
                (url_if("campaigns.cancel", campaign_id=need.subject_id), "Leave out", {}))
    if need.kind == "late":
        return ((url_if("campaigns.send_late", campaign_id=need.subject_id), "Send anyway", {}),
                (url_if("campaigns.leave_out_late", campaign_id=need.subject_id), "Leave them out", {}))
    return ()


def _where(need: home.Need) -> tuple[str, str]:
    """The page to open, and the address to post to where one press mends it."""
    if need.kind == "unknown":
        return url_if("unknown.index"), ""
    if need.kind == "dead":
        return url_if("settings.webhook_list", state="dead"), ""
    if need.kind in ("unheard", "told"):
        return url_if("settings.channel", channel_id=need.subject_id), ""
    if need.kind == "no_receipt":
        return url_if("campaigns.index"), ""
    if need.kind == "unanswered":
        return url_if("inbox.index", show="unanswered", sort="waiting"), ""
    if need.kind == "rule_burst":
        return url_if("automation.runs", rule=need.subject_id, state="held"), ""
    if need.kind == "channel":
        return "", url_if("settings.resume_channel", channel_id=need.subject_id)
    if need.kind == "part":
        return url_if("health.ready"), ""
    if need.kind.startswith("line_"):
        return url_if("settings.channel", channel_id=need.subject_id), ""
    if need.kind.startswith("import"):
        return url_of_import(need.subject_id), ""
    if need.kind.startswith("template"):
        return url_if("message_templates.show", template_id=need.subject_id), ""
    return url_if("campaigns.show", campaign_id=need.subject_id), ""


def _fill(pattern: str, given: dict[str, str]) -> str:
    """Put names into a sentence of ours; a name that looks like a gap is not filled again."""
    for gap, value in given.items():
        before, found, after = pattern.partition(gap)
        if found:
            return f"{_fill(before, given)}{value}{_fill(after, given)}"
    return pattern


def _greeting() -> str:
    """By the clock on the viewer's wall."""
    hour = clock.now().astimezone(viewer_zone()).hour
    return "Good morning" if 4 <= hour < 12 else "Good afternoon" if 12 <= hour < 18 else "Good evening"
