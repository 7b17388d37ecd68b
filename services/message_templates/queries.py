"""Every question about templates; never writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import selectinload

from core.errors import NotFound
from core.pages import Page
from core.states import CampaignState, TemplateState
from models import Campaign, MessageTemplate, TemplateVersion, db
from services import channels
from services.message_templates.languages import LANGUAGES
from services.message_templates.limits import CATEGORIES

ID_LIMIT = 2**31  # ids are of this size in the database


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """One line of the list: the template, its newest version, and the version campaigns may use, if any."""

    id: int
    name: str
    language: str
    category: str
    body: str
    number: int
    state: TemplateState
    reason: str
    quality: str  # of the newest version: good, medium, poor, or empty
    approved_number: int | None
    campaigns: int
    last_used: datetime | None  # the latest start of a campaign that was made with it


@dataclass(frozen=True, slots=True)
class Use:
    """A campaign that was made with a version of a template."""

    campaign_id: int
    name: str
    state: CampaignState
    number: int  # of the version
    started_at: datetime | None


@dataclass(frozen=True, slots=True)
class Choice:
    """A version a campaign may be made with; one that is not usable yet is shown and cannot be chosen."""

    version_id: int
    template_id: int
    name: str
    language: str
    category: str
    number: int
    state: TemplateState
    is_usable: bool


def list_templates(*, text: str = "", state: str = "", category: str = "", language: str = "", page: int = 1,
                   size: int = 50) -> Page[TemplateRow]:
    """Templates by name, with their newest version; `state` is the newest version's. Three queries.

    A state, category or language that does not exist filters nothing.
    """
    wanted = _filtered(text, state, category, language)
    total = db.session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    number = max(1, min(page, -(-total // size) or 1))
    found = db.session.execute(
        wanted.order_by(MessageTemplate.name, MessageTemplate.language).limit(size).offset((number - 1) * size)).all()
    used = _used([template.id for template, _, _ in found])
    rows = [TemplateRow(template.id, template.name, template.language, template.category, newest.body, newest.number,
                        newest.state, newest.reason, newest.quality, approved, *used.get(template.id, (0, None)))
            for template, newest, approved in found]
    return Page(rows, number, size, total)


def languages_in_use() -> list[str]:
    """The codes of the languages there are templates in. One query."""
    return list(db.session.scalars(select(MessageTemplate.language).distinct().order_by(MessageTemplate.language)))


def siblings_of(template: MessageTemplate) -> Sequence[MessageTemplate]:
    """The templates of the same name in other languages. One query."""
    return db.session.scalars(
        select(MessageTemplate).where(MessageTemplate.name == template.name, MessageTemplate.id != template.id)
        .order_by(MessageTemplate.language)).all()


def uses_of(template_id: int, *, limit: int = 100) -> list[Use]:
    """The campaigns that were made with this template, newest first. One query."""
    found = db.session.execute(
        select(Campaign.id, Campaign.name, Campaign.state, TemplateVersion.number, Campaign.started_at)
        .join(TemplateVersion, Campaign.version_id == TemplateVersion.id)
        .where(TemplateVersion.template_id == template_id).order_by(Campaign.id.desc()).limit(limit))
    return [Use(*row) for row in found]


def get_template(template_id: int) -> MessageTemplate:
    """One template with all its versions, oldest first. Two queries. Raises NotFound."""
    if 0 < template_id < ID_LIMIT:
        found = db.session.scalars(
            select(MessageTemplate).where(MessageTemplate.id == template_id)
            .options(selectinload(MessageTemplate.versions)).execution_options(populate_existing=True)).first()
        if found:
            return found
    raise NotFound("There is no such template")


def get_version(version_id: int) -> TemplateVersion:
    """One version with its template. Raises NotFound."""
    if 0 < version_id < ID_LIMIT and (found := db.session.get(TemplateVersion, version_id)):
        return found
    raise NotFound("There is no such version of a template")


def by_name(name: str, language: str = "") -> MessageTemplate:
    """The template of this name, in this language where several have it. Raises NotFound."""
    wanted = select(MessageTemplate).where(MessageTemplate.name == name)
    if language:
        wanted = wanted.where(MessageTemplate.language == language)
    found = db.session.scalars(wanted.order_by(MessageTemplate.id).limit(2)).all()
    if len(found) == 1:
        return found[0]
    raise NotFound(f"There is no template {name[:60]}" if not found else
                   f"{name[:60]} exists in several languages; say which")


def ready_versions() -> list[Choice]:
    """What a campaign may be made with, by name: the newest approved version of each template, usable; of a template
    without one the newest version, not usable yet. What another account approved, or what cannot be sent from here, is
    not usable. Four queries."""
    account = channels.default_account()
    newest_approved = _numbers(TemplateVersion.state == TemplateState.APPROVED, TemplateVersion.foreign_parts == "",
                               TemplateVersion.business_id.in_(("", account))).subquery()
    newest = _numbers(TemplateVersion.state != TemplateState.REPLACED).subquery()
    number = func.coalesce(newest_approved.c.number, newest.c.number)
    found = db.session.execute(
        select(MessageTemplate, TemplateVersion)
        .join(newest, newest.c.template_id == MessageTemplate.id)
        .outerjoin(newest_approved, newest_approved.c.template_id == MessageTemplate.id)
        .join(TemplateVersion, (TemplateVersion.template_id == MessageTemplate.id) & (TemplateVersion.number == number))
        .order_by(MessageTemplate.name, MessageTemplate.language)).all()
    return [Choice(version.id, template.id, template.name, template.language, template.category, version.number,
                   version.state, _is_usable(version, account)) for template, version in found]


def _is_usable(version: TemplateVersion, account: str) -> bool:
    """Whether a campaign of this account may be made with it."""
    is_here = not version.business_id or version.business_id == account
    return version.state is TemplateState.APPROVED and is_here and not version.foreign_parts


def campaigns_by_version(template_id: int) -> dict[int, int]:
    """How many campaigns were made with each version of one template. One query."""
    found = db.session.execute(
        select(TemplateVersion.id, func.count(Campaign.id)).join(Campaign, Campaign.version_id == TemplateVersion.id)
        .where(TemplateVersion.template_id == template_id).group_by(TemplateVersion.id))
    return {version_id: count for version_id, count in found}


def _used(template_ids: Sequence[int]) -> dict[int, tuple[int, datetime | None]]:
    """How many campaigns were made with each of these templates, and when the latest one started. One query."""
    if not template_ids:
        return {}
    found = db.session.execute(
        select(TemplateVersion.template_id, func.count(Campaign.id), func.max(Campaign.started_at))
        .join(Campaign, Campaign.version_id == TemplateVersion.id)
        .where(TemplateVersion.template_id.in_(template_ids)).group_by(TemplateVersion.template_id))
    return {template_id: (count, last) for template_id, count, last in found}


def _filtered(text: str, state: str, category: str, language: str) -> Select[MessageTemplate, TemplateVersion, int | None]:
    """Templates with their newest version and the number of the newest approved one."""
    newest = _numbers().subquery()
    approved = _numbers(TemplateVersion.state == TemplateState.APPROVED).subquery()
    wanted = (
        select(MessageTemplate, TemplateVersion, approved.c.number.label("approved_number"))
        .join(newest, newest.c.template_id == MessageTemplate.id)
        .join(TemplateVersion, (TemplateVersion.template_id == MessageTemplate.id)
              & (TemplateVersion.number == newest.c.number))
        .outerjoin(approved, approved.c.template_id == MessageTemplate.id))
    if text := text.replace("\0", "").strip():
        wanted = wanted.where(MessageTemplate.name.contains(text.lower(), autoescape=True)
                              | TemplateVersion.body.icontains(text, autoescape=True))
    if state in set(TemplateState):
        wanted = wanted.where(TemplateVersion.state == TemplateState(state))
    if category in CATEGORIES:
        wanted = wanted.where(MessageTemplate.category == category)
    if language in LANGUAGES:
        wanted = wanted.where(MessageTemplate.language == language)
    return wanted


def _numbers(*conditions: object) -> Select[int, int]:
    """The highest version number of each template, of the versions that meet the conditions."""
    return (select(TemplateVersion.template_id, func.max(TemplateVersion.number).label("number"))
            .where(*conditions).group_by(TemplateVersion.template_id))  # type: ignore[arg-type]
