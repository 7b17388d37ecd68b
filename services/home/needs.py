"""What waits for a person: doubts about sends, people without an answer, missed and paused things, failed files, refused
templates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from core import clock
from core.states import CampaignState, ImportState, MessageState, TemplateState
from core.words import plural
from models import Campaign, Channel, Import, Message, MessageTemplate, TemplateVersion, db
from services import automation, channels, health, inbox, sending, webhooks

_RECENT = timedelta(days=14)
_MOST = 5


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that waits. `kind` says what it is; `subject_id` and `name` say of what; `at` since when."""

    kind: str  # unknown | unanswered | missed | late | paused | import_failed | import_rows | channel | line_… | part …
    subject_id: int
    name: str
    count: int = 0
    detail: str = ""
    at: datetime | None = None


def needs(troubles: Sequence[channels.Trouble] | None = None) -> list[Need]:
    """Everything that waits for a person, most urgent first. About a dozen queries, and a few for each number unless its
    `troubles` are at hand."""
    troubles = channels.troubles() if troubles is None else troubles
    late = _late()
    urgent = _parts() + _unheard() + _unknown() + _missed() + late + _channels(troubles)
    paused = _paused({need.subject_id for need in late})
    return urgent + _unanswered() + _bursts() + paused + _imports() + _templates() + _unread()


def _unanswered() -> list[Need]:
    """People who wrote and have no answer yet."""
    found = inbox.waiting_now(clock.now())
    if found is None:
        return []
    soon = f"The 24 hours of {plural(found.shut_soon, 'chat', 'chats')} end within two hours. " if found.shut_soon else ""
    return [Need("unanswered", 0, found.name, found.count, soon, found.since)]


def _bursts() -> list[Need]:
    """Rules that were held back within the last day, because one person got too many automatic messages."""
    return [Need("rule_burst", rule_id, name, count) for rule_id, name, count in automation.held_bursts(
        clock.now() - timedelta(days=1))][:_MOST]


def _unheard() -> list[Need]:
    """Numbers that hear nothing back, and messages without any receipt."""
    now = clock.now()
    deaf = [Need("unheard", one.id, one.name, at=one.last_news_at) for one in sending.unheard_channels(now)]
    count = sending.without_receipt(now)
    return deaf + ([Need("no_receipt", 0, "", count)] if count else [])


def _unread() -> list[Need]:
    """Notices that could not be read."""
    count = webhooks.count_dead()
    return [Need("dead", 0, "", count)] if count else []


def _unknown() -> list[Need]:
    """Messages whose outcome nobody knows, by campaign."""
    rows = db.session.execute(
        select(Message.campaign_id, func.max(Campaign.name), func.count(), func.max(Message.attempted_at))
        .outerjoin(Campaign, Campaign.id == Message.campaign_id)
        .where(Message.state == MessageState.UNKNOWN)
        .group_by(Message.campaign_id).order_by(func.count().desc()).limit(_MOST))
    return [Need("unknown", campaign_id or 0, name or "One to one", count, at=at) for campaign_id, name, count, at in rows]


def _missed() -> list[Need]:
    rows = db.session.execute(
        select(Campaign.id, Campaign.name, Campaign.paused_reason).where(Campaign.state == CampaignState.MISSED)
        .order_by(Campaign.start_at.desc()).limit(_MOST))
    return [Need("missed", row.id, row.name, detail=row.paused_reason) for row in rows]


def _late() -> list[Need]:
    """Paused campaigns whose people wait past the latest useful time."""
    latest = func.coalesce(Message.latest_at, Campaign.latest_at)
    rows = db.session.execute(
        select(Campaign.id, func.max(Campaign.name), func.count()).join(Message, Message.campaign_id == Campaign.id)
        .where(Campaign.state == CampaignState.PAUSED, Message.state == MessageState.QUEUED,
               or_(latest < clock.now(), Message.due_at > Message.latest_at))
        .group_by(Campaign.id).order_by(Campaign.id.desc()).limit(_MOST))
    return [Need("late", campaign_id, name or "", count) for campaign_id, name, count in rows]


def _channels(troubles: Sequence[channels.Trouble]) -> list[Need]:
    """Paused numbers, warnings nobody has seen, and what is wrong with each."""
    rows = db.session.execute(
        select(Channel.id, Channel.name, Channel.paused_reason, Channel.paused_at)
        .where(Channel.paused_at.is_not(None)).limit(_MOST))
    paused = [Need("channel", row.id, row.name, detail=row.paused_reason, at=row.paused_at) for row in rows]
    told = [Need("told", channel.id, channel.name, count, notice.words, notice.at)
            for channel, notice, count in channels.unseen_warnings()]
    return paused + told + [Need(f"line_{one.kind}", one.channel_id, one.name, 1 if one.stops else 0,
                          f"{one.words}. {one.advice}".rstrip(". ") + ".", one.at) for one in troubles]


def _parts() -> list[Need]:
    """The scheduler or the sender, where it has stopped."""
    return [Need("part", 0, one.part, detail=one.words, at=one.seen_at) for one in health.stopped_parts()]


def _paused(but: set[int]) -> list[Need]:
    """Paused campaigns, but for those that are told of already."""
    rows = db.session.execute(
        select(Campaign.id, Campaign.name, Campaign.paused_reason).where(Campaign.state == CampaignState.PAUSED)
        .order_by(Campaign.id.desc()).limit(_MOST))
    return [Need("paused", row.id, row.name, detail=row.paused_reason) for row in rows if row.id not in but]


def _imports() -> list[Need]:
    """Files of the last two weeks that failed, wait for their columns, or left rows behind."""
    rows = db.session.execute(
        select(Import.id, Import.file_name, Import.state, Import.failed, Import.error, Import.created_at)
        .where(Import.created_at > clock.now() - _RECENT,
               Import.state.in_((ImportState.FAILED, ImportState.MAPPING, ImportState.STOPPED))
               | ((Import.state == ImportState.FINISHED) & (Import.failed > 0)))
        .order_by(Import.id.desc()).limit(_MOST))
    kinds = {ImportState.FAILED: "import_failed", ImportState.MAPPING: "import_mapping",
             ImportState.STOPPED: "import_stopped", ImportState.FINISHED: "import_rows"}
    return [Need(kinds[row.state], row.id, row.file_name, row.failed, row.error[:300], row.created_at) for row in rows]


def _templates() -> list[Need]:
    """Templates whose newest version was refused, paused or disabled."""
    newest = (select(TemplateVersion.template_id, func.max(TemplateVersion.number).label("number"))
              .group_by(TemplateVersion.template_id).subquery())
    rows = db.session.execute(
        select(MessageTemplate.id, MessageTemplate.name, TemplateVersion.state, TemplateVersion.reason)
        .join(TemplateVersion, TemplateVersion.template_id == MessageTemplate.id)
        .join(newest, (newest.c.template_id == TemplateVersion.template_id)
              & (newest.c.number == TemplateVersion.number))
        .where(TemplateVersion.state.in_((TemplateState.REJECTED, TemplateState.PAUSED, TemplateState.DISABLED)))
        .order_by(MessageTemplate.id.desc()).limit(_MOST))
    return [Need(f"template_{row.state}", row.id, row.name, detail=row.reason) for row in rows]
