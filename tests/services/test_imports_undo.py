"""Undoing an import: what it did goes, what people did since stays, and marketing never follows a withdrawal."""

import io
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core import clock
from core.errors import Conflict
from core.phone import Phone
from core.states import ConsentState, ImportState, MessageState
from models import (
    ConsentEntry,
    Contact,
    ContactField,
    ContactTag,
    Import,
    ImportChange,
    ImportCreated,
    ImportKept,
    Message,
    Suppression,
    Tag,
    db,
)
from services import channels, contacts, imports, segments
from services.imports import run, undo
from tests.factories.contacts import a_contact


def bring_in(text, by, *, mapping=None, **options):
    """Start, confirm and run one import; its number."""
    row = imports.start_import(stream=io.BytesIO(text.encode()), file_name="people.csv", by=by)
    imports.confirm_import(import_id=row.id, mapping=mapping, options=row.options | options, by=by)
    assert imports.run_next(clock.now())
    return row.id


def take_back(number, by):
    """Undo it; the import as it is then."""
    imports.undo_import(import_id=number, by=by)
    assert imports.run_next(clock.now())
    row = imports.get_import(number)
    assert row.state is ImportState.UNDONE, row.error
    return row


def total(table):
    """How many rows there are."""
    return db.session.scalar(select(func.count()).select_from(table))


def ana(by, **more):
    """Somebody who was here before."""
    return contacts.add_contact(phone=Phone.parse("+447700900001"), **({"name": "Ana", "company": "Old"} | more), by=by)


def test_i18_nothing_is_left_that_the_import_alone_made(app, by):
    tables = (Contact, ContactTag, Tag, ContactField, ConsentEntry, ImportChange, ImportCreated, ImportKept, Suppression)
    ana(by, tags=["old"])
    before = [total(table) for table in tables], contacts.contact_by_phone("+447700900001").company
    number = bring_in("Phone,Name,Company,Tags,Doctor\n07700900001,Ana B,New,vip;old,Dr Eke\n07700900002,Bo,,club,\n",
                      by, mapping={"0": "phone", "1": "name", "2": "company", "3": "tags", "4": "new:Doctor"}, tags=["all"],
                      consent="granted", proof="They signed")
    row = take_back(number, by)

    person = contacts.contact_by_phone("+447700900001")
    db.session.refresh(person)
    lines = [line.how for line in contacts.history(person.id)]
    assert (row.undo_total, row.restored, row.kept) == (2, 2, 0)
    assert (person.name, person.company, person.fields, person.search.split("\n")[0]) == ("Ana", "Old", {}, "ana")
    assert [tag.name for tag in person.tags] == ["old"]
    assert (person.marketing, lines) == (ConsentState.UNKNOWN, ["undo", "import"])
    after = [total(table) for table in tables]
    after[4] -= 2  # the ledger is only ever added to
    assert (after, person.company) == before


def test_what_somebody_changed_since_stays_field_by_field_and_is_said(app, by):
    person = ana(by, email="old@mail.example")
    number = bring_in("Phone,Company,E-mail\n07700900001,New,new@mail.example\n", by)
    contacts.change_contact(person.id, company="Mine", by=by)
    row = take_back(number, by)

    db.session.refresh(person)
    kept, = imports.kept_people(number).items
    assert (person.company, person.email) == ("Mine", "old@mail.example")
    assert (row.restored, row.kept, kept.reason) == (0, 1, "Company: changed since")


@pytest.mark.parametrize(("act", "reason"), [
    ("change", "Changed since"), ("tag", "Tagged since"), ("message", "Written to since"), ("hear", "Heard from since"),
    ("consent", "What they agreed to was changed since"), ("import", "Changed since")])
def test_somebody_it_added_stays_when_anything_happened_since_and_the_page_says_what(app, by, act, reason):
    number = bring_in("Phone,Name\n07700900001,Ana\n07700900002,Bo\n", by)
    person = contacts.contact_by_phone("+447700900001")
    if act == "change":
        contacts.change_contact(person.id, name="Anna", by=by)
    elif act == "tag":
        contacts.tag_people([person.id], tag="vip", by=by)
    elif act == "message":
        db.session.add(Message(contact_id=person.id, channel_id=channels.ensure_first().id, phone=person.phone,
                               state=MessageState.SENT, attempt_id="a"))
        db.session.commit()
    elif act == "hear":
        person.last_heard_at = clock.now()
        db.session.commit()
    elif act == "consent":
        contacts.record_consent(contact_id=person.id, category="marketing", state=ConsentState.GRANTED, how="staff", by=by)
    else:
        bring_in("Phone,Tags\n07700900001,later\n", by)
    row = take_back(number, by)

    assert (row.restored, row.kept) == (1, 1)
    assert [(one.id, one.reason) for one in imports.kept_people(number).items] == [(person.id, reason)]
    assert contacts.contact_by_phone("+447700900002") is None


def test_who_said_stop_in_the_file_stays_out_after_the_undo(app, by):
    person = ana(by)
    number = bring_in("Phone,Opt-in\n07700900001,no\n07700900002,no\n", by)
    take_back(number, by)
    bring_in("Phone\n07700900001\n07700900002\n", by, consent="granted", proof="They signed")

    db.session.expire_all()
    states = [contacts.contact_by_phone(phone).marketing for phone in ("+447700900001", "+447700900002")]
    assert states == [ConsentState.WITHDRAWN] * 2
    assert imports.kept_people(number).items[0].id == person.id


