"""single_messages: messages of no campaign by the time they left, so that their chats can be compared with them"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index; campaigns are not in it."""
    single = sa.text("campaign_id IS NULL AND attempted_at IS NOT NULL")
    op.create_index("ix_messages_single", "messages", ["campaign_id", "attempted_at"], sqlite_where=single, postgresql_where=single)


def downgrade() -> None:
    """Take it away again."""
    op.drop_index("ix_messages_single", "messages")
