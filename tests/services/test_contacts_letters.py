"""The index of letters on SQLite: it makes searching quick and never changes who is found."""

import random

import pytest
from sqlalchemy import select, text

from core.actor import COMMAND
from core.states import ImportState
from jobs import registry
from models import Contact, Import, db, transaction
from services import contacts, segments
from services.contacts import letters_sqlite
from services.segments import Condition
from tests.factories.contacts import a_contact

pytestmark = pytest.mark.only_on("sqlite")
SEARCHES = ["ada", "okafor", "ada oka", "ik", "ik ök", "xq", "王伟", "or", "ör", "żan", "mail.example", "0803", "+23480355", "o'br", '"q', "100%", "a_b", "nobody"]
NAMES = ["Ada Okafor", "Jörg Böker", "Żaneta Wójcik", "Pat O'Brien", 'The "Queue" Shop', "100% Fruit a_b", "Ik", "Adaeze Oka", "王伟"]


@pytest.fixture(autouse=True)
def index(app):
    """The index, made anew on connections that have seen no other, and nothing of it afterwards."""
    forget_it()
    db.engine.dispose()
    assert contacts.index_letters()
    yield
    forget_it()


def forget_it() -> None:
    """Take away what is there of the index and the indexes of fields."""
    with transaction():
        for name in indexes():
            db.session.execute(text(f"DROP INDEX {name}"))
        for name in ("on_change", "on_return"):
            db.session.execute(text(f"DROP TRIGGER IF EXISTS contact_letters_{name}"))
        for name in ("_terms", "", "_upto", "_changed"):
            db.session.execute(text(f"DROP TABLE IF EXISTS contact_letters{name}"))


def learn_all() -> None:
    while contacts.learn_letters():
        pass


def found(what: str, value: str = "") -> tuple[set[int], set[int]]:
    """Who is found by way of the index, and by looking at everybody."""
    shape = segments.all_of([Condition(what, value)])
    everybody = select(Contact.id).where(segments.where(shape))
    return set(db.session.scalars(segments.ids_matching(shape))), set(db.session.scalars(everybody))


def is_asked(what: str, value: str = "") -> bool:
    """Whether the index is made use of for this."""
    return "contact_letters" in str(segments.ids_matching(segments.all_of([Condition(what, value)])))


def test_whatever_happens_to_people_they_are_found_as_without_it(app):
    chance = random.Random(4)
    contacts.add_field(label="City", by=COMMAND)
    for _ in range(60):
        happen(chance)
        if chance.random() < 0.3:
            contacts.learn_letters()
        for typed in SEARCHES:
            quick, slow = found("text.holds", typed)
            assert quick == slow, typed
        for city in ("Lagos", "köln", 'the "hill"'):
            quick, slow = found("field_city.is", city)
            assert quick == slow, city


def happen(chance: random.Random) -> None:
    """Somebody comes, goes or changes; numbers of rows come again, because the newest go most often."""
    people = db.session.scalars(select(Contact).order_by(Contact.id)).all()
    kind = chance.choice("come come come go change fields".split())
    if kind == "come" or not people:
        a_contact(chance.choice(NAMES), fields={"city": chance.choice(["Lagos", "Köln", 'The "Hill"'])})
    elif kind == "go":
        contacts.delete_contact(people[-1].id, by=COMMAND)
    else:
        with transaction():
            one = db.session.get(Contact, chance.choice(people).id)
            if kind == "fields":
                one.fields = {"city": chance.choice(["lagos", "köln"])}
            else:
                one.name = chance.choice(NAMES)
                one.search = contacts.derive(phone=one.phone, name=one.name, email=one.email)["search"]


def test_it_is_asked_for_two_letters_and_more_and_for_the_value_of_a_field(app):
    contacts.add_field(label="City", by=COMMAND)
    a_contact("Ada Okafor")
    learn_all()

    assert is_asked("text.holds", "oka")
    assert is_asked("text.holds", "xq")
    assert is_asked("field_city.is", "Lagos")
    assert not is_asked("text.holds", "o")
    assert not is_asked("tag.is", "oka")


@pytest.mark.parametrize(("what", "typed"), [("company.holds", "LANG"), ("company.holds", "bélang"), ("company.is", "belanger")])
def test_a_company_is_asked_for_by_its_bare_letters(app, what, typed):
    ada = a_contact("Ada", company="Bélanger")
    a_contact("Ben Bélanger", company="Lange & Co" if what == "company.is" else "")
    learn_all()

    assert is_asked(what, typed)
    assert found(what, typed) == ({ada.id}, {ada.id})


