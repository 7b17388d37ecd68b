"""A campaign's list of its own: files and pasted numbers, their columns, what cannot be read, what comes twice."""

import csv
import io
import json

import openpyxl
import pytest
from sqlalchemy import event, func, select

from core.errors import Conflict, Invalid, NotFound
from core.states import CampaignState
from models import CampaignList, CampaignListRow, db, transaction
from services import campaigns
from tests.factories.campaigns import a_campaign, a_version
from tests.factories.contacts import a_contact

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 40


@pytest.fixture
def draft(app):
    """An empty draft."""
    return a_campaign(size=0, tag_ids=[], version_id=None).id


def rows(campaign_id):
    """Number, phone, code and cells of every row, in order."""
    found = db.session.scalars(select(CampaignListRow).where(CampaignListRow.campaign_id == campaign_id)
                               .order_by(CampaignListRow.number))
    return [(row.number, row.phone, row.code, row.cells) for row in found]


def bring(campaign_id, by, content, **more):
    raw = content if isinstance(content, bytes) else content.encode()
    return campaigns.add_list(campaign_id, file=io.BytesIO(raw), name=more.pop("name", "guests.csv"),
                              country=more.pop("country", "GB"), by=by, **more)


def paste(campaign_id, by, text, **more):
    return campaigns.add_list(campaign_id, text=text, country=more.pop("country", "GB"), by=by, **more)


