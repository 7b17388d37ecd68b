"""webhook_retries: how often a notice was read in vain, and when it is read again by itself"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both columns, and indexes of the few notices that are set aside."""
    op.add_column("webhook_events", sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("webhook_events", sa.Column("retry_at", sa.DateTime(timezone=True)))
    dead, waits = sa.text("state = 'dead'"), sa.text("retry_at IS NOT NULL")
    op.create_index("ix_webhook_events_dead", "webhook_events", ["id"], sqlite_where=dead, postgresql_where=dead)
    op.create_index("ix_webhook_events_retry", "webhook_events", ["retry_at"], sqlite_where=waits, postgresql_where=waits)


def downgrade() -> None:
    """Take them away again."""
    op.drop_index("ix_webhook_events_retry", "webhook_events")
    op.drop_index("ix_webhook_events_dead", "webhook_events")
    with op.batch_alter_table("webhook_events") as events:
        events.drop_column("retry_at")
        events.drop_column("tries")
