"""The list of people: search, filters, sorting, pages, and the file of exactly these."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from flask import Response, redirect, render_template, request, stream_with_context, url_for
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response as Answer

from core.clock import now
from core.errors import Invalid
from core.rights import Right
from services import contacts, segments
from services.segments import Condition
from views.conditions import choices_of, fixed_lists, lists_for, options_of
from views.contacts.columns import MOST, SIZES, Shown, cells_of, shown_here, words_of
from views.contacts.filters import Filters, filters_of
from views.contacts.part import pages
from views.doors import needs
from views.page_context import viewer_zone

NEWEST_FIRST = ("last_heard", "created")


@pages.get("")
def index() -> str | Answer | tuple[str, int]:
    """The list: search, filters, sorting and place are in the address. `add` with `value` adds a filter to it."""
    filters, (order, wrong) = filters_of(request.args), _order()
    fields = contacts.all_fields()
    tests = segments.every_test(fields)
    added, error = _added(tests)
    if added and not error:
        return redirect(url_for("contacts.index", **filters.address(more=[added]), **_sorted(order)))
    counts = contacts.count_by_consent()
    words = words_of(fields)
    shown = shown_here(words)
    people = _people(filters, order, sum(counts.values()), shown.size)
    said = [*filters.wrong, *wrong]
    answer = render_template(
        "contacts/index.html", page=people, filters=filters, order=order, chips=_chips(filters, order, tests),
        headings=_headings(filters, order, shown, words), kept=filters.address() | _sorted(order), wrong=said,
        choices=choices_of(tests),
        added=added, error=error, counts=counts, lists=lists_for(), fixed_lists=fixed_lists(),
        options=options_of(tests),
        query=urlencode(filters.address(), doseq=True), shown=shown, words=words, sizes=SIZES, most=MOST,
        more=cells_of(people.items, shown.more, fields), lately=_lately(), tag_links=_tag_links(people.items))
    return (answer, 422) if said or error else answer


@pages.get("/export")
@needs(Right.IMPORT)
def export() -> Response:
    """The people of the filters in the address as a CSV file. A filter that cannot be is refused, not left out."""
    filters = filters_of(request.args)
    if filters.wrong:
        raise Invalid(filters.wrong[0])
    where = segments.where(*filters.shapes) if filters.is_any else None
    pieces = contacts.export_contacts(where=where, by=current_user.actor)
    answer = Response(stream_with_context(_with_mark(pieces)), mimetype="text/csv")
    today = f"{now().astimezone(viewer_zone()):%Y-%m-%d}"
    answer.headers["Content-Disposition"] = f'attachment; filename="contacts-{today}.csv"'
    return answer


def _lately() -> list[tuple[Any, str]]:
    """What was done to many people within a day, by what it is called, for those who may look at it."""
    acts = contacts.acts_lately() if current_user.may(Right.EDIT_CONTACTS) else []
    return [(act, contacts.name_of_act(act)) for act in acts]


def _tag_links(people: Sequence[contacts.ContactRow]) -> dict[str, Markup]:
    """A link for each tag of these people, made once however many of them have it."""
    url, link = url_for("contacts.index"), Markup('<a class="tag" href="{}?tag={}">{}</a>')
    return {tag: link.format(url, quote(tag), tag) for tag in {tag for person in people for tag in person.tags}}


def _with_mark(pieces: Iterator[str]) -> Iterator[str]:
    """Spreadsheets know by the mark that this is UTF-8."""
    yield "\ufeff"
    yield from pieces


def _people(filters: Filters, order: contacts.Order, everybody: int, size: int) -> contacts.PeoplePage:
    """The page of the list the address asks for."""
    place = {"after": request.args.get("after", "")[:300], "before": request.args.get("before", "")[:300]}
    if not filters.is_any:
        return contacts.list_people(order=order, page=_page_number(), size=size, everybody=everybody, **place)
    return contacts.list_people(segments.where(*filters.shapes), ids=segments.ids_matching(*filters.shapes),
                                order=order, page=_page_number(), size=size, **place)


def _order() -> tuple[contacts.Order, list[str]]:
    """How the address sorts the list, and what is wrong with that."""
    order = contacts.Order(request.args.get("sort", "") or "name", request.args.get("order") == "desc")
    try:
        order.column  # noqa: B018 - asks whether there is such a heading
    except Invalid as error:
        return contacts.Order(), [error.message]
    return order, []


def _sorted(order: contacts.Order) -> dict[str, str]:
    """The address arguments of an order; none for the usual one."""
    wanted = {"sort": order.sort if order.sort != "name" or order.descending else "",
              "order": "desc" if order.descending else ""}
    return {name: value for name, value in wanted.items() if value}


def _added(tests: dict[str, segments.Test]) -> tuple[Condition | None, str]:
    """The filter that is to be added, and what is wrong with it."""
    if not (what := request.args.get("add", "")):
        return None, ""
    wanted = Condition(what, request.args.get("value", ""))
    try:
        return segments.check(wanted, tests), ""
    except Invalid as error:
        return wanted, error.message


def _page_number() -> int:
    """The page the address asks for; the first when it is no number."""
    text = request.args.get("page", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 1


def _chips(filters: Filters, order: contacts.Order, tests: dict[str, segments.Test]) -> list[dict[str, str]]:
    """Each filter in words, with the address of the list without it."""
    rest = _sorted(order)
    chips = []
    if filters.text:
        without = {name: value for name, value in filters.address().items() if name != "q"}
        chips.append({"about": "Search", "words": f"“{filters.text}”",
                      "url": url_for("contacts.index", **without, **rest)})
    if filters.segment:
        without = {name: value for name, value in filters.address().items() if name != "segment"}
        chips.append({"about": "Segment", "words": filters.segment.name,
                      "url": url_for("contacts.index", **without, **rest)})
    for one in filters.conditions:
        words = segments.said(one, tests)
        chips.append({"about": words.about, "words": words.words,
                      "url": url_for("contacts.index", **filters.address(without=one), **rest)})
    return chips


def _headings(filters: Filters, order: contacts.Order, shown: Shown, words: dict[str, str]) -> list[Any]:
    """The headings; pressing the one in use turns it round."""
    kept = filters.address()
    headings: list[Any] = [""] if current_user.may(Right.EDIT_CONTACTS) else []
    for key, text in (("name", "Name"), ("phone", "Phone"), *((key, words[key]) for key in shown.keys)):
        if key not in contacts.SORTS:
            headings.append(text)
            continue
        here = key == order.sort
        down = not order.descending if here else key in NEWEST_FIRST
        url = url_for("contacts.index", **kept, **_sorted(contacts.Order(key, down)))
        direction = "" if not here else "desc" if order.descending else "asc"
        headings.append({"text": text, "sort_url": url, "direction": direction})
    return headings
