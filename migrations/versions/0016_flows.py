"""flows: flows, their versions and sessions"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
GOING = sa.text("ended_at IS NULL")
DUE = sa.text("ended_at IS NULL AND due_at IS NOT NULL")


def upgrade() -> None:
    """Add the four tables; there are no flows yet."""
    op.create_table(
        "flows", _number("id"), _words("name", 80), sa.Column("drawing", JSON, nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False), _words("created_by", 120), _time("created_at", False),
        _time("changed_at", False), _time("deleted_at"), sa.PrimaryKeyConstraint("id", name=op.f("pk_flows")))
    op.create_table(
        "flow_versions", _number("id"), _number("flow_id"), _number("number"), sa.Column("drawing", JSON, nullable=False),
        _words("published_by", 120), _time("published_at", False), _key("flow_versions", "flow_id", "flows"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flow_versions")),
        sa.UniqueConstraint("flow_id", "number", name=op.f("uq_flow_versions_flow_id_number")))
    _sessions()
    op.create_table(
        "flow_steps", _number("id"), _number("session_id"), _number("version_id"), _words("node", 40), _words("what", 12),
        _words("words", 300), sa.Column("message_id", sa.Integer()), _time("at", False),
        _key("flow_steps", "session_id", "flow_sessions"), _key("flow_steps", "version_id", "flow_versions"),
        _key("flow_steps", "message_id", "messages", "SET NULL"), sa.PrimaryKeyConstraint("id", name=op.f("pk_flow_steps")))
    op.create_index("ix_flow_steps_node", "flow_steps", ["version_id", "node", "what"])
    for column in ("session_id", "message_id"):
        op.create_index(f"ix_flow_steps_{column}", "flow_steps", [column])


def downgrade() -> None:
    """Take them away again."""
    for table in ("flow_steps", "flow_sessions", "flow_versions", "flows"):
        op.drop_table(table)


def _sessions() -> None:
    op.create_table(
        "flow_sessions", _number("id"), _number("flow_id"), _number("version_id"), _number("contact_id"), _number("channel_id"),
        _words("node", 40), sa.Column("memory", JSON, nullable=False), sa.Column("trail", JSON, nullable=False),
        _number("tries"), _words("waits_for", 10), _time("due_at"), sa.Column("call_id", sa.Integer()),
        _words("started_by", 120), _time("started_at", False), _time("moved_at", False), _words("ended", 20),
        _words("reason", 300), _time("ended_at"),
        _key("flow_sessions", "flow_id", "flows"), _key("flow_sessions", "version_id", "flow_versions"),
        _key("flow_sessions", "contact_id", "contacts"), _key("flow_sessions", "channel_id", "channels"),
        _key("flow_sessions", "call_id", "outgoing_calls", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flow_sessions")))
    op.create_index("uq_flow_sessions_going", "flow_sessions", ["contact_id", "channel_id"], unique=True,
                    sqlite_where=GOING, postgresql_where=GOING)
    op.create_index("ix_flow_sessions_due", "flow_sessions", ["due_at", "id"], sqlite_where=DUE, postgresql_where=DUE)
    op.create_index("ix_flow_sessions_flow", "flow_sessions", ["flow_id", "id"])
    for column in ("contact_id", "call_id"):
        op.create_index(f"ix_flow_sessions_{column}", "flow_sessions", [column])


def _number(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _words(name: str, length: int) -> sa.Column[object]:
    return sa.Column(name, sa.String(length), nullable=False)


def _time(name: str, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _key(table: str, column: str, target: str, on_delete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=on_delete)
