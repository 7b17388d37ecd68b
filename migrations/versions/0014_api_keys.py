"""api_keys: keys for programs that read and write by address"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Add both tables; there are no keys yet."""
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Integer(), nullable=False), sa.Column("name", sa.String(80), nullable=False),
        sa.Column("start", sa.String(12), nullable=False), sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("scopes", JSON, nullable=False), sa.Column("created_by", sa.String(120), nullable=False),
        _time("created_at", False), _time("expires_at"), _time("revoked_at"), _time("last_used_at"),
        sa.Column("free_at", sa.Double(), nullable=False), sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")))
    op.create_table(
        "api_requests",
        sa.Column("id", sa.Integer(), nullable=False), sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.String(128), nullable=False), sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False), sa.Column("answer", JSON, nullable=False), _time("at", False),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name=op.f("fk_api_requests_key_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_requests")),
        sa.UniqueConstraint("key_id", "idempotency_key", name=op.f("uq_api_requests_key_id_idempotency_key")))
    op.create_index("ix_api_requests_at", "api_requests", ["at"])


def downgrade() -> None:
    """Take both away again."""
    op.drop_table("api_requests")
    op.drop_table("api_keys")


def _time(name: str, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
