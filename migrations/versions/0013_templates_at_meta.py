"""templates_at_meta: templates and numbers as Meta keeps them"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

WORDS = (("business_id", 40), ("foreign_parts", 200), ("carrier_word", 40))


def upgrade() -> None:
    """Room for names as long as Meta's, where each version stands, what was changed in place, what Meta turned it into."""
    with op.batch_alter_table("template_versions") as versions:
        versions.alter_column("wire_name", existing_type=sa.String(120), type_=sa.String(512), existing_nullable=False)
        for name, size in WORDS:
            versions.add_column(sa.Column(name, sa.String(size), nullable=False, server_default=""))
        versions.add_column(sa.Column("replaces_id", sa.Integer()))
        versions.add_column(sa.Column("edited_at", sa.DateTime(timezone=True)))
    with op.batch_alter_table("message_templates") as templates:
        templates.alter_column("name", existing_type=sa.String(100), type_=sa.String(512), existing_nullable=False)
        for name in ("former_category", "coming_category"):
            templates.add_column(sa.Column(name, sa.String(16), nullable=False, server_default=""))
        templates.add_column(sa.Column("recategorised_at", sa.DateTime(timezone=True)))
    for name in ("templates_asked_at", "templates_synced_at"):
        op.add_column("channels", sa.Column(name, sa.DateTime(timezone=True)))
    op.add_column("channels", sa.Column("templates_trouble", sa.String(300), nullable=False, server_default=""))


def downgrade() -> None:
    """Take it away again."""
    with op.batch_alter_table("channels") as channels:
        for name in ("templates_trouble", "templates_synced_at", "templates_asked_at"):
            channels.drop_column(name)
    with op.batch_alter_table("message_templates") as templates:
        for name in ("recategorised_at", "coming_category", "former_category"):
            templates.drop_column(name)
        templates.alter_column("name", existing_type=sa.String(512), type_=sa.String(100), existing_nullable=False)
    with op.batch_alter_table("template_versions") as versions:
        for name in ("edited_at", "replaces_id", *(name for name, _ in WORDS)):
            versions.drop_column(name)
        versions.alter_column("wire_name", existing_type=sa.String(512), type_=sa.String(120), existing_nullable=False)
