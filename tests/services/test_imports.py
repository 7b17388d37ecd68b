"""Importing a file: what comes in, what does not and why, and what stays as it was."""

import io

import pytest

from core import clock
from core.errors import Conflict, Invalid
from core.states import ConsentState, ImportState
from models import Import, Tag, db
from services import activity, contacts, imports

HEAD = "Name,Phone,E-mail,Tags\n"


def bring_in(text, by, *, mapping=None, **options):
    """Start, confirm and run one import; the finished row."""
    data = text if isinstance(text, bytes) else text.encode()
    row = imports.start_import(stream=io.BytesIO(data), file_name="people.csv", by=by)
    imports.confirm_import(import_id=row.id, mapping=mapping, options=row.options | options, by=by)
    assert imports.run_next(clock.now())
    return imports.get_import(row.id)


def counts(row):
    """created, updated, unchanged, skipped, failed."""
    return row.created, row.updated, row.unchanged, row.skipped, row.failed


class TestWhatComesIn:
    def test_every_row_ends_in_one_of_five_ways(self, app, by):
        text = HEAD + ("Ana,07700 900001,ana@mail.example,vip\nBo,hello,,\n,,,\nCy,07700900002,,\n"
                       "Ana again,+44 7700 900001,,\n")

        row = bring_in(text, by)

        assert counts(row) == (2, 0, 0, 1, 2)
        assert row.rows_done == row.total_rows == 5
        assert row.state is ImportState.FINISHED

    def test_a_person_has_all_that_the_file_says(self, app, by):
        bring_in("First name;Surname;Mobile;Geburtsdatum;Sprache;Gruppe;Firma\n"
                 "Ana;Núñez;07700 900001;23.04.1990;deutsch;VIP, Club;Acme\n", by)

        person = contacts.contact_by_phone("+447700900001")

        assert (person.name, person.first_name, person.company, person.language) == ("Ana Núñez", "Ana", "Acme", "de")
        assert person.birthday.isoformat() == "1990-04-23"
        assert [tag.name for tag in person.tags] == ["Club", "VIP"]
        assert (person.source, person.country, person.search.splitlines()[0]) == ("import", "GB", "ana nunez")

    def test_a_failed_row_says_which_row_of_the_spreadsheet_and_why(self, app, by):
        row = bring_in(HEAD + '"Ana\nMaria",07700900001,,\nBo,077,not-an-address,\n', by)

        problem, = imports.problem_rows(row.id).items

        assert problem.row_number == 3
        assert "“077” is too short" in problem.reason
        assert "“not-an-address” is not an e-mail address" in problem.reason
        assert problem.cells == ["Bo", "077", "not-an-address", ""]

    def test_a_repeated_number_is_skipped_and_names_the_first_row(self, app, by):
        row = bring_in(HEAD + "Ana,07700900001,,\nBo,07700900002,,\nAna,0044 7700 900001,,\n", by)

        problem, = imports.problem_rows(row.id).items

        assert (problem.row_number, problem.outcome, problem.reason) == (4, "skipped", "The same number as row 2")

    def test_empty_lines_at_the_end_are_no_rows(self, app, by):
        assert counts(bring_in(HEAD + "Ana,07700900001,,\n,,,\n\n , ,,\n", by)) == (1, 0, 0, 0, 0)

    def test_a_new_field_is_made_on_the_spot(self, app, by):
        bring_in("Phone,Doctor\n07700900001,Dr Eke\n", by, mapping={"0": "phone", "1": "new:Doctor"})

        assert contacts.contact_by_phone("+447700900001").fields == {"doctor": "Dr Eke"}

    def test_everybody_gets_the_tags_that_were_chosen(self, app, by):
        bring_in(HEAD + "Ana,07700900001,,vip\n", by, tags=["november", "VIP"])

        assert [tag.name for tag in contacts.contact_by_phone("+447700900001").tags] == ["november", "VIP"]

    def test_hostile_text_is_only_text(self, app, by):
        hostile = '<script>alert(1)</script>{{7*7}}%s\u202e'
        bring_in(HEAD + f"{hostile},07700900001,,\n", by)

        assert contacts.contact_by_phone("+447700900001").name == '<script>alert(1)</script>{{7*7}}%s'

    def test_the_activity_tells_it(self, app, by):
        bring_in(HEAD + "Ana,07700900001,,\n", by)

        assert [entry.verb for entry in activity.recent(verb="import").items] == [
            "import.finished", "import.started", "import.uploaded"]


