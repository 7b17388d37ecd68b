"""campaigns_in_full: headers, buttons and media of templates; lists, schedules, each person's own time, rehearsals"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)
# what people said after a campaign: few rows among many, found by their time
ANSWERS = (("ix_messages_received", "messages", ["created_at", "contact_id"], "direction = 'in'"),
           ("ix_consent_entries_withdrawn", "consent_entries", ["at", "contact_id"], "state = 'withdrawn'"))
# messages that came from a row of a list: so that a list can be replaced without a look at every message
LISTED = ("ix_messages_list_row", "messages", ["list_row_id"], "list_row_id IS NOT NULL")


def upgrade() -> None:
    """Six tables first, then the columns that point at them."""
    _table("campaign_lists", _number("campaign_id"), _word("file_name", 200), _json("columns", "[]"), _number("phone_column", "0"),
           _word("country", 2), _number("rows", "0"), _number("bad", "0"), _number("repeated", "0"), _word("added_by", 120),
           _time("added_at"), keys={"campaign_id": "campaigns.id"}, primary="campaign_id")
    _table("campaign_list_rows", _number("id"), _number("campaign_id"), _number("number"), _word("phone", 20),
           _word("code", 40), _text("problem"), _json("cells"), keys={"campaign_id": "campaigns.id"},
           unique=("campaign_id", "number"))
    op.create_index("ix_campaign_list_rows_campaign_id_phone", "campaign_list_rows", ["campaign_id", "phone"])
    _table("schedules", _number("id"), _number("campaign_id"), _json("rule"), _word("wall_time", 8), _word("zone", 60),
           _word("starts_on", 10), _word("ends_on", 10), _number("latest_minutes", "120"), _word("next_for", 19),
           _time("next_at", True), _time("paused_at", True), _word("created_by", 120), _time("created_at"),
           keys={"campaign_id": "campaigns.id"}, unique=("campaign_id",))
    op.create_index(op.f("ix_schedules_next_at"), "schedules", ["next_at"])
    _table("rehearsals", _number("id"), _number("campaign_id"), _word("state", 20), _word("reason", 300), _json("figures"),
           _number("total", "0"), _number("done", "0"), _time("lease_until", True), _word("created_by", 120),
           _time("created_at"), _time("finished_at", True), keys={"campaign_id": "campaigns.id"})
    op.create_index(op.f("ix_rehearsals_campaign_id"), "rehearsals", ["campaign_id"])
    _table("media_files", _number("id"), _word("kind", 12), _word("name", 200), _word("mime", 100), _number("size"),
           _word("digest", 64), _word("stored_as", 64), _word("created_by", 120), _time("created_at"), unique=("stored_as",))
    op.create_index(op.f("ix_media_files_digest"), "media_files", ["digest"])
    _table("media_uploads", _number("id"), _number("media_id"), _number("channel_id"), _word("wire_id", 80), _text("handle"),
           _time("expires_at", True), _time("at"), keys={"media_id": "media_files.id", "channel_id": "channels.id"},
           unique=("media_id", "channel_id"))
    _columns()


def _columns() -> None:
    """What the older tables gain."""
    op.add_column("template_versions", _json("header"))
    op.add_column("template_versions", _json("buttons", "[]"))
    op.add_column("users", _word("phone", 20))
    with op.batch_alter_table("messages") as messages:
        messages.add_column(_time("latest_at", True))
        messages.add_column(sa.Column("list_row_id", sa.Integer()))
        messages.add_column(sa.Column("test_of", sa.Integer()))
        messages.create_foreign_key(op.f("fk_messages_list_row_id"), "campaign_list_rows", ["list_row_id"], ["id"],
                                    ondelete="SET NULL")
        messages.create_foreign_key(op.f("fk_messages_test_of"), "campaigns", ["test_of"], ["id"], ondelete="SET NULL")
        messages.create_index(op.f("ix_messages_test_of"), ["test_of"])
    with op.batch_alter_table("campaigns") as campaigns:
        campaigns.add_column(sa.Column("local_time", sa.Boolean(), nullable=False, server_default=sa.false()))
        campaigns.add_column(_number("latest_minutes", "120"))
        campaigns.add_column(sa.Column("pattern_id", sa.Integer()))
        campaigns.add_column(sa.Column("planned_for", sa.String(19)))
        campaigns.add_column(sa.Column("copy_of", sa.Integer()))
        campaigns.create_foreign_key(op.f("fk_campaigns_pattern_id"), "campaigns", ["pattern_id"], ["id"],
                                     ondelete="SET NULL")
        campaigns.create_foreign_key(op.f("fk_campaigns_copy_of"), "campaigns", ["copy_of"], ["id"], ondelete="SET NULL")
        campaigns.create_unique_constraint(op.f("uq_campaigns_pattern_id_planned_for"), ["pattern_id", "planned_for"])
    for name, table, columns, where in (*ANSWERS, LISTED):
        op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    """Take them away again."""
    for name, table, _columns, _where in (*ANSWERS, LISTED):
        op.drop_index(name, table)
    with op.batch_alter_table("campaigns") as campaigns:
        campaigns.drop_constraint(op.f("uq_campaigns_pattern_id_planned_for"), type_="unique")
        for column in ("pattern_id", "copy_of"):
            campaigns.drop_constraint(op.f(f"fk_campaigns_{column}"), type_="foreignkey")
        for column in ("local_time", "latest_minutes", "pattern_id", "planned_for", "copy_of"):
            campaigns.drop_column(column)
    with op.batch_alter_table("messages") as messages:
        messages.drop_index(op.f("ix_messages_test_of"))
        for column in ("list_row_id", "test_of"):
            messages.drop_constraint(op.f(f"fk_messages_{column}"), type_="foreignkey")
        for column in ("latest_at", "list_row_id", "test_of"):
            messages.drop_column(column)
    op.drop_column("users", "phone")
    with op.batch_alter_table("template_versions") as versions:
        versions.drop_column("header")
        versions.drop_column("buttons")
    for table in ("media_uploads", "media_files", "rehearsals", "schedules", "campaign_list_rows", "campaign_lists"):
        op.drop_table(table)


def _table(name: str, *columns: sa.Column, keys: dict[str, str] | None = None, unique: tuple[str, ...] = (),
           primary: str = "id") -> None:
    """One table; every key goes with its owner."""
    rules: list[sa.Constraint] = [
        sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{name}_{column}"), ondelete="CASCADE")
        for column, target in (keys or {}).items()]
    if unique:
        rules.append(sa.UniqueConstraint(*unique, name=op.f("_".join(("uq", name, *unique)))))
    op.create_table(name, *columns, *rules, sa.PrimaryKeyConstraint(primary, name=op.f(f"pk_{name}")))


def _number(name: str, default: str | None = None) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=default)


def _word(name: str, length: int) -> sa.Column:
    return sa.Column(name, sa.String(length), nullable=False, server_default="")


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


def _json(name: str, default: str = "{}") -> sa.Column:
    return sa.Column(name, JSON, nullable=False, server_default=default)


def _time(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, TIME, nullable=nullable)
