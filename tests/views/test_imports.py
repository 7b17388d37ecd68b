"""The pages of an import, walked as a person does."""

import csv
import io
import re
import sys

import openpyxl
import pytest

from core import clock
from models import Import, db
from services import contacts, imports
from tests.factories.contacts import a_contact

TEXT = "Name,Phone,E-mail\nAna,07700 900001,ana@mail.example\nBo,hello,\nCy,07700 900001,\n"


def upload(browser, text=TEXT, name="people.csv"):
    """Bring a file; the answer."""
    data = text if isinstance(text, bytes) else text.encode()
    return browser.post("/imports/new", {"file": (io.BytesIO(data), name)}, content_type="multipart/form-data")


def choose(browser, number, **changes):
    """Say what the columns hold; the answer."""
    fields = {"column_0": "name", "column_1": "phone", "column_2": "email", "country": "GB", "tags": "november",
              "consent": "none", "proof": "", "on_duplicate": "update"}
    return browser.post(f"/imports/{number}/columns", fields | changes)


@pytest.fixture
def brought(browser):
    """The number of an import whose columns are still to be chosen."""
    upload(browser)
    return db.session.query(Import.id).scalar()


def test_a_file_leads_to_its_columns_with_samples_and_guesses(browser):
    answer = upload(browser)

    page = browser.get(answer.location).text
    assert "3 rows" in page
    assert "ana@mail.example" in page
    assert '<option selected value="phone">' in page
    assert "Nothing has been changed yet" in page


@pytest.mark.parametrize(("data", "words"), [(b"", "This file is empty"), (b"\x89PNG\r\n", "This is a picture"),
                                             (b"Name,Phone\n", "no people below")])
def test_a_wrong_file_is_refused_beside_the_field(browser, data, words):
    answer = upload(browser, data)

    assert answer.status_code == 422
    assert words in answer.text


def test_no_file_at_all_is_a_sentence(browser):
    assert "Choose a file" in browser.post("/imports/new", {}).text


def test_the_check_says_what_will_happen_and_changes_nothing(browser, brought):
    page = browser.get(choose(browser, brought).location).text

    assert "Add 1 person" in page
    assert "“hello” has characters that are not part of a phone number" in page
    assert "The same number as row 2" in browser.get(f"/imports/{brought}/check?show=skipped").text
    assert "1 number has no country code" in page
    assert contacts.count_contacts() == 0


@pytest.mark.parametrize(("known", "rows", "words"), [
    (1, 3, "Add 2 and change 1 person"), (2, 3, "Add 1 and change 2 people"), (1, 1, "Change 1 person"), (0, 1, "Add 1 person")])
def test_the_button_says_how_many_in_one_sentence(browser, known, rows, words):
    for number in range(known):
        a_contact(f"Old {number}", phone=f"+44770090001{number}")
    lines = "".join(f"New {number},+44770090001{number}\n" for number in range(rows))
    number = upload(browser, f"Name,Phone\n{lines}".encode()).location.split("/")[2]

    assert words in browser.get(choose(browser, number).location).text


def test_the_result_adds_up_and_the_rejected_rows_can_be_taken_away(browser, brought):
    choose(browser, brought)
    assert "It begins in a moment" in browser.post(f"/imports/{brought}/start", follow_redirects=True).text
    imports.run_next(clock.now())

    page = browser.get(f"/imports/{brought}").text
    rejected = browser.get(f"/imports/{brought}/rejected.csv")

    assert "3 of 3 rows" in page
    assert f'href="/contacts?where=import.of:{brought}"' in page.replace("%3A", ":")
    assert [line.split(",")[:2] for line in rejected.text.splitlines()[1:]] == [["3", "failed"], ["4", "skipped"]]
    assert "attachment" in rejected.headers["Content-Disposition"]


def test_counts_lead_to_exactly_those_rows_and_those_people(browser, brought):
    known = [a_contact("Old Ana", phone="+447700900001"), a_contact("Somebody else", phone="+447700900009")]
    upload(browser, TEXT + "Di,07700 900002,\n")
    number = brought + 1
    choose(browser, number)
    new = browser.get(f"/imports/{number}/check?show=new").text
    assert "1 new person" in new and "<bdi>Di</bdi>" in new and "<bdi>Bo</bdi>" not in new
    browser.post(f"/imports/{number}/start")
    imports.run_next(clock.now())

    people = {what: browser.get(f"/contacts?where=import.{what}:{number}").text for what in ("added", "changed", "of")}
    links = browser.get(f"/imports/{number}/progress").text.replace("%3A", ":")

    assert all(f"/contacts?where=import.{what}:{number}" in links for what in people)
    assert {what: [name for name in ("Di", "Ana", known[1].name) if f">{name}<" in page.replace("</bdi>", "<")]
            for what, page in people.items()} == {"added": ["Di"], "changed": ["Ana"], "of": ["Di", "Ana"]}
    assert "people.csv" in people["of"]