class TestPeopleWhoAreKnown:
    def test_the_same_file_again_changes_nothing(self, app, by):
        text = HEAD + "Ana,07700900001,ana@mail.example,vip\nBo,07700900002,,\n"
        bring_in(text, by)

        assert counts(bring_in(text, by)) == (0, 0, 2, 0, 0)

    def test_blank_cells_and_other_cases_of_tags_lose_nothing(self, app, by):
        bring_in("Name,Phone,E-mail,Birthday,Tags\nAna,07700900001,ana@mail.example,1990-04-23,VIP\n", by)

        row = bring_in("Name,Phone,E-mail,Birthday,Tags\n,07700900001,  ,,vip\n", by)

        person = contacts.contact_by_phone("+447700900001")
        assert counts(row) == (0, 0, 1, 0, 0)
        assert (person.name, person.email, person.birthday.year) == ("Ana", "ana@mail.example", 1990)
        assert db.session.query(Tag).count() == 1

    def test_what_is_different_is_changed(self, app, by):
        bring_in(HEAD + "Ana Lee,07700900001,ana@mail.example,\n", by)

        row = bring_in(HEAD + "Anna Lee,07700900001,,club\n", by)

        person = contacts.contact_by_phone("+447700900001")
        assert counts(row) == (0, 1, 0, 0, 0)
        assert (person.name, person.first_name, person.email) == ("Anna Lee", "Anna", "ana@mail.example")

    def test_they_are_left_alone_when_asked(self, app, by):
        bring_in(HEAD + "Ana,07700900001,,\n", by)

        row = bring_in(HEAD + "Anna,07700900001,,\nBo,07700900002,,\n", by, on_duplicate="skip")

        assert counts(row) == (1, 0, 0, 1, 0)
        assert contacts.contact_by_phone("+447700900001").name == "Ana"

    def test_custom_fields_are_merged(self, app, by):
        bring_in("Phone,Doctor\n07700900001,Dr Eke\n", by, mapping={"0": "phone", "1": "new:Doctor"})
        bring_in("Phone,Ward\n07700900001,7\n", by, mapping={"0": "phone", "1": "new:Ward"})

        assert contacts.contact_by_phone("+447700900001").fields == {"doctor": "Dr Eke", "ward": "7"}


class TestConsent:
    def test_who_agreed_is_in_the_ledger_with_the_proof(self, app, by):
        bring_in(HEAD + "Ana,07700900001,,\n", by, consent="granted", proof="Signed at the desk")

        line, = contacts.history(contacts.contact_by_phone("+447700900001").id)

        assert (line.state, line.how, line.proof, line.by) == (
            ConsentState.GRANTED, "import", "Signed at the desk", "Folake Adeyemi")

    def test_who_withdrew_stays_withdrawn_and_the_import_says_so(self, app, by):
        person = contacts.add_contact(phone=None, name="x", by=by)
        db.session.execute(db.update(contacts.get_contact(person.id).__table__).values(phone="+447700900001"))
        db.session.commit()
        contacts.record_consent(contact_id=person.id, category="marketing", state=ConsentState.WITHDRAWN, how="message",
                                by=by)

        row = bring_in(HEAD + "Ana,07700900001,,\n", by, consent="granted", proof="They signed")

        assert contacts.get_contact(person.id).marketing is ConsentState.WITHDRAWN
        assert len(contacts.history(person.id)) == 1
        assert (row.updated, row.kept_out) == (1, 1)

    def test_a_column_may_say_yes_or_no_row_by_row(self, app, by):
        bring_in("Phone,Opt-in\n07700900001,Yes\n07700900002,no\n07700900003,\n07700900004,maybe\n", by)

        states = [contacts.contact_by_phone(f"+44770090000{n}") for n in (1, 2, 3, 4)]
        assert [person and person.marketing for person in states] == ["granted", "withdrawn", "unknown", None]
        assert contacts.history(states[0].id)[0].proof == "people.csv, row 2: “Yes”"

    def test_agreement_without_proof_is_refused(self, app, by):
        with pytest.raises(Invalid, match="how these people agreed"):
            bring_in(HEAD + "Ana,07700900001,,\n", by, consent="granted")


class TestWrongFiles:
    @pytest.mark.parametrize(("data", "words"), [
        (b"", "empty"), (b"\n\n", "empty"), (b"Name,Phone\n", "no people below"), (b"\x89PNG\r\n\x1a\n00", "a picture"),
        (b"\x7fELF\x02\x01\x01", "a program"), (b"PK\x03\x04....[Content_Types].xml", r"spreadsheet file \(.xlsx\)"),
        (b"PK\x03\x04zipzip", "compressed"), (b"%PDF-1.7", "PDF"), (b"Name,Phone\nAna\0,1\n", "binary"),
        (b"\xff\xfeN", "damaged"), (b"Ana,+447700900001\nBo,+447700900002\n", "must name the columns"),
        (b"a," * 1500 + b"a\n1\n", "1,501 columns"), (b'Name,Phone\n"Ana,1\n' + b"x" * 2_100_000, "never closed"),
        (b'Phone,Name\n07700900001,"Ana\n07700900002,Bo\n', "Row 2: a quotation mark is never closed"),
        (b"BEGIN:VCARD\nTEL:+447700900001\nEND:VCARD\n", "address cards"), (b'[{"phone": "07700900001"}]\n', "a JSON file"),
    ])
    def test_are_refused_in_words_and_not_kept(self, app, by, data, words):
        with pytest.raises(Invalid, match=words):
            imports.start_import(stream=io.BytesIO(data), file_name="x.csv", by=by)

        assert db.session.query(Import).count() == 0

    def test_two_columns_for_one_field_are_refused(self, app, by):
        with pytest.raises(Invalid, match="“A” and “B” are both marked as Phone number"):
            bring_in("A,B\n07700900001,1\n", by, mapping={"0": "phone", "1": "phone"})

    def test_a_file_without_a_phone_column_is_refused(self, app, by):
        with pytest.raises(Invalid, match="holds the phone numbers"):
            bring_in("Name,Town\nAna,Lagos\n", by)

    def test_an_import_begins_once(self, app, by):
        row = bring_in(HEAD + "Ana,07700900001,,\n", by)

        with pytest.raises(Conflict):
            imports.confirm_import(import_id=row.id, by=by)