def workbook(*sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, lines in sheets:
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


class TestFiles:
    def test_rows_keep_their_spreadsheet_numbers_and_their_columns(self, draft, by):
        kept = bring(draft, by, "Guest,Mobile,Table\nAna,07700 900101,4\nBen,+447700900102,\n")

        assert (kept.columns, kept.phone_column, kept.rows, kept.bad) == (["Guest", "Mobile", "Table"], 1, 2, 0)
        assert rows(draft) == [
            (2, "+447700900101", "", {"Guest": "Ana", "Mobile": "07700 900101", "Table": "4"}),
            (3, "+447700900102", "", {"Guest": "Ben", "Mobile": "+447700900102"})]
        assert campaigns.get_campaign(draft).audience["list"] is True

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_letters_and_delimiters_are_found_out(self, draft, by, encoding, delimiter):
        lines = [["Name", "Phone"], ["Zoë Müller", "+447700900101"], ["Søren Åbo", "+447700900102"]]

        bring(draft, by, "".join(f"{delimiter.join(line)}\r\n" for line in lines).encode(encoding))

        assert [row[3]["Name"] for row in rows(draft)] == ["Zoë Müller", "Søren Åbo"]

    def test_a_spreadsheet_and_another_sheet_of_it(self, draft, by):
        book = workbook(("Old", [["Phone"], ["+447700900101"]]),
                        ("New", [["Name", "Phone"], ["Ana", 447700900102], ["Ben", "+447700900103"]]))

        assert bring(draft, by, book, name="guests.xlsx").rows == 1
        assert bring(draft, by, book, name="guests.xlsx", sheet="New").rows == 2
        assert [row[1] for row in rows(draft)] == ["+447700900102", "+447700900103"]
        with pytest.raises(Invalid) as refusal:
            bring(draft, by, book, name="guests.xlsx", sheet="Older")
        assert refusal.value.field == "sheet"

    def test_half_of_the_rows_broken_are_kept_with_their_reasons(self, draft, by):
        lines = [f"Person {n},+4477009{n:05d}" if n % 2 else f"Person {n},{'9.19877E+11' if n % 4 else 'ask her'}"
                 for n in range(1, 101)]

        kept = bring(draft, by, "Name,Phone\n" + "\n".join(lines) + "\n")

        assert (kept.rows, kept.bad, kept.repeated) == (100, 50, 0)
        problems = set(db.session.scalars(select(CampaignListRow.problem).where(CampaignListRow.code == "bad_number")))
        assert any("last digits are lost" in one for one in problems) and any("ask her" in one for one in problems)

    def test_the_same_number_in_other_notations_is_flagged_and_says_where_it_stands(self, draft, by):
        kept = bring(draft, by, "Phone\n07700 900101\n+44 7700 900101\n0044 (0)7700-900101\n447700900101.0\n+447700900102\n")

        assert (kept.rows, kept.repeated) == (5, 3)
        assert [row[2] for row in rows(draft)] == ["", "repeated", "repeated", "repeated", ""]
        assert set(db.session.scalars(select(CampaignListRow.problem))) == {"", "The same number as row 2"}

    def test_other_spellings_of_one_phone_are_flagged_and_written_as_their_person_has_them(self, draft, by):
        a_contact("Ana", phone="+541123456789")

        bring(draft, by, "Phone\n011 15 2345-6789\n11 2345-6789\n+54 9 351 234 5678\n+54 351 234 5678\n", country="AR")

        assert [(row[1], row[2]) for row in rows(draft)] == [
            ("+541123456789", ""), ("+541123456789", "repeated"), ("+5493512345678", ""), ("+543512345678", "repeated")]

    def test_numbers_without_headings_are_a_list_too(self, draft, by):
        kept = bring(draft, by, "+447700900101,Ana\n+447700900102,Ben\n")

        assert (kept.columns, rows(draft)[0]) == (
            ["Column 1", "Column 2"], (1, "+447700900101", "", {"Column 1": "+447700900101", "Column 2": "Ana"}))

    def test_headings_that_repeat_are_missing_or_mean_harm_can_be_told_apart(self, draft, by):
        heading = '<script>alert(1)</script>,Phone,Day,Day,,"a""b\\c",x\u202ey'
        bring(draft, by, f"{heading}\nA,+447700900101,Mon,Tue,E,F,G,H\n")

        found = campaigns.get_list(draft)
        assert found.columns == ["<script>alert(1)</script>", "Phone", "Day", "Day (2)", "Column 5", "a'b/c", "x y", "Column 8"]
        assert [rows(draft)[0][3][name] for name in found.columns] == ["A", "+447700900101", "Mon", "Tue", "E", "F", "G", "H"]

    def test_what_our_export_put_in_front_is_taken_off(self, draft, by):
        bring(draft, by, "Phone,Note\n'07700 900101,'=1+1\n")

        assert rows(draft)[0][3]["Note"] == "=1+1"

    @pytest.mark.parametrize("content, said", [
        (b"", "empty"), (b"Name,Phone\n", "no people below"), (PNG, ""), (b"\x7fELF" + bytes(200), ""),
        (b"PK\x03\x04" + bytes(300), "compressed"), (",".join(f"h{n}" for n in range(16_384)).encode() + b"\n1\n", "16,384 columns"),
        (b"Name,Town\nAna,Leeds\nBen,York\n", "looks like phone numbers"),
    ])
    def test_what_is_no_list_is_refused_in_words_and_the_earlier_one_stays(self, draft, by, content, said):
        bring(draft, by, "Phone\n+447700900101\n")

        with pytest.raises(Invalid) as refusal:
            bring(draft, by, content)

        assert refusal.value.field == "file" and said in refusal.value.message
        assert len(rows(draft)) == 1 and campaigns.get_list(draft).rows == 1

    def test_a_cell_of_a_megabyte_is_cut_and_nothing_else_is_lost(self, draft, by):
        bring(draft, by, f"Phone,Note,Town\n+447700900101,{'x' * 1_000_000},Leeds\n")

        (_, phone, _, cells), = rows(draft)
        assert (phone, len(cells["Note"]), cells["Note"][-1], cells["Town"]) == ("+447700900101", 4_000, "…", "Leeds")

    def test_empty_rows_between_are_rows_without_a_number(self, draft, by):
        kept = bring(draft, by, "Phone\n+447700900101\n\n+447700900102\n")

        assert (kept.rows, kept.bad) == (3, 1)
        assert db.session.scalar(select(CampaignListRow.problem).where(CampaignListRow.number == 3)) == "The row is empty"

    def test_nothing_of_the_file_stays_behind(self, draft, by, app):
        from services import settings
        before = sorted((settings.start_up().instance / "uploads").glob("*"))

        bring(draft, by, "Phone\n+447700900101\n")
        bring(draft, by, workbook(("One", [["Phone"], ["+447700900101"]])), name="x.xlsx")

        assert sorted((settings.start_up().instance / "uploads").glob("*")) == before

    def test_a_country_and_a_column_that_cannot_be(self, draft, by):
        for more, field in (({"country": "Narnia"}, "country"), ({"phone_column": "Fax"}, "phone_column"),
                            ({"phone_column": 7}, "phone_column"), ({"phone_column": -1}, "phone_column")):
            with pytest.raises(Invalid) as refusal:
                bring(draft, by, "Phone\n+447700900101\n", **more)
            assert refusal.value.field == field


class TestPasting:
    @pytest.mark.parametrize("text, found", [
        ("+447700900101\n+447700900102", ["+447700900101", "+447700900102"]),
        ("+447700900101, +447700900102;+447700900103", ["+447700900101", "+447700900102", "+447700900103"]),
        ("+447700900101 +447700900102 07700900103", ["+447700900101", "+447700900102", "+447700900103"]),
        ("+44 7700 900101 +44 7700 900102", ["+447700900101", "+447700900102"]),
        ("07700 900101 07700 900102", ["+447700900101", "+447700900102"]),
        ("tel: +44 7700 900101", ["+447700900101"]),
        ("+44 (0)7700 900101\t07700-900102", ["+447700900101", "+447700900102"]),
    ])
    def test_numbers_in_every_way_they_are_separated(self, draft, by, text, found):
        paste(draft, by, text)

        assert [row[1] for row in rows(draft)] == found

    @pytest.mark.parametrize("text", [
        "Adaeze Okafor +44 7700 900101", "+447700900101 Adaeze Okafor", "Adaeze Okafor, +447700900101",
        "Adaeze Okafor: 07700 900101", "Adaeze Okafor\t+447700900101", "Adaeze Okafor <+447700900101>",
    ])
    def test_the_words_beside_a_number_are_its_name(self, draft, by, text):
        paste(draft, by, text)

        (number, phone, code, cells), = rows(draft)
        assert (number, phone, code, cells["Name"]) == (1, "+447700900101", "", "Adaeze Okafor")

    def test_cells_copied_from_a_spreadsheet_keep_their_headings(self, draft, by):
        kept = paste(draft, by, "Name\tWhatsApp\tDay\nAna\t07700 900101\tMonday\nBen\t07700 900102\tFriday\n")

        assert (kept.columns, kept.phone_column) == (["Name", "WhatsApp", "Day"], 1)
        assert rows(draft)[1][3]["Day"] == "Friday"

    def test_pieces_that_are_no_number_are_kept_with_the_reason(self, draft, by):
        kept = paste(draft, by, "+447700900101\nAda Obi\n12345\n+447700900101, 99")

        assert (kept.rows, kept.bad, kept.repeated) == (5, 3, 1)
        assert [row[2] for row in rows(draft)] == ["", "bad_number", "bad_number", "repeated", "bad_number"]

    @pytest.mark.parametrize("text", ["", " \n\t ", "x" * 500_001])
    def test_nothing_and_too_much_are_said_beside_the_box(self, draft, by, text):
        with pytest.raises(Invalid) as refusal:
            paste(draft, by, text)

        assert refusal.value.field == "pasted"


class TestAnotherReading:
    def test_another_country_is_read_without_bringing_the_file_again(self, draft, by):
        bring(draft, by, "Name,Phone\nAna,0151 23456789\nBen,+447700900101\n", country="GB")

        kept = campaigns.read_again(draft, country="DE", by=by)

        assert (kept.country, kept.bad, kept.file_name) == ("DE", 0, "guests.csv")
        assert [row[1] for row in rows(draft)] == ["+4915123456789", "+447700900101"]

    def test_another_column_is_read_without_bringing_the_file_again(self, draft, by):
        bring(draft, by, "Phone,Mobile\n+442079460101,07700 900101\n\n+442079460102,07700 900102\n", phone_column="Phone")

        kept = campaigns.read_again(draft, phone_column="mobile", by=by)

        assert (kept.phone_column, kept.rows, kept.bad) == (1, 3, 1)
        assert [(row[0], row[1]) for row in rows(draft)] == [(2, "+447700900101"), (3, ""), (4, "+447700900102")]

    def test_a_column_that_is_not_there_changes_nothing(self, draft, by):
        bring(draft, by, "Phone\n+447700900101\n")

        with pytest.raises(Invalid):
            campaigns.read_again(draft, phone_column=9, by=by)

        assert rows(draft)[0][1] == "+447700900101"


class TestOnlyDrafts:
    def test_what_is_no_draft_keeps_its_list(self, draft, by):
        bring(draft, by, "Phone\n+447700900101\n")
        with transaction():
            campaigns.get_campaign(draft).state = CampaignState.SENDING

        for act in (lambda: bring(draft, by, "Phone\n+447700900102\n"), lambda: campaigns.remove_list(draft, by=by),
                    lambda: campaigns.read_again(draft, country="DE", by=by)):
            with pytest.raises(Conflict):
                act()

        assert rows(draft)[0][1] == "+447700900101"

    def test_a_list_is_taken_away(self, draft, by):
        bring(draft, by, "Phone\n+447700900101\n")

        campaigns.remove_list(draft, by=by)

        assert rows(draft) == [] and db.session.query(CampaignList).count() == 0
        assert "list" not in campaigns.get_campaign(draft).audience
        with pytest.raises(NotFound):
            campaigns.remove_list(draft, by=by)


class TestColumnsForVariables:
    BODY = "Hello {{name}}, table {{table}}."

    def version(self):
        return a_version(self.BODY, variables=[{"name": "name", "sample": "Ana", "fallback": ""},
                                               {"name": "table", "sample": "4", "fallback": ""}]).id

    def test_a_column_of_the_same_name_is_taken_first(self, draft, by):
        campaigns.change_campaign(draft, version_id=self.version(), by=by)

        bring(draft, by, "Name,Phone,TABLE\nAna,+447700900101,4\n")

        assert campaigns.get_campaign(draft).variables == {
            "name": {"from": "column", "column": "Name", "fallback": ""},
            "table": {"from": "column", "column": "TABLE", "fallback": ""}}

    def test_the_order_of_choosing_does_not_matter_and_a_persons_choice_stays(self, draft, by):
        bring(draft, by, "Name,Phone,Table\nAna,+447700900101,4\n")
        campaigns.change_campaign(draft, version_id=self.version(), by=by)
        assert campaigns.get_campaign(draft).variables["table"]["column"] == "Table"

        mine = {"name": {"from": "text", "text": "friend"}, "table": {"from": "column", "column": "Table", "fallback": "any"}}
        campaigns.change_campaign(draft, variables=mine, by=by)
        bring(draft, by, "Name,Phone,Table\nBen,+447700900102,5\n")

        assert campaigns.get_campaign(draft).variables == mine

    def test_a_column_that_the_new_list_does_not_have_is_told(self, draft, by):
        bring(draft, by, "Name,Phone,Table\nAna,+447700900101,4\n")
        campaigns.change_campaign(draft, version_id=self.version(), by=by)

        bring(draft, by, "Name,Phone\nAna,+447700900101\n")

        campaign = campaigns.get_campaign(draft)
        assert campaigns.stale(campaign, campaigns.columns_of(campaign)) == {"table": "Table"}
        with pytest.raises(Invalid) as refusal:
            campaigns.change_campaign(draft, variables=campaign.variables, by=by)
        assert refusal.value.field == "variable:table" and "no column “Table”" in refusal.value.message


class TestLooking:
    def test_bad_rows_come_first_and_can_be_looked_for(self, draft, by):
        bring(draft, by, "Name,Phone\nAna,+447700900101\nBen,+447700900101\nZoë,nothing\nCléa,07700 900104\n")

        assert [row.number for row in campaigns.list_rows(draft).items] == [4, 3, 2, 5]
        assert [row.number for row in campaigns.list_rows(draft, show="repeated").items] == [3]
        assert [row.number for row in campaigns.list_rows(draft, text="cléa").items] == [5]
        assert [row.number for row in campaigns.list_rows(draft, text="7700 900104").items] == [5]
        assert campaigns.list_rows(draft, text="100%_").items == []
        assert campaigns.list_rows(draft, page=99, size=3).number == 2

    def test_the_file_of_bad_rows_can_be_mended_and_is_safe(self, draft, by):
        bring(draft, by, "Phone,Note\nabc,=cmd()\n+447700900101,fine\n+447700900101,twice\n")

        text = "".join(campaigns.bad_rows_csv(draft)).lstrip("\ufeff")

        assert list(csv.reader(io.StringIO(text))) == [
            ["Row", "Reason", "Phone", "Note"],
            ["2", "“abc” has characters that are not part of a phone number", "abc", "'=cmd()"],
            ["4", "The same number as row 3", "+447700900101", "twice"]]


class TestManyRows:
    def test_statements_grow_with_thousands_of_rows_and_not_with_each(self, draft, by):
        content = "Phone,Name\n" + "".join(f"+4477009{n:05d},Person {n}\n" for n in range(12_000))
        seen = []
        note = lambda *_: seen.append(1)  # noqa: E731  # an event wants a plain function
        event.listen(db.engine, "before_cursor_execute", note)
        try:
            bring(draft, by, content)
        finally:
            event.remove(db.engine, "before_cursor_execute", note)

        assert len(seen) < 30
        assert db.session.scalar(select(func.count()).select_from(CampaignListRow)) == 12_000

    def test_cells_are_kept_with_their_own_letters(self, draft, by):
        bring(draft, by, "Prénom,Téléphone\nZoë,+447700900101\n")

        stored = db.session.execute(select(CampaignListRow.cells)).scalar()
        assert json.loads(json.dumps(stored)) == {"Prénom": "Zoë", "Téléphone": "+447700900101"}
