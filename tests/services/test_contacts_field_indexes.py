"""Indexes of fields on PostgreSQL: who is found by them is who is found without them."""

import pytest
from sqlalchemy import select, text

from core.actor import COMMAND
from models import Contact, db, transaction
from services import contacts, segments
from services.contacts import field_indexes
from services.segments import Condition
from tests.factories.contacts import a_contact

pytestmark = pytest.mark.only_on("postgresql")


@pytest.fixture(autouse=True)
def no_index_stays(app):
    forget_all()
    yield
    forget_all()


def forget_all() -> None:
    with transaction():
        for name in indexes():
            db.session.execute(text(f"DROP INDEX {name}"))


def indexes() -> list[str]:
    return list(db.session.scalars(text("SELECT indexname FROM pg_indexes WHERE indexname LIKE 'ix_contacts_field_%' ORDER BY 1")))


def asked(what: str, value: str = ""):
    return select(Contact.id).where(segments.where(segments.all_of([Condition(what, value)])))


def plan_of(wanted) -> str:
    """How the database goes about it when it would rather not read the table."""
    db.session.execute(text("SET LOCAL enable_seqscan = off"))
    sentence = wanted.compile(db.engine, compile_kwargs={"literal_binds": True})
    return " ".join(db.session.scalars(text(f"EXPLAIN {str(sentence).replace(':', chr(92) + ':')}")))


@pytest.mark.parametrize(("kind", "what", "value"), [
    ("text", "is", "Oslo"), ("choice", "is", "Oslo"), ("number", "more", "3"), ("number", "less", "3.5"), ("number", "is", "4"),
    ("date", "after", "2026-01-01"), ("date", "is", "2026-01-01"), ("yes_no", "yes", ""), ("yes_no", "no", "")])
def test_each_kind_of_field_is_looked_up_by_its_index(app, kind, what, value):
    contacts.add_field(label="Some", kind=kind, choices=["Oslo"] if kind == "choice" else [], by=COMMAND)

    assert "ix_contacts_field_some" in plan_of(asked(f"field_some.{what}", value))


def test_words_are_the_same_whatever_their_case_and_however_long(app):
    contacts.add_field(label="City", by=COMMAND)
    held = ["Oslo", "OSLO", "KÖLN", "köln", "Straße", "Oslo " + "日" * 990, "a" * 100 + "b", "a" * 100 + "c", ""]
    people = [a_contact(fields={"city": city} if city else {}) for city in held]

    def found(value: str) -> list[str]:
        ids = set(db.session.scalars(asked("field_city.is", value)))
        return [city for city, one in zip(held, people, strict=True) if one.id in ids]

    assert found("oslo") == ["Oslo", "OSLO"]
    assert found("KÖLN") and found("köln") and found("Straße") == ["Straße"]
    assert found("A" * 100 + "B") == ["a" * 100 + "b"]
    assert found("x") == []


def test_a_number_that_is_no_number_is_nobody(app):
    contacts.add_field(label="Visits", kind="number", by=COMMAND)
    few, many, odd = a_contact(fields={"visits": "2"}), a_contact(fields={"visits": "12.5"}), a_contact()
    with transaction():
        db.session.get(Contact, odd.id).fields = {"visits": "many"}

    assert db.session.scalars(asked("field_visits.more", "3")).all() == [many.id]
    assert set(db.session.scalars(asked("field_visits.less", "12.6"))) == {few.id, many.id}


def test_the_first_fields_have_one_and_it_goes_with_its_field(app, monkeypatch):
    monkeypatch.setattr(field_indexes, "MOST", 2)
    for label in ("One", "Two", "Three"):
        contacts.add_field(label=label, by=COMMAND)
    assert indexes() == ["ix_contacts_field_one", "ix_contacts_field_two"]

    contacts.delete_field(contacts.all_fields()[0].id, by=COMMAND)
    contacts.index_fields()

    assert indexes() == ["ix_contacts_field_three", "ix_contacts_field_two"]


def test_what_a_new_one_holds_is_counted_at_once(app):
    contacts.add_field(label="City", by=COMMAND)
    for city in ("Oslo", "Oslo", "Lagos", ""):
        a_contact(fields={"city": city} if city else {})
    forget_all()

    contacts.index_fields()

    common = db.session.scalars(text("SELECT most_common_vals::text FROM pg_stats WHERE tablename = 'ix_contacts_field_city'")).all()
    assert common == ["{oslo}"]
