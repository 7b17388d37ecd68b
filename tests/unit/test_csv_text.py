"""CSV as people have it: letters, delimiters, row numbers, and cells that stay text."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.csv_text import clean_heading, decode, delimiter_of, escape_cell, heading_of, rows_of, unescape_cell
from core.errors import Invalid

WESTERN = "Zoë Größe, René Müller, Åse Østby, Éric, Hélène Lefèvre, Œuvre, François Núñez, João, créée"
EASTERN = "Škoda Žižek 5 €"
OTHERS = ["山田太郎", "さくら", "高橋 健", "カタカナ", "王芳", "张伟", "欧阳娜娜", "Иван Петров", "Ελένη", "김철수", "Paweł"]
FIRST_SIX = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]


def table(name, delimiter=","):
    """A file with one person of this name."""
    return f"name{delimiter}phone\n{name}{delimiter}+447700900123\n"


class TestLetters:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    @pytest.mark.parametrize("encoding", FIRST_SIX)
    @pytest.mark.parametrize("name", [WESTERN.replace(",", ""), EASTERN, "Éric O’Brien", "Jürgen"])
    def test_come_back_equal_from_the_usual_encodings(self, name, encoding, delimiter):
        text, _ = decode(table(name, delimiter).encode(encoding))

        assert name in text
        assert delimiter_of(text) == delimiter

    @pytest.mark.parametrize("name", [WESTERN.replace("Œuvre", "Œuvre Škoda"), EASTERN, "Škoda", "Žižek"])
    def test_come_back_equal_from_iso_8859_15(self, name):
        assert name in decode(table(name).encode("iso8859-15"))[0]

    @pytest.mark.parametrize("encoding", ["shift_jis", "gb18030", "big5", "euc-jp", "euc-kr", "cp1251", "cp1253", "koi8-r",
                                          "cp1250"])
    @pytest.mark.parametrize("name", OTHERS)
    def test_are_equal_or_refused_but_never_wrong(self, name, encoding):
        try:
            data = table(f"{name} {name}").encode(encoding)
        except UnicodeEncodeError:
            return
        try:
            text, _ = decode(data)
        except Invalid as error:
            assert "CSV UTF-8" in error.message
        else:
            assert name in text

    @given(st.binary(max_size=400))
    @example(b"\xff\xfe\xff")
    @example(b"a\0")
    def test_any_bytes_are_read_or_refused_in_words(self, data):
        try:
            assert isinstance(decode(data)[0], str)
        except Invalid as error:
            assert error.message

    @given(st.text(min_size=1, max_size=200).filter(lambda text: "\0" not in text))
    def test_utf_8_is_always_read_as_it_is(self, text):
        try:
            data = ("h\n" + text).encode()
        except UnicodeEncodeError:
            return

        assert decode(data)[0] == "h\n" + text


class TestDelimiters:
    @pytest.mark.parametrize(("text", "delimiter"), [
        ("name,phone\nAna,1\n", ","), ("name;phone\nLee, Ana;1\n", ";"), ("a\tb\n1\t2\n", "\t"), ("a|b|c\n1|2|3\n", "|"),
        ("phone\n+447700900123\n+447700900124\n", ","), ("a;b;c\n1,5;2,5;3,5\n", ";"), ('a,b\n"x;y",2\n', ","),
        ("sep=;\na,b;c\n1;2\n", ";"), ("", ","), ("name,phone", ","), ("Our list\nname;phone\nLee, Ana;1\nBo;2\n", ";"),
    ])
    def test_the_most_even_one_is_found(self, text, delimiter):
        assert delimiter_of(text) == delimiter


def read(text, delimiter=","):
    """Every row of a text."""
    return list(rows_of(io.StringIO(text, newline=""), delimiter))


class TestRows:
    def test_a_quoted_line_break_does_not_count(self):
        assert read('a\n"1\n2"\n3\n') == [(1, ["a"]), (2, ["1\n2"]), (3, ["3"])]

    def test_an_empty_row_between_others_is_a_row_and_at_the_end_none(self):
        assert read("a,b\n,\n\n1,2\n,,,\n \n") == [(1, ["a", "b"]), (2, []), (3, []), (4, ["1", "2"])]

    def test_the_sep_line_is_not_counted(self):
        assert read("sep=;\r\na;b\r\n1;2\r\n", ";") == [(1, ["a", "b"]), (2, ["1", "2"])]

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_every_kind_of_line_end_is_read(self, end):
        assert read(end.join(["a,b", "1,2"])) == [(1, ["a", "b"]), (2, ["1", "2"])]

    def test_a_quote_that_never_closes_is_refused_with_its_row(self):
        with pytest.raises(Invalid, match="Row 2: a cell is longer"):
            read('a\n"' + "x" * 2_000_001)

    @pytest.mark.parametrize(("text", "row"), [
        ('a,b\n1,"open\n2,Bo\n', 2), ('a,b\n1,x\n2,"Bo', 3), ('a,b\n\n"1,x\n\n', 3), ('a,b\n1,"""\n2,y\n', 2)])
    def test_one_that_would_swallow_the_rows_after_it_is_refused_too(self, text, row):
        with pytest.raises(Invalid, match=f"Row {row}: a quotation mark is never closed"):
            read(text)

    def test_quotation_marks_within_a_cell_are_letters(self):
        assert read('a,b\n5\'11",6" x\n"say ""hi""",""\n') == [
            (1, ["a", "b"]), (2, ["5'11\"", '6" x']), (3, ['say "hi"', ""])]

    def test_headings_lose_what_nobody_sees(self):
        assert clean_heading("\ufeff\u200b\u180e Phone \n number\u2060 ") == "Phone number"

    def test_empty_columns_at_the_end_cost_nothing(self):
        assert heading_of(iter([(1, ["a", "b", *[""] * 16_000])])).columns == ["a", "b"]

    @given(st.lists(st.lists(st.text(alphabet="ab,;\"'\n\r x", max_size=5), min_size=2, max_size=2), max_size=6))
    def test_what_csv_writes_is_read_back_in_order(self, rows):
        out = io.StringIO(newline="")
        csv.writer(out).writerows([["h", "i"], *rows])
        body = read(out.getvalue())[1:]

        filled = [row for row in rows if "".join(row).strip()]
        assert [cells for _, cells in body if cells] == filled


    def test_the_error_of_a_formula_is_an_empty_cell(self):
        rows = read("Name,Mobile\n#N/A,1\n#REF!,#VALUE!\n#NAME?,#DIV/0!\nAna,#NULL!\nRoom #NUM!,'#NUM!\n")[1:]

        assert rows == [(2, ["", "1"]), (3, []), (4, []), (5, ["Ana", ""]), (6, ["Room #NUM!", "'#NUM!"])]


