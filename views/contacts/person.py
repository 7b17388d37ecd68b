"""One person: their story, add, edit, tags, consent, the file for them, delete, erase."""

from itertools import groupby
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from core import clock, countries
from core.errors import Conflict, DashboardError, Invalid
from core.rights import Right
from core.states import ConsentState
from forms.contacts import ConsentForm, ContactForm, TypedForm, contact_form
from forms.refusals import show_on
from services import contacts, inbox, message_templates, segments, sending, settings
from views.contacts.columns import in_words
from views.contacts.part import pages
from views.doors import needs
from views.page_context import viewer_zone


@pages.route("/new", methods=["GET", "POST"])
@needs(Right.EDIT_CONTACTS)
def new() -> str | Answer | tuple[str, int]:
    """Add one person."""
    form = _form()
    if form.validate_on_submit():
        try:
            person = contacts.add_contact(**form.details(), tags=contacts.split_tags(form.tags.data),
                                          by=current_user.actor)
        except (Conflict, Invalid) as error:
            return _refused("contacts/new.html", form, error)
        flash(f"{contacts.name_of(person)} is in your contacts", "good")
        return redirect(url_for("contacts.show", contact_id=person.id))
    return _with_form("contacts/new.html", form)


@pages.get("/<int:contact_id>")
def show(contact_id: int) -> str | tuple[str, int]:
    """One person and their story; which part of it, and which page, is in the address."""
    return _story(contact_id, _consent_form(formdata=None))


@pages.route("/<int:contact_id>/edit", methods=["GET", "POST"])
@needs(Right.EDIT_CONTACTS)
def edit(contact_id: int) -> str | Answer | tuple[str, int]:
    """Change one person's details."""
    person = contacts.get_contact(contact_id)
    form = _form(person)
    if form.validate_on_submit() and form.take_in_others():
        try:
            contacts.change_contact(contact_id, **form.details(), tags=contacts.split_tags(form.tags.data),
                                    by=current_user.actor)
        except (Conflict, Invalid) as error:
            return _refused("contacts/edit.html", form, error, person=contacts.get_contact(contact_id))
        flash("The changes are kept", "good")
        return redirect(url_for("contacts.show", contact_id=contact_id))
    return _with_form("contacts/edit.html", form, person=person)


@pages.post("/<int:contact_id>/tags")
@needs(Right.EDIT_CONTACTS)
def tag(contact_id: int) -> Answer:
    """Give this person a tag, or take one away."""
    person = contacts.get_contact(contact_id)
    had = [one.name for one in person.tags]
    gone = request.form.get("remove", "")
    try:
        new_tags = contacts.split_tags(request.form.get("add", "")[:400])
        contacts.change_contact(contact_id, tags=[name for name in had if name != gone] + new_tags,
                                by=current_user.actor)
    except Invalid as error:
        flash(error.message, "bad")
    return redirect(url_for("contacts.show", contact_id=contact_id) + "#tags")


@pages.post("/<int:contact_id>/consent")
@needs(Right.EDIT_CONTACTS)
def record_consent(contact_id: int) -> str | Answer | tuple[str, int]:
    """Add a line to what this person agreed to or withdrew."""
    form = _consent_form()
    if not form.validate_on_submit():
        return _story(contact_id, form)
    try:
        present = contacts.record_consent(
            contact_id=contact_id, category=form.category.data, state=ConsentState(form.state.data), how=form.how.data,
            proof=form.proof.data, at=form.moment(), by=current_user.actor)
    except Invalid as error:
        show_on(form, error, otherwise="proof")
        return _story(contact_id, form)
    if present != form.state.data:
        flash("The line is kept. A later withdrawal is on record, so we still do not send them these messages.", "info")
    else:
        flash("The change is on record", "good")
    return redirect(url_for("contacts.show", contact_id=contact_id))


@pages.post("/<int:contact_id>/file")
@needs(Right.EDIT_CONTACTS)
def personal_file(contact_id: int) -> Answer:
    """Everything we hold about this person, as one file for them."""
    answer = jsonify(contacts.personal_file(contact_id, by=current_user.actor))
    answer.headers["Content-Disposition"] = f'attachment; filename="person-{contact_id}.json"'
    return answer


