"""keys_and_merges: a key for people without a phone in files, and what a merge moved"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
EXPORTED = sa.text("export_key IS NOT NULL")


def upgrade() -> None:
    """Add the column, its index and the table."""
    op.add_column("contacts", sa.Column("export_key", sa.String(40)))
    op.create_index("ix_contacts_export_key", "contacts", ["export_key"], unique=True, sqlite_where=EXPORTED,
                    postgresql_where=EXPORTED)
    op.create_table(
        "contact_merges",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("contact_id", sa.Integer(), sa.ForeignKey("contacts.id", ondelete="CASCADE"), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("other_name", sa.String(200), nullable=False),
        *(sa.Column(name, JSON, nullable=False) for name in ("before", "after", "other", "moved")),
        sa.Column("by", sa.String(120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_contact_merges_contact_id", "contact_merges", ["contact_id"])


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("contact_merges")
    op.drop_index("ix_contacts_export_key", table_name="contacts")
    op.drop_column("contacts", "export_key")
