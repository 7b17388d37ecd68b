"""The one way in for every outgoing message, and the one way to take back what has not left.

Pausing needs nothing here: a claim reads the campaign's state in its own transaction (dispatch.py), so once a pause or
a cancel is committed no message leaves the queue; those already on their way finish.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Select, insert, literal, update

from core import clock
from core.states import MessageState
from models import Message, after_commit, db, transaction
from services.sending import contents

_m = Message.__table__.c

AT_ONCE = 10_000  # rows an INSERT
OVERTAKES = 0  # priority of replies, and of what a person sends again by hand
IN_LINE = 10  # priority of campaigns

_wake: Callable[[], None] | None = None


def install_nudge(wake: Callable[[], None] | None) -> None:
    """Say whom to wake when something was queued in this process; without it the sender looks by itself."""
    global _wake
    _wake = wake


def nudge() -> None:
    """Wake the sender of this process once the present write is safe. Losing it costs half a second."""
    if _wake is not None:
        after_commit(_wake)


def queue_many(rows: Iterable[Mapping[str, Any]], *, campaign_id: int, channel_id: int, version_id: int,
               due_at: datetime | None = None) -> int:
    """Write one message a person for a campaign; how many rows there were. Join it to the freezing transaction.

    Each row is judged already: contact_id, phone, variables (name → final text), and for those who do not get it
    `code` and `words` (then it is written as skipped). A second row for the same person is refused by the table.
    """
    now = clock.now()
    shared = {"direction": "out", "kind": "template", "campaign_id": campaign_id, "channel_id": channel_id,
              "version_id": version_id, "priority": IN_LINE, "due_at": due_at or now, "created_at": now, "text": "",
              "tries": 0}
    count = 0
    source = iter(rows)
    with transaction():
        while batch := [_message(row, shared) for row in islice(source, AT_ONCE)]:
            db.session.execute(insert(Message.__table__), batch)
            count += len(batch)
        nudge()
    return count


def _message(row: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    """One judged person as a row of messages."""
    code = row.get("code", "")
    return {**shared, "contact_id": row["contact_id"], "phone": row.get("phone") or "",
            "variables": row.get("variables") or {}, "reason_code": code, "reason": row.get("words", "")[:300],
            "state": MessageState.SKIPPED if code else MessageState.QUEUED}


def queue_set(columns: Sequence[str], rows: Select[Any], *, campaign_id: int, channel_id: int, version_id: int,
              now: datetime) -> int:
    """The same as one statement: `rows` selects these columns of a message for everybody; how many there were.

    Each row is judged already: state queued or skipped, with its reason. Join it to the freezing transaction.
    """
    shared = {"direction": "out", "kind": "template", "campaign_id": campaign_id, "channel_id": channel_id,
              "version_id": version_id, "priority": IN_LINE, "text": "", "tries": 0}
    fixed = [literal(value, _m[name].type) for name, value in (shared | {"created_at": now}).items()]
    with transaction():
        count = db.session.execute(insert(Message.__table__).from_select(
            [*columns, *shared, "created_at"], rows.add_columns(*fixed), include_defaults=False)).rowcount
        nudge()
    return int(count)


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a message of ours: somebody of the team, a rule, a flow, a program, or somebody in the Business app."""

    kind: str  # user | rule | flow | api | app
    name: str
    id: int | None = None


def queue_message(*, channel_id: int, contact_id: int | None, phone: str, version_id: int | None = None,
                  variables: Mapping[str, str] | None = None, text: str = "", test_of: int | None = None,
                  kind: str = "text", content: Mapping[str, Any] | None = None, reply_to: str = "",
                  author: Author | None = None, due_at: datetime | None = None, latest_at: datetime | None = None) -> int:
    """Queue one message to one person (a reply, a test); it overtakes campaigns. Returns its id.

    Give a template version with its values, or a free message: `kind`, `text` and `content` as
    services/sending/contents.py keeps them, `reply_to` the wire id of what it quotes or reacts to. Raises Invalid for what
    Meta would refuse. The verdict, with the 24-hour window, is asked right before it leaves; a file must be at the carrier
    by then (media.ensure_uploaded). A test says which campaign it tries, and alone may go to a number that is nobody's.
    """
    row = message_row(
        channel_id=channel_id, contact_id=contact_id, phone=phone, version_id=version_id, variables=variables, text=text,
        test_of=test_of, kind=kind, content=content, reply_to=reply_to, author=author, due_at=due_at, latest_at=latest_at)
    return queue_rows([row])[0]


def message_row(*, channel_id: int, contact_id: int | None, phone: str, version_id: int | None = None,
                variables: Mapping[str, str] | None = None, text: str = "", test_of: int | None = None, kind: str = "text",
                content: Mapping[str, Any] | None = None, reply_to: str = "", author: Author | None = None,
                due_at: datetime | None = None, latest_at: datetime | None = None) -> dict[str, Any]:
    """One message as `queue_rows` takes it, checked; nothing is written. As `queue_message` otherwise."""
    if version_id is None:
        contents.check(kind, text, content or {})
    now = clock.now()
    return {
        "direction": "out", "kind": "template" if version_id else kind, "channel_id": channel_id, "contact_id": contact_id,
        "version_id": version_id, "phone": phone, "text": text, "content": dict(content or {}), "reply_to": reply_to[:255],
        "variables": dict(variables or {}), "priority": OVERTAKES, "test_of": test_of, "state": MessageState.QUEUED,
        "due_at": due_at or now, "latest_at": latest_at, "created_at": now, "tries": 0, "reason": "", "reason_code": "",
        "author_kind": author.kind if author else "", "author_id": author.id if author else None,
        "author_name": author.name[:120] if author else ""}


def queue_rows(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Queue checked messages in their order, in one statement; their ids. Join it to the transaction of whoever wrote them."""
    with transaction():
        ids = db.session.scalars(insert(Message.__table__).returning(_m.id, sort_by_parameter_order=True), list(rows)).all()
        nudge()
    return [int(one) for one in ids]


def cancel_queued(campaign_id: int) -> int:
    """Take back every message of a campaign that has not left; how many. Those on their way may still arrive."""
    with transaction():
        return int(db.session.execute(
            update(Message.__table__)
            .where(Message.campaign_id == campaign_id, Message.state == MessageState.QUEUED)
            .values(state=MessageState.CANCELLED, reason_code="cancelled", reason="The campaign was cancelled")
        ).rowcount)