class TestCells:
    @pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2", "@x", "\tx", "\rx", "\nx", "\0x", "＝1", "＋1", "－1", "＠x", "'=x"])
    def test_what_could_be_a_formula_gets_an_apostrophe(self, text):
        assert escape_cell(text) == f"'{text}"

    @pytest.mark.parametrize("text", ["#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "'#N/A"])
    def test_what_is_called_like_a_failed_formula_gets_an_apostrophe(self, text):
        assert escape_cell(text) == f"'{text}"

    @pytest.mark.parametrize("text", ["#1", "# N/A", "#n/a", "Room #NUM!", "+447700900123", "Ana", "'quoted'", "", "1-2", "O'Brien"])
    def test_all_else_stays(self, text):
        assert escape_cell(text) == text

    @given(st.text(max_size=20) | st.text(alphabet="'=+-@1＝", max_size=6))
    @example("'+1")
    @example("#N/A")
    @example("'#N/A")
    @example("''=")
    def test_taking_it_off_gives_back_exactly_the_same(self, text):
        assert unescape_cell(escape_cell(text)) == text

    @given(st.text(alphabet="'=+-@1x", max_size=6))
    def test_no_escaped_cell_begins_a_formula(self, text):
        escaped = escape_cell(text)

        assert not escaped.startswith(("=", "-", "@")) and (not escaped.startswith("+") or escaped[1:].isdigit())
