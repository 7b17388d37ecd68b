"""I17: whatever file is brought, no page breaks and no import hangs. CHAOS=1 runs the full size and prints the figures."""

import io
import re
import time

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from core import clock
from services import imports
from tests import cast, database
from tests.promises.figures import IS_FULL, show

FILES, PARTS = (5_000, 10) if IS_FULL else (40, 1)  # each part by itself, so that a long run tells how far it is
LONGEST = 5  # seconds an import of a small file may take
ODD = ["", " ", "+447700900001", "07700900002", "4.47E+11", "447700900001.0", "447700900003,0", "=1+1", "'+44", "\u202e+447700900004",
       "<script>alert(1)</script>", "{{7*7}}", "yes", "no", "31.02.2020", "1990-04-03", "a@b.example", "GB", "en_GB",
       "Europe/London", "x" * 3000, "\ud83d\ude00", "\n", '"', "a;b|c\td", "9" * 60, "-1", "0" * 24, "GB.7019abc", "\ufeff"]
HEADINGS = ["Phone", "Name", "E-mail", "Birthday", "Tags", "Consent", "Language", "Country", "Time zone", "Notes", "Person key",
            "WhatsApp user id", "First name", "Last name", "", "Phone", "Doctor", "=cmd()"]
CELLS = st.sampled_from(ODD) | st.text(st.characters(exclude_characters="\0"), max_size=12)  # \0: bytes of something else have it
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=7), min_size=1, max_size=8)
SIGNS = st.sampled_from([",", ";", "\t", "|"])
LETTERS = st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "latin-1", "shift-jis", "gb18030"])
TARGETS = ["", *imports.OWN, "new:Doctor", "new:date:Seen", "field:nobody", "nonsense"]
SOUND = st.lists(st.sampled_from(TARGETS[1:-2]), min_size=7, max_size=7, unique=True)  # what a page would let through
CHOSEN = SOUND | SOUND | st.lists(st.sampled_from(TARGETS), min_size=7, max_size=7)


@st.composite
def texts(draw):
    """A list as a spreadsheet would save it, more or less."""
    rows = [draw(st.lists(st.sampled_from(HEADINGS), min_size=1, max_size=7)), *draw(ROWS)]
    sign, is_quoted = draw(SIGNS), draw(st.booleans())
    quote = (lambda cell: '"' + cell.replace('"', '""') + '"') if is_quoted else (lambda cell: cell)
    return draw(st.sampled_from(["\n", "\r\n", "\r"])).join(sign.join(map(quote, row)) for row in rows).encode(
        draw(LETTERS), "replace")


def cut(data: bytes, place: int, other: bytes) -> bytes:
    """The same file with bytes of something else in the middle, as a broken download has."""
    place %= len(data) + 1
    return data[:place] + other + data[place + len(other):]


FILES_OF_ALL_KINDS = texts() | texts() | texts() | texts() | texts() | st.binary(max_size=300) | st.builds(
    cut, texts(), st.integers(0, 400), st.binary(min_size=1, max_size=8)) | st.builds(
    lambda start, rest: start + rest, st.sampled_from([b"PK\x03\x04", b"\xff\xfe", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"%PDF-1.7"]),
    st.binary(max_size=200))


@pytest.mark.parametrize("part", range(PARTS))
def test_i17_no_file_breaks_a_page_or_hangs(app, part):
    slowest, seen, began = [0.0], [0, 0, 0], time.monotonic()

    @seed(part)
    @given(data=FILES_OF_ALL_KINDS, targets=CHOSEN, without=st.sampled_from(["", "email"]))
    @settings(max_examples=FILES // PARTS, deadline=None, suppress_health_check=list(HealthCheck), database=None,
              phases=[Phase.explicit, Phase.generate] if IS_FULL else list(Phase))
    def bring(data, targets, without):
        database.empty()
        browser = cast.signed_in(app.test_client(), cast.person("admin"))
        shown, finished = walk(browser, data, targets, without, slowest)
        for place, one in enumerate((1, shown, finished)):
            seen[place] += one

    bring()
    show("I17", f"part {part + 1} of {PARTS}: files brought, shown in columns, imported to their end",
         f"{seen[0]:,}, {seen[1]:,}, {seen[2]:,} in {time.monotonic() - began:.0f} s", "no answer of 500")
    show("I17", "longest import of a small file, seconds", f"{slowest[0]:.2f}", f"<= {LONGEST}")
    assert seen[2]
    assert not IS_FULL or slowest[0] <= LONGEST


def walk(browser, data, targets, without, slowest) -> tuple[int, int]:
    """Every page a file leads to: whether its columns could be shown, and whether it was imported to its end."""
    answer = browser.post("/imports/new", {"file": (io.BytesIO(data), "x.csv")}, content_type="multipart/form-data")
    assert answer.status_code in (302, 422)
    if answer.status_code != 302:
        return 0, 0
    number = int(answer.location.split("/")[-2])
    first = browser.get(f"/imports/{number}/columns")
    assert first.status_code in (200, 302)
    asked(browser, f"/imports/{number}/check")
    columns = len(set(re.findall(r'name="column_(\d+)"', first.text)))
    others = ["" if target == "phone" else target for target in targets[1:columns]]
    chosen = {f"column_{place}": target for place, target in enumerate(["phone", *others])}
    kept = {"country": "GB", "consent": "none", "on_duplicate": "update", "without_phone": without}
    assert browser.post(f"/imports/{number}/columns", chosen | kept).status_code in (302, 422)
    asked(browser, f"/imports/{number}/check")
    browser.post(f"/imports/{number}/start")
    began = time.monotonic()
    while imports.run_next(clock.now()):
        pass
    slowest[0] = max(slowest[0], time.monotonic() - began)
    asked(browser, f"/imports/{number}")
    asked(browser, "/contacts")
    asked(browser, f"/imports/{number}/rejected.csv")
    return 1, int(imports.get_import(number).state == "finished")


def asked(browser, path) -> None:
    """A page that answers."""
    assert browser.get(path).status_code in (200, 302)
