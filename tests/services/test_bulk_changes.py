"""Sets of people changed by a file: only what differs is written, with all that follows from it, and can be put back."""

import json

import pytest
from sqlalchemy import select

from core import clock
from core.states import ConsentState
from models import Contact, db, transaction
from services import contacts
from services.contacts import Incoming, people_now, put_back_many
from services.imports.journal import _as_json
from tests.factories.contacts import a_contact

ANA, BEN = "+447700900001", "+447700900002"
KEPT = ("name", "first_name", "email", "company", "birthday", "language", "notes", "fields", "marketing", "country", "zone", "utility")


def stored() -> dict[str, dict]:
    """The people by phone, as the database holds them."""
    columns = [*KEPT, "name_key", "search"]
    return {row.phone: {name: getattr(row, name) for name in columns} for row in db.session.execute(
        select(Contact.phone, *(getattr(Contact, name) for name in columns)))}


@pytest.mark.parametrize("values", [
    {"company": "Acme"}, {"email": "ana@new.example"}, {"name": "Żaneta Óg"}, {"first_name": "Zan"}, {"birthday": "1990-04-23"},
    {"language": "de", "notes": "Likes tea", "zone": "Europe/Oslo", "country": "NO"}, {}])
def test_what_differs_is_written_with_what_follows_from_it(app, by, values):
    a_contact("Ana Obi", phone=ANA, email="ana@mail.example")
    a_contact("", phone=BEN, company="Bakery")
    before, ids = stored(), [one.id for one in db.session.scalars(select(Contact).order_by(Contact.id))]

    contacts.add_or_update_many([Incoming(ANA, values=values, tags=("new",)), Incoming(BEN, values=values, tags=("new",))], by=by)

    after = stored()
    for phone, row in after.items():
        derived = contacts.derive(phone=phone, name=row["name"], email=row["email"], company=row["company"])
        assert (row["name_key"], row["search"]) == (derived["name_key"], derived["search"])
        told = row | {"birthday": row["birthday"] and row["birthday"].isoformat()}
        assert {name: told[name] for name in values} == values
        untouched = set(KEPT) - values.keys() - ({"first_name"} if "name" in values else set())
        assert {name: row[name] for name in untouched} == {name: before[phone][name] for name in untouched}

    with transaction():
        old = {one: {name: before[phone][name] for name in values} | {"first_name": before[phone]["first_name"]}
               for one, phone in zip(ids, (ANA, BEN), strict=True)}
        put_back_many(people_now(ids), old, tags=[], grants={}, proof="", by=by)
    assert stored() == before


def test_who_is_found_by_a_new_address_is_still_sorted_by_their_name(app, by):
    a_contact("Ana Obi", phone=ANA, email="ana@old.example")

    contacts.add_or_update_many([Incoming(ANA, values={"email": "ana@new.example"})], by=by)

    assert (stored()[ANA]["name_key"], stored()[ANA]["search"]) == ("ana obi", f"ana obi\n{ANA}\nana@new.example")


def test_one_set_may_change_different_things_of_different_people(app, by):
    a_contact("Ana Obi", phone=ANA)
    a_contact("", phone=BEN, company="Bakery")

    contacts.add_or_update_many([Incoming(ANA, values={"language": "de"}), Incoming(
        BEN, values={"company": "Acme"}, consent=ConsentState.GRANTED)], by=by)

    found = stored()
    assert [(one["language"], one["company"], one["name_key"], str(one["marketing"])) for one in (found[ANA], found[BEN])] == [
        ("de", "", "ana obi", "unknown"), ("", "Acme", "acme", "granted")]


def test_everybody_whom_a_set_changes_was_changed_now(app, by):
    ana = a_contact("Ana", phone=ANA)
    was = ana.changed_at

    contacts.add_or_update_many([Incoming(ANA, tags=("new",))], by=by)

    db.session.expire_all()
    assert was < db.session.get(Contact, ana.id).changed_at <= clock.now()


@pytest.mark.parametrize("values", [{}, {"name": 'Ana "A" Obi\n\\ 日 😀 \u2028'}, {"a": "", "b": "c"}, {"field:visits": 3}, {"x": None}])
def test_the_journal_writes_texts_as_json_does(values):
    assert _as_json(values) == json.dumps(values)
