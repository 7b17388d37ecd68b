"""inbox: what people write: conversations, notes, their files and addresses; what happened, for rules"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
REFERS = "reply_to <> ''"
PARTIAL = (  # name, table, columns, condition
    ("ix_messages_reply_to", "messages", ["channel_id", "reply_to"], REFERS),
    ("ix_conversations_unread", "conversations", ["last_at", "id"], "unread > 0"),
    ("ix_conversations_waiting", "conversations", ["waiting_since", "id"], "waiting_since IS NOT NULL"),
    ("ix_received_files_due", "received_files", ["due_at", "message_id"], "state = 'waiting'"),
    ("ix_events_new", "events", ["id"], "handled_at IS NULL"),
)
PLAIN = (
    ("ix_conversations_state", "conversations", ["state", "last_at", "id"]),
    ("ix_conversations_assigned", "conversations", ["assigned_to", "state", "last_at", "id"]),
    ("ix_conversation_notes_conversation", "conversation_notes", ["conversation_id", "at"]),
    ("ix_conversation_presences_user_id", "conversation_presences", ["user_id"]),
    ("ix_reply_drafts_user_id", "reply_drafts", ["user_id"]),
    ("ix_received_files_media_id", "received_files", ["media_id"]),
    ("ix_contact_addresses_contact_id", "contact_addresses", ["contact_id"]),
    ("ix_events_kind", "events", ["kind", "at"]),
    ("ix_events_contact_id", "events", ["contact_id"]),
    ("ix_events_message_id", "events", ["message_id"]),
)
LITE_WORDS = (  # the full-text index on SQLite, kept by triggers
    "CREATE VIRTUAL TABLE message_words USING fts5(text, content='', tokenize='unicode61 remove_diacritics 2')",
    "CREATE TRIGGER message_words_added AFTER INSERT ON messages WHEN new.text <> '' BEGIN "
    "INSERT INTO message_words(rowid, text) VALUES (new.id, letters_apart(new.text)); END",
    "CREATE TRIGGER message_words_removed AFTER DELETE ON messages WHEN old.text <> '' BEGIN "
    "INSERT INTO message_words(message_words, rowid, text) VALUES ('delete', old.id, letters_apart(old.text)); END",
    "CREATE TRIGGER message_words_forgotten AFTER UPDATE OF text ON messages WHEN old.text <> '' AND old.text <> new.text "
    "BEGIN INSERT INTO message_words(message_words, rowid, text) VALUES ('delete', old.id, letters_apart(old.text)); END",
    "CREATE TRIGGER message_words_changed AFTER UPDATE OF text ON messages WHEN new.text <> '' AND old.text <> new.text "
    "BEGIN INSERT INTO message_words(rowid, text) VALUES (new.id, letters_apart(new.text)); END")
POSTGRES_WORDS = (
    "CREATE INDEX ix_messages_words ON messages USING gin (to_tsvector('simple', rege"
    "xp_replace(regexp_replace(normalize(regexp_replace(text, '([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-"
    "\ud7af\uf900-\ufaff\uff66-\uff9f])', ' \\1 ', 'g'), NFD), '[\u0300-\u036f]', '', 'g'), '[\\u0021-\\u002f\\u003a-\\u0040\\"
    "u005b-\\u0060\\u007b-\\u007e]+', ' ', 'g'))) WHERE text <> ''")
NEW = ("conversations", "conversation_notes", "conversation_presences", "reply_drafts", "canned_replies",
       "received_files", "contact_addresses", "events", "read_marks")


def upgrade() -> None:
    """Add columns and tables; they begin empty."""
    with op.batch_alter_table("messages") as messages:
        messages.add_column(sa.Column("content", JSON, nullable=False, server_default="{}"))
        messages.add_column(sa.Column("reply_to", sa.String(255), nullable=False, server_default=""))
        messages.add_column(sa.Column("author_kind", sa.String(12), nullable=False, server_default=""))
        messages.add_column(sa.Column("author_id", sa.Integer()))
        messages.add_column(sa.Column("author_name", sa.String(120), nullable=False, server_default=""))
    _conversations()
    _beside_conversations()
    _files_and_addresses()
    _events()
    _read_marks()
    _words()
    for name, table, columns in PLAIN:
        op.create_index(name, table, columns)
    for name, table, columns, where in PARTIAL:
        op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    """Take it all away again."""
    if op.get_bind().dialect.name == "sqlite":
        for name in ("added", "removed", "forgotten", "changed"):
            op.execute(f"DROP TRIGGER message_words_{name}")
        op.execute("DROP TABLE message_words")
    else:
        op.drop_index("ix_messages_words", "messages")
    for table in reversed(NEW):
        op.drop_table(table)
    op.drop_index("ix_messages_reply_to", "messages")
    with op.batch_alter_table("messages") as messages:
        for column in ("content", "reply_to", "author_kind", "author_id", "author_name"):
            messages.drop_column(column)


def _conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.Integer(), nullable=False), sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False), sa.Column("state", sa.String(20), nullable=False),
        sa.Column("assigned_to", sa.Integer()), _time("snoozed_until"), _time("last_at", False), _time("last_in_at"),
        _time("last_out_at"), _time("window_ends_at"), _time("waiting_since"), _time("read_up_to"),
        sa.Column("unread", sa.Integer(), nullable=False), sa.Column("preview", sa.String(200), nullable=False),
        sa.Column("preview_is_ours", sa.Boolean(), nullable=False), _time("taken_over_at"), _time("created_at", False),
        _time("closed_at"), _key("conversations", "contact_id", "contacts", "CASCADE"),
        _key("conversations", "channel_id", "channels"), _key("conversations", "assigned_to", "users", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sa.UniqueConstraint("contact_id", "channel_id", name=op.f("uq_conversations_contact_id_channel_id")))


def _beside_conversations() -> None:
    op.create_table(
        "conversation_notes",
        sa.Column("id", sa.Integer(), nullable=False), sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False), sa.Column("by", sa.String(120), nullable=False),
        sa.Column("user_id", sa.Integer()), _time("at", False),
        _key("conversation_notes", "conversation_id", "conversations", "CASCADE"),
        _key("conversation_notes", "user_id", "users", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_notes")))
    for name, more in (("conversation_presences", (_time("seen_at", False), _time("wrote_at"))),
                       ("reply_drafts", (sa.Column("text", sa.Text(), nullable=False), _time("at", False)))):
        op.create_table(
            name, sa.Column("conversation_id", sa.Integer(), nullable=False),
            sa.Column("user_id", sa.Integer(), nullable=False), *more,
            _key(name, "conversation_id", "conversations", "CASCADE"), _key(name, "user_id", "users", "CASCADE"),
            sa.PrimaryKeyConstraint("conversation_id", "user_id", name=op.f(f"pk_{name}")))
    op.create_table(
        "canned_replies",
        sa.Column("id", sa.Integer(), nullable=False), sa.Column("shortcut", sa.String(40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False), sa.Column("created_by", sa.String(120), nullable=False),
        _time("created_at", False), sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_replies")),
        sa.UniqueConstraint("shortcut", name=op.f("uq_canned_replies_shortcut")))


def _files_and_addresses() -> None:
    op.create_table(
        "received_files",
        sa.Column("message_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("wire_id", sa.String(80), nullable=False), sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("mime", sa.String(100), nullable=False), sa.Column("name", sa.String(200), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False), sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False), sa.Column("tries", sa.Integer(), nullable=False),
        _time("due_at", False), _time("lease_until"), sa.Column("media_id", sa.Integer()), _time("fetched_at"),
        _key("received_files", "message_id", "messages", "CASCADE"),
        _key("received_files", "media_id", "media_files", "SET NULL"),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_received_files")))
    op.create_table(
        "contact_addresses",
        sa.Column("id", sa.Integer(), nullable=False), sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False), sa.Column("value", sa.String(140), nullable=False),
        sa.Column("source", sa.String(20), nullable=False), sa.Column("details", JSON, nullable=False),
        _time("added_at", False), _key("contact_addresses", "contact_id", "contacts", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_addresses")),
        sa.UniqueConstraint("kind", "value", name=op.f("uq_contact_addresses_kind_value")))


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False), sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("contact_id", sa.Integer()), sa.Column("channel_id", sa.Integer()), sa.Column("message_id", sa.Integer()),
        _time("at", False), sa.Column("details", JSON, nullable=False), sa.Column("by_itself", sa.Boolean(), nullable=False),
        _time("recorded_at", False), _time("handled_at"), _key("events", "contact_id", "contacts", "CASCADE"),
        _key("events", "channel_id", "channels", "CASCADE"), _key("events", "message_id", "messages", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")))


def _words() -> None:
    """The full-text index, with what was written before."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(POSTGRES_WORDS)
        return
    for statement in LITE_WORDS:
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(
        "INSERT INTO message_words(rowid, text) SELECT id, letters_apart(text) FROM messages WHERE text <> ''")


def _read_marks() -> None:
    op.create_table(
        "read_marks",
        sa.Column("conversation_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False), sa.Column("wire_id", sa.String(255), nullable=False),
        sa.Column("is_typing", sa.Boolean(), nullable=False), _time("at", False),
        _key("read_marks", "conversation_id", "conversations", "CASCADE"),
        _key("read_marks", "channel_id", "channels", "CASCADE"),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_read_marks")))


def _time(name: str, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _key(table: str, column: str, target: str, on_delete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=on_delete)