@pages.route("/<int:contact_id>/delete", methods=["GET", "POST"])
@needs(Right.EDIT_CONTACTS)
def delete(contact_id: int) -> str | Answer:
    """Ask once, by name, then delete."""
    person = contacts.get_contact(contact_id)
    if request.method == "POST":
        flash(f"{contacts.delete_contact(contact_id, by=current_user.actor)} is deleted", "good")
        return redirect(url_for("contacts.index"))
    return render_template("contacts/delete.html", person=person, name=contacts.name_of(person),
                           lines=len(contacts.history(contact_id)))


@pages.route("/<int:contact_id>/erase", methods=["GET", "POST"])
@needs(Right.EDIT_CONTACTS)
def erase(contact_id: int) -> str | Answer | tuple[str, int]:
    """Ask for the name, then forget this person everywhere."""
    person = contacts.get_contact(contact_id)
    form, name = TypedForm(), contacts.name_of(person)
    form.typed.label.text = f"Type “{name}” to erase them"
    if form.validate_on_submit() and form.is_typed(name):
        gone = contacts.erase_person(contact_id, by=current_user.actor)
        flash(f"They are erased: {gone.messages:,} messages, {gone.notices:,} notices from WhatsApp and {gone.rows:,} "
              "rows of files no longer say who they were", "good")
        return redirect(url_for("contacts.index"))
    shown = render_template("contacts/erase.html", person=person, name=name, form=form)
    return (shown, 422) if form.errors else shown


def _form(person: Any = None) -> ContactForm:
    """The form for a new person, or for one we know."""
    values = {key: contacts.value_text(value) for key, value in person.fields.items()} if person else {}
    return contact_form(contacts.all_fields(), country=settings.default_country(), known=person, values=values,
                        tags=[tag.name for tag in person.tags] if person else [], countries=countries.by_name(),
                        zones=sorted(clock.zone_names()))


def _consent_form(**more: Any) -> ConsentForm:
    form = ConsentForm(**more)
    form.zone = viewer_zone()
    return form


def _refused(template: str, form: ContactForm, error: DashboardError, **more: Any) -> tuple[str, int]:
    """The page again, the refusal beside its field, a link to whoever has the number."""
    show_on(form, error, otherwise="name")
    known_id = error.contact_id if isinstance(error, contacts.KnownPhone) else None
    return _with_form(template, form, known_id=known_id, **more)


def _with_form(template: str, form: ContactForm, **more: Any) -> Any:
    """The page with its form; 422 when something in it cannot be used."""
    shown = render_template(template, form=form, tags=contacts.all_tags(), **more)
    return (shown, 422) if form.errors else shown


def _story(contact_id: int, form: ConsentForm) -> Any:
    """One person's page; 422 when the consent form on it cannot be used."""
    person = contacts.get_contact(contact_id)
    kind = request.args.get("kind", "") if request.args.get("kind") in contacts.STORY_KINDS else ""
    number = request.args.get("page", "")
    page = int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else 1
    story, ledger = contacts.story(person, kind=kind, page=page), contacts.history(contact_id)
    shown = render_template(
        "contacts/show.html", person=person, name=contacts.name_of(person), form=form, kind=kind, story=story,
        fields=[(field, in_words(field, person.fields.get(field.key))) for field in contacts.all_fields()],
        country=dict(countries.by_name()).get(person.country, person.country),
        language=message_templates.name_of(person.language), brought_by=contacts.brought_by(person),
        ledger=ledger, written_in=inbox.written_in(ledger), segments=segments.holding(contact_id), verdicts=_verdicts(person),
        tags=contacts.all_tags(),
        merges=contacts.open_merges(contact_id), merge_days=contacts.MERGE_DAYS,
        days=_days(story.items), kinds=contacts.STORY_KINDS, counts=contacts.story_counts(person))
    return (shown, 422) if form.errors else shown


def _days(events: Any) -> list[list[contacts.Event]]:
    """The events of each day of the viewer."""
    zone = viewer_zone()
    return [list(day) for _, day in groupby(events, key=lambda event: event.at.astimezone(zone).date())]


def _verdicts(person: Any) -> list[tuple[str, sending.Verdict]]:
    """May we write to them now, and if not, why."""
    rests_until = person.marketing_rest_until
    rests_until = rests_until if rests_until and rests_until > clock.now() else None
    facts = sending.Person(person.id, person.phone, person.marketing, person.utility, rests_until)
    return [(words, sending.judge(facts, sending.Wanted(category)))
            for category, words in (("marketing", "Marketing template"), ("utility", "Service message"))]
