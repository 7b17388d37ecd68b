"""Finding people, people who write to us, and people as CSV."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import event, text

from core import clock
from core.errors import Conflict, DashboardError, Invalid, NotFound
from core.phone import Phone
from core.states import ConsentState
from models import ActivityEntry, Contact, db, transaction
from services import contacts
from tests.factories.contacts import a_contact


@pytest.fixture
def statements(app):
    """The statements sent to the database from here on."""
    seen = []

    def note(connection, cursor, statement, *rest):
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


class TestSearch:
    @pytest.mark.parametrize("typed", [
        "ada", "OKAFOR", "okafor ada", "aeze ok", "mail.example", "Clinic", "ÉCOLE", "e\u0301cole", "ecole", "Ọkafór",
        "+2348035550142", "0803 555 0142", "+234 803 555 0142", "00234 803", "(0803) 555", "803-555-0142", "0142",
        "142", "２３４８０３",
    ])
    def test_any_part_of_name_number_email_and_company_finds_a_person(self, app, typed):
        a_contact("Adaeze Okafor", phone="+2348035550142", email="adaeze@mail.example", company="École Clinic")
        a_contact("Ben", phone="+14155550111", email="ben@elsewhere.org", company="Shop")

        assert [row.name for row in contacts.search_contacts(typed).items] == ["Adaeze Okafor"]

    @pytest.mark.parametrize("typed", ["%", "_", "\\", "100%", "'", "\x00%", "x" * 5000, "🙂", "\u0301", "´"])
    def test_signs_of_the_database_are_only_signs(self, app, typed):
        a_contact("Ada")

        assert contacts.search_contacts(typed).total == 0

    @pytest.mark.parametrize("typed", ["zoe", "Zoë", "ZOE\u0308", "lukasz", "zak zoe"])
    def test_a_name_is_found_with_and_without_its_accents(self, app, typed):
        a_contact("Zoë Łukasz-Żak")

        assert [row.name for row in contacts.search_contacts(typed).items] == ["Zoë Łukasz-Żak"]

    def test_names_with_accents_stand_where_the_alphabet_has_them(self, app):
        for name in ("Zora", "Élise", "Emil", "Ada", "Ørjan", "Olga", "Petra"):
            a_contact(name)

        assert [row.name for row in contacts.search_contacts().items] == [
            "Ada", "Élise", "Emil", "Olga", "Ørjan", "Petra", "Zora"]

    def test_a_percent_sign_is_found_where_it_is(self, app):
        a_contact("Ada", company="100% Wool")
        a_contact("Ben", company="100 Wool")

        assert [row.name for row in contacts.search_contacts("100%").items] == ["Ada"]

    def test_filters_narrow_together(self, app):
        a_contact("Ada", tags=["Patient"], granted=True)
        a_contact("Ada", tags=["patient"])
        a_contact("Ada", granted=True)

        assert contacts.count_contacts("ada", tag="PATIENT", consent="granted") == 1
        assert contacts.count_contacts(tag="nothing") == 0

    def test_pages_hold_everybody_once(self, app):
        for number in range(7):
            a_contact(f"Person {number}")

        pages = [contacts.search_contacts(page=number, size=3) for number in (1, 2, 3)]

        assert [len(page.items) for page in pages] == [3, 3, 1]
        assert len({row.id for page in pages for row in page.items}) == 7

    @pytest.mark.parametrize(("asked", "given"), [(-5, 1), (0, 1), (99, 2), (10**30, 2)])
    def test_a_page_that_is_not_there_becomes_the_nearest(self, app, asked, given):
        for number in range(4):
            a_contact(f"Person {number}")

        assert contacts.search_contacts(page=asked, size=3).number == given

    @pytest.mark.parametrize("sort", sorted(contacts.SORTS))
    def test_every_heading_sorts_both_ways(self, app, sort):
        a_contact("Ada", phone="+2348035550142", company="A")
        b = a_contact("ben", phone="+2348035550143", company="B")
        contacts.heard_from(b.id, clock.now())

        up = [row.name for row in contacts.search_contacts(sort=sort).items]
        down = [row.name for row in contacts.search_contacts(sort=sort, descending=True).items]

        assert sorted(up) == sorted(down) == ["Ada", "ben"]
        assert sort == "last_heard" or (up, down) == (["Ada", "ben"], ["ben", "Ada"])

    def test_people_never_heard_from_come_last(self, app):
        a_contact("Silent")
        contacts.heard_from(a_contact("Heard").id, clock.now())

        for descending in (True, False):
            page = contacts.search_contacts(sort="last_heard", descending=descending)
            assert page.items[-1].name == "Silent"

    @pytest.mark.parametrize("wrong", [{"sort": "id; DROP TABLE contacts"}, {"sort": "notes"}, {"consent": "maybe"}])
    def test_what_is_not_on_the_list_is_refused(self, app, wrong):
        with pytest.raises(Invalid):
            contacts.search_contacts(**wrong)

    def test_a_page_costs_five_statements_whatever_its_size(self, app, statements):
        for number in range(20):
            a_contact(f"Person {number}", tags=["a", "b"])
        statements.clear()

        page = contacts.search_contacts(size=20)

        assert all(row.tags == ("a", "b") for row in page.items)
        assert len([text for text in statements if text.startswith("SELECT")]) == 5

    def test_people_are_counted_by_what_they_agreed_to(self, app):
        a_contact(granted=True)
        a_contact(withdrawn=True)
        a_contact()
        a_contact()

        assert contacts.count_by_consent() == {"granted": 1, "withdrawn": 1, "unknown": 2}


class TestPersonOf:
    def test_somebody_new_is_added_with_number_and_profile_name(self, app):
        person = contacts.person_of(wa_id="2348035550142", profile_name="Adaeze\x00")

        assert (person.phone, person.wa_id, person.name, person.source) == (
            "+2348035550142", "2348035550142", "Adaeze", "message")

    def test_somebody_known_by_number_is_found_and_keeps_their_name(self, app):
        known = a_contact("Adaeze Okafor", phone="+2348035550142")

        person = contacts.person_of(wa_id="2348035550142", profile_name="ada 🌸")

        assert person.id == known.id
        assert (person.name, person.wa_id) == ("Adaeze Okafor", "2348035550142")

    def test_the_old_mexican_spelling_is_the_same_person(self, app):
        known = a_contact("Luz", phone="+525512345678")

        assert contacts.person_of(wa_id="5215512345678").id == known.id

    def test_somebody_with_a_user_id_only_gets_no_phone(self, app):
        person = contacts.person_of(user_id="GB.1234", profile_name="Ada")

        assert (person.phone, person.wa_id, person.user_id) == (None, None, "GB.1234")
        assert contacts.person_of(user_id="GB.1234").id == person.id

    def test_a_number_joins_the_person_already_known_by_user_id(self, app):
        first = contacts.person_of(user_id="GB.1234")

        assert contacts.person_of(wa_id="447700900123", user_id="GB.1234").id == first.id

    def test_two_people_with_numbers_are_not_made_one_by_a_shared_sign(self, app):
        by_user_id = contacts.person_of(wa_id="447700900124", user_id="GB.1234")
        by_number = contacts.person_of(wa_id="447700900123")

        person = contacts.person_of(wa_id="447700900123", user_id="GB.1234")

        assert person.id == by_number.id and contacts.get_contact(by_user_id.id).user_id == "GB.1234"

    @pytest.mark.parametrize("wa_id", ["123", "9" * 60, "not digits", "\x001"])
    def test_ids_that_are_no_numbers_still_lead_to_one_person(self, app, wa_id):
        first = contacts.person_of(wa_id=wa_id)

        assert first.phone is None and contacts.person_of(wa_id=wa_id).id == first.id

    def test_a_profile_name_that_comes_later_is_taken_while_we_know_none(self, app):
        first = contacts.person_of(wa_id="447700900123")
        contacts.person_of(wa_id="447700900123", profile_name="Ada Obi")

        found = contacts.get_contact(first.id)
        assert (found.name, found.first_name) == ("Ada Obi", "Ada")
        assert contacts.count_contacts("obi") == 1

    def test_older_news_does_not_move_last_heard_back(self, app):
        person, now = a_contact(), clock.now()

        contacts.heard_from(person.id, now)
        contacts.heard_from(person.id, now - timedelta(hours=1))

        db.session.expire_all()
        assert contacts.get_contact(person.id).last_heard_at == now


def at_once(app, work, times=4):
    """Do the same thing in several threads at one moment; what each gave, or the refusal it met."""
    barrier = Barrier(times)

    def one(_):
        with app.app_context():
            barrier.wait()
            try:
                return work()
            except DashboardError as refusal:
                return refusal

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


class TestRaces:
    def test_a_new_person_who_writes_four_times_at_once_is_one_person(self, app):
        people = at_once(app, lambda: contacts.person_of(wa_id="2348035550142", profile_name="Ada").id)

        assert len(set(people)) == 1 and contacts.count_contacts() == 1
        assert db.session.query(ActivityEntry).filter_by(verb="contact.added").count() == 1

    def test_one_number_added_four_times_at_once_is_one_person_and_three_refusals(self, app, by):
        outcomes = at_once(app, lambda: contacts.add_contact(phone=Phone("+2348035550142"), name="Ada", by=by).id)

        assert contacts.count_contacts() == 1
        assert len([outcome for outcome in outcomes if isinstance(outcome, Conflict)]) == 3

    def test_one_tag_made_four_times_at_once_is_one_tag(self, app, by):
        assert len(set(at_once(app, lambda: contacts.tag_named("vip", by=by).id))) == 1

    def test_a_stop_beside_a_bulk_grant_holds(self, app, by):
        person = a_contact()
        number = person.id

        def both():
            contacts.record_consent_many([number], category="marketing", proof="f", by=by)
            contacts.record_consent(contact_id=number, category="marketing", state=ConsentState.WITHDRAWN,
                                    how="message", by=by)
            contacts.record_consent_many([number], category="marketing", proof="g", by=by)

        at_once(app, both)

        db.session.expire_all()
        assert contacts.get_contact(person.id).marketing is ConsentState.WITHDRAWN


class TestExport:
    def read(self, pieces):
        return list(csv.reader(io.StringIO("".join(pieces), newline="")))

    def test_it_holds_exactly_what_is_filtered(self, app, by):
        a_contact("Ada", tags=["vip"], phone="+2348035550142", granted=True)
        a_contact("Ben")

        rows = self.read(contacts.export_contacts(tag="vip", by=by))

        assert [row[:2] for row in rows] == [["phone", "name"], ["+2348035550142", "Ada"]]
        assert rows[1][10:13] == ["vip", "yes", ""]

    def test_fields_are_columns_and_tags_are_joined(self, app, by):
        key = contacts.add_field(label="Doctor", by=by)
        a_contact("Ada", tags=["b", "a"], fields={key: "Dr Eke, senior"})

        heading, row = self.read(contacts.export_contacts(by=by))

        assert dict(zip(heading, row, strict=True))["Doctor"] == "Dr Eke, senior"
        assert dict(zip(heading, row, strict=True))["tags"] == "a; b"

    def test_formulas_are_made_harmless_and_numbers_stay_numbers(self, app, by):
        a_contact('=HYPERLINK("http://x")', phone="+2348035550142", company="@SUM(1)")

        row = self.read(contacts.export_contacts(by=by))[1]

        assert row[0] == "+2348035550142"
        assert row[1].startswith("'=") and row[4].startswith("'@")

    def test_many_people_come_in_pieces_each_once(self, app, by, monkeypatch):
        monkeypatch.setattr("services.contacts.export._AT_ONCE", 2)
        for number in range(5):
            a_contact(f"Person {number}")

        pieces = list(contacts.export_contacts(by=by))

        assert len(pieces) == 4
        assert [row[1] for row in self.read(pieces)[1:]] == [f"Person {number}" for number in range(5)]

    def test_it_is_noted_with_the_count(self, app, by):
        a_contact()

        contacts.export_contacts(by=by)

        assert db.session.query(ActivityEntry).filter_by(verb="contacts.exported").one().details == {"count": 1}


@pytest.mark.only_on("postgresql")
def test_the_index_of_letters_changes_how_people_are_found_but_not_who(app):
    a_contact("Ada", email="ada@mail.example")
    a_contact("Ben")
    try:
        assert contacts.index_letters() and contacts.index_letters()
        assert [row.name for row in contacts.search_contacts("il.exam").items] == ["Ada"]
    finally:
        with transaction():
            for name in ("letters", "narrow", "long"):
                db.session.execute(text(f"DROP INDEX IF EXISTS ix_contacts_search_{name}"))


@pytest.mark.parametrize("descending", [False, True])
def test_a_far_page_is_counted_from_the_nearer_end_and_holds_who_belongs_there(app, descending):
    for day in range(1, 14):
        person = a_contact(f"P{day:02}")
        if day < 6:
            with transaction():
                person.last_heard_at = datetime(2026, 1, day, tzinfo=UTC)
    pages = [contacts.search_contacts(sort="last_heard", descending=descending, page=number, size=3) for number in range(1, 6)]
    heard, never = [f"P{day:02}" for day in range(1, 6)], [f"P{day:02}" for day in range(6, 14)]

    assert [row.name for page in pages for row in page.items] == (heard[::-1] + never[::-1] if descending else heard + never)


def test_what_derives_from_details_is_the_same_for_everybody(app):
    by_form, by_message = a_contact("Ada Obi", phone="+2348035550142"), None
    form = {name: getattr(by_form, name) for name in ("search", "name_key", "first_name", "country")}
    db.session.query(Contact).delete()
    db.session.commit()
    by_message = contacts.person_of(wa_id="2348035550142", profile_name="Ada Obi")

    assert {name: getattr(by_message, name) for name in form} == form


def test_a_person_has_a_name_on_every_page(app):
    assert contacts.name_of(a_contact("", phone="+447700900123")) == "+44 7700 900123"
    assert contacts.name_of(a_contact("", phone=None, company="Shop")) == "Shop"
    with pytest.raises(NotFound):
        contacts.get_contact(10**30)
