"""The I checks of the promises in their short versions, each named by its id; I9 stands with the spreadsheets, I18 with
the undo, I7, I8 and I10 with the import itself, I17 with `tests/promises`, and I5 is a figure of `make bench`."""

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core import clock
from core.errors import DashboardError
from core.states import ConsentState, ImportState
from models import Contact, ContactTag, Tag, db
from services import contacts, imports
from tests import database
from tests.factories.contacts import a_contact

NAMES = ["Zoë Müller", "Adaeze Ọbi", "Łukasz Żak", "José Núñez", "山田 太郎"]
COUNTS = ("created", "updated", "unchanged", "skipped", "failed")


def bring_in(data, by, *, mapping=None, **options):
    """Start, confirm and run one import; the finished row."""
    data = data if isinstance(data, bytes) else data.encode()
    row = imports.start_import(stream=io.BytesIO(data), file_name="people.csv", by=by)
    imports.confirm_import(import_id=row.id, mapping=mapping, options=row.options | options, by=by)
    imports.run_next(clock.now())
    return imports.get_import(row.id)


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "iso8859-15",
                                      "shift-jis", "gb18030"])
def test_i1_letters_come_in_equal_or_the_file_is_refused(app, by, encoding, sign):
    """Never wrong letters: the first six encodings read, the rest read or are refused."""
    names = []
    for name in NAMES:
        try:
            name.encode(encoding)
        except UnicodeEncodeError:
            continue
        names.append(name)
    lines = [f"Name{sign}Phone", *(f"{name}{sign}+1202555{n:04}" for n, name in enumerate(names * 4))]
    try:
        bring_in("\r\n".join(lines).encode(encoding), by)
    except DashboardError as refusal:
        assert encoding in ("shift-jis", "gb18030", "iso8859-15"), refusal.message
        return

    assert set(db.session.scalars(select(Contact.name))) == set(names)


SPELLINGS = ["+447700900001", "447700900001", "00447700900001", "07700900001", "+44 7700 900001", "+44 (0)7700 900001",
             "+44 (0) 7700-900-001", "07700 900 001", "07700-900-001", "07700.900.001", "(07700) 900001", "0044 7700 900001",
             "+44\u20117700\u2011900001", "+44\u20137700\u2013900001", "+44\u20147700900001", "+44\u22127700900001",
             "\u200b+447700900001", "+447700900001\ufeff", "\u00a0+44\u00a07700\u00a0900001", "＋４４７７００９００００１",
             "٠٧٧٠٠٩٠٠٠٠١", "+٤٤٧٧٠٠٩٠٠٠٠١", "'+447700900001", "447700900001.0", "4.47700900001E+11", "tel:+447700900001",
             "+44/7700/900001", "\t07700900001 ", "07700\u2009900001", "(+44) 7700 900001", "(0044) 7700 900001", "+44.7700.900001",
             "+44 77 00 90 00 01", "0 7700 900001", "07 70 09 00 00 1", "44 7700 900001", "44-7700-900001", "+44-(0)-7700-900001",
             "+44\u00ad7700900001", "+44\u202f7700\u202f900001", "\u202a+447700900001\u202c", "\u200e+44 7700 900001", "+44\u20607700900001",
             "+44 7700 900001\u200d", "０７７００９００００１", "۰۷۷۰۰۹۰۰۰۰۱", "०७७००९००००१", "+44\u20107700\u2010900001", "tel: +44 7700 900001",
             "07700/900001", "07700 - 900 - 001", "447700900001.00", "4,47700900001E+11", "'07700900001"]


def test_i3_every_spelling_of_a_number_is_one_person(app, by):
    quoted = "".join(f'"{spelling}"\n' for spelling in SPELLINGS)
    row = bring_in("Phone\n" + quoted, by, country="GB")

    reasons = [problem.reason for problem in imports.problem_rows(row.id).items if problem.outcome == "failed"]
    assert (len(set(SPELLINGS)) >= 50, contacts.count_contacts(), reasons) == (True, 1, [])


ARGENTINE = ["+54 9 11 2345-6789", "+54 11 2345-6789", "011 15 2345-6789", "11 2345 6789", "9 11 2345 6789", "+54 11 15 2345 6789",
             "+54 9 11 15 2345 6789", "54 9 11 15 2345 6789", "0054 9 11 2345 6789"]


