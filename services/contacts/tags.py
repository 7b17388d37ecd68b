"""Tags: found by their words whatever the case, made when they are new."""

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select

from core import clock
from core.actor import Actor
from core.errors import Invalid
from core.words import folded, one_line
from models import Contact, ContactTag, Tag, db, transaction
from services import activity, events
from services.contacts import writing

LONGEST = 60
MOST = 50


def split_tags(text: str) -> list[str]:
    """Names from a text such as “patient, Diabetes club”; `;` parts them, too. Raises Invalid for one too long."""
    names = (check_tag_name(part) for part in text.replace(";", ",").split(",") if one_line(part))
    return list({folded(name): name for name in names}.values())


def check_tag_name(text: str) -> str:
    """The name as it is kept. Raises Invalid."""
    name = " ".join(one_line(text).split())
    if not name:
        raise Invalid("A tag needs a name", field="tags")
    if "," in name or ";" in name:
        raise Invalid(f"A tag cannot have a comma or semicolon in its name: “{name[:60]}”", field="tags")
    if max(len(name), len(folded(name))) > LONGEST:
        raise Invalid(f"A tag must be {LONGEST} characters or fewer: “{name[:LONGEST]}…”", field="tags")
    return name


def tag_named(name: str, *, by: Actor) -> Tag:
    """The tag of this name, whatever its case; made when there is none. Raises Invalid for a name no tag can have."""
    return tags_named([name], by=by)[0]


def tags_named(names: Iterable[str], *, by: Actor) -> list[Tag]:
    """The tags of these names, in order, each once; new ones are made. Raises Invalid. Two queries, safe in a race."""
    wanted = {folded(name): name for name in map(check_tag_name, names)}
    if not wanted:
        return []
    with transaction():
        known = _by_key(wanted)
        for key in wanted.keys() - known.keys():
            row = {"name": wanted[key], "key": key, "created_at": clock.now()}
            if writing.insert_new(Tag, [row]):
                activity.record("tag.added", by=by, subject_kind="tag", subject_name=wanted[key])
        if len(known) < len(wanted):
            known = _by_key(wanted)
    return [known[key] for key in wanted]


def find_tag(name: str) -> Tag | None:
    """The tag of this name, whatever its case, if there is one. One query."""
    return db.session.scalar(select(Tag).where(Tag.key == folded(" ".join(one_line(name).split()))[:200]))


def set_tags(contact: Contact, names: Sequence[str], *, by: Actor) -> bool:
    """Give this person exactly these tags. True when anything changed. Raises Invalid."""
    if len(names) > MOST:
        raise Invalid(f"One person can have {MOST} tags at most", field="tags")
    with transaction():
        wanted = {tag.id for tag in tags_named(names, by=by)}
        had = set(db.session.scalars(select(ContactTag.tag_id).where(ContactTag.contact_id == contact.id)))
        if gone := had - wanted:
            db.session.execute(delete(ContactTag).where(
                ContactTag.contact_id == contact.id, ContactTag.tag_id.in_(gone)))
        if new := wanted - had:
            rows = [{"contact_id": contact.id, "tag_id": tag_id} for tag_id in sorted(new)]
            writing.insert_new(ContactTag, rows)
        note_changed(contact.id, new, "tag.added", by=by)
        note_changed(contact.id, gone, "tag.removed", by=by)
        db.session.expire(contact, ["tags"])
    return had != wanted


def note_changed(contact_id: int, tag_ids: Iterable[int], kind: str, *, by: Actor) -> None:
    """Note for rules that these tags were given or taken. One query, none without any."""
    ids = sorted(tag_ids)
    for key in db.session.scalars(select(Tag.key).where(Tag.id.in_(ids)).order_by(Tag.key)) if ids else ():
        events.note(kind, contact_id=contact_id, details={"tag": key}, by_itself=by.is_program)


def _by_key(keys: Iterable[str]) -> dict[str, Tag]:
    """The known ones among these tags."""
    found = db.session.scalars(select(Tag).where(Tag.key.in_(list(keys))))
    return {tag.key: tag for tag in found}
