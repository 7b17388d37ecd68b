"""The story of a spreadsheet: mapped, checked, mended, imported, undone, imported again in spite of a kill -9, made a
segment, exported. CHAOS=1 tells it in every way, else in two."""

import csv
import os
import re
import sqlite3
from pathlib import Path

import pytest

from tests.browser import steps
from tests.browser.visitor import NARROW, WIDE, Visitor
from tests.live import Live, wait_until

WAYS = {"mouse": dict(width=WIDE), "phone without scripts": dict(width=NARROW, scripts=False)}
OTHER_WAYS = {"phone": dict(width=NARROW), "mouse without scripts": dict(width=WIDE, scripts=False)}
TOLD = WAYS | OTHER_WAYS if os.environ.get("CHAOS") else WAYS
NOBODY_THERE = ("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET",
                "ERR_EMPTY_RESPONSE")  # what a browser notes of a page whose server was killed, before and within an answer
PEOPLE, ABOVE = 20_000, 3  # rows of people, and the rows above them: a title, groups of columns, the headings
HEADINGS = ["Prénom", "Nom de famille", "Cellulaire (perso)", "Courriel", "Ville", "Liste"]
HOLDS = {"Prénom": "First name", "Nom de famille": "Last name", "Cellulaire (perso)": "Phone number",
         "Courriel": "E-mail", "Ville": "New field “Ville” (text)", "Liste": "Tags"}
AREAS = "204 226 236 249 250 289 306 343 365 367 403 416 418 431 437 438 450 506 514 519".split()
FIRST = "Élise François Zoë Jürgen Chloé Noël Inès Björn".split()
LAST = "Bélanger Côté Gagné Lefèvre Núñez Müller Hébert Françoeur".split()
CITIES = ("Québec", "Montréal", "Trois-Rivières", "Lévis", "Gatineau")
SHORTENED, KEPT, NO_PLUS, REPEATED, ABROAD = 7, 17, range(27, 37), 47, 57  # which of every hundred rows
ABROAD_NUMBER = "447700900057"  # one Briton whose plus sign was lost, in the row of the first such place
LEFT_OUT = REPEATS = PEOPLE // 100
BEFORE_MENDING = {"New people": PEOPLE - LEFT_OUT - 1 - REPEATS, "Changed": 0, "The same": 0, "Skipped": REPEATS,
                  "Cannot be read": LEFT_OUT + 1}
AFTER_MENDING = BEFORE_MENDING | {"New people": PEOPLE - LEFT_OUT - REPEATS, "Cannot be read": LEFT_OUT}


