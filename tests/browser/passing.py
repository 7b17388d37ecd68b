"""Time that passes in a story without anybody waiting: everything that is kept becomes so much older, at once."""

from tests.live import Live

_OLDER = """
import sys
from datetime import timedelta
from app import create_app
with create_app().app_context():
    from sqlalchemy import select, update
    from services.automation import compiled
    from models import Contact, Conversation, Event, Message, Rule, db, transaction
    from tables.types import UtcDateTime
    span = timedelta(hours=int(sys.argv[1]))
    with transaction():
        for table in (one.__table__ for one in (Rule, Contact, Conversation, Message, Event)):
            moments = [column for column in table.c if isinstance(column.type, UtcDateTime)]
            for row in db.session.execute(select(table.c.id, *moments)).all():
                older = {column.name: kept - span for column, kept in zip(moments, row[1:]) if kept is not None}
                db.session.execute(update(table).where(table.c.id == row.id).values(older))
        compiled.changed()
"""


def hours_pass(live: Live, hours: int) -> None:
    """What happened so far happened so many hours earlier: rules, people, chats, messages."""
    live.run(_OLDER, str(hours))
