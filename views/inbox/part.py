"""The part of the web that belongs to conversations, and what its pages share."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, request, url_for
from flask_login import current_user
from markupsafe import Markup

from core import clock
from forms.inbox import id_of
from services import inbox, sending
from views.page_context import local, viewer_zone

pages = Blueprint("inbox", __name__)


@dataclass(frozen=True, slots=True)
class Looking:
    """Which list is shown beside a thread, as the address says."""

    wish: inbox.Wish
    q: str = ""
    after: str = ""

    def values(self, **changes: Any) -> dict[str, Any]:
        """The same list as parts of an address, with changes; empty ones are left out."""
        wish = self.wish
        kept = {"show": wish.show if wish.show != "open" else "", "tag": wish.tag, "campaign": wish.campaign_id,
                "channel": wish.channel_id, "sort": wish.sort if wish.sort != "newest" else "", "q": self.q}
        return {name: value for name, value in (kept | changes).items() if value not in ("", None)}


def looking() -> Looking:
    """The list the address of this request speaks of; odd words are the usual list."""
    asked = request.args
    show, sort = asked.get("show", ""), asked.get("sort", "")
    wish = inbox.Wish(
        show=show if show in inbox.SHOWS else "open", user_id=current_user.actor.user_id, tag=asked.get("tag", "")[:60],
        campaign_id=id_of(asked.get("campaign")), channel_id=id_of(asked.get("channel")),
        sort="waiting" if sort == "waiting" else "newest")
    return Looking(wish, asked.get("q", "").strip()[:200], asked.get("after", "")[:80])


def me() -> sending.Author:
    """Whoever is signed in, as the author of what they write."""
    actor = current_user.actor
    return sending.Author("user", actor.name, actor.user_id)


def back_to(conversation_id: int, **more: Any) -> str:
    """The thread this request came from, its list beside it as it was."""
    return url_for("inbox.show", conversation_id=conversation_id, **looking().values(**more))


@pages.app_template_filter("talk_time")
def talk_time(moment: datetime) -> Markup | str:
    """When a chat was last written in: 10:37 today, Sun within a week, 3 Nov before."""
    zone = viewer_zone()
    days = (clock.now().astimezone(zone).date() - moment.astimezone(zone).date()).days
    return local(moment, "time" if days <= 0 else "weekday" if days < 7 else "short_date")


@pages.app_template_filter("span_words")
def span_words(seconds: float) -> str:
    """2 h 14 min; 3 days."""
    minutes = int(seconds) // 60
    if minutes >= 2880:
        return f"{minutes // 1440} days"
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{max(1, minutes)} min"
