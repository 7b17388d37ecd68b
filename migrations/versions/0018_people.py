"""people: whom a way of coming in brought, by an index"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_contacts_source", "contacts", ["source", "id"])


def downgrade() -> None:
    """Take it away again."""
    op.drop_index("ix_contacts_source", table_name="contacts")
