"""Delete a template here and at the carrier; what was sent with it stays for the record. And let a paused one go on."""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import delete, func, select, update

from core import clock
from core.actor import Actor
from core.background import Job, enqueue
from core.errors import CarrierTrouble, Conflict, NotFound
from core.states import CampaignState, TemplateState
from models import Campaign, Message, MessageTemplate, TemplateVersion, after_commit, db, transaction
from services import activity, channels, whatsapp_service
from services.message_templates.standing import KNOWN_BY_NAME, keep_told
from transports.port import Line, SendFailed

OVER = (CampaignState.FINISHED, CampaignState.CANCELLED)
GONE = (TemplateState.DELETED, TemplateState.REPLACED)
NOT_THERE = "2593002"  # Meta: there is no such template


def delete_template(template_id: int, *, every_language: bool = False, by: Actor) -> int:
    """Delete a template with all its versions, here and at the carrier; how many templates that were.

    With `every_language` the templates of its name in other languages go, too. One that messages were sent with stays
    here for the record, marked as deleted. Raises NotFound, Conflict while a campaign still needs one of them, and
    CarrierTrouble when the carrier refuses: what it had deleted by then is marked so.
    """
    chosen = _chosen(template_id, every_language)
    for template in chosen:
        _check_free(template)
    _delete_there([template.id for template in chosen], every_language=every_language)
    for number in [template.id for template in chosen]:
        _delete_here(number, by)
    return len(chosen)


def unpause(version_id: int, *, by: Actor) -> None:
    """Ask the carrier to let a template go on that it paused because the first people took it badly.

    Raises NotFound, Conflict for one that is not paused, and CarrierTrouble with the carrier's reason in words.
    """
    version = db.session.get(TemplateVersion, version_id) if 0 < version_id < 2**31 else None
    if version is None:
        raise NotFound("There is no such version of a template")
    if version.state is not TemplateState.PAUSED or version.wire_id in ("", KNOWN_BY_NAME):
        raise Conflict("WhatsApp has not paused this version")
    line, wire_id = _line_of(version.business_id), version.wire_id
    db.session.rollback()  # the carrier is never waited for inside a transaction
    try:
        whatsapp_service.catalogue().unpause(line, wire_id)
    except SendFailed as error:
        raise CarrierTrouble(error.words) from None
    with transaction():
        found = db.session.get_one(TemplateVersion, version_id)
        activity.record("template.unpaused", by=by, subject_kind="template", subject_id=found.template_id,
                        subject_name=found.template.name)
        after_commit(partial(enqueue, Job.SYNC_TEMPLATES))


def _chosen(template_id: int, every_language: bool) -> Sequence[MessageTemplate]:
    template = db.session.get(MessageTemplate, template_id) if 0 < template_id < 2**31 else None
    if template is None:
        raise NotFound("There is no such template")
    if not every_language:
        return [template]
    return db.session.scalars(
        select(MessageTemplate).where(MessageTemplate.name == template.name).order_by(MessageTemplate.id)).all()


def _check_free(template: MessageTemplate) -> None:
    """Raise Conflict while a campaign still needs it, and where the carrier keeps it."""
    versions = select(TemplateVersion.id).where(TemplateVersion.template_id == template.id)
    campaigns = db.session.scalars(
        select(Campaign.name).where(Campaign.version_id.in_(versions), Campaign.state.not_in(OVER))
        .order_by(Campaign.id).limit(3)).all()
    if campaigns:
        raise Conflict(f"{template.name} is used by {_listed(campaigns)}, so it cannot be deleted")
    states = {one.state: one for one in db.session.scalars(select(TemplateVersion).where(
        TemplateVersion.template_id == template.id, TemplateVersion.wire_id != "")).all()}
    if TemplateState.DISABLED in states:
        raise Conflict(f"WhatsApp disabled {template.name}, and it lets nobody delete what it disabled")


def _delete_there(template_ids: Sequence[int], *, every_language: bool) -> None:
    """Ask the carrier, name by name; each yes is written down at once."""
    held = db.session.execute(
        select(TemplateVersion.id, TemplateVersion.wire_name, TemplateVersion.wire_id, TemplateVersion.business_id)
        .where(TemplateVersion.template_id.in_(template_ids), TemplateVersion.wire_id != "",
               TemplateVersion.state.not_in((*GONE, TemplateState.PENDING_DELETION)))
        .order_by(TemplateVersion.id)).all()
    lines = {business_id: _line_of(business_id) for business_id in {one.business_id for one in held}}
    db.session.rollback()
    asked = set()
    for one in held:
        if every_language and (one.business_id, one.wire_name) in asked:
            _mark(one.id)
            continue
        if not every_language and one.wire_id == KNOWN_BY_NAME:
            raise Conflict("WhatsApp’s id of this template is not known yet; ask for its list of templates first")
        try:
            whatsapp_service.catalogue().delete(lines[one.business_id], name=one.wire_name,
                                                wire_id="" if every_language else one.wire_id)
        except SendFailed as error:
            if error.code != NOT_THERE:
                raise CarrierTrouble(error.words) from None
        asked.add((one.business_id, one.wire_name))
        _mark(one.id)


def _line_of(business_id: str) -> Line:
    """How to reach the account. Raises Conflict when none of our numbers that are on belongs to it."""
    speakers = channels.speakers()
    channel = speakers.get(business_id) if business_id else channels.default_channel()
    if channel is None:
        raise Conflict("The number whose account holds this template is switched off; switch it on first")
    return channels.line_of(channel)


def _mark(version_id: int) -> None:
    with transaction():
        version = db.session.get_one(TemplateVersion, version_id)
        version.state, version.due_at = TemplateState.DELETED, None
        version.reason = "It was deleted; WhatsApp locks the name of approved templates for 30 days"
        keep_told(version, clock.now())


def _delete_here(template_id: int, by: Actor) -> None:
    """The rows go unless something was made with them."""
    with transaction():
        template = db.session.get(MessageTemplate, template_id)
        if template is None:
            return
        activity.record("template.deleted", by=by, subject_kind="template", subject_name=template.name)
        versions = select(TemplateVersion.id).where(TemplateVersion.template_id == template_id)
        used = (db.session.scalar(select(func.count()).select_from(Campaign).where(Campaign.version_id.in_(versions)))
                or db.session.scalar(select(func.count()).select_from(Message).where(Message.version_id.in_(versions))))
        if used:
            db.session.execute(update(TemplateVersion).where(
                TemplateVersion.template_id == template_id, TemplateVersion.state.not_in(GONE)).values(
                state=TemplateState.DELETED, reason="It was deleted", due_at=None))
        else:
            db.session.execute(delete(MessageTemplate).where(MessageTemplate.id == template_id))


def _listed(names: Sequence[str]) -> str:
    """One or two names, or the first two and that there are more."""
    shown = [f"“{name}”" for name in names[:2]]
    return f"{', '.join(shown)} and others" if len(names) > 2 else " and ".join(shown)
