"""Segments: the list, build one in words with its live count and ten people, change, delete."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from core.errors import Conflict, DashboardError, Invalid
from core.rights import Right
from forms.segments import Groups, SegmentForm, groups_of
from services import contacts, segments
from services.segments import Condition, Group, Shape
from views.conditions import choices_of, fixed_lists, lists_for, options_of
from views.contacts.filters import filters_of
from views.doors import needs

pages = Blueprint("segments", __name__)


@pages.get("")
def index() -> str:
    """Every segment with its words and how many people are in it now."""
    rows = []
    for row in segments.all_segments():
        shape = segments.shape_of(row)
        rows.append({"segment": row, "groups": segments.in_words(shape), "is_any": shape.is_any, "people": _people(shape)})
    return render_template("segments/index.html", rows=rows)


@pages.route("/new", methods=["GET", "POST"])
@needs(Right.EDIT_CONTACTS)
def new() -> Any:
    """Build a segment, from nothing or from the filters of the list in the address."""
    form = SegmentForm()
    if request.method == "GET":
        return _builder("segments/new.html", form, _groups_of_shape(filters_of(request.args).shapes[0]), False)
    return _posted("segments/new.html", form)


@pages.route("/<int:segment_id>", methods=["GET", "POST"])
@needs(Right.EDIT_CONTACTS)
def edit(segment_id: int) -> Any:
    """One segment: its conditions, who is in it, change it."""
    row = segments.get_segment(segment_id)
    form = SegmentForm(name=row.name)
    if request.method == "GET":
        shape = segments.shape_of(row)
        return _builder("segments/edit.html", form, _groups_of_shape(shape), shape.is_any, segment=row)
    return _posted("segments/edit.html", form, segment=row)


@pages.post("/count")
@needs(Right.EDIT_CONTACTS)
def count() -> str:
    """How many people the conditions of a form mean, and ten of them: the part of the page a script renews."""
    return render_template("segments/_people.html", **_seen(_shape(groups_of(request.form), _is_any())))


@pages.route("/<int:segment_id>/delete", methods=["GET", "POST"])
@needs(Right.EDIT_CONTACTS)
def delete(segment_id: int) -> str | Answer:
    """Ask once, by name, then delete; refused while something needs it."""
    row = segments.get_segment(segment_id)
    if request.method == "POST":
        flash(f"The segment “{segments.delete_segment(segment_id, by=current_user.actor)}” is deleted", "good")
        return redirect(url_for("segments.index"))
    return render_template("segments/delete.html", segment=row)


def _posted(template: str, form: SegmentForm, segment: Any = None) -> Any:
    """Keep what was sent, or show it again with a row more or less, its count, or what is wrong with it."""
    groups, is_any = groups_of(request.form), _is_any()
    if "keep" not in request.form or not form.validate():
        if "group" in request.form:
            groups.append((False, []))
        return _builder(template, form, groups, is_any, segment=segment)
    given = {"name": form.name.data or "", "shape": _shape(groups, is_any), "by": current_user.actor}
    try:
        if segment:
            segment = segments.change_segment(segment.id, **given)
        else:
            segment = segments.add_segment(**given)
    except (Conflict, Invalid) as error:
        if error.field == "name":
            form.name.errors = [*form.name.errors, error.message]
        return _builder(template, form, groups, is_any, segment=segment, refused=error)
    flash(f"The segment “{segment.name}” is kept", "good")
    return redirect(url_for("contacts.index", segment=segment.id))


def _builder(template: str, form: SegmentForm, groups: Groups, is_any: bool, *, segment: Any = None,
             refused: DashboardError | None = None) -> Any:
    """The page to build with, each wrong condition said beside it; 422 when anything was refused."""
    tests = segments.every_test(contacts.all_fields())
    errors = {(place, number): error for place, (_, rows) in enumerate(groups) for number, row in enumerate(rows)
              if (error := _wrong(Condition(*row), tests))}
    seen = _seen(_shape(groups, is_any)) if not errors else {"people": None, "sample": [], "wrong": ""}
    general = refused.message if refused and refused.field != "name" and not errors else ""
    shown = render_template(template, form=form, groups=groups or [(False, [])], is_any=is_any, segment=segment,
                            choices=choices_of(tests), options=options_of(tests), lists=lists_for(),
                            fixed_lists=fixed_lists(), errors=errors, general=general, **seen)
    return (shown, 422) if errors and request.method == "POST" or refused or form.errors else shown


def _wrong(condition: Condition, tests: Any) -> str:
    """What is wrong with a condition, in words; empty when nothing is."""
    try:
        segments.check(condition, tests)
    except Invalid as error:
        return error.message
    return ""


def _seen(shape: Shape) -> dict[str, Any]:
    """How many people a shape means and ten of them; in words when it cannot be asked."""
    if not any(shape.conditions):
        return {"people": None, "sample": [], "wrong": ""}
    try:
        return {"people": segments.count(shape), "sample": segments.sample(shape), "wrong": ""}
    except Invalid as error:
        return {"people": None, "sample": [], "wrong": error.message}


def _people(shape: Shape) -> int | None:
    """How many people it means; None where a condition no longer makes sense."""
    try:
        return segments.count(shape)
    except Invalid:
        return None


def _shape(groups: Groups, is_any: bool) -> Shape:
    """The value the rules take."""
    return Shape(tuple(Group(tuple(Condition(*row) for row in rows), any_is_enough)
                       for any_is_enough, rows in groups if rows), is_any)


def _groups_of_shape(shape: Shape) -> Groups:
    """The other way round."""
    return [(group.is_any, [(one.what, one.value) for one in group.conditions]) for group in shape.groups]


def _is_any() -> bool:
    return request.form.get("any") == "any"
