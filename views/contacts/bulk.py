"""One act on many people: the ticked ones, or everybody the filters mean. Tags can be put back; deleting asks once."""

from typing import Any
from urllib.parse import urlencode

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response as Answer

from core.errors import DashboardError, Invalid, NotFound
from core.rights import Right
from core.words import plural
from forms.contacts import TagForm, TypedForm
from services import contacts, segments
from views.contacts.filters import Filters, filters_in
from views.contacts.part import pages
from views.doors import needs

MOST_TICKED = 1_000
TYPED_ABOVE = 100  # deleting more people than this asks to type their number
LARGEST_ID = 2**31 - 1
LONGEST_KEPT = 1_500  # characters of filters beside a notice, which travels in a cookie


@pages.post("/bulk")
@needs(Right.EDIT_CONTACTS)
def bulk() -> str | Answer | tuple[str, int]:
    """Tag, untag or delete. `act` and `tag` say what; `id`, or `all_matching` and `filters`, say whom."""
    act, filters = request.form.get("act", ""), _filters()
    people = _chosen(filters)
    if act == "delete":
        return _delete(people, filters)
    acts: dict[str, Any] = {contacts.TAG: contacts.tag_people, contacts.UNTAG: contacts.untag_people}
    if act not in acts:
        raise Invalid("Choose what is to be done with these people", field="act")
    tag, ids = request.form.get("tag", "")[:200], contacts.ids_of(people)
    try:
        if len(ids) > contacts.AT_ONCE:
            return _to(contacts.start_bulk(ids, act=act, tag=tag, filters=_query(filters), by=current_user.actor))
        change = acts[act](ids or people, tag=tag, by=current_user.actor)
    except (Invalid, NotFound) as error:
        return _ask_for_tag(act, people, filters, error)
    flash(_said(change, " ".join(tag.split()), filters), "good")
    return _back(filters)


@pages.post("/bulk/<int:bulk_id>/undo")
@needs(Right.EDIT_CONTACTS)
def undo_bulk(bulk_id: int) -> Answer:
    """Put back exactly what one act changed, and show the list it was chosen on."""
    filters, change = _filters(), contacts.get_bulk(bulk_id)
    if change.people > contacts.AT_ONCE:
        return _to(contacts.start_undo(bulk_id, filters=_query(filters), by=current_user.actor))
    contacts.undo_bulk(bulk_id, by=current_user.actor)
    flash(f"Undone for {plural(change.people, 'person', 'people')}", "good")
    return _back(filters)


def _delete(people: Any, filters: Filters) -> str | Answer | tuple[str, int]:
    """Ask once, with the number; above a hundred it has to be typed. Somebody new in between asks again."""
    ids = contacts.ids_of(people)
    count = len(ids)
    if not count:
        flash("Nobody was deleted; they are gone already", "info")
        return _back(filters)
    form = TypedForm(formdata=request.form if request.form.get("is_asked") else None)
    form.typed.label.text = f"Type {count} to delete them"
    is_sure = request.form.get("is_asked") == str(count) and (count <= TYPED_ABOVE or form.is_typed(str(count)))
    if is_sure and count > contacts.AT_ONCE:
        return _to(contacts.start_bulk(ids, act="delete", filters=_query(filters), by=current_user.actor))
    if is_sure:
        deleted = contacts.delete_people(ids, by=current_user.actor)
        flash(f"{plural(deleted, 'person is', 'people are')} deleted", "good")
        return redirect(url_for("contacts.index"))
    shown = render_template(
        "contacts/bulk_delete.html", count=count, form=form, must_type=count > TYPED_ABOVE, filters=filters, **_whom())
    return (shown, 422) if form.errors else shown


def _ask_for_tag(act: str, people: Any, filters: Filters, error: DashboardError) -> tuple[str, int]:
    """The same act on the same people, the refusal beside the tag."""
    form = TagForm(formdata=request.form)
    form.tag.errors = [error.message]
    many = plural(contacts.count_people(people), "person", "people")
    return render_template("contacts/bulk_tag.html", act=act, many=many, form=form, filters=filters, **_whom()), 422


def _whom() -> dict[str, Any]:
    """Who was chosen, for a form that carries them on."""
    is_everybody = bool(request.form.get("all_matching"))
    return {"ids": [] if is_everybody else sorted(set(request.form.getlist("id")[:MOST_TICKED])),
            "query": request.form.get("filters", ""), "is_everybody": is_everybody}


def _filters() -> Filters:
    """The filters of the list the act was chosen on."""
    return filters_in(request.form.get("filters", ""))


def _query(filters: Filters) -> str:
    """The same filters, to be kept."""
    return urlencode(filters.address(), doseq=True)


def _chosen(filters: Filters) -> Any:
    """The people meant. Raises Invalid when nobody is, or a filter cannot be."""
    if request.form.get("all_matching"):
        if filters.wrong:
            raise Invalid(filters.wrong[0])
        return segments.ids_matching(*filters.shapes)
    typed = request.form.getlist("id")[:MOST_TICKED]
    ids = [int(text) for text in typed if text.isascii() and text.isdecimal() and len(text) < 11]
    ids = [number for number in ids if 0 < number <= LARGEST_ID]
    if not ids:
        raise Invalid("Tick at least one person", field="id")
    return ids


def _said(change: Any, tag: str, filters: Filters) -> Markup | str:
    """What was changed, with the way back beside it."""
    verb = "got" if change.act == contacts.TAG else "lost"
    if not change.people:
        return f"Nobody {verb} the tag “{tag}”; " + ("they all have it" if verb == "got" else "none of them had it")
    said = f"{plural(change.people, 'person', 'people')} {verb} the tag “{tag}”."
    query = _query(filters)
    undo = Markup(render_template("contacts/_undo.html", bulk_id=change.id,  # noqa: S704 - a template of ours
                                  query=query if len(query) <= LONGEST_KEPT else ""))
    return Markup("{} {}").format(said, undo)


def _to(act: Any) -> Answer:
    """The page of an act that is done in the background."""
    return redirect(url_for("contacts.show_act", act_id=act.id))


def _back(filters: Filters) -> Answer:
    """The list as it was."""
    return redirect(url_for("contacts.index", **filters.address()))
