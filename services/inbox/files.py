"""Files that came with messages, before they are fetched: noted in the transaction that keeps their message, tried again when
somebody asks."""

from collections.abc import Sequence

from sqlalchemy import insert, select

from core import clock
from core.background import Job, enqueue
from core.errors import NotFound
from core.states import FileState
from models import Message, ReceivedFile, after_commit, db
from services import media
from services.inbox.queries import LARGEST_ID, get_conversation
from services.inbox.upkeep import Line

NO_ID = "WhatsApp did not say where this file is"


def expect(kept: Sequence[Line]) -> None:
    """Have the files of these lines fetched, at once when the transaction is safe."""
    now = clock.now()
    rows = [{"message_id": line.id, "wire_id": file.wire_id, "kind": file.kind, "mime": file.mime, "name": file.name,
             "sha256": file.sha256, "state": FileState.WAITING if file.wire_id else FileState.GONE,
             "reason": "" if file.wire_id else NO_ID, "tries": 0, "due_at": now}
            for line in kept if (file := line.message.file) is not None]
    if rows:
        db.session.execute(insert(ReceivedFile.__table__), rows)
        after_commit(lambda: enqueue(Job.FETCH_FILES))


def fetch_again(conversation_id: int, message_id: int) -> None:
    """Have a file of this conversation that was not fetched tried once more, now. Raises NotFound."""
    talk = get_conversation(conversation_id)
    mine = select(Message.id).where(Message.id == min(max(message_id, 0), LARGEST_ID), Message.contact_id == talk.contact_id,
                                    Message.channel_id == talk.channel_id, Message.direction == "in")
    if db.session.scalar(mine) is None:
        raise NotFound("There is no such message in this chat")
    media.try_again(message_id)
    enqueue(Job.FETCH_FILES)
