"""Two rows that are one person: find the other, choose what stays, make them one."""

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response as Answer

from core.errors import Conflict
from core.rights import Right
from services import contacts
from views.contacts.part import pages
from views.doors import needs


@pages.route("/<int:contact_id>/merge", methods=["GET", "POST"])
@needs(Right.EDIT_CONTACTS)
def merge(contact_id: int) -> str | Answer:
    """Find somebody by search, or compare with and merge the one in the address."""
    other = request.args.get("other", "")
    if not (other.isascii() and other.isdecimal() and len(other) < 11):
        return _search(contact_id)
    plan = contacts.plan_merge(contact_id, int(other))
    name, other_name = contacts.name_of(plan.keep), contacts.name_of(plan.other)
    if request.method == "POST":
        chosen = {choice.key: request.form.get(f"side-{choice.key}", choice.default) for choice in plan.choices}
        contacts.merge_contacts(contact_id, int(other), choices=chosen, by=current_user.actor)
        flash(f"{other_name} and {name} are one person now", "good")
        return redirect(url_for("contacts.show", contact_id=contact_id))
    return render_template("contacts/merge.html", person=plan.keep, name=name, other_name=other_name, plan=plan)


@pages.post("/merges/<int:merge_id>/undo")
@needs(Right.EDIT_CONTACTS)
def undo_merge(merge_id: int) -> Answer:
    """Make two people of one again."""
    try:
        keep, other = contacts.undo_merge(merge_id, by=current_user.actor)
    except Conflict as error:
        flash(error.message, "bad")
        return redirect(_url_of_back())
    flash(Markup('{} and <a href="{}">{}</a> are two people again').format(
        contacts.name_of(keep), url_for("contacts.show", contact_id=other.id), contacts.name_of(other)), "good")
    return redirect(url_for("contacts.show", contact_id=keep.id))


def _url_of_back() -> str:
    """The page of the person the button stood on; the list, when the address does not say."""
    number = request.form.get("back", "")
    is_id = number.isascii() and number.isdecimal() and len(number) < 11
    return url_for("contacts.show", contact_id=int(number)) if is_id else url_for("contacts.index")


def _search(contact_id: int) -> str:
    """The people who could be the same one."""
    person = contacts.get_contact(contact_id)
    text = request.args.get("q", "")[:200]
    found = None
    if text.strip():
        found = [one for one in contacts.search_contacts(text, size=20).items if one.id != contact_id]
    return render_template("contacts/merge.html", person=person, name=contacts.name_of(person), plan=None, text=text,
                           found=found)