def test_country_zone_and_service_consent_get_their_old_values_too(app, by):
    person = a_contact("Ana", phone="+447700900001", zone="Europe/London")
    number = bring_in("Phone,Country,Time zone,Utility consent\n07700900001,Nigeria,Africa/Lagos,yes\n", by)
    brought = contacts.contact_by_phone("+447700900001")
    assert (brought.country, brought.zone, brought.utility) == ("NG", "Africa/Lagos", ConsentState.GRANTED)

    take_back(number, by)

    db.session.refresh(person)
    assert (person.country, person.zone, person.utility) == ("GB", "Europe/London", ConsentState.UNKNOWN)


def test_a_stop_of_service_messages_in_the_file_stays_after_the_undo(app, by):
    a_contact("Ana", phone="+447700900001")
    take_back(bring_in("Phone,Utility consent\n07700900001,no\n", by), by)
    again = bring_in("Phone,Utility consent\n07700900001,yes\n", by)

    assert contacts.contact_by_phone("+447700900001").utility is ConsentState.WITHDRAWN
    assert imports.get_import(again).unchanged == 1


def test_a_stop_after_the_import_outlives_the_undo(app, by):
    person = ana(by)
    number = bring_in("Phone\n07700900001\n", by, consent="granted", proof="They signed")
    contacts.record_consent(contact_id=person.id, category="marketing", state=ConsentState.WITHDRAWN, how="message", by=by)
    take_back(number, by)

    db.session.refresh(person)
    assert person.marketing is ConsentState.WITHDRAWN


def test_consent_given_elsewhere_outlives_the_undo(app, by):
    person = ana(by)
    number = bring_in("Phone\n07700900001\n", by, consent="granted", proof="They signed")
    contacts.record_consent(contact_id=person.id, category="marketing", state=ConsentState.GRANTED, how="form", by=by)
    take_back(number, by)

    db.session.refresh(person)
    assert person.marketing is ConsentState.GRANTED


def test_an_undo_that_died_goes_on_where_it_was(app, by, monkeypatch):
    monkeypatch.setattr(run, "SET", 10)
    number = bring_in("Phone\n" + "".join(f"+1202555{n:04}\n" for n in range(35)), by)
    imports.undo_import(import_id=number, by=by)
    count, lives = undo._count, []

    def die_in_the_second(*arguments):
        lives.append(1)
        if len(lives) == 2:
            raise KeyboardInterrupt
        count(*arguments)

    monkeypatch.setattr(undo, "_count", die_in_the_second)
    with pytest.raises(KeyboardInterrupt):
        imports.run_next(clock.now())
    assert (imports.get_import(number).restored, contacts.count_contacts()) == (5, 30)
    assert not imports.run_next(clock.now()), "the lease of the dead one still runs"
    assert imports.run_next(clock.now() + timedelta(minutes=1))

    row = imports.get_import(number)
    assert (row.state, row.restored, row.kept, contacts.count_contacts()) == (ImportState.UNDONE, 35, 0, 0)


def test_it_can_be_undone_once_and_for_thirty_days(app, by):
    number, other = bring_in("Phone\n07700900001\n", by), bring_in("Phone\n07700900002\n", by)
    take_back(number, by)
    imports.get_import(other).finished_at = clock.now() - timedelta(days=31)
    db.session.commit()

    with pytest.raises(Conflict, match="undone"):
        imports.undo_import(import_id=number, by=by)
    with pytest.raises(Conflict, match="30 days"):
        imports.undo_import(import_id=other, by=by)


def test_whom_an_import_added_is_known_when_it_cannot_be_undone_any_more(app, by):
    old = bring_in("Phone,Name\n07700900001,Ana\n07700900002,Bo\n", by)
    bring_in("Phone,Name\n07700900002,Ben\n", by)
    for row in db.session.scalars(select(Import)):
        row.finished_at = clock.now() - timedelta(days=31)
    db.session.commit()
    bring_in("Phone\n07700900003\n", by)  # its end sweeps up

    assert segments.count(segments.all_of([segments.Condition("import.added", str(old))])) == 2
    assert db.session.scalar(select(func.count()).select_from(ImportChange)) == 0


def test_somebody_who_got_a_number_of_the_set_later_is_not_touched(app, by):
    number = bring_in("Phone\n07700900001\n07700900002\n", by)
    last = contacts.contact_by_phone("+447700900002")
    contacts.delete_contact(last.id, by=by)
    new = contacts.add_contact(name="New", by=by)  # SQLite gives the freed number again
    take_back(number, by)

    assert contacts.get_contact(new.id).name == "New"


def test_a_stopped_import_can_be_undone(app, by, monkeypatch):
    monkeypatch.setattr(run, "SET", 10)
    row = imports.start_import(stream=io.BytesIO(b"Phone\n" + b"".join(b"+1202555%04d\n" % n for n in range(35))),
                               file_name="p.csv", by=by)
    imports.confirm_import(import_id=row.id, by=by)
    write = run._write
    monkeypatch.setattr(run, "_write", lambda *a: (write(*a), imports.stop_import(import_id=row.id, by=by)))
    imports.run_next(clock.now())
    assert contacts.count_contacts() == 10
    take_back(row.id, by)

    assert contacts.count_contacts() == 0
