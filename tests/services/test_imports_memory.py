"""What a file of the same shape is set to when it comes again."""

import io

from core import clock
from services import imports

TITLED = "Our people;;\nName;Telephone;City\nGiven;Cell (home);Town\nAna;+447700900001;Leeds\nBo;+447700900002;York\n"


def brought(by, text=TITLED):
    return imports.start_import(stream=io.BytesIO(text.encode()), file_name="people.csv", by=by)


def bring_in(by):
    """The file with its headings in the third row, which nobody would guess, and a field made on the spot."""
    row = brought(by)
    row = imports.change_reading(import_id=row.id, heading_row=3)
    imports.confirm_import(import_id=row.id, mapping={"0": "first_name", "1": "phone", "2": "new:text:Town"},
                           options=row.options | {"country": "GB"}, by=by)
    assert imports.run_next(clock.now())
    return row.id


def test_the_row_of_the_headings_is_remembered(app, by):
    assert brought(by).heading_row == 2
    bring_in(by)

    row = brought(by)

    assert (row.heading_row, row.columns) == (3, ["Given", "Cell (home)", "Town"])
    assert row.mapping == {"0": "first_name", "1": "phone", "2": "field:town"}
    assert row.options["country"] == "GB"


def test_a_field_that_went_with_the_undo_is_proposed_again(app, by):
    number = bring_in(by)
    imports.undo_import(import_id=number, by=by)
    assert imports.run_next(clock.now())
    assert imports.custom_labels() == {}

    assert brought(by).mapping == {"0": "first_name", "1": "phone", "2": "new:text:Town"}
