"""Spreadsheet files: what a sheet shows comes in, and hostile ones are refused in words, quickly and in little memory."""

import io
import resource
import zipfile
from datetime import date, datetime

import openpyxl
import pytest

from core import clock
from core.errors import Invalid
from services import contacts, imports

HEAD = ["Name", "Mobile", "Birthday", "Member", "Points"]


def book(rows, *, hidden=(), sheets=("People",), hide_sheet=""):
    """A spreadsheet file with these rows in its first visible sheet."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name in sheets:
        page = made.create_sheet(name)
        if name == hide_sheet:
            page.sheet_state = "hidden"
    page = next(page for page in made if page.sheet_state == "visible")
    for row in rows:
        page.append(row)
    for number in hidden:
        page.row_dimensions[number].hidden = True
    out = io.BytesIO()
    made.save(out)
    out.seek(0)
    return out


def bring_in(stream, by, **more):
    """Import it; the finished row."""
    row = imports.start_import(stream=stream, file_name="people.xlsx", by=by)
    imports.confirm_import(import_id=row.id, mapping=more.pop("mapping", None), options=row.options | more, by=by)
    imports.run_next(clock.now())
    return imports.get_import(row.id)


def packed(kinds="<Types/>", **parts):
    """A packed file with these parts beside what makes it a spreadsheet."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", kinds)
        for name, text in ({"xl/workbook.xml": "<workbook/>"} | parts).items():
            made.writestr(name, text)
    out.seek(0)
    return out


def test_dates_numbers_and_truth_come_in_as_the_sheet_shows_them(app, by):
    row = bring_in(book([HEAD, ["Ana", 447700900001, date(1990, 4, 23), True, 12.5],
                         ["Bo", 4.47700900002e11, datetime(1980, 1, 2, 3, 4), False, 3]]), by,
                   mapping={"0": "name", "1": "phone", "2": "birthday", "3": "new:yes_no:Member", "4": "new:number:Points"})

    people = [contacts.contact_by_phone(f"+44770090000{n}") for n in (1, 2)]
    assert (row.created, row.failed) == (2, 0)
    assert [person.birthday.isoformat() for person in people] == ["1990-04-23", "1980-01-02"]
    assert [person.fields for person in people] == [{"member": True, "points": 12.5}, {"member": False, "points": 3}]


def test_hidden_sheets_and_rows_stay_out_and_numbers_are_those_of_the_sheet(app, by):
    row = bring_in(book([["Patients"], [], ["Name", "Mobile"], ["Ana", "07700900001"], ["Bo", "07700900002"], [],
                         ["Cy", "hello"]], hidden=[5], sheets=("Secret", "People"), hide_sheet="Secret"), by)

    problems = [(one.row_number, one.reason[:16]) for one in imports.problem_rows(row.id).items]
    assert (row.sheets, row.heading_row, row.created) == (["People"], 3, 1)
    assert problems == [(6, "The row is empty"), (7, "“hello” has char")]


def changed(stream, change):
    """The same file after a person changed its first visible sheet."""
    made = openpyxl.load_workbook(stream)
    change(next(page for page in made if page.sheet_state == "visible"))
    out = io.BytesIO()
    made.save(out)
    out.seek(0)
    return out


def test_hidden_columns_stay_out(app, by):
    def hide(page):
        page.column_dimensions["B"].hidden = True
        page.column_dimensions.group("D", "F", hidden=True)

    row = imports.start_import(by=by, file_name="p.xlsx", stream=changed(book([
        ["Name", "Salary", "Mobile", "A", "B", "C", "City"], ["Ana", 900, "07700900001", 1, 2, 3, "Leeds"]]), hide))

    assert row.columns == ["Name", "Mobile", "City"]
    assert imports.samples(row) == [["Ana", "07700900001", "Leeds"]]


def test_cells_merged_downwards_hold_for_every_row_and_titles_over_several_columns_for_none(app, by):
    def merge(page):
        for where in ("A1:C1", "A2:A3", "C4:C6", "C7:C9"):
            page.merge_cells(where)

    row = imports.start_import(by=by, file_name="p.xlsx", stream=changed(book([
        ["Patients of 2026"], ["Name", "Reach"], ["", "Mobile", "City"], ["Ana", "07700900001", "Leeds"], ["Bo", "07700900002"],
        ["Cy", "07700900003"], ["Di", "07700900004", "York"]]), merge))

    assert (row.columns, row.heading_row, row.total_rows) == (["Name", "Mobile", "City"], 3, 4)
    assert [cells[2] for cells in imports.samples(row)] == ["Leeds", "Leeds", "Leeds", "York"]