@pytest.mark.parametrize(("value", "status"), [("x", 422), ("", 422), ("0", 200), ("999999", 200), ("-1", 422), ("9" * 30, 422)])
def test_an_import_that_is_not_there_brought_nobody(browser, value, status):
    a_contact("Ana")

    assert browser.get(f"/contacts?where=import.of:{value}").status_code == status


def test_the_first_values_of_a_column_are_not_empty_ones(browser):
    rows = "".join(f"0770090{number:04d},,{'late@mail.example' if number == 8 else ''}\n" for number in range(12))
    page = browser.get(upload(browser, f"Phone,Notes,E-mail\n{rows}").location).text

    assert "late@mail.example" in page


def a_spreadsheet(*rows):
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def test_a_large_spreadsheet_is_read_in_the_background(browser, monkeypatch):
    monkeypatch.setattr("services.imports.sheets.SLOW", 10)
    answer = upload(browser, a_spreadsheet(["Phone", "Name"], ["07700 900001", "Ana"]), "people.xlsx")
    number = db.session.query(Import.id).scalar()
    waiting = browser.get(answer.location).text
    assert "Being read" in waiting
    assert "data-live-next" not in waiting
    assert browser.get(f"/imports/{number}/check").location == answer.location
    assert browser.post(f"/imports/{number}/reading", {"heading_row": "1"}).status_code == 409

    imports.run_next(clock.now())

    live = browser.get(f"/imports/{number}/being-read").text
    assert "It is read" in live
    assert f'data-live-next="{answer.location}"' in live
    assert '<option selected value="phone">' in browser.get(answer.location).text


def test_another_sheet_of_a_large_spreadsheet_is_read_in_the_background_too(browser, monkeypatch):
    monkeypatch.setattr("services.imports.sheets.SLOW", 10)
    book, out = openpyxl.Workbook(), io.BytesIO()
    for name in ("North", "South"):
        sheet = book.create_sheet(name)
        sheet.append(["Phone", name])
        sheet.append(["07700 900001", f"somebody of the {name}"])
    del book["Sheet"]
    book.save(out)
    address = upload(browser, out.getvalue(), "people.xlsx").location
    imports.run_next(clock.now())
    assert "somebody of the North" in browser.get(address).text

    browser.post(address.replace("columns", "reading"), {"sheet": "South", "heading_row": "1"})
    assert "Being read" in browser.get(address).text
    imports.run_next(clock.now())

    page = browser.get(address).text
    assert "somebody of the South" in page and "the sheet “South”" in page


def test_a_large_spreadsheet_that_cannot_be_read_says_why(browser, monkeypatch):
    monkeypatch.setattr("services.imports.sheets.SLOW", 10)
    upload(browser, a_spreadsheet(["+44 7700 900001", "Ana"], ["+44 7700 900002", "Bo"]), "people.xlsx")
    number = db.session.query(Import.id).scalar()
    imports.run_next(clock.now())

    assert "The first row must name the columns" in browser.get(f"/imports/{number}/being-read").text
    assert "The first row must name the columns" in browser.get(f"/imports/{number}").text


def test_choices_that_cannot_be_are_refused_and_kept(browser, brought):
    answer = choose(browser, brought, column_0="phone", tags="kept words")

    assert answer.status_code == 422
    assert "are both marked as Phone number" in answer.text
    assert "kept words" in answer.text


def test_a_declaration_needs_its_proof(browser, brought):
    assert "Say how these people agreed" in choose(browser, brought, consent="granted").text


def test_values_that_are_no_choice_are_refused(browser, brought):
    answer = choose(browser, brought, column_0="wallet", country="XX", consent="maybe", on_duplicate="eat")

    assert answer.status_code == 422


