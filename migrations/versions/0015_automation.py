"""automation: rules, their runs and steps, hooks"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
WAITING = sa.text("state = 'waiting'")
NEW = ("call_targets", "hooks", "hook_calls", "outgoing_calls", "rules", "call_tries", "rule_runs", "rule_steps")


def upgrade() -> None:
    """Add the tables; they begin empty."""
    _call_targets()
    _hooks()
    _hook_calls()
    _outgoing_calls()
    _rules()
    _call_tries()
    _rule_runs()
    _rule_steps()
    born = sa.text("birthday IS NOT NULL")
    op.create_index("ix_contacts_birthday", "contacts", ["birthday", "id"], sqlite_where=born, postgresql_where=born)


def downgrade() -> None:
    """Take them away again."""
    op.drop_index("ix_contacts_birthday", "contacts")
    for table in reversed(NEW):
        op.drop_table(table)


def _call_targets() -> None:
    op.create_table(
        "call_targets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("url", sa.String(500), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("off_since", sa.DateTime(timezone=True)),
        sa.Column("off_reason", sa.String(300), nullable=False),
        sa.Column("created_by", sa.String(120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_targets")),
        sa.UniqueConstraint("name", name=op.f("uq_call_targets_name")))


def _hooks() -> None:
    op.create_table(
        "hooks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("token_digest", sa.String(64), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("mapping", JSON, nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.String(120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hooks")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_hooks_token_digest")))


def _hook_calls() -> None:
    op.create_table(
        "hook_calls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hook_id", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.String(120)),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("is_taken", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("contact_id", sa.Integer()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_hook_calls_contact_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["hook_id"], ["hooks.id"], name=op.f("fk_hook_calls_hook_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_calls")),
        sa.UniqueConstraint("hook_id", "idempotency_key", name=op.f("uq_hook_calls_hook_id_idempotency_key")))
    op.create_index("ix_hook_calls_contact_id", "hook_calls", ["contact_id"])
    op.create_index("ix_hook_calls_hook", "hook_calls", ["hook_id", "id"])


def _outgoing_calls() -> None:
    op.create_table(
        "outgoing_calls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("wire_id", sa.String(60), nullable=False),
        sa.Column("contact_id", sa.Integer()),
        sa.Column("author", sa.String(120), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("status", sa.Integer()),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_outgoing_calls_contact_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["target_id"], ["call_targets.id"], name=op.f("fk_outgoing_calls_target_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_calls")),
        sa.UniqueConstraint("wire_id", name=op.f("uq_outgoing_calls_wire_id")))
    op.create_index("ix_outgoing_calls_contact_id", "outgoing_calls", ["contact_id"])
    op.create_index("ix_outgoing_calls_due", "outgoing_calls", ["due_at", "id"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index("ix_outgoing_calls_target", "outgoing_calls", ["target_id", "id"])


def _rules() -> None:
    op.create_table(
        "rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("trigger", JSON, nullable=False),
        sa.Column("conditions", JSON, nullable=False),
        sa.Column("actions", JSON, nullable=False),
        sa.Column("channel_id", sa.Integer()),
        sa.Column("tolerance_minutes", sa.Integer(), nullable=False),
        sa.Column("on_since", sa.DateTime(timezone=True)),
        sa.Column("swept_until", sa.DateTime(timezone=True)),
        sa.Column("created_by", sa.String(120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_rules_channel_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rules")))


def _call_tries() -> None:
    op.create_table(
        "call_tries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("words", sa.String(300), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["outgoing_calls.id"], name=op.f("fk_call_tries_call_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_tries")))
    op.create_index("ix_call_tries_call_id", "call_tries", ["call_id"])


def _rule_runs() -> None:
    op.create_table(
        "rule_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer()),
        sa.Column("contact_id", sa.Integer()),
        sa.Column("channel_id", sa.Integer()),
        sa.Column("message_id", sa.Integer()),
        sa.Column("period", sa.String(60)),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("said", sa.String(300), nullable=False),
        sa.Column("seen", JSON, nullable=False),
        sa.Column("values", JSON, nullable=False),
        sa.Column("actions", JSON, nullable=False),
        sa.Column("next_place", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_rule_runs_channel_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_rule_runs_contact_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_rule_runs_event_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_rule_runs_message_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["rule_id"], ["rules.id"], name=op.f("fk_rule_runs_rule_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_runs")),
        sa.UniqueConstraint("rule_id", "contact_id", "period", name=op.f("uq_rule_runs_rule_id_contact_id_period")),
        sa.UniqueConstraint("rule_id", "event_id", name=op.f("uq_rule_runs_rule_id_event_id")))
    op.create_index("ix_rule_runs_contact", "rule_runs", ["contact_id", "rule_id", "started_at"])
    op.create_index("ix_rule_runs_due", "rule_runs", ["due_at", "id"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index("ix_rule_runs_event_id", "rule_runs", ["event_id"])
    op.create_index("ix_rule_runs_message_id", "rule_runs", ["message_id"])
    op.create_index("ix_rule_runs_rule", "rule_runs", ["rule_id", "id"])


def _rule_steps() -> None:
    op.create_table(
        "rule_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("is_done", sa.Boolean(), nullable=False),
        sa.Column("words", sa.String(300), nullable=False),
        sa.Column("message_id", sa.Integer()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_rule_steps_message_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["run_id"], ["rule_runs.id"], name=op.f("fk_rule_steps_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_steps")),
        sa.UniqueConstraint("run_id", "place", name=op.f("uq_rule_steps_run_id_place")))
    op.create_index("ix_rule_steps_message_id", "rule_steps", ["message_id"])
