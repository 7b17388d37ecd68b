"""The three panes: conversations, one thread, the person beside it; and the parts of them that refresh themselves."""

from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from flask import render_template, request
from flask_login import current_user

from core import clock
from core.rights import Right
from forms.inbox import WriteForm, id_of
from services import campaigns, channels, contacts, inbox
from views.inbox.part import Looking, looking, pages, span_words
from views.page_context import viewer_zone

SHOWN_FIRST = ("open", "unanswered", "mine")
WINDOW = timedelta(hours=24)


@pages.get("")
def index() -> str:
    """The list without a thread."""
    return render_template("inbox/index.html", talk=None, **_narrowing(), **list_parts(looking(), None))


@pages.get("/list")
def talks() -> str:
    """The list alone, for its refresh."""
    return render_template("inbox/_list.html", talk=None, **list_parts(looking(), id_of(request.args.get("here"))))


@pages.get("/unseen")
def unseen() -> str:
    """What nobody has seen, for every other page: its title, the rail and notices follow it. Three queries with the session."""
    return render_template("inbox/_unseen.html")


@pages.get("/<int:conversation_id>")
def show(conversation_id: int) -> str:
    """One thread with its list and its person."""
    return page_of(conversation_id)


@pages.get("/<int:conversation_id>/lines")
def lines(conversation_id: int) -> str:
    """The end of a thread, for its refresh."""
    talk = inbox.get_conversation(conversation_id)
    return render_template("inbox/_lines.html", looking=looking(), **thread_parts(talk))


def page_of(conversation_id: int, form: WriteForm | None = None, **more: Any) -> str:
    """The whole page around a thread; `form` is the composer as it was sent, when it is shown again."""
    talk, user_id = inbox.get_conversation(conversation_id), current_user.actor.user_id
    parts = thread_parts(talk)
    person = parts["person"]
    if form is None:
        form = WriteForm(formdata=None, text=inbox.draft_of(talk.id, user_id=user_id))
    shown = looking()
    return render_template(
        "inbox/index.html", form=form, team=inbox.team(),
        answers=inbox.ready_for(person, colleague=current_user.actor.name) if current_user.may(Right.ANSWER) else [],
        fields=[(field, person.fields.get(field.key)) for field in contacts.all_fields()],
        snoozes=_snoozes(), lately=inbox.campaigns_of(person.id), **_narrowing(), **list_parts(shown, talk.id), **parts, **more)


def _narrowing() -> dict[str, Any]:
    """What the list can be narrowed to. Two queries."""
    return {"tags": contacts.tag_names(), "latest": inbox.latest_campaigns()}


def list_parts(shown: Looking, here: int | None) -> dict[str, Any]:
    """What the list needs. About seven queries, whatever the sizes."""
    page = inbox.conversations(shown.wish, after=shown.after) if not shown.q else inbox.TalkPage(inbox.of_people(shown.q))
    return {"looking": shown, "page": page, "here": here,
            "found": inbox.search(shown.q) if shown.q else [], "counts": inbox.counts_for(shown.wish.user_id),
            "channels": channels.all_channels(),
            "campaign_name": campaigns.get_campaign(shown.wish.campaign_id).name if shown.wish.campaign_id else ""}


def thread_parts(talk: Any) -> dict[str, Any]:
    """What a thread and its composer need. About sixteen queries, whatever the sizes."""
    asked, user_id = request.args, current_user.actor.user_id
    page = inbox.thread(talk, before=asked.get("before", "")[:60], after=asked.get("later", "")[:60],
                        around=id_of(asked.get("at")))
    zone, person = viewer_zone(), contacts.get_contact(talk.contact_id)
    days = [(day, list(items)) for day, items in groupby(page.items, key=lambda item: item.at.astimezone(zone).date())]
    left = talk.window_ends_at - clock.now() if inbox.is_open(talk) else None
    return {"talk": talk, "person": person, "name": contacts.name_of(person),
            "channel": channels.get_channel(talk.channel_id), "thread": page, "days": days,
            "today": clock.now().astimezone(zone).date(), "left": left,
            "left_words": span_words(left.total_seconds()) if left else "",
            "left_share": round(100 * left / WINDOW, 1) if left else 0,
            "others": inbox.others(talk.id, user_id=user_id), "may_answer": current_user.may(Right.ANSWER),
            "target": id_of(asked.get("at"))}


def _snoozes() -> list[tuple[str, str, datetime]]:
    """When a chat may come back, as (value, words, moment), on the viewer's clock."""
    now = clock.now().astimezone(viewer_zone())
    morning = now.replace(hour=9, minute=0, second=0, microsecond=0)
    monday = morning + timedelta(days=7 - now.weekday())
    return [("hour", "In an hour", now + timedelta(hours=1)), ("evening", "In four hours", now + timedelta(hours=4)),
            ("tomorrow", "Tomorrow, 09:00", morning + timedelta(days=1)), ("monday", "Monday, 09:00", monday)]


def snooze_until(word: str) -> datetime | None:
    """The moment one of the offered words means."""
    return next((moment for value, _, moment in _snoozes() if value == word), None)