def test_stop_and_go_on(browser, brought):
    choose(browser, brought)
    browser.post(f"/imports/{brought}/start")

    assert "Stopped. What came in so far stays" in browser.post(f"/imports/{brought}/stop", follow_redirects=True).text
    assert not imports.run_next(clock.now())
    browser.post(f"/imports/{brought}/resume")
    assert imports.run_next(clock.now())
    assert contacts.count_contacts() == 1


def test_without_scripts_the_page_asks_again_while_it_runs_and_not_afterwards(browser, brought):
    choose(browser, brought)
    browser.post(f"/imports/{brought}/start")
    refresh = '<noscript><meta http-equiv="refresh" content="5"></noscript>'

    assert refresh in browser.get(f"/imports/{brought}").text
    imports.run_next(clock.now())
    assert refresh not in browser.get(f"/imports/{brought}").text


def test_stopping_what_is_over_is_a_sentence(browser, brought):
    choose(browser, brought)
    browser.post(f"/imports/{brought}/start")
    imports.run_next(clock.now())

    assert "cannot become stopped" in browser.post(f"/imports/{brought}/stop", follow_redirects=True).text


def test_a_file_can_be_read_with_another_delimiter(browser, brought):
    browser.post(f"/imports/{brought}/reading", {"delimiter": ";"})

    assert imports.get_import(brought).columns == ["Name,Phone,E-mail"]


def test_a_file_can_be_thrown_away(browser, brought):
    browser.post(f"/imports/{brought}/discard")

    assert db.session.query(Import).count() == 0


def test_hostile_cells_and_headings_are_text(browser):
    answer = upload(browser, 'Phone,<script>alert(1)</script>,{{7*7}}\n"<b>x</b>",\u202eabc,{{config}}\n')
    number = db.session.query(Import.id).scalar()

    page = browser.get(answer.location).text
    browser.post(f"/imports/{number}/columns", {
        "column_0": "phone", "column_1": "new:<script>alert(1)</script>", "column_2": "notes", "country": "GB",
        "tags": "<i>x</i>", "consent": "none", "on_duplicate": "update"})
    checked = browser.get(f"/imports/{number}/check").text

    assert "<script>alert" not in page + checked
    assert "<b>x</b>" not in checked
    assert "&lt;b&gt;x&lt;/b&gt;" in checked


def test_a_thousand_columns_can_be_chosen(browser):
    answer = upload(browser, ",".join(["Phone", *(f"c{n}" for n in range(999))]) + "\n07700900001\n")

    assert browser.get(answer.location).status_code == 200


def test_the_list_shows_imports(browser, brought):
    assert "people.csv" in browser.get("/imports").text


@pytest.mark.parametrize("address", ["/imports/999", "/imports/99999999999999999999", "/imports/999/check",
                                     "/imports/999/rejected.csv", "/imports/999/columns", "/imports/999/progress"])
def test_an_import_that_is_not_there_is_404(browser, address):
    assert browser.get(address).status_code == 404


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 40])
def test_odd_page_numbers_show_a_page(browser, brought, page):
    assert browser.get(f"/imports?page={page}").status_code == 200


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("agent", 403), ("manager", 200)])
def test_only_those_with_the_right_may_import(browser_as, role, status):
    assert browser_as(role).get("/imports/new").status_code == status


def test_strangers_are_led_to_the_sign_in_page(stranger):
    assert "/sign-in" in stranger.get("/imports").location


def test_a_bad_cell_is_mended_in_place_and_says_what_it_was(browser, brought):
    choose(browser, brought)
    page = browser.get(f"/imports/{brought}/check").text
    assert 'name="cell-3-1"' in page
    assert "1 row to mend" in page

    answer = browser.post(f"/imports/{brought}/mend", {"cell-3-1": "07700 900009", "was-3-1": "hello"}, follow_redirects=True)

    assert "All rows can be read" in answer.text
    assert "Add 2 people" in answer.text
    assert "Mended. Was “hello”" in browser.get(f"/imports/{brought}/check?show=mended").text
    browser.post(f"/imports/{brought}/start")
    imports.run_next(clock.now())
    assert contacts.contact_by_phone("+447700900009").name == "Bo"


@pytest.mark.parametrize("cell", ["cell-3-99", "cell-0-1", "cell-3", "cell-9999999999-1"])
def test_a_cell_the_file_does_not_have_changes_nothing(browser, brought, cell):
    choose(browser, brought)
    browser.post(f"/imports/{brought}/mend", {cell: "x"}, follow_redirects=True)

    assert db.session.get(Import, brought).corrections in ({}, {"9999999999": {}})