def test_a_cell_of_a_hidden_row_fills_those_it_is_merged_with(app, by):
    stream = changed(book([["Mobile", "City"], ["07700900001", "Leeds"], ["07700900002"]], hidden=[2]),
                     lambda page: page.merge_cells("B2:B3"))

    assert imports.samples(imports.start_import(stream=stream, file_name="p.xlsx", by=by)) == [["07700900002", "Leeds"]]


def test_a_formula_that_failed_holds_nothing(app, by):
    row = bring_in(book([["Name", "Mobile", "Company"], ["Ana", "07700900001", "#N/A"], ["#REF!", "07700900002", "Acme"]]), by)

    people = [contacts.contact_by_phone(f"+44770090000{n}") for n in (1, 2)]
    assert (row.created, [(one.name, one.company) for one in people]) == (2, [("Ana", ""), ("", "Acme")])


def test_a_failed_formula_holds_nothing_in_text_either(app, by):
    lines = ["Name,Mobile,Company,Notes", "Ana,07700900001,#N/A,#DIV/0!", "#REF!,07700900002,Acme,the #1"]

    row = bring_in(io.BytesIO("\n".join(lines).encode()), by)

    people = [contacts.contact_by_phone(f"+44770090000{n}") for n in (1, 2)]
    assert (row.created, [(one.name, one.company, one.notes) for one in people]) == (
        2, [("Ana", "", ""), ("", "Acme", "the #1")])


def test_a_sheet_of_merged_cells_alone_is_refused(app, by):
    cells = "".join(f'<mergeCell ref="A{2 * n}:A{2 * n + 1}"/>' for n in range(1, 100_100))
    with zipfile.ZipFile(book([["Mobile"], ["07700900001"]])) as made:
        parts = {name: made.read(name).decode() for name in made.namelist() if name != "[Content_Types].xml"}
        kinds = made.read("[Content_Types].xml").decode()
    sheet = parts["xl/worksheets/sheet1.xml"].replace("</sheetData>", f"</sheetData><mergeCells>{cells}</mergeCells>")
    stream = packed(kinds=kinds, **parts | {"xl/worksheets/sheet1.xml": sheet})

    with pytest.raises(Invalid, match="merged cells"):
        imports.start_import(stream=stream, file_name="p.xlsx", by=by)


def test_an_open_document_is_named_as_what_it_is(app, by):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        made.writestr("content.xml", "<x/>")
    out.seek(0)

    with pytest.raises(Invalid, match=r"OpenDocument file .* save your list as \.xlsx"):
        imports.start_import(stream=out, file_name="people.ods", by=by)


def test_another_sheet_can_be_chosen(app, by):
    made = openpyxl.Workbook()
    made.active.append(["Name", "Phone"])
    made.active.append(["Ana", "07700900001"])
    made.create_sheet("Two").append(["Mobile"])
    made["Two"].append(["07700900002"])
    out = io.BytesIO()
    made.save(out)
    out.seek(0)
    row = imports.start_import(stream=out, file_name="p.xlsx", by=by)
    row = imports.change_reading(import_id=row.id, sheet="Two")

    assert (row.sheet, row.columns, row.total_rows) == ("Two", ["Mobile"], 1)


def test_a_number_with_leading_zeros_by_its_format_keeps_them(app, by):
    made = openpyxl.Workbook()
    made.active.append(["Phone"])
    made.active.append([7700900001])
    made.active["A2"].number_format = "00000000000"
    out = io.BytesIO()
    made.save(out)
    out.seek(0)

    assert bring_in(out, by, country="GB").created == 1


BOMB = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]><workbook>&b;</workbook>"
OUTSIDE = "<!DOCTYPE x [<!ENTITY a SYSTEM 'http://127.0.0.1:9/secret'>]><workbook>&a;</workbook>"


@pytest.mark.parametrize("make", [
    lambda: packed(**{"xl/worksheets/sheet1.xml": "0" * 160_000_000}), lambda: packed(**{"xl/workbook.xml": BOMB}),
    lambda: packed(**{"xl/workbook.xml": OUTSIDE}), lambda: packed(**{"xl/workbook.xml": BOMB.encode("utf-16")}), lambda: packed(),
    lambda: packed(**{"xl/vbaProject.bin": "x"}), lambda: io.BytesIO(b"PK\x03\x04" + b"\0" * 500), lambda: io.BytesIO(b"\x89PNG\r\n\x1a\n" + b"1" * 99),
    lambda: io.BytesIO(b"\x7fELF" + b"1" * 99)],
    ids=["zip bomb", "entity bomb", "external entity", "utf-16 bomb", "no sheets", "macros alone", "torn", "png", "elf"])
def test_i9_wrong_files_are_refused_in_words_in_little_memory(app, by, make):
    stream = make()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(Invalid) as refusal:
        imports.start_import(stream=stream, file_name="people.csv", by=by)

    assert len(refusal.value.message) > 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024
