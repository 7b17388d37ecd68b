"""Meta's limits, each refused with a sentence of its own. Pure: no database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.message_templates import (
    Words,
    check_value,
    clean_value,
    gallery,
    problems_of,
    samples_of,
    shown,
    suggest_name,
    words_of,
)

GOOD = {"name": "offer", "language": "en_GB", "category": "marketing", "footer": "",
        "body": "Hello {{first_name}}, we are open on {{day}} again.",
        "variables": [{"name": "first_name", "sample": "Ada", "fallback": "there"},
                      {"name": "day", "sample": "Monday", "fallback": ""}]}


NAMED = ("name", "language", "category")


def judged(**changes):
    """Everything that is wrong with a good template after these changes."""
    parts = GOOD | changes
    words = Words(**{key: value for key, value in parts.items() if key not in NAMED})
    return problems_of(words, **{key: parts[key] for key in NAMED})


def problems(**changes):
    """The same as field: sentence."""
    return {problem.field: problem.sentence for problem in judged(**changes)}


def test_a_good_template_has_no_problems():
    assert problems() == {}


@pytest.mark.parametrize(("name", "sentence"), [
    ("", "Give the template a name"),
    ("Flu Vaccine Days!", "how about flu_vaccine_days?"),
    ("Café Zürich", "how about cafe_zurich?"),
    ("日本", "small letters, digits and _ only"),
    ("a" * 101, "101 characters; 100 is the most"),
])
def test_names_are_what_meta_takes(name, sentence):
    assert sentence in problems(name=name)["name"]


@pytest.mark.parametrize(("body", "sentence"), [
    ("", "Write the text"),
    ("   \n ", "Write the text"),
    ("x" * 1025, "1,025 characters; 1,024 is the most"),
    ("{{first_name}}, we are open again today", "cannot start with {{first_name}}"),
    ("We are open again on {{day}}", "cannot end with {{day}}"),
    ("We are open for {{first_name}} {{day}} again this whole week", "side by side"),
    ("Hi {{first_name}}, hello", "too many gaps for so short a text"),
    ("Hi {{first_name, we are open", "never closed"),
    ("Hi {{1}}, we are open on {{day}} again", "names or numbers"),
    ("We are open\0 again", "cannot be shown"),
    ("We are open\udcff again", "cannot be shown"),
    (f"We are open {{{{{'a' * 41}}}}} again today", "is too long"),
])
def test_bodies_are_what_meta_takes(body, sentence):
    assert sentence in problems(body=body)["body"]


@pytest.mark.parametrize("body", ["您好{{name}}，欢迎光临本店。", "สวัสดี{{name}} ยินดีต้อนรับ", "Zoë {{name}} würde gern"])
def test_texts_without_spaces_have_words_too(body):
    assert problems(body=body) == {}


def test_a_body_of_exactly_1024_characters_is_taken():
    assert problems(body="x" * 1024) == {}


@pytest.mark.parametrize(("footer", "sentence"), [
    ("x" * 61, "61 characters; 60 is the most"),
    ("Hello {{name}}", "cannot have gaps"),
    ("two\nlines", "one line"),
])
def test_footers_are_what_meta_takes(footer, sentence):
    assert sentence in problems(footer=footer)["footer"]


@pytest.mark.parametrize(("changes", "field"), [
    ({"language": "en-GB"}, "language"), ({"language": ""}, "language"), ({"category": "AUTHENTICATION"}, "category"),
])
def test_languages_and_categories_come_from_the_lists(changes, field):
    assert list(problems(**changes)) == [field]


@pytest.mark.parametrize(("value", "sentence"), [
    ("two\nlines", "one line"), ("a\tb", "one line"), ("a    b", "four spaces"), ("x" * 201, "200 is the most"),
])
def test_samples_and_fallbacks_are_what_meta_takes_in_a_gap(value, sentence):
    found = problems(variables=[{"name": "day", "sample": value, "fallback": value}])

    assert sentence in found["sample:day"] and sentence in found["fallback:day"]


def test_a_sample_is_wanted_and_a_fallback_is_not():
    assert list(problems(variables=[{"name": "day", "sample": "", "fallback": ""}])) == ["sample:day"]


@given(st.text(max_size=200))
def test_a_contacts_value_is_cleaned_into_what_meta_takes(text):
    sentence = check_value(clean_value(text))

    assert not sentence or "cannot be shown" in sentence or "reading order" in sentence


@given(st.text())
def test_a_suggested_name_is_always_taken(text):
    name = suggest_name(text)

    assert name == "" or "name" not in problems(name=name)


@given(st.text(alphabet="{}a1 .\n\0é", max_size=60), st.text(max_size=80), st.text(max_size=20))
def test_any_text_is_judged_without_breaking(body, footer, name):
    assert all(problem.sentence for problem in judged(body=body, footer=footer, name=name))


@pytest.mark.parametrize(("header", "sentence"), [
    ({"kind": "text", "text": ""}, "Write the line"),
    ({"kind": "text", "text": "x" * 61}, "61 characters; 60 is the most"),
    ({"kind": "text", "text": "For {{first_name}} on {{day}}"}, "one gap; it has 2"),
    ({"kind": "text", "text": "two\nlines"}, "one line"),
    ({"kind": "text", "text": "*Bold* news"}, "bold already"),
    ({"kind": "text", "text": "News \U0001f389"}, "cannot have emoji"),
    ({"kind": "text", "text": "For {{first_name"}, "never closed"),
    ({"kind": "text", "text": "safe\u202egnp.exe"}, "turns the reading order around"),
    ({"kind": "image"}, "Choose the file"),
    ({"kind": "document", "media_id": None}, "Choose the file"),
    ({"kind": "carousel"}, "Choose what stands at the top"),
])
def test_headers_are_what_meta_takes(header, sentence):
    assert sentence in problems(header=header)["header"]


@pytest.mark.parametrize("header", [
    {}, {"kind": "text", "text": "x" * 60}, {"kind": "text", "text": "{{first_name}}"}, {"kind": "image", "media_id": 1}])
def test_good_headers_are_taken(header):
    assert problems(header=header) == {}


def reply(text="Yes"):
    return {"kind": "quick_reply", "text": text}


def page(url="https://example.org/a", text="Open"):
    return {"kind": "url", "text": text, "url": url}


CALL, COPY = {"kind": "phone", "text": "Call", "phone": "+447700900123"}, {"kind": "copy_code", "text": "Copy code", "sample": "A1"}


@pytest.mark.parametrize(("buttons", "field", "sentence"), [
    ([reply(f"Reply {n}") for n in range(11)], "buttons", "11 buttons; 10 is the most"),
    ([page(text=f"Open {n}") for n in range(3)], "buttons", "“Open a web page” is there 3 times; 2 is the most"),
    ([CALL, CALL | {"text": "Ring"}], "buttons", "“Call a number” is there 2 times; 1 is the most"),
    ([COPY, COPY], "buttons", "“Copy a code” is there 2 times; 1 is the most"),
    ([reply("A"), page(), reply("B")], "buttons", "Quick replies must stand together"),
    ([reply("")], "button:0:text", "Write what stands on the button"),
    ([reply("x" * 26)], "button:0:text", "26 characters; 25 is the most"),
    ([reply("Hi {{name}}")], "button:0:text", "cannot have gaps"),
    ([reply("two\nlines")], "button:0:text", "one line"),
    ([reply("Yes"), reply("YES")], "button:1:text", "two buttons “YES”"),
    ([reply("a\u202eb")], "button:0:text", "reading order"),
    ([{"kind": "poll", "text": "Go"}], "button:0:text", "Choose what the button does"),
    ([page("")], "button:0:value", "Write the address"),
    ([page("https://example.org/" + "x" * 1981)], "button:0:value", "2,001 characters; 2,000 is the most"),
    ([page("https://example.org/{{day}}/x")], "button:0:value", "only stand at the very end"),
    ([page("https://example.org/{{day}}{{name}}")], "button:0:value", "one gap; this has 2"),
    ([page("https://example.org/{{day")], "button:0:value", "never closed"),
    ([page("javascript:alert(1)")], "button:0:value", "begins with https://"),
    ([page("data:text/html,x")], "button:0:value", "begins with https://"),
    ([page("//example.org")], "button:0:value", "begins with https://"),
    ([page("example.org")], "button:0:value", "begins with https://"),
    ([page("https://{{day}}")], "button:0:value", "not the name of a web site"),
    ([page("https://bank.com@evil.example/")], "button:0:value", "before the @"),
    ([page("https://exa mple.org")], "button:0:value", "no spaces"),
    ([page("https://example.org/<script>")], "button:0:value", "no spaces and no odd signs"),
    ([page("https://[::1")], "button:0:value", "cannot be read"),
    ([page("https://example.org:99999999/")], "button:0:value", "cannot be read"),
    ([page("https://localhost/")], "button:0:value", "not the name of a web site"),
    ([page("https://" + "ä" * 300 + ".org")], "button:0:value", "not the name of a web site"),
    ([CALL | {"phone": ""}], "button:0:value", "Write the number"),
    ([CALL | {"phone": "hello"}], "button:0:value", "hello"),
    ([COPY | {"sample": ""}], "button:0:value", "Write the code"),
    ([COPY | {"sample": "A" * 16}], "button:0:value", "16 characters; 15 is the most"),
    ([COPY | {"sample": "A-1"}], "button:0:value", "letters A to Z and digits only"),
])
def test_buttons_are_what_meta_takes(buttons, field, sentence):
    assert sentence in problems(buttons=buttons)[field]


@pytest.mark.parametrize("buttons", [
    [reply(f"Reply {n}") for n in range(10)], [page(), page("http://example.org/{{day}}", "More"), CALL, COPY, reply("x" * 25)],
    [reply("A"), reply("B"), page("https://bücher.example/?q={{1}}")],
])
def test_good_buttons_are_taken(buttons):
    body = "Hello, we are open again this week."

    assert problems(buttons=buttons, body=body, variables=[]) == {}


OFFER = {"kind": "offer", "text": "Ends soon", "hours": "48"}


def test_an_offer_stands_above_a_code_and_an_address():
    assert problems(buttons=[OFFER, COPY, page()], header={}) == {}


@pytest.mark.parametrize(("changes", "field", "sentence"), [
    ({"category": "utility"}, "category", "is marketing"), ({"footer": "Bye"}, "footer", "no last line"),
    ({"header": {"kind": "text", "text": "Hello"}}, "header", "a picture, a film or nothing"),
    ({"body": "Hello {{first_name}}, on {{day}} " + "again " * 100}, "body", "600 characters at most"),
    ({"buttons": [OFFER, page()]}, "buttons", "first one that copies its code"),
    ({"buttons": [OFFER, page(), COPY]}, "buttons", "first one that copies its code"),
    ({"buttons": [OFFER, COPY, page(), reply()]}, "buttons", "only a code and web pages"),
    ({"buttons": [OFFER, OFFER | {"text": "Soon"}, COPY, page()]}, "buttons", "“Offer that ends” is there 2 times"),
    ({"buttons": [OFFER | {"text": "x" * 17}, COPY, page()]}, "button:0:text", "16 is the most"),
    *(({"buttons": [OFFER | {"hours": hours}, COPY, page()]}, "button:0:value", "how many hours")
      for hours in ("", "0", "721", "1.5", "-1", "two", "１")),
])
def test_what_an_offer_cannot_go_with_is_said(changes, field, sentence):
    assert sentence in problems(**{"buttons": [OFFER, COPY, page()], **changes})[field]


def card(number, **changes):
    return {"media_id": number, "text": "A bike", "button": "See it", "url": f"https://example.org/{number}"} | changes


def swiped(*cards):
    return {"header": {"kind": "cards", "cards": list(cards)}, "footer": "", "buttons": []}


@pytest.mark.parametrize("cards", [[card(1), card(2)], [card(n, url="", text="") for n in range(1, 11)],
    [card(n, text="For you, {{first_name}}, at {{price}} only today", url=f"https://example.org/{{{{{word}}}}}", button2="No, thanks")
     for n, word in ((1, "city"), (2, "tour"))]])
def test_cards_of_one_shape_are_taken(cards):
    assert problems(**swiped(*cards)) == {}


@pytest.mark.parametrize(("cards", "changes", "field", "sentence"), [
    ([card(1)], {}, "header", "There are 1 cards"), ([card(n) for n in range(1, 12)], {}, "header", "There are 11 cards"),
    ([card(1), card(2, url="")], {}, "header", "Give every card an address, or none"),
    ([card(1), card(2, text="")], {}, "header", "Give every card words, or none"),
    ([card(1), card(None)], {}, "header", "Card 2: choose its picture"),
    ([card(1), card(2, button="")], {}, "header", "Card 2: Write what stands on the button"),
    ([card(1), card(2, url="javascript:alert(1)")], {}, "header", "Card 2: An address begins with https://"),
    ([card(1), card(2, text="x" * 161)], {}, "header", "Card 2: it has 161 characters; 160 is the most"),
    ([card(1), card(2, text="This one is for {{first_name}}")], {}, "header", "Card 2: The text cannot end with {{first_name}}"),
    ([card(1), card(2, text="{{first_name}}, it is here")], {}, "header", "Card 2: The text cannot start with {{first_name}}"),
    ([card(1), card(2, text="For {{first name}} now")], {}, "header", "Card 2: “{{first name}}” is not a name"),
    ([card(1), card(2, url="https://example.org/{{bike}}/x")], {}, "header", "Card 2: A gap can only stand at the very end"),
    ([card(1, button2="No"), card(2)], {}, "header", "Give every card a second button, or none"),
    ([card(1, button2="No"), card(2, button2="Site", url2="https://example.org")], {}, "header",
     "Give every second button an address, or none"),
    ([card(1), card(2, button2="see it")], {}, "header", "Card 2: There are two buttons “see it”"),
    ([card(1), card(2, url2="https://example.org")], {}, "header", "Card 2: Write what stands on the button"),
    ([card(1), card(2)], {"category": "utility"}, "category", "Cards are marketing"),
    ([card(1), card(2)], {"footer": "Bye"}, "footer", "no last line"),
    ([card(1), card(2)], {"buttons": [reply()]}, "buttons", "no buttons of its own"),
])
def test_what_cards_cannot_be_is_said(cards, changes, field, sentence):
    assert sentence in problems(**swiped(*cards) | changes)[field]


def test_gaps_of_header_text_and_addresses_are_listed_once_each_in_their_order():
    words = words_of(body="Hello {{first_name}}, your order {{order}} is here.", header={"kind": "text", "text": "For {{order}}"},
                     buttons=[page("https://example.org/{{code}}")], variables=[{"name": "code", "sample": "X1"}])

    assert [one["name"] for one in words.variables] == ["order", "first_name", "code"]
    assert words.variables[2]["sample"] == "X1"


@pytest.mark.parametrize(("header", "body", "sentence"), [
    ("For {{1}}", "Hello {{name}}, we are open again.", "names or numbers, not both"),
    ("For {{3}}", "Hello {{1}}, we are open again.", "{{2}} is missing"),
])
def test_names_and_numbers_are_judged_over_all_parts_together(header, body, sentence):
    words = words_of(body=body, header={"kind": "text", "text": header})

    assert sentence in " ".join(one.sentence for one in problems_of(words, name="a", language="en", category="utility"))


@pytest.mark.parametrize("idea", gallery(), ids=lambda idea: idea.slug)
def test_every_ready_text_may_be_handed_in_as_it_is(idea):
    assert problems_of(idea.words, name=idea.name, language=idea.language, category=idea.category) == []
    assert "{{" not in shown(idea.words, samples_of(idea.words.variables)).body
    assert all(one["sample"] for one in idea.words.variables)


KINDS = st.sampled_from(["quick_reply", "url", "phone", "copy_code", "offer", "", "x"])
TEXTS = st.text(alphabet="{}a1 .:/@-?https\n\0é\u202e", max_size=40)
BUTTONS = st.lists(st.fixed_dictionaries({"kind": KINDS, "text": TEXTS, "url": TEXTS, "phone": TEXTS, "sample": TEXTS}), max_size=12)


@given(TEXTS, TEXTS, BUTTONS, st.sampled_from(["", "text", "image", "x"]))
def test_whatever_is_typed_is_tidied_once_judged_and_shown(body, line, buttons, kind):
    words = words_of(body=body, header={"kind": kind, "text": line}, buttons=buttons)

    found = problems_of(words, name="a", language="en_GB", category="utility")
    again = words_of(body=words.body, header=words.header, buttons=words.buttons, variables=words.variables)

    assert words == again
    assert all(one.sentence for one in found)
    seen = shown(words, samples_of(words.variables))
    if not found:
        assert "{{" not in seen.body + seen.header_text + "".join(one.says for one in seen.buttons)