def make_spreadsheet(path: Path) -> set[tuple[str, str]]:
    """Write the file as Excel in Québec does. Returns number and name of those on the newsletter in Québec."""
    wanted = set()
    with open(path, "w", encoding="cp1252", newline="") as file:
        out = csv.writer(file, delimiter=";")
        out.writerows([["Clinique Sœur-Émilie – liste 2026"], ["Nom", "", "Téléphone", "Courriel", "Entreprise", "Groupe"],
                       HEADINGS])
        for place in range(PEOPLE):
            digits = digits_of(place - 1 if place % 100 == REPEATED else place)
            first, last = FIRST[place % 8], LAST[place // 8 % 8]
            city, list_name = CITIES[place // 3 % 5], "infolettre" if place % 4 == 1 else "patient"
            out.writerow([first, last.upper() if place % 100 == REPEATED else last, written(place, digits),
                          f"p{place}@mail.example" if place % 3 else "", city, list_name])
            if (city, list_name) == ("Québec", "infolettre") and place % 100 not in (SHORTENED, REPEATED):
                wanted.add((f"+{digits}", f"{first} {last}"))
    return wanted


def digits_of(place: int) -> str:
    """A number that North America keeps for stories, with its country code."""
    return ABROAD_NUMBER if place == ABROAD else f"1{AREAS[place % 20]}555{1001 + 7 * (place // 20)}"


def written(place: int, digits: str) -> str:
    """The number of a row, damaged as spreadsheets do."""
    kind = place % 100
    if kind in (SHORTENED, KEPT):
        return f"{digits[0]},{digits[1:6] if kind == SHORTENED else digits[1:]}E+10"
    if kind in NO_PLUS or digits == ABROAD_NUMBER:
        return digits
    area, line = digits[1:4], digits[7:]
    if kind == REPEATED:  # the person of the row before, spelled differently
        return f"001 {area}.555.{line}"
    return (f"({area}) 555-{line}", f"+1 {area} 555 {line}", f"{area}-555-{line}")[place % 3]


@pytest.mark.parametrize("way", TOLD)
def test_a_damaged_spreadsheet_is_imported_undone_imported_again_and_exported(visitor, live, tmp_path, way):
    wanted = make_spreadsheet(tmp_path / "liste.csv")
    one = visitor(**TOLD[way])
    steps.first_visit(one)

    upload(one, tmp_path / "liste.csv")
    choose_heading_row(one)
    choose_columns(one)
    check_and_mend(one)
    bring_in_all(one)
    undo(one)

    upload(one, tmp_path / "liste.csv")
    one.says("remembered from liste.csv")
    one.look_over("remembered columns")
    assert held(one) == HOLDS
    one.press("See what will happen")
    check_and_mend(one)
    bring_in_all(one, killed=live)

    make_segment(one, len(wanted))
    assert exported(one, tmp_path) == wanted


def upload(one: Visitor, file: Path) -> None:
    """Bring the file; ends where its columns are chosen."""
    one.go("/imports/new")
    one.field("CSV file").set_input_files(file)
    one.press("Look at this file")
    one.says("What the columns hold")
    one.says("Windows-1252")
    one.says("semicolons between the columns")


def choose_heading_row(one: Visitor) -> None:
    """The second row looks like headings; the third is."""
    one.says("headings in row 2")
    one.page.get_by_text("Columns or letters look wrong?").click()
    one.fill("My headings are in row", "3")
    one.press("Read it again")
    one.says(f"{PEOPLE:,} rows")
    one.says("headings in row 3")


def choose_columns(one: Visitor) -> None:
    """Say what each column holds, and go on to the check."""
    for heading, holds in HOLDS.items():
        one.field(heading).select_option(label=holds)
    one.choose("Numbers without a country code belong to", "CA")
    one.look_over("columns of three heading rows")
    one.press("See what will happen")


def held(one: Visitor) -> dict[str, str]:
    """What each column is said to hold."""
    return {heading: one.field(heading).locator("option:checked").inner_text() for heading in HEADINGS}


def check_and_mend(one: Visitor) -> None:
    """Counts that add up, the row that lost its plus corrected in place, and counts that add up again."""
    one.says("Here is what will happen")
    one.look_over("check of a damaged file")
    assert figures(one) == BEFORE_MENDING and sum(BEFORE_MENDING.values()) == PEOPLE
    one.says("was shortened by a spreadsheet and its last digits are lost")
    row = ABROAD + ABOVE + 1
    cell = one.page.get_by_label(f"Cellulaire (perso), row {row}", exact=True)
    assert cell.input_value() == ABROAD_NUMBER
    cell.fill(f"+{ABROAD_NUMBER}")
    one.press("Check again")
    one.says("1 cell kept and checked again")
    one.says("1 row is mended")
    assert figures(one) == AFTER_MENDING
    one.look_over("check of a mended file")


def bring_in_all(one: Visitor, killed: Live | None = None) -> None:
    """Import and stay on its page until the end, whether or not the program dies meanwhile; the counts are the foreseen ones."""
    one.press(re.compile(r"^\s*Add [\d,]+ people"))
    if killed:
        kill_in_the_middle(killed)
    one.says(re.compile(r"^\s*finished\s*$", re.IGNORECASE), seconds=120)
    one.faults[:] = [fault for fault in one.faults if not (killed and any(map(fault.__contains__, NOBODY_THERE)))]
    one.look_over("finished import of a damaged file")
    assert figures(one) == AFTER_MENDING and sum(AFTER_MENDING.values()) == PEOPLE


def kill_in_the_middle(live: Live) -> None:
    """`kill -9` while some of the rows are in and others are not; then started again, as after a power cut."""
    link = sqlite3.connect(live.folder / "instance" / "pigeonpost.sqlite", timeout=30, isolation_level=None)
    wait_until(lambda: rows_done(link), "the import never began")
    link.execute("BEGIN IMMEDIATE")  # nothing more comes in until it is dead
    done = rows_done(link)
    live.kill()
    link.close()
    assert 0 < done < PEOPLE
    live.start()


def rows_done(link: sqlite3.Connection) -> int:
    """How far the newest import is."""
    return link.execute("SELECT rows_done FROM imports ORDER BY id DESC LIMIT 1").fetchone()[0]


def undo(one: Visitor) -> None:
    """Take it back from the page of the import; the book is empty again."""
    people = f"{AFTER_MENDING['New people']:,}"
    if one.scripts:
        one.find(re.compile(r"^\s*Undo for")).click()
        with one.page.expect_navigation():
            one.page.get_by_role("dialog").get_by_role("button", name="Undo for").click()
    else:
        one.press(re.compile(r"^\s*Undo for"))
    one.says(re.compile(r"^\s*undone\s*$", re.IGNORECASE), seconds=60)
    one.says(f"{people} of {people} people put back")
    one.look_over("an import undone")
    one.go("/contacts")
    one.says("No people yet")


def make_segment(one: Visitor, people: int) -> None:
    """Filter by tag and city, save the filters under a name."""
    one.go("/contacts")
    one.says(f"{AFTER_MENDING['New people']:,} people")
    for what, value in (("Tag is …", "infolettre"), ("Ville is …", "Québec")):
        one.page.get_by_text("Add a filter").click()
        one.page.get_by_label("What must be true").select_option(label=what)
        one.page.get_by_label("Compared with").fill(value)
        with one.page.expect_navigation():
            one.page.get_by_role("button", name="Add", exact=True).click()
    assert one.page.locator(".filters-count").inner_text() == f"{people:,} people match"
    one.look_over("filtered by tag and city")
    one.press("Save as segment")
    one.fill("Name", "Infolettre à Québec")
    one.press("Keep this segment")
    one.says("is kept")


def exported(one: Visitor, folder: Path) -> set[tuple[str, str]]:
    """Number and name of everybody in the file of the segment."""
    one.go("/segments")
    one.press("Infolettre à Québec")
    with one.page.expect_download() as download:
        one.find(re.compile("Export these")).click()
    download.value.save_as(folder / "segment.csv")
    with open(folder / "segment.csv", encoding="utf-8-sig", newline="") as file:
        rows = [(row["phone"], row["name"]) for row in csv.DictReader(file)]
    assert len(rows) == len(set(rows)), "nobody is in the file twice"
    return set(rows)


def figures(one: Visitor) -> dict[str, int]:
    """The five counts of the page by their words."""
    words = one.page.locator("main dl.figures dt").all_inner_texts()
    counts = one.page.locator("main dl.figures .figure-number").all_inner_texts()
    return {word.strip(): int(count.replace(",", "")) for word, count in zip(words, counts, strict=True)}
