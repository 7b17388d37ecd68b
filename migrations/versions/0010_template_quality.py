"""template_quality: how people take a template, as the carrier rates it"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; nothing is known yet."""
    op.add_column("template_versions", sa.Column("quality", sa.String(8), nullable=False, server_default=""))


def downgrade() -> None:
    """Take it away again."""
    with op.batch_alter_table("template_versions") as versions:
        versions.drop_column("quality")
