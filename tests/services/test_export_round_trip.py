"""What is exported comes back unchanged: the same people into an empty book give the same file again."""

import csv
import io
from datetime import date

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core import clock
from core.errors import Invalid
from core.phone import Phone
from core.states import ConsentState
from models import Contact, ContactTag, Tag, db, transaction
from services import contacts, imports
from tests.factories.contacts import a_contact, consent_of
from tests.services.test_imports import bring_in, counts

ODD = ("=HYPERLINK(\"http://evil.example\")", "+1 not a number", "-2+3", "@SUM(A1)", "'quoted'", "'=already", "''=twice",
       "\tTab", "＝wide", "Ünïcødé 🙂", "a, b; c|d", "line \"quoted\" 'both'", "001", "1e5", "{{7*7}}", "NULL", "#N/A")
LEFT_OUT = ("created",)


def exported(by):
    """The export as rows by heading, without what every book writes anew."""
    text = "".join(contacts.export_contacts(by=by))
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    return text, [{name: value for name, value in row.items() if name not in LEFT_OUT} for row in rows]


def empty_the_book():
    """Everybody leaves; tags too. Fields stay, as they belong to the business."""
    with transaction():
        for table in (ContactTag, Contact, Tag):
            db.session.execute(sa.delete(table))


@pytest.fixture
def book(app, by):
    """People with everything that has ever upset a spreadsheet."""
    for label, kind in (("Doctor", "text"), ("Visits", "number"), ("Check-up", "date"), ("Member", "yes_no")):
        contacts.add_field(label=label, kind=kind, by=by)
    for number, odd in enumerate(ODD):
        a_contact(f"N{odd}", phone=f"+44770090{number:04d}", first_name=odd.strip() or "N", company=odd, notes=f"{odd}\nsecond line",
                  fields={"doctor": odd, "visits": number * 1.5, "check_up": "2026-01-09", "member": number % 2 == 0},
                  tags=["vip", f"tag {number}"], birthday=date(1990, 3, 10), language="en_GB",
                  email=f"a{number}@mail.example", granted=number % 3 == 0, country=("GB", "NG", "BR")[number % 3],
                  zone=("", "Africa/Lagos", "Europe/London")[number % 3])
        _say_more(number)


def _say_more(number):
    """Of some people, what they said about marketing and about service messages."""
    person = contacts.contact_by_phone(f"+44770090{number:04d}")
    if number % 4 < 2:
        consent_of(person, (ConsentState.GRANTED, ConsentState.WITHDRAWN)[number % 4], category="utility")
    if number % 5 == 4:
        consent_of(person, ConsentState.WITHDRAWN)


def test_what_is_exported_comes_back_unchanged(book, by):
    text, before = exported(by)
    empty_the_book()

    row = bring_in("\ufeff" + text, by)
    assert {row["time zone"] for row in before} == {"", "Africa/Lagos", "Europe/London"}
    assert {row["utility consent"] for row in before} == {row["marketing consent"] for row in before} == {"", "yes", "no"}

    assert counts(row) == (len(ODD), 0, 0, 0, 0)
    assert exported(by)[1] == before


def test_bringing_it_in_again_changes_nothing(book, by):
    text, before = exported(by)

    row = bring_in(text, by)

    assert counts(row) == (0, 0, len(ODD), 0, 0)
    assert exported(by)[1] == before


def test_no_cell_is_a_formula(book, by):
    text, _ = exported(by)

    for row in csv.reader(io.StringIO(text, newline="")):
        for cell in row:
            assert cell[:1] not in tuple("=-@\t\r＝＋－＠") or cell == ""
            assert not cell.startswith("+") or cell[1:].isdecimal()


