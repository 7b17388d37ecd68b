"""Write a template and write it anew. Words that were made are never changed: each change is a new version."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import func, select

from core.actor import Actor
from core.background import Job, enqueue
from core.errors import Conflict, NotFound
from core.states import TemplateState
from models import Campaign, MessageTemplate, TemplateVersion, after_commit, db, transaction
from services import activity, channels, media, settings
from services.message_templates import in_place as in_place_rules
from services.message_templates import limits
from services.message_templates.cards import cards_in
from services.message_templates.shown import MEDIA
from services.message_templates.words import Given, Words, problems_of, words_in, words_of

REFUSED = (TemplateState.REJECTED, TemplateState.DISABLED)
Buttons = Sequence[Mapping[str, Any]]


def add_template(*, name: str, language: str, category: str, body: str, footer: str = "", variables: Given = (),
                 header: Mapping[str, Any] | None = None, buttons: Buttons = (), by: Actor) -> MessageTemplate:
    """Keep a new template as version 1 and have it handed in for approval soon.

    A sample that is not given is made up from the variable's name. Raises TemplateInvalid with everything Meta
    would refuse, and Conflict (field name) when the name is taken in that language.
    """
    words = words_of(body=body, footer=footer, header=header, buttons=buttons, variables=variables,
                     country=settings.default_country())
    _check(words, name=name, language=language, category=category)
    with transaction():
        _check_name_is_free(name, language)
        template = MessageTemplate(name=name, language=language, category=category)
        db.session.add(template)
        db.session.flush()
        _add_version(template, 1, words, by=by)
        activity.record("template.added", by=by, subject_kind="template", subject_id=template.id, subject_name=name)
    return template


def change_template(template_id: int, *, category: str | None = None, body: str, footer: str = "",
                    variables: Given = (), header: Mapping[str, Any] | None = None, buttons: Buttons = (),
                    in_place: bool = False, by: Actor) -> MessageTemplate:
    """Keep a new version of the words; campaigns that exist keep theirs.

    With `in_place` they take the place of the earlier words at the carrier, under the same name: what uses those stops
    once the carrier has taken them. Raises Conflict when its rules forbid that.

    Nothing happens when nothing changed, unless the newest version was refused or belongs to another account: then the
    same words are handed in again. Name and language stay, and so does the category once a version was approved or used.
    Raises NotFound, and TemplateInvalid with everything Meta would refuse.
    """
    words = words_of(body=body, footer=footer, header=header, buttons=buttons, variables=variables,
                     country=settings.default_country())
    with transaction():
        template = db.session.get(MessageTemplate, template_id)
        if template is None:
            raise NotFound("There is no such template")
        category = category or template.category
        if category != template.category:
            _check_category_may_change(template)
        _check(words, name=template.name, language=template.language, category=category)
        newest = _newest(template_id)
        if (words_in(newest) == words and category == template.category and newest.state not in REFUSED
                and not is_elsewhere(newest)):
            return template
        replaced = in_place_rules.replaceable(template, words) if in_place else None
        template.category = category
        _add_version(template, newest.number + 1, words, by=by, replaced=replaced)
        activity.record("template.changed", by=by, subject_kind="template", subject_id=template.id,
                        subject_name=template.name, number=newest.number + 1)
    return template


def restore_version(template_id: int, number: int, *, by: Actor) -> MessageTemplate:
    """Write the words of an older version again, as the newest one. Raises NotFound, and Conflict for the newest."""
    old = db.session.scalars(select(TemplateVersion).where(
        TemplateVersion.template_id == template_id, TemplateVersion.number == number)).first()
    if old is None:
        raise NotFound("There is no such version of a template")
    words = words_in(old)
    if words == words_in(_newest(template_id)) and not is_elsewhere(_newest(template_id)):
        raise Conflict(f"The newest version says the same as version {number}")
    return change_template(template_id, body=words.body, footer=words.footer, variables=words.variables,
                           header=words.header, buttons=words.buttons, by=by)


def is_elsewhere(version: TemplateVersion) -> bool:
    """Whether another account than the one new campaigns use knows this version. Two queries, none for one of no
    account."""
    return bool(version.business_id) and version.business_id != channels.default_account()


def free_wire_name(template: MessageTemplate, number: int, *, again: int = 1) -> str:
    """The name the carrier knows this version by, not used by us in its language: offer, offer_v2, offer_v2_2 …

    `again` above 1 starts from that suffix, where the carrier says that the plainer names are taken.
    """
    base = template.name if number == 1 else f"{template.name}_v{number}"
    if number == 1 and again == 1:
        return base  # the template's own name was checked when it was written
    wanted = base if again == 1 else f"{base}_{again}"
    while _owner_of(wanted, template.language) is not None:
        again += 1
        wanted = f"{base}_{again}"
    return wanted


def _check(words: Words, **named: str) -> None:
    """Raise TemplateInvalid with everything that is wrong."""
    found = problems_of(words, **named)
    if words.header.get("kind") in MEDIA and words.header.get("media_id"):
        found = _about_file(words.header) + found
    for card in cards_in(words.header):
        if card["media_id"]:
            found = _about_file({"kind": "image", "media_id": card["media_id"]}) + found
    if found:
        raise limits.TemplateInvalid(found)


def _about_file(header: Mapping[str, Any]) -> list[limits.Problem]:
    """The file of the header is there, and of the kind that was chosen."""
    try:
        kind = media.get_media(int(header["media_id"])).kind
    except (NotFound, ValueError, TypeError):
        return [limits.Problem("header", "This file is gone; choose it again")]
    if kind != header["kind"]:
        return [limits.Problem("header", f"This file is not {media.KINDS[header['kind']].words}; choose another one")]
    return []


def _check_name_is_free(name: str, language: str) -> None:
    """Raise Conflict when a template or a version is known by this name in this language."""
    taken = _owner_of(name, language)
    if taken is None:
        return
    if taken.name == name:
        raise Conflict(f"There is already a template {name} in this language; open it to write a new version",
                       field="name")
    raise Conflict(f"WhatsApp knows a version of {taken.name} as {name}; choose another name", field="name")


def _owner_of(name: str, language: str) -> MessageTemplate | None:
    """The template that is called so in this language, or has a version the carrier knows by that name."""
    return db.session.scalars(
        select(MessageTemplate).outerjoin(TemplateVersion)
        .where(MessageTemplate.language == language,
               (MessageTemplate.name == name) | (TemplateVersion.wire_name == name)).limit(1)).first()


def _check_category_may_change(template: MessageTemplate) -> None:
    """Raise TemplateInvalid once a version went out into the world under the old category, and its consent."""
    known = (TemplateState.APPROVED, TemplateState.PAUSED, TemplateState.DISABLED)
    versions = select(TemplateVersion.id).where(TemplateVersion.template_id == template.id)
    approved = db.session.scalar(select(func.count()).select_from(
        versions.where(TemplateVersion.state.in_(known)).subquery()))
    used = db.session.scalar(select(func.count()).select_from(Campaign).where(Campaign.version_id.in_(versions)))
    if approved or used:
        raise limits.TemplateInvalid([limits.Problem(
            "category", f"This template is in use as {template.category}; write a new template for another kind")])


def _newest(template_id: int) -> TemplateVersion:
    return db.session.scalars(
        select(TemplateVersion).where(TemplateVersion.template_id == template_id)
        .order_by(TemplateVersion.number.desc()).limit(1).execution_options(populate_existing=True)).one()


def _add_version(template: MessageTemplate, number: int, words: Words, *, by: Actor,
                 replaced: TemplateVersion | None = None) -> None:
    """Add the words and have them handed in once they are safe, in place of the `replaced` ones if there are such."""
    where = {"wire_name": replaced.wire_name, "replaces_id": replaced.id, "business_id": replaced.business_id} if replaced \
        else {"wire_name": free_wire_name(template, number), "business_id": channels.default_account()}
    db.session.add(TemplateVersion(
        template_id=template.id, number=number, body=words.body, footer=words.footer, header=words.header,
        buttons=words.buttons, variables=words.variables, state=TemplateState.PENDING, created_by=by.name, **where))
    after_commit(partial(enqueue, Job.SUBMIT_TEMPLATES))
