"""channels_connected: sealed secrets, an address of its own, what the carrier says of a number"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
WORDS = (("graph_url", 200), ("graph_version", 10), ("verified_name", 120), ("quality", 12), ("number_status", 30),
         ("tier", 24), ("throughput", 20))
SEALED = ("sealed_token", "sealed_app_secret", "sealed_verify_token", "sealed_former_secret")
TIMES = ("former_secret_until", "switched_off_at", "token_expires_at", "checked_at")


def upgrade() -> None:
    """Add the columns."""
    for name, length in WORDS:
        op.add_column("channels", sa.Column(name, sa.String(length), nullable=False, server_default=""))
    for name in SEALED:
        op.add_column("channels", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    for name in TIMES:
        op.add_column("channels", sa.Column(name, sa.DateTime(timezone=True)))
    op.add_column("channels", sa.Column("findings", JSON, nullable=False, server_default="[]"))


def downgrade() -> None:
    """Take them away again."""
    with op.batch_alter_table("channels") as channels:
        for name in ("findings", *TIMES, *SEALED, *(word for word, _ in WORDS)):
            channels.drop_column(name)