@pytest.mark.parametrize("known", [None, "+541123456789", "+5491123456789"])
def test_i3_argentine_numbers_with_and_without_9_and_15_are_one_person(app, by, known):
    if known:
        a_contact("Ana", phone=known)
    row = bring_in("Phone,Name\n" + "".join(f'"{way}",Ana\n' for way in ARGENTINE), by, country="AR")

    assert [getattr(row, name) for name in COUNTS] == [int(not known), 0, int(bool(known)), len(ARGENTINE) - 1, 0]
    assert db.session.scalars(select(Contact.phone)).all() == [known or "+5491123456789"]


def test_i3_a_file_that_writes_a_known_number_in_another_way_changes_that_person(app, by):
    ana, ben = a_contact("Ana", phone="+541123456789"), a_contact("Ben", phone="+5491123456780")

    row = bring_in("Phone,Name\n+5491123456789,Ana Gomez\n+541123456780,Ben Diaz\n+5491123456780,Ben Cruz\n", by)

    assert (row.created, row.updated, row.skipped) == (0, 2, 1)
    assert {one.id: (one.phone, one.name) for one in db.session.scalars(select(Contact))} == {
        ana.id: ("+541123456789", "Ana Gomez"), ben.id: ("+5491123456780", "Ben Diaz")}


def test_i3_numbers_that_may_have_lost_their_plus_are_flagged(app, by):
    row = imports.start_import(stream=io.BytesIO(b"Phone\n4793456789\n0803 555 0142\n"), file_name="a.csv", by=by)
    imports.save_choices(import_id=row.id, mapping=row.mapping, options=row.options | {"country": "US"})
    found = imports.check(import_id=row.id)

    assert (found.local_numbers, found.ambiguous, found.ambiguous_rows) == (1, 1, [2])


@pytest.mark.parametrize(("text", "counts"), [
    ("Phone,Name\n +447700900001 , Ana \n", (1, 0)),  # 3: spaces around cells
    ("Phone,Name,\n+447700900001,Ana,\n+447700900002\n", (2, 0)),  # 4: a comma at the end, a last cell missing
    ("Phone\n+447700900001,more,cells\n", (1, 0)),  # 5: more cells than headings
    ('Phone,Name\n"+447700900001"," Ana, B "\n', (1, 0)),  # 6, 7: quotes and commas within
    ("Phone\n+447700900001\n,,,\n\n", (1, 0)),  # 12: rows of commas at the end
    ("Phone,,,Name\n+447700900001,,,Ana\n", (1, 0)),  # 20: headings without a name
    ("Phone,Name\n+447700900001,Ana\n,,\n\n+447700900002,Bo\n", (2, 2)),  # 21: nothing between rows is a failed row
    ("Phone,Name\n   ,Ana\n", (0, 1)),  # 22: only spaces is missing
    ("PHONE-number ,n a m e\n+447700900001,Ana\n", (1, 0)),  # 28: headings without case and signs
    ("Name" + "," * 200 + "Phone\nAna" + "," * 200 + "+447700900001\n", (1, 0)),  # 30: the number last
    ("\u180e\u200b\ufeff\tPhone\n+447700900001\n", (1, 0)),  # 44: what nobody sees before the heading
    ('Phone,Notes\n+447700900001,"two\nlines"\n', (1, 0)),  # 53: line breaks in a cell
    ("Phone,Name\n" + "1" * 200 + ",Ana\n", (0, 1)),  # 40: absurdly long
], ids=["3", "4", "5", "6-7", "12", "20", "21", "22", "28", "30", "44", "53", "40"])
def test_i4_the_cases_of_the_field_that_apply(app, by, text, counts):
    row = bring_in(text, by, mapping=None)

    assert (row.created, row.failed, row.state) == (*counts, ImportState.FINISHED)


def test_i4_two_columns_of_numbers_are_refused_when_both_are_chosen(app, by):
    with pytest.raises(DashboardError, match="leave one out"):
        bring_in("Phone,Mobile\n1,2\n", by, mapping={"0": "phone", "1": "phone"})