class TestPeopleWithoutAPhone:
    """Known to files by a key of ours; to other lists, where that is chosen, by their e-mail address."""

    @pytest.fixture
    def guests(self, book, by):
        key = contacts.all_fields()[0].key
        for name, email, company in (("Ada", "ada@mail.example", ""), ("Ada", "", ""), ("Twin", "both@mail.example", "A"),
                                     ("Twin", "both@mail.example", "B"), ("", "only@mail.example", ""),
                                     ("=cmd()", "", "+ Sons"), ("", "", "Only a firm")):
            contacts.add_contact(name=name, email=email, company=company, tags=["guest"], fields={key: "Dr Eke"}, by=by)
        contacts.person_of(user_id="GB.7019abc", profile_name="Writer")
        consent_of(contacts.search_contacts("only@mail").items[0], ConsentState.WITHDRAWN)

    def test_they_come_back_unchanged_into_an_empty_book(self, guests, by):
        text, before = exported(by)
        empty_the_book()

        assert counts(bring_in("\ufeff" + text, by)) == (len(ODD) + 8, 0, 0, 0, 0)
        assert sorted(exported(by)[1], key=str) == sorted(before, key=str)

    def test_the_same_file_over_the_same_book_changes_nothing(self, guests, by):
        text, before = exported(by)

        assert counts(bring_in(text, by)) == (0, 0, len(ODD) + 8, 0, 0)
        assert exported(by)[1] == before

    def test_they_come_back_when_they_were_deleted_and_a_stop_with_them(self, guests, by):
        text, before = exported(by)
        for person in list(db.session.scalars(sa.select(Contact).where(Contact.phone.is_(None)))):
            contacts.delete_contact(person.id, by=by)

        assert counts(bring_in(text.replace(",no,", ",,"), by)) == (8, 0, len(ODD), 0, 0)
        assert contacts.search_contacts("only@mail").items[0].marketing is ConsentState.WITHDRAWN
        assert contacts.person_of(user_id="GB.7019abc").name == "Writer"

    def test_an_undo_takes_them_out_again(self, guests, by):
        text, _ = exported(by)
        empty_the_book()
        row = bring_in(text, by)
        imports.undo_import(import_id=row.id, by=by)
        imports.run_next(clock.now())

        assert contacts.count_contacts() == 0

    def test_a_change_in_the_file_reaches_the_right_one_of_two(self, guests, by):
        text, _ = exported(by)

        row = bring_in(text.replace("both@mail.example,B", "both@mail.example,Better"), by)

        assert counts(row) == (0, 1, len(ODD) + 7, 0, 0)
        assert sorted(db.session.scalars(sa.select(Contact.company).where(Contact.name == "Twin"))) == ["A", "Better"]

    def test_somebody_who_has_a_number_since_is_left_as_they_are(self, guests, by):
        text, _ = exported(by)
        person = contacts.search_contacts("only@mail").items[0]
        contacts.change_contact(person.id, phone=Phone.parse("+447700900777"), name="Now", by=by)

        assert counts(bring_in(text, by)) == (0, 0, len(ODD) + 8, 0, 0)
        assert contacts.get_contact(person.id).name == "Now"

    def test_the_same_person_twice_in_a_file_is_said(self, guests, by):
        text, _ = exported(by)
        row = bring_in(text + text.splitlines()[-1] + "\r\n", by)
        problem, = imports.problem_rows(row.id).items

        assert problem.outcome == "skipped"
        assert problem.reason.startswith("The same person as row ")

    def test_a_list_without_numbers_is_known_by_address_where_that_is_chosen(self, app, by):
        text = "Name,Phone,E-mail\nAda,,ada@mail.example\nBo,+447700900001,bo@mail.example\nCy,,\n"
        row = bring_in(text, by, without_phone="email")
        again = bring_in(text.replace("Ada,,ada", "Ada Obi,,ADA"), by, without_phone="email")
        problem, = imports.problem_rows(again.id).items

        assert (counts(row), counts(again)) == ((2, 0, 0, 0, 1), (0, 1, 1, 0, 1))
        assert problem.reason == "No phone number, and no e-mail address either"
        assert contacts.search_contacts("ada@mail").items[0].name == "Ada Obi"

    def test_without_the_choice_such_a_row_stays_out(self, app, by):
        row = bring_in("Name,Phone,E-mail\nAda,,ada@mail.example\n", by)

        assert counts(row) == (0, 0, 0, 0, 1)

    def test_a_file_without_a_column_of_numbers_asks_for_the_choice(self, app, by):
        with pytest.raises(Invalid, match="known by their e-mail address"):
            bring_in("Name,E-mail\nAda,ada@mail.example\n", by)

        assert counts(bring_in("Name,E-mail\nAda,ada@mail.example\n", by, without_phone="email")) == (1, 0, 0, 0, 0)

    def test_a_key_we_never_wrote_is_refused_in_words(self, app, by):
        row = bring_in("Name,Person key\nAda,<script>\n", by)
        problem, = imports.problem_rows(row.id).items

        assert "is not a person key of ours" in problem.reason

    def test_a_number_typed_beside_a_key_is_refused_rather_than_adding_them_twice(self, guests, by):
        text, _ = exported(by)
        line = next(line for line in text.splitlines() if "only@mail" in line)
        row = bring_in(text.splitlines()[0] + "\n+447700900555" + line + "\n", by)
        problem, = imports.problem_rows(row.id).items

        assert counts(row) == (0, 0, 0, 0, 1)
        assert "add it on their page" in problem.reason

    def test_the_check_foretells_what_happens(self, guests, by):
        text, _ = exported(by)
        empty_the_book()
        row = imports.start_import(stream=io.BytesIO(text.encode()), file_name="a.csv", by=by)
        found = imports.check(import_id=row.id)
        imports.confirm_import(import_id=row.id, by=by)
        imports.run_next(clock.now())

        assert (found.created, found.failed) == (imports.get_import(row.id).created, 0) == (len(ODD) + 8, 0)


_WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp", "Cn", "Co"]), max_size=12).map(
    lambda text: " ".join(text.split()))


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(people=st.lists(st.tuples(_WORDS, st.sampled_from(["", "one@mail.example", "two@mail.example"]), _WORDS,
                                 st.booleans(), st.sampled_from(list(ConsentState))), min_size=1, max_size=8))
def test_whoever_is_in_the_book_comes_back_as_they_were(app, by, people):
    empty_the_book()
    for place, (name, email, company, has_phone, state) in enumerate(people):
        if not (name or email or company or has_phone):
            continue
        person = contacts.add_contact(name=name, email=email, company=company, by=by,
                                      phone=Phone.parse(f"+4477009001{place:02}") if has_phone else None)
        if state is not ConsentState.UNKNOWN:
            consent_of(person, state)
    text, before = exported(by)
    if not before:
        return

    assert counts(bring_in(text, by)) == (0, 0, len(before), 0, 0)
    empty_the_book()
    assert counts(bring_in(text, by)) == (len(before), 0, 0, 0, 0)
    assert sorted(exported(by)[1], key=str) == sorted(before, key=str)