def test_what_many_people_hold_is_looked_for_in_the_table(app, monkeypatch):
    monkeypatch.setattr(letters_sqlite, "MOST_FEW", 2)
    for _ in range(3):
        a_contact("Ada Okafor")
    a_contact("Ben Bello")
    learn_all()

    assert not is_asked("text.holds", "okafor")
    assert is_asked("text.holds", "bello")


def test_a_condition_of_several_of_which_one_is_enough_does_not_go_by_it(app):
    a_contact("Ada"), a_contact("Ben")
    learn_all()
    either = segments.Shape((segments.Group((Condition("text.holds", "ada"), Condition("text.holds", "ben")), is_any=True),))

    assert segments.count(either) == 2


def test_it_begins_anew_when_many_people_changed(app, monkeypatch):
    monkeypatch.setattr(letters_sqlite, "MOST_CHANGED", 1)
    people = [a_contact(name) for name in NAMES[:3]]
    learn_all()
    with transaction():
        for one in people:
            db.session.get(Contact, one.id).search = "somebody else"
    assert count("contact_letters_changed") == 3

    learn_all()

    assert count("contact_letters_changed") == 0
    assert found("text.holds", "somebody")[0] == {one.id for one in people}


def test_somebody_who_is_erased_leaves_no_letters(app):
    person = a_contact("Zibafeta Quist")
    learn_all()
    assert held("zib") == 1

    contacts.erase_person(person.id, by=COMMAND)

    assert held("zib") == 0


def test_an_index_that_lost_its_triggers_begins_anew(app):
    person = a_contact("Ada")
    learn_all()
    with transaction():
        db.session.execute(text("DROP TRIGGER contact_letters_on_change"))
    with transaction():
        db.session.get(Contact, person.id).search = "zibafeta"
    assert found("text.holds", "zibafeta") == ({person.id}, {person.id})

    assert contacts.index_letters()
    learn_all()

    assert found("text.holds", "zibafeta") == ({person.id}, {person.id})
    assert held("zib") == 1


def test_it_learns_when_no_file_is_coming_in(app):
    a_contact("Zibafeta Quist")
    with transaction():
        db.session.add(row := Import(file_name="a.csv", stored_name="a", size=1, digest="a", state=ImportState.RUNNING))
    registry.learn_letters()
    assert held("zib") == 0

    with transaction():
        db.session.get(Import, row.id).state = ImportState.FINISHED
    registry.learn_letters()

    assert held("zib") == 1


def count(table: str) -> int:
    return db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar()  # a name of this file


def held(letters: str) -> int:
    """How many people the index says may hold these letters."""
    return db.session.execute(text("SELECT count(*) FROM contact_letters WHERE contact_letters MATCH :wanted"),
                              {"wanted": f'"{letters}"'}).scalar()


class TestIndexesOfFields:
    def test_a_number_is_looked_up_by_the_index_of_its_field(self, app):
        contacts.add_field(label="Visits", kind="number", by=COMMAND)

        asked = select(Contact.id).where(segments.where(segments.all_of([Condition("field_visits.more", "3")])))
        sentence = asked.compile(db.engine, compile_kwargs={"literal_binds": True})
        plan = " ".join(row[3] for row in db.session.execute(text(f"EXPLAIN QUERY PLAN {sentence}")))

        assert "ix_contacts_field_visits" in plan

    def test_a_field_that_lost_its_index_gets_it_again_and_a_field_that_goes_takes_it_along(self, app):
        contacts.add_field(label="Visits", kind="number", by=COMMAND)
        contacts.add_field(label="City", by=COMMAND)
        with transaction():
            db.session.execute(text("DROP INDEX ix_contacts_field_visits"))

        contacts.index_fields()
        assert indexes() == ["ix_contacts_field_visits"]
        contacts.delete_field(contacts.all_fields()[0].id, by=COMMAND)

        assert indexes() == []


def indexes() -> list[str]:
    """The indexes of fields."""
    return list(db.session.scalars(text("SELECT name FROM sqlite_master WHERE name LIKE 'ix_contacts_field_%' ORDER BY name")))