def withdrawn(by):
    """Somebody who said stop."""
    bring_in("Phone,Name\n+447700900001,Ana\n", by)
    person = contacts.contact_by_phone("+447700900001")
    contacts.record_consent(contact_id=person.id, category="marketing", state=ConsentState.WITHDRAWN, how="message", by=by)
    return person


def test_i13_no_file_brings_back_who_said_stop(app, by):
    person = withdrawn(by)
    row = bring_in("Phone,Opt-in\n+447700900001,yes\n", by, consent="granted", proof="They signed")

    db.session.refresh(person)
    assert (person.marketing, row.kept_out) == (ConsentState.WITHDRAWN, 1)


def test_i13_only_a_typed_reason_lifts_a_stop_and_stands_in_the_ledger(app, by):
    person = withdrawn(by)
    clock_before = contacts.history(person.id)[0].at
    row = bring_in("Phone\n+447700900001\n", by, consent="granted", proof="They signed",
                   lift="Each of them asked us again at the desk")

    db.session.refresh(person)
    line = contacts.history(person.id)[0]
    assert (person.marketing, row.kept_out, row.updated) == (ConsentState.GRANTED, 0, 1)
    assert line.overrides_withdrawal
    assert "asked us again at the desk" in line.proof
    assert line.at > clock_before


def test_i13_the_check_tells_a_lifted_stop_in_the_words_of_every_page(app, by):
    withdrawn(by)
    row = imports.start_import(stream=io.BytesIO(b"Phone,Opt-in\n+447700900001,yes\n"), file_name="a.csv", by=by)
    imports.save_choices(import_id=row.id, mapping=row.mapping, options=row.options | {
        "lift": "Each of them asked us again at the desk"})

    change, = imports.check(import_id=row.id).changes
    assert (change.what, change.old, change.new) == ("Marketing", "said stop", "agreed")


def test_i13_who_was_erased_is_not_lifted_by_any_reason(app, by):
    contacts.erase_person(withdrawn(by).id, by=by)
    bring_in("Phone\n+447700900001\n", by, consent="granted", proof="They signed", lift="They asked us again, all of them")
    again = bring_in("Phone\n+447700900001\n", by, consent="granted", proof="They signed",
                     lift="They asked us again, all of them")

    assert contacts.contact_by_phone("+447700900001").marketing is ConsentState.WITHDRAWN
    assert again.kept_out == 1


@pytest.mark.parametrize(("gone", "lift", "says", "kept_out"), [
    ("erased", "", "yes", 1), ("erased", "Each of them asked us again at the desk", "yes", 1), ("deleted", "", "yes", 1),
    ("deleted", "Each of them asked us again at the desk", "yes", 0), ("deleted", "", "", 0), ("", "", "yes", 0)])
def test_i13_check_and_result_count_who_said_stop_before_they_were_removed(app, by, gone, lift, says, kept_out):
    person = withdrawn(by)
    if gone:
        (contacts.erase_person if gone == "erased" else contacts.delete_contact)(person.id, by=by)
    data = f"Phone,Opt-in\n07700900001,{says}\n07700900002,yes\n".replace("07700900001", "07700900001" if gone else "07700900003")
    row = imports.start_import(stream=io.BytesIO(data.encode()), file_name="a.csv", by=by)
    imports.save_choices(import_id=row.id, mapping=row.mapping, options=row.options | {"lift": lift, "country": "GB"})

    assert imports.check(import_id=row.id).kept_out == kept_out
    imports.confirm_import(import_id=row.id, by=by)
    imports.run_next(clock.now())
    assert (imports.get_import(row.id).created, imports.get_import(row.id).kept_out) == (2, kept_out)
    agreed = db.session.scalar(select(func.count()).where(Contact.marketing == ConsentState.GRANTED))
    assert agreed == 2 - kept_out - (not says)


def test_i14_nothing_is_lost_without_being_asked(app, by):
    bring_in("Phone,Name,Company,Tags\n+447700900001,Ana,Acme,VIP\n", by)
    row = bring_in("Phone,Name,Company,Tags\n+447700900001, ,,vip\n", by)

    person = contacts.contact_by_phone("+447700900001")
    assert (row.unchanged, person.name, person.company) == (1, "Ana", "Acme")
    assert db.session.scalar(select(func.count()).select_from(Tag)) == 1


