"""stopped rules: why rules and flows were stopped by themselves"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing has been stopped so far."""
    for table in ("rules", "flows"):
        op.add_column(table, sa.Column("stopped_why", sa.String(300), nullable=False, server_default=""))


def downgrade() -> None:
    """Take the columns away again."""
    for table in ("rules", "flows"):
        op.drop_column(table, "stopped_why")
