"""unseen_chats: how many lines nobody has seen is read from the index alone"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

UNREAD = sa.text("unread > 0")


def upgrade() -> None:
    """The count goes into the index."""
    op.drop_index("ix_conversations_unread", "conversations")
    _index("last_at", "id", "unread")


def downgrade() -> None:
    """As it was."""
    op.drop_index("ix_conversations_unread", "conversations")
    _index("last_at", "id")


def _index(*columns: str) -> None:
    op.create_index("ix_conversations_unread", "conversations", columns, sqlite_where=UNREAD, postgresql_where=UNREAD)
