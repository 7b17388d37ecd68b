"""I9 and I10: files that are not what they say, and files that are too much, refused or read in little time and memory.
CHAOS=1 takes the sizes of the promises, prints the figures and holds them to their goals."""

import io
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest

from core import clock
from core.errors import Invalid
from services import imports
from tests.promises.figures import IS_FULL, show

UNPACKED = 1_000_000_000 if IS_FULL else 160_000_000
REFUSED_IN, MOST_MEMORY, READ_IN = 2, 100, 10  # seconds, MB, seconds
SHEET, BOOK = "xl/worksheets/sheet1.xml", "xl/workbook.xml"
ENTITIES = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 10))
DOCUMENTS = {
    "entity bomb": {BOOK: f"<!DOCTYPE x [<!ENTITY e0 'aaaaaaaaaa'>{ENTITIES}]><workbook>&e9;</workbook>"},
    "external entity": {BOOK: "<!DOCTYPE x [<!ENTITY a SYSTEM 'http://127.0.0.1:9/secret'>]><workbook>&a;</workbook>"},
    "words of its own in the sheet": {SHEET: "<!DOCTYPE x [<!ENTITY a 'b'>]><worksheet>&a;</worksheet>"},
}
BYTES = {"png": b"\x89PNG\r\n\x1a\n" + b"1" * 99, "elf": b"\x7fELF" + b"1" * 99, "torn": b"PK\x03\x04" + b"\0" * 500}


def packed(parts: dict[str, str], bomb: int = 0) -> bytes:
    """A sound spreadsheet with these parts in place of its own; the bomb is so many bytes in its sheet, packed piece by piece."""
    sound, out = io.BytesIO(), io.BytesIO()
    openpyxl.Workbook().save(sound)
    with zipfile.ZipFile(sound) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts and not (bomb and name == SHEET):
                new.writestr(name, old.read(name))
        for name, content in parts.items():
            new.writestr(name, content)
        if bomb:
            with new.open(SHEET, "w") as sheet:
                for _ in range(bomb // 1_000_000):
                    sheet.write(b"0" * 1_000_000)
    return out.getvalue()


def memory(name: str) -> int:
    """Kilobytes of this process: VmRSS what it holds, VmHWM the most it has held."""
    return next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))


@pytest.mark.parametrize("kind", ["zip bomb", *DOCUMENTS, *BYTES])
@pytest.mark.parametrize("name", ["people.csv", "people.xlsx"])
def test_i9_wrong_files_are_refused_in_words(app, by, kind, name):
    data = BYTES[kind] if kind in BYTES else packed(DOCUMENTS.get(kind, {}), UNPACKED if kind == "zip bomb" else 0)
    Path("/proc/self/clear_refs").write_text("5")  # the most it has held is counted from here
    before, began = memory("VmRSS"), time.monotonic()

    with pytest.raises(Invalid) as refusal:
        imports.start_import(stream=io.BytesIO(data), file_name=name, by=by)

    took, grown = time.monotonic() - began, (memory("VmHWM") - before) / 1024
    show("I9", f"{kind} as {name}: refused in seconds; memory grown, MB", f"{took:.2f}; {grown:.0f}",
         f"<= {REFUSED_IN}; <= {MOST_MEMORY}")
    assert len(refusal.value.message) > 20
    assert grown <= MOST_MEMORY
    assert not IS_FULL or took <= REFUSED_IN


HOSTILE = {
    "1 MB in each of 20 cells": ("Phone,Name\n" + "".join(f"07700900{n:03},{'x' * 1_000_000}\n" for n in range(20)), (0, 20)),
    "16,384 columns of nothing": ("Phone" + "," * 16_383 + "\n" + "".join(
        f"07700900{n:03}{',' * 16_383}\n" for n in range(100)), (100, 0)),
    "script, bidi and unseen letters": ("Phone,Name\n" + "".join(
        f"07700900{n:03},\u202e<script>alert({n})</script>\u200b=cmd()\n" for n in range(1_000)), (1_000, 0)),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_i10_too_much_is_read_in_little_time(app, by, kind):
    text, counts = HOSTILE[kind]
    began = time.monotonic()
    row = imports.start_import(stream=io.BytesIO(text.encode()), file_name="people.csv", by=by)
    imports.confirm_import(import_id=row.id, options=row.options | {"country": "GB"}, by=by)
    imports.run_next(clock.now())
    took, row = time.monotonic() - began, imports.get_import(row.id)

    show("I10", f"{kind}: imported in seconds", f"{took:.2f}", f"<= {READ_IN}")
    assert (row.created, row.failed) == counts
    assert not IS_FULL or took <= READ_IN
