"""Files that came with messages, before they are fetched: noted in the transaction that keeps their message."""

from collections.abc import Sequence

from sqlalchemy import insert

from core import clock
from core.background import Job, enqueue
from core.states import FileState
from models import ReceivedFile, after_commit, db
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