CELLS = st.sampled_from(["07700900001", "+447700900002", "07700 900003", "hello", "", " ", "vip", "Ana", "yes", "no", "12.5",
                         "1990-04-23", "31/02/1990", "a@b.example", "a@", "=1+1", "9.19E+11", "\u202eabc", "é山"])
TARGETS = st.sampled_from(["name", "email", "birthday", "tags", "consent", "new:number:Points", "new:yes_no:Member", "notes",
                           "company", "language", ""])


@given(first=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=8),
       rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=12),
       targets=st.lists(TARGETS, min_size=2, max_size=2, unique=True), on_duplicate=st.sampled_from(["update", "skip"]),
       consent=st.sampled_from(["none", "granted"]))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_i15_the_check_foretells_every_row_and_the_undo_takes_all_back(app, by, first, rows, targets, on_duplicate, consent):
    mapping = {"0": "phone"} | {str(n + 1): target for n, target in enumerate(targets) if target}
    lines = ["a,b,c"] + [",".join(cells) for cells in rows if any(cell.strip() for cell in cells)]
    options = {"on_duplicate": on_duplicate, "consent": consent, "proof": "They signed", "country": "GB", "tags": ["all"]}
    database.empty()
    try:
        bring_in("a,b,c\n" + "\n".join(map(",".join, first)) + "\n", by, mapping=mapping, country="GB")
        before = everybody()
        row = imports.start_import(stream=io.BytesIO("\n".join(lines).encode()), file_name="f.csv", by=by)
        imports.save_choices(import_id=row.id, mapping=mapping, options=options)
    except DashboardError:
        return
    found = imports.check(import_id=row.id)
    imports.confirm_import(import_id=row.id, by=by)
    imports.run_next(clock.now())
    done = imports.get_import(row.id)

    assert [getattr(done, name) for name in (*COUNTS, "kept_out")] == [getattr(found, name) for name in (*COUNTS, "kept_out")]
    assert [one.row_number for one in imports.problem_rows(row.id).items] == sorted(
        one.number for one in found.problems + found.left_out)

    imports.undo_import(import_id=row.id, by=by) if imports.can_be_undone(done) else None
    imports.run_next(clock.now())
    stopped = {one.id for one in imports.kept_people(row.id).items}
    assert {key: value for key, value in everybody().items() if key not in stopped} == {
        key: value for key, value in before.items() if key not in stopped}


def everybody():
    """What is known of all people, by id."""
    db.session.rollback()
    tags = {}
    for contact_id, key in db.session.execute(select(ContactTag.contact_id, Tag.key).join(Tag)):
        tags.setdefault(contact_id, set()).add(key)
    columns = (Contact.phone, Contact.name, Contact.first_name, Contact.email, Contact.company, Contact.birthday,
               Contact.notes, Contact.fields, Contact.search, Contact.marketing, Contact.language)
    return {row[0]: (*row[1:], tags.get(row[0], set())) for row in db.session.execute(select(Contact.id, *columns))}


def test_i16_numbers_in_a_row_and_many_bad_ones_are_warned_of(app, by):
    def look(text):
        row = imports.start_import(stream=io.BytesIO(text.encode()), file_name="a.csv", by=by)
        return imports.check(import_id=row.id)

    made_up = look("Phone\n" + "".join(f"+1202555{n:04}\n" for n in range(249, -1, -1)))
    poor = look("Phone\n" + "".join(f"+120255501{n:02}\n" if n % 10 > 2 else f"{n}\n" for n in range(40)))

    assert (made_up.looks_made_up, made_up.longest_sequence, made_up.has_many_bad) == (True, 250, False)
    assert (poor.looks_made_up, poor.has_many_bad) == (False, True)


def test_the_file_of_rejected_rows_can_be_mended_and_brought_again(app, by):
    row = bring_in("Phone,Name\nhello,Ana\n+447700900002,Bo\n", by)
    mended = "".join(imports.rejected_csv(row.id)).replace("hello", "+447700900001")

    again = bring_in(mended, by)

    assert (again.created, again.failed) == (1, 0)
    assert contacts.contact_by_phone("+447700900001").name == "Ana"
