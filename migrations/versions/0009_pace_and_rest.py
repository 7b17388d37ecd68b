"""pace_and_rest: how fast a number may go by now, whom to leave in peace, which campaigns wait for their first share"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

PACE = (("slow_share", "1"), ("slowed_at", "0"), ("reply_slot", "0"))


def upgrade() -> None:
    """Add the columns."""
    for name, default in PACE:
        op.add_column("channels", sa.Column(name, sa.Double(), nullable=False, server_default=default))
    op.add_column("channels", sa.Column("openable", sa.Integer()))
    op.add_column("channels", sa.Column("opened_counted_at", sa.DateTime(timezone=True)))
    op.add_column("campaigns", sa.Column("opt_outs_seen", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("campaigns", sa.Column("canary", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("contacts", sa.Column("marketing_rest_until", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Take them away again."""
    with op.batch_alter_table("contacts") as contacts:
        contacts.drop_column("marketing_rest_until")
    with op.batch_alter_table("campaigns") as campaigns:
        for name in ("canary", "opt_outs_seen"):
            campaigns.drop_column(name)
    with op.batch_alter_table("channels") as channels:
        for name in ("opened_counted_at", "openable", *(name for name, _ in PACE)):
            channels.drop_column(name)
