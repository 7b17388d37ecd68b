"""WhatsApp's marks as HTML: the right ones, and never anything that was typed."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.whatsapp_format import to_html

MARKED = st.text(alphabet="*_~`ab <>&\"'\n.é;#-", max_size=60)
ALLOWED = [("strong", []), ("em", []), ("s", []), ("code", []), ("span", [("class", "quoted-line")]),
           ("span", [("class", "listed-line")])]


class Reader(HTMLParser):
    """Reads tags as a browser does, and keeps what was shown."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.shown, self.faults = [], "", []

    def handle_starttag(self, tag, attrs):
        if (tag, attrs) not in ALLOWED:
            self.faults.append(f"<{tag} {attrs}>")
        self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")

    def handle_data(self, data):
        self.shown += data


def read(text):
    reader = Reader()
    reader.feed(text)
    reader.close()
    return reader


@pytest.mark.parametrize(("text", "shown"), [
    ("bring your card, *not your file*.", "bring your card, <strong>not your file</strong>."),
    ("_soon_ and ~never~", "<em>soon</em> and <s>never</s>"),
    ("*_both_*", "<strong><em>both</em></strong>"),
    ("```a *b* c```", "<code>a *b* c</code>"),
    ("```two\nlines```", "<code>two\nlines</code>"),
    ("snake_case_name and 2*3*4", "snake_case_name and 2*3*4"),
    ("{0.__class__}", "{0.__class__}"),
    ("__init__ and **two**", "__init__ and **two**"),
    ("a * not * bold", "a * not * bold"),
    ("say `a *b* c` and ``", "say <code>a *b* c</code> and ``"),
    ("> you said *so*\nYes", '<span class="quoted-line">you said <strong>so</strong></span>\nYes'),
    ("Bring:\n* your card\n- a _pen_", 'Bring:\n<span class="listed-line">your card</span>\n<span class="listed-line">a <em>pen</em></span>'),
    ("5 > 4\n>none\n- \n-5", "5 &gt; 4\n&gt;none\n- \n-5"),
    ("```x```> y", "<code>x</code>&gt; y"),
    ("*not\nbold*", "*not\nbold*"),
    ("*left open", "*left open"),
    ("<b>*x*</b>", "&lt;b&gt;<strong>x</strong>&lt;/b&gt;"),
    ("*_crossed*_", "<strong>_crossed</strong>_"),
])
def test_marks_read_as_whatsapp_reads_them(text, shown):
    assert to_html(text) == shown


@given(st.one_of(MARKED, st.text()))
def test_every_tag_it_opens_it_closes_and_no_other_tag_appears(text):
    reader = read(to_html(text))

    assert (reader.faults, reader.open) == ([], [])


@given(MARKED)
def test_what_is_shown_is_what_was_typed_without_some_marks(text):
    shown = iter(text)

    assert all(char in shown for char in read(to_html(text)).shown)
