"""imports_in_depth: what an import changed, so that it can be undone; corrections, sheets, columns remembered"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)
NEW = (("heading_row", sa.Integer(), "0"), ("sheets", JSON, "[]"), ("sheet", sa.String(40), ""),
       ("corrections", JSON, "{}"), ("remembered", JSON, "{}"), ("foreseen", JSON, "{}"),
       ("rows_checked", sa.Integer(), "0"), ("made", JSON, "{}"), ("undo_total", sa.Integer(), "0"),
       ("restored", sa.Integer(), "0"), ("kept", sa.Integer(), "0"), ("undone_by", sa.String(120), ""))


def upgrade() -> None:
    """Add the columns and the four tables."""
    with op.batch_alter_table("imports") as imports:
        for name, kind, default in NEW:
            imports.add_column(sa.Column(name, kind, nullable=False, server_default=default))
    _of_people("import_changes", sa.Column("before", JSON, nullable=False), sa.Column("after", JSON, nullable=False),
               sa.Column("tags", JSON, nullable=False), sa.Column("at", TIME, nullable=False), sqlite_with_rowid=False)
    _of_people("import_kept", sa.Column("reason", sa.Text(), nullable=False))
    op.create_table(
        "import_created",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_created_import_id"),
                                ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_created")))
    op.create_index("ix_import_created_import_id", "import_created", ["import_id", "first_id"])
    op.create_table(
        "import_mappings",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("mapping", JSON, nullable=False),
        sa.Column("options", JSON, nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_import_mappings")))


def _of_people(table: str, *columns: sa.Column, **options: bool) -> None:
    """A table of one row for an import and a person."""
    op.create_table(
        table,
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f(f"fk_{table}_import_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f(f"fk_{table}_contact_id"),
                                ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("import_id", "contact_id", name=op.f(f"pk_{table}")), **options)
    op.create_index(op.f(f"ix_{table}_contact_id"), table, ["contact_id"])


def downgrade() -> None:
    """Take them away again."""
    for table in ("import_mappings", "import_created", "import_kept", "import_changes"):
        op.drop_table(table)
    with op.batch_alter_table("imports") as imports:
        for name, _, _ in reversed(NEW):
            imports.drop_column(name)
