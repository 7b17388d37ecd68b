"""without_accents: people are sorted and looked for without accents; those already there, too"""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

from core.letters import searched
from core.words import folded

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

STEP = 10_000
_people = sa.table("contacts", *map(sa.column, ("id", "name", "phone", "email", "company", "search", "name_key")))
_change = sa.update(_people).where(_people.c.id == sa.bindparam("known")).values(
    search=sa.bindparam("new_search"), name_key=sa.bindparam("new_key"))


def upgrade() -> None:
    """Write both forms anew for people with a letter beyond ASCII."""
    _write_anew(searched)


def downgrade() -> None:
    """As it was: with accents."""
    _write_anew(folded)


def _write_anew(form: Callable[[str], str]) -> None:
    link, last = op.get_bind(), 0
    while rows := link.execute(sa.select(_people).where(_people.c.id > last).order_by(_people.c.id).limit(STEP)).all():
        last = rows[-1].id
        changed = [{"known": row.id, "new_search": form(details), "new_key": form(row.name or row.company or row.phone
                                                                                  or row.email)[:200]}
                   for row in rows if not (details := _details(row)).isascii()]
        if changed:
            link.execute(_change, changed)


def _details(row: sa.Row[tuple[str | None, ...]]) -> str:
    """What is searched of somebody, as it was typed."""
    return "\n".join(filter(None, (row.name, row.phone, row.email, row.company)))
