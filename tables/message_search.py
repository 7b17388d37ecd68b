"""What makes the words of messages findable: a full-text index beside `messages`, kept by the database itself.

SQLite: an FTS5 table without content of its own, filled by triggers. PostgreSQL: a GIN index over the words. Both are made
with the tables and by the migration, and hold only messages that have words of their own, so that those of campaigns cost
nothing. Words are found without case and accents, by their beginnings too; letters of scripts that write no spaces are
words each, so that any run of them is found.
"""

from typing import Any

from sqlalchemy import DDL, Connection, Table, event

from core.letters import ACCENTS, UNSPACED
from tables.sending import Message

INDEX = "message_words"
PG_INDEX = "ix_messages_words"

LITE = (
    "CREATE VIRTUAL TABLE message_words USING fts5(text, content='', tokenize='unicode61 remove_diacritics 2')",
    "CREATE TRIGGER message_words_added AFTER INSERT ON messages WHEN new.text <> '' BEGIN "
    "INSERT INTO message_words(rowid, text) VALUES (new.id, letters_apart(new.text)); END",
    "CREATE TRIGGER message_words_removed AFTER DELETE ON messages WHEN old.text <> '' BEGIN "
    "INSERT INTO message_words(message_words, rowid, text) VALUES ('delete', old.id, letters_apart(old.text)); END",
    "CREATE TRIGGER message_words_forgotten AFTER UPDATE OF text ON messages WHEN old.text <> '' AND old.text <> new.text "
    "BEGIN INSERT INTO message_words(message_words, rowid, text) VALUES ('delete', old.id, letters_apart(old.text)); END",
    "CREATE TRIGGER message_words_changed AFTER UPDATE OF text ON messages WHEN new.text <> '' AND old.text <> new.text "
    "BEGIN INSERT INTO message_words(rowid, text) VALUES (new.id, letters_apart(new.text)); END")
# unspaced letters apart, accents gone, punctuation to spaces; then words as they stand, in lower case
PG_WORDS = (
    "to_tsvector('simple', regexp_replace(regexp_replace(normalize(regexp_replace(messages.text, "
    f"'([{UNSPACED}])', ' \\1 ', 'g'), NFD), '[{ACCENTS}]', '', 'g'), "
    r"'[\u0021-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007e]+', ' ', 'g'))")
POSTGRES = (f"CREATE INDEX {PG_INDEX} ON messages USING gin ({PG_WORDS.replace('messages.', '')}) WHERE text <> ''",)


def is_ours(name: str | None) -> bool:
    """Whether a table or index of the database belongs to the full-text index, which no model speaks of."""
    return bool(name) and (str(name).startswith(INDEX) or name == PG_INDEX)


@event.listens_for(Message.__table__, "after_create")
def _made(table: Table, connection: Connection, **_: Any) -> None:
    """With the table comes its index."""
    for statement in LITE if connection.dialect.name == "sqlite" else POSTGRES:
        connection.execute(_plain(statement))


@event.listens_for(Message.__table__, "before_drop")
def _gone(table: Table, connection: Connection, **_: Any) -> None:
    """With the table it goes; PostgreSQL drops the index by itself."""
    if connection.dialect.name == "sqlite":
        connection.execute(DDL(f"DROP TABLE IF EXISTS {INDEX}"))


def _plain(statement: str) -> DDL:
    """A statement whose percent signs and colons stay what they are."""
    return DDL(statement.replace("%", "%%"))
