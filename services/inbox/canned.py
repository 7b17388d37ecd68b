"""Ready answers: texts the team uses again and again, called by / and a short word, with the person's values in the gaps."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from core import placeholders
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound
from core.words import folded, many_lines, one_line
from models import CannedReply, Contact, db, transaction
from services import activity, message_templates

_SHORTCUT = re.compile(r"[\w-]{1,40}")
TEXT_LIMIT = 4096
MOST = 500


@dataclass(frozen=True, slots=True)
class Ready:
    """A ready answer with one person's values; `missing` names the gaps nobody has a value for."""

    id: int
    shortcut: str
    text: str
    missing: tuple[str, ...] = ()


def canned_replies() -> Sequence[CannedReply]:
    """Every ready answer, by its short word. One query."""
    return db.session.scalars(select(CannedReply).order_by(CannedReply.shortcut).limit(MOST)).all()


def get_canned(canned_id: int) -> CannedReply:
    """One ready answer. Raises NotFound."""
    if found := db.session.get(CannedReply, canned_id):
        return found
    raise NotFound("There is no such ready answer")


def ready_for(contact: Contact, *, colleague: str = "") -> list[Ready]:
    """Every ready answer as this person would read it; {{colleague}} is whoever answers. One query."""
    known = message_templates.values_of(contact) | {"colleague": colleague}
    return [_filled(one, known) for one in canned_replies()]


def _filled(canned: CannedReply, known: dict[str, str]) -> Ready:
    """One answer with these values; a gap without value stays visible."""
    parsed = placeholders.parse(canned.text)
    values = {name: known.get(name) or known.get(f"field:{name}") or "" for name in parsed.names}
    missing = tuple(name for name, value in values.items() if not value)
    text = placeholders.fill(parsed, {name: value or f"{{{{{name}}}}}" for name, value in values.items()})
    return Ready(canned.id, canned.shortcut, text, missing)


def add_canned(*, shortcut: str, text: str, by: Actor) -> CannedReply:
    """Keep a ready answer. Raises Invalid, Conflict when the short word is taken."""
    word, plain = _checked(shortcut, text)
    with transaction():
        _refuse_twin(word, None)
        canned = CannedReply(shortcut=word, text=plain, created_by=by.name[:120])
        db.session.add(canned)
        db.session.flush()
        activity.record("canned.added", by=by, subject_kind="canned_reply", subject_id=canned.id, subject_name=f"/{word}")
    return canned


def change_canned(canned_id: int, *, shortcut: str, text: str, by: Actor) -> None:
    """Change a ready answer. Raises as `add_canned`, and NotFound."""
    word, plain = _checked(shortcut, text)
    with transaction():
        canned = get_canned(canned_id)
        _refuse_twin(word, canned_id)
        canned.shortcut, canned.text = word, plain
        activity.record("canned.changed", by=by, subject_kind="canned_reply", subject_id=canned_id, subject_name=f"/{word}")


def delete_canned(canned_id: int, *, by: Actor) -> str:
    """Delete a ready answer; its short word. What was sent with it stays. Raises NotFound."""
    with transaction():
        canned = get_canned(canned_id)
        word = canned.shortcut
        db.session.delete(canned)
        activity.record("canned.deleted", by=by, subject_kind="canned_reply", subject_id=canned_id, subject_name=f"/{word}")
    return word


def _checked(shortcut: str, text: str) -> tuple[str, str]:
    """Short word and text as they are kept. Raises Invalid."""
    word, plain = folded(one_line(shortcut).lstrip("/")), many_lines(text)
    if not _SHORTCUT.fullmatch(word):
        raise Invalid("The short word has letters, digits, - and _ only, 40 at most", field="shortcut")
    if not plain:
        raise Invalid("Write the answer", field="text")
    if len(plain) > TEXT_LIMIT:
        raise Invalid(f"The answer has {len(plain):,} characters; WhatsApp takes {TEXT_LIMIT:,} at most", field="text")
    try:
        placeholders.parse(plain)
    except Invalid as error:
        raise Invalid(error.message, field="text") from error
    return word, plain


def _refuse_twin(word: str, canned_id: int | None) -> None:
    known = db.session.scalar(select(CannedReply.id).where(CannedReply.shortcut == word))
    if known is not None and known != canned_id:
        raise Conflict(f"There is a ready answer /{word} already", field="shortcut")
