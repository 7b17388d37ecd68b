"""contacts_in_depth: choices of custom fields, withdrawals that outlive a person, bulk changes that can be undone"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the column and the three tables."""
    with op.batch_alter_table("contact_fields") as fields:
        fields.add_column(sa.Column("choices", JSON, nullable=False, server_default="[]"))
    op.create_table(
        "suppressions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("category", sa.String(12), nullable=False),
        sa.Column("why", sa.String(10), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressions")),
        sa.UniqueConstraint("digest", "category", name=op.f("uq_suppressions_digest_category")))
    _bulk_changes()


def _bulk_changes() -> None:
    """What was done to many at once, and to whom."""
    op.create_table(
        "bulk_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(10), nullable=False),
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(120), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("undone_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_bulk_changes_tag_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_changes")))
    op.create_index(op.f("ix_bulk_changes_tag_id"), "bulk_changes", ["tag_id"])
    op.create_index(op.f("ix_bulk_changes_at"), "bulk_changes", ["at"])
    op.create_table(
        "bulk_changed",
        sa.Column("bulk_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["bulk_id"], ["bulk_changes.id"], name=op.f("fk_bulk_changed_bulk_id"),
                                ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_bulk_changed_contact_id"),
                                ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("bulk_id", "contact_id", name=op.f("pk_bulk_changed")))
    op.create_index(op.f("ix_bulk_changed_contact_id"), "bulk_changed", ["contact_id"])


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("bulk_changed")
    op.drop_table("bulk_changes")
    op.drop_table("suppressions")
    with op.batch_alter_table("contact_fields") as fields:
        fields.drop_column("choices")