def test_pasted_rows_are_a_file(browser):
    answer = browser.post("/imports/new", {"pasted": "Name\tPhone\nAna\t07700 900001\n"},
                          content_type="multipart/form-data")

    assert "Pasted rows" in browser.get(answer.location).text


def test_an_import_is_undone_from_its_page(browser, brought):
    choose(browser, brought)
    browser.post(f"/imports/{brought}/start")
    imports.run_next(clock.now())
    assert "Undo for 1 person" in browser.get(f"/imports/{brought}").text

    browser.post(f"/imports/{brought}/undo")
    imports.run_next(clock.now())

    page = browser.get(f"/imports/{brought}").text
    assert "1 person is as before" in page
    assert contacts.count_contacts() == 0


def test_headings_further_down_are_found_and_can_be_chosen(browser):
    answer = upload(browser, "Our patients,,\nas of today,,\nName,Phone,Town\nAna,07700 900001,Lagos\n")
    assert "headings in row 3" in browser.get(answer.location).text

    number = db.session.query(Import.id).scalar()
    answer = browser.post(f"/imports/{number}/reading", {"heading_row": "4"}, follow_redirects=True)

    assert "no people below them" in answer.text


def test_the_columns_of_the_last_file_of_this_shape_are_remembered(browser, brought):
    choose(browser, brought, column_2="notes")
    browser.post(f"/imports/{brought}/start")

    page = browser.get(upload(browser, TEXT + "Di,07700900004,\n", "next.csv").location).text

    assert re.search(r"remembered from people\.csv, <time[^>]*>\d{1,2} [A-Z][a-z]{2} \d{4}</time>\.", page)
    assert '<option selected value="notes">' in page


def test_a_large_file_is_counted_in_the_background(browser, brought, monkeypatch):
    monkeypatch.setattr(sys.modules["services.imports.check"], "AT_ONCE", 2)
    page = browser.get(choose(browser, brought).location).text
    assert "Counting what will happen" in page
    imports.run_next(clock.now())

    live = browser.get(f"/imports/{brought}/checking").text
    assert "See what will happen" in live
    assert f'data-live-next="/imports/{brought}/check"' in live
    page = browser.get(f"/imports/{brought}/check").text
    assert "Add 1 person" in page
    assert 'name="cell-3-1"' in page


def test_numbers_in_the_rows_of_a_file_are_never_broken(browser, brought):
    choose(browser, brought)
    browser.post(f"/imports/{brought}/start")
    imports.run_next(clock.now())

    page = browser.get(f"/imports/{brought}").text
    assert '<bdi class="nowrap">07700 900001</bdi>' in page and "<bdi>hello</bdi>" in page


def test_every_row_that_would_not_come_in_is_in_a_file_before_anything_does(browser):
    a_contact("Known", phone="+447700900150")
    lines = [f"07700 9001{place:02},Person {place}" for place in range(50, 53)] + ["07700900151,Again", *["x,Nobody"] * 520]
    upload(browser, ("Phone,Name\n" + "\n".join(lines) + "\n").encode())
    number = db.session.query(Import.id).scalar()
    browser.post(f"/imports/{number}/columns", {"column_0": "phone", "column_1": "name", "country": "GB", "consent": "none",
                                               "on_duplicate": "skip"})
    page, file = browser.get(f"/imports/{number}/check").text, browser.get(f"/imports/{number}/left-out.csv")
    told = list(csv.reader(io.StringIO(file.text.lstrip("\ufeff"))))

    assert f'href="/imports/{number}/left-out.csv"' in page
    assert told[0] == ["Row", "Outcome", "Reason", "Phone", "Name"]
    assert [row[0] for row in told[1:]] == ["2", *map(str, range(5, 526))]
    assert [row[1] for row in told[1:3]] == ["skipped", "skipped"] and {row[1] for row in told[3:]} == {"failed"}
    assert "attachment" in file.headers["Content-Disposition"]
    assert db.session.query(Import.rows_done).scalar() == 0


def test_the_file_of_rows_left_out_needs_columns_that_can_be_right(browser, brought):
    assert browser.get(f"/imports/{brought}/left-out.csv").status_code in (200, 302)
    browser.post(f"/imports/{brought}/columns", {"column_1": "phone", "country": "GB", "consent": "none",
                                                "on_duplicate": "update"})
    browser.post(f"/imports/{brought}/start")

    assert browser.get(f"/imports/{brought}/left-out.csv").status_code == 302
