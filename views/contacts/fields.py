"""The fields of a business's own: what else it knows about people."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from core.errors import Conflict, Invalid
from core.rights import Right
from core.words import plural
from forms.contacts import FieldForm
from forms.refusals import show_on
from services import contacts
from views.contacts.part import pages
from views.doors import needs, open_to, signed_in


@pages.get("/fields")
@open_to(signed_in)
def fields() -> str:
    """Every field with its number of people."""
    return _page(FieldForm(formdata=None))


@pages.post("/fields")
@needs(Right.EDIT_CONTACTS)
def add_field() -> Any:
    """Add one field."""
    form = FieldForm()
    if form.validate_on_submit():
        try:
            contacts.add_field(label=form.label.data, kind=form.kind.data, choices=form.lines, by=current_user.actor)
        except (Conflict, Invalid) as error:
            show_on(form, error, otherwise="label")
        else:
            flash(f"The field “{form.label.data}” can be filled on everybody’s page, and by files", "good")
            return redirect(url_for("contacts.fields"))
    return _page(form), 422


@pages.route("/fields/<int:field_id>", methods=["GET", "POST"])
@needs(Right.EDIT_CONTACTS)
def field(field_id: int) -> Any:
    """Give one field other words or choices."""
    known = contacts.get_field(field_id)
    form = FieldForm(data={"label": known.label, "kind": known.kind, "choices": "\n".join(known.choices)})
    form.kind.data = known.kind
    if request.method == "POST" and form.validate():
        try:
            contacts.change_field(field_id, label=form.label.data, choices=form.lines, by=current_user.actor)
        except (Conflict, Invalid) as error:
            show_on(form, error, otherwise="label")
        else:
            flash("The changes are kept", "good")
            return redirect(url_for("contacts.fields"))
    shown = render_template("contacts/field.html", field=contacts.get_field(field_id), form=form, kinds=contacts.KINDS,
                            people=contacts.people_with(known))
    return (shown, 422) if form.errors else shown


@pages.post("/fields/<int:field_id>/delete")
@needs(Right.EDIT_CONTACTS)
def delete_field(field_id: int) -> Answer:
    """Remove one field and what people have in it."""
    label = contacts.get_field(field_id).label
    people = contacts.delete_field(field_id, by=current_user.actor)
    flash(f"The field “{label}” is deleted; {plural(people, 'person', 'people')} had something in it", "good")
    return redirect(url_for("contacts.fields"))


def _page(form: FieldForm) -> str:
    """The list of fields, and the form for a new one."""
    return render_template("contacts/fields.html", counts=contacts.field_counts(), form=form, kinds=contacts.KINDS,
                           may_edit=current_user.may(Right.EDIT_CONTACTS))
