"""What a rehearsal needs, copied set by set into a database of its own: the people who are meant now, the campaign, its
list and words, and how this installation is set. Never a secret, never anybody's history.

The audience is asked once, here, where segments, tags and earlier campaigns can answer; in the copy its people carry one
tag. The copied channel is a simulated one, whatever the real channel is.
"""

import shutil
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, and_, create_engine, event, insert, or_, select

from core import clock
from core.states import CampaignState, TemplateState
from models import (
    Campaign,
    CampaignList,
    CampaignListRow,
    Channel,
    Contact,
    ContactField,
    ContactTag,
    MediaFile,
    MessageTemplate,
    Setting,
    Tag,
    TemplateVersion,
    db,
)
from services import campaigns, channels, media, settings

FILE = "pigeonpost.sqlite"
AT_ONCE = 20_000  # rows read and written together
THE_TAG = 1  # what everybody in the copy carries
FASTEST = 5_000.0  # messages a second of the copied channel
_BUSINESS = "200000000000001"
_LIFETIME = timedelta(days=3650)  # how late is still useful, for the hurried clock
_LEFT_OUT = {"search", "notes", "email_key", "wa_id", "user_id"}  # not asked by any rule about a campaign


def copy_into(folder: Path, campaign: Campaign) -> datetime:
    """Make the database of a rehearsal in `folder`; returns when the campaign would start.

    A handful of statements for the audience, and one look at each other table. Reads from one moment.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    starts_at = start_of(campaign)
    engine = create_engine(f"sqlite:///{folder / FILE}")
    event.listen(engine, "connect", _without_care)
    try:
        with engine.begin() as copy:
            db.metadata.create_all(copy)
            _copy_installation(copy)
            _copy_words(copy, campaign, folder)
            _copy_campaign(copy, campaign, starts_at)
            _copy_people(copy, campaign)
            _copy_list(copy, campaign)
    finally:
        engine.dispose()
    (folder / FILE).chmod(0o600)
    return starts_at


def _without_care(connection: Any, _record: Any) -> None:
    """It is thrown away and made again if anything happens, so the disk is not waited for."""
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-32000"):
        connection.execute(f"PRAGMA {pragma}")


def start_of(campaign: Campaign) -> datetime:
    """When it would start: at its planned time if that is still to come, else now."""
    now = clock.now()
    if campaign.wall_time and campaign.start_at is not None and campaign.start_at > now:
        return campaign.start_at
    return now


def _copy_installation(copy: Connection) -> None:
    """Settings the rules read, and the fields people have."""
    rows = db.session.execute(select(*Setting.__table__.c).where(Setting.name.in_(list(settings.DEFAULTS)))).mappings()
    _write(copy, Setting, rows)
    _write(copy, ContactField, db.session.execute(select(*ContactField.__table__.c)).mappings())


def _copy_words(copy: Connection, campaign: Campaign, folder: Path) -> None:
    """The template with the one version, to be handed in to the simulator anew; its file lies beside it."""
    version = campaign.version
    assert version is not None  # why_not() has looked
    _write(copy, MessageTemplate, [_row_of(version.template)])
    _write(copy, TemplateVersion, [_row_of(version) | {
        "state": TemplateState.PENDING, "wire_id": "", "business_id": "", "replaces_id": None, "tries": 0, "due_at": None,
        "reason": ""}])
    for media_id in dict.fromkeys(media.named_in(version.header)):
        if (file := db.session.get(MediaFile, media_id)) is not None:
            _write(copy, MediaFile, [_row_of(file)])
            _copy_file(file.stored_as, folder)


def _copy_file(stored_as: str, folder: Path) -> None:
    """The file itself, at the same place below the rehearsal's folder as below the real one."""
    real = Path(settings.start_up().instance)
    for found in real.glob(f"*/{stored_as}"):
        place = folder / found.parent.name
        place.mkdir(exist_ok=True, mode=0o700)
        shutil.copyfile(found, place / stored_as)


def _copy_campaign(copy: Connection, campaign: Campaign, starts_at: datetime) -> None:
    """The campaign, due at its start, on a simulated channel with nothing to hold it up."""
    _write(copy, Channel, [{
        "id": campaign.channel_id, "name": "Rehearsal", "kind": "simulation", "send_rate": FASTEST, "next_slot": 0.0,
        "display_phone": channels.SIMULATED_NUMBER, "phone_number_id": channels.SIMULATED_ID,
        "business_id": _BUSINESS, "paused_reason": "", "created_at": clock.now()}])
    audience: dict[str, Any] = {"tags": [THE_TAG]}
    if campaign.audience.get("list"):
        audience["list"] = True
    _write(copy, Campaign, [_row_of(campaign) | {
        "state": CampaignState.SCHEDULED, "audience": audience, "start_at": starts_at, "unknown_policy": "hold",
        "latest_at": starts_at + _LIFETIME, "started_at": None, "finished_at": None, "paused_reason": "",
        "failures_seen": True, "pattern_id": None, "copy_of": None}])


def _copy_people(copy: Connection, campaign: Campaign) -> None:
    """Everybody who is meant, with what they agreed to, and the tag."""
    _write(copy, Tag, [{"id": THE_TAG, "name": "rehearsal", "key": "rehearsal", "created_at": clock.now()}])
    members = campaigns.members(campaign)
    columns = [column for column in Contact.__table__.c if column.name not in _LEFT_OUT]
    blank = {"search": "", "notes": ""}
    found = db.session.execute(
        select(*columns).join(members, members.c.id == Contact.__table__.c.id)
        .execution_options(yield_per=AT_ONCE)).mappings()
    for part in found.partitions(AT_ONCE):
        _write(copy, Contact, [dict(row) | blank for row in part])
        _write(copy, ContactTag, [{"contact_id": row["id"], "tag_id": THE_TAG} for row in part])


def _copy_list(copy: Connection, campaign: Campaign) -> None:
    """The campaign's own list, but for rows of people an exclusion took out."""
    own = db.session.get(CampaignList, campaign.id)
    if own is None or not campaign.audience.get("list"):
        return
    _write(copy, CampaignList, [_row_of(own)])
    row, person, members = CampaignListRow.__table__, Contact.__table__, campaigns.members(campaign)
    is_member = and_(row.c.code == "", person.c.id.in_(select(members.c.id)))
    found = db.session.execute(
        select(*row.c).select_from(row.outerjoin(person, (person.c.phone == row.c.phone) & (row.c.phone != "")))
        .where(row.c.campaign_id == campaign.id, or_(is_member, campaigns.unplaced(campaign, person)))
        .execution_options(yield_per=AT_ONCE)).mappings()
    for part in found.partitions(AT_ONCE):
        _write(copy, CampaignListRow, part)


def _row_of(one: Any) -> dict[str, Any]:
    """A row as it is, column by column."""
    return {column.name: getattr(one, column.name) for column in type(one).__table__.c}


def _write(copy: Connection, table: Any, rows: Iterable[Any]) -> None:
    """Put rows (mappings) into the copy."""
    ready: Sequence[dict[str, Any]] = [dict(row) for row in rows]
    if ready:
        copy.execute(insert(table.__table__), ready)
