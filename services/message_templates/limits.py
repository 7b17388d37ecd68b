"""Meta's limits on templates, each with its sentence. Pure: everything that is wrong is told at once.

The numbers below are the only place where they stand: the rules, the counters of the editor and its hints read them.
Meta's page on template components names the lengths of header, body, footer and buttons; its error codes 2388299
(a gap first or last), 2388293 (too many gaps), 2388047 (header), 2388073 (footer) and 132018 (values) name the rest.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core import placeholders
from core.errors import Invalid
from services.message_templates import places
from services.message_templates.languages import LANGUAGES

NAME_LIMIT = 100  # Meta allows 512; ours leaves room for _v12
BODY_LIMIT = 1024
HEADER_LIMIT = 60
HEADER_GAPS = 1
FOOTER_LIMIT = 60
VALUE_LIMIT = 200  # ours: a sample or a fallback is a few words
VARIABLE_NAME_LIMIT = 40  # ours
HEADERS = {"": "None", "text": "A line of text", "image": "Picture", "video": "Film", "document": "Document",
           "location": "A place", "cards": "Cards to swipe"}
CATEGORIES = {"marketing": "Marketing", "utility": "Utility"}

_NAME = re.compile(r"[a-z0-9_]+")
_SIDE_BY_SIDE = re.compile(r"\s*")
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"  # Thai, Khmer, Chinese, Japanese …
_WORDS = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")  # where no spaces are written each sign counts
_TURNS = "\u202a\u202b\u202d\u202e"  # embeddings and overrides; marks such as \u200f belong to ordinary writing
_EMOJI = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff\ufe0f]")
_TOO_MANY_SPACES = re.compile(r" {4,}")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `field` is name, language, category, header, body, footer, buttons, button:<n>:text,
    button:<n>:value (n from 0), sample:<name> or fallback:<name>."""

    field: str
    sentence: str


class TemplateInvalid(Invalid):
    """A template Meta would refuse; `problems` holds everything that is wrong, in the order of the form."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.sentence for problem in problems), field=problems[0].field)
        self.problems = tuple(problems)


def problems_of_texts(*, name: str, language: str, category: str, body: str, footer: str,
                      header: Mapping[str, object]) -> list[Problem]:
    """Everything Meta would refuse in name, language, category and the texts, beside the field it belongs to."""
    found = [("name", check_name(name)), ("language", check_language(language)), ("category", check_category(category))]
    found += [("header", sentence) for sentence in check_header(header)]
    found += [("body", sentence) for sentence in check_body(body)]
    found += [("footer", check_footer(footer))]
    return [Problem(field, sentence) for field, sentence in found if sentence]


def problems_of_variables(variables: Sequence[Mapping[str, str]]) -> list[Problem]:
    """What is wrong with names, samples and fallbacks."""
    found = []
    for variable in variables:
        found.append((f"sample:{variable['name']}", check_sample(variable["sample"])))
        found.append((f"fallback:{variable['name']}", check_value(variable["fallback"])))
    return [Problem(field, sentence) for field, sentence in found if sentence]


def suggest_name(typed: str) -> str:
    """What was typed as a name Meta takes: “Flu vaccine days!” becomes flu_vaccine_days. May be empty."""
    plain = unicodedata.normalize("NFKD", typed).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:NAME_LIMIT]


def check_name(name: str) -> str:
    """Small letters, digits and underscores only (Meta, template name: ^[a-z0-9_]+$). Empty when all is well."""
    if not name:
        return "Give the template a name, such as flu_vaccine_days"
    if not _NAME.fullmatch(name):
        better = suggest_name(name)
        return "A name has small letters, digits and _ only" + (f"; how about {better}?" if better else "")
    return f"The name has {len(name)} characters; {NAME_LIMIT} is the most" if len(name) > NAME_LIMIT else ""


def check_language(language: str) -> str:
    """One of Meta's language codes, spelt exactly so: en is not en_US. Empty when all is well."""
    if language in LANGUAGES:
        return ""
    if not language:
        return "Choose a language"
    return f"WhatsApp knows no language “{language[:20]}”; choose one such as en_GB"


def check_category(category: str) -> str:
    """Marketing or utility; Meta keeps authentication for codes. Empty when all is well."""
    return "" if category in CATEGORIES else "Choose what kind of message this is: marketing or utility"


def check_body(body: str) -> list[str]:
    """1 to 1,024 characters; gaps not first, not last (Meta 2388299), not side by side, not too many (2388293)."""
    if not body.strip():
        return ["Write the text of the message"]
    found = [strange(body), _over(body, BODY_LIMIT, "The text")]
    try:
        parsed = placeholders.parse(body)
    except Invalid as error:
        return [sentence for sentence in (*found, error.message) if sentence]
    found += about_gaps(parsed) if parsed.gaps else []
    return [sentence for sentence in found if sentence]


def check_header(header: Mapping[str, object]) -> list[str]:
    """None, a line of 60 characters with one gap at most and no marks or emoji (Meta 2388047), or a file."""
    kind = header.get("kind") or ""
    if kind not in HEADERS:
        return ["Choose what stands at the top: nothing, a line of text, a picture, a film, a document or a place"]
    if kind == "cards":
        return []  # they have rules of their own
    if kind == places.PLACE:
        return places.about_place(header)
    if kind != "text":
        return ["Choose the file"] if kind and not header.get("media_id") else []
    text = str(header.get("text") or "")
    if not text.strip():
        return ["Write the line, or choose none"]
    found = [_over(text, HEADER_LIMIT, "The line at the top"), _one_plain_line(text, "The line at the top"),
             strange(text)]
    if "*" in text:
        found.append("The line at the top is bold already; take the * out")
    try:
        parsed = placeholders.parse(text)
    except Invalid as error:
        return [sentence for sentence in (*found, error.message) if sentence]
    if len(parsed.gaps) > HEADER_GAPS:
        found.append(f"The line at the top can have one gap; it has {len(parsed.gaps)}")
    found.append(_long_name(parsed))
    return [sentence for sentence in found if sentence]


def check_footer(footer: str) -> str:
    """At most 60 characters on one line, no gaps and no emoji (Meta 2388073). Empty when all is well."""
    if "{{" in footer or "}}" in footer:
        return "The last line cannot have gaps; write {{…}} in the text only"
    return _over(footer, FOOTER_LIMIT, "The last line") or _one_plain_line(footer, "The last line") or strange(footer)


def check_sample(sample: str) -> str:
    """WhatsApp reads a sample of each gap before it approves the text. Empty when all is well."""
    return check_value(sample) or ("" if sample else "Give an example of what will stand here")


def check_value(text: str) -> str:
    """What may fill a gap: one line, no tabs, no four spaces in a row (Meta, error 132018). Empty when all is well."""
    if len(text) > VALUE_LIMIT:
        return f"This has {len(text)} characters; {VALUE_LIMIT} is the most"
    if "\n" in text or "\t" in text or "\r" in text:
        return "This must be one line without tabs"
    if _TOO_MANY_SPACES.search(text):
        return "WhatsApp refuses four spaces in a row"
    return strange(text)


def clean_value(text: str) -> str:
    """A contact's value as WhatsApp takes it: line breaks, tabs and runs of spaces become single spaces."""
    return " ".join(text.split())


def about_gaps(parsed: placeholders.Parsed) -> list[str]:
    """What is wrong with where the gaps stand."""
    first, *between, last = parsed.texts
    found = []
    if not first.strip():
        found.append(f"The text cannot start with {_shown(parsed.gaps[0])}; put a word before it")
    if not last.strip():
        found.append(f"The text cannot end with {_shown(parsed.gaps[-1])}; put a word or a full stop after it")
    for at, text in enumerate(between):
        if _SIDE_BY_SIDE.fullmatch(text):
            pair = f"{_shown(parsed.gaps[at])} and {_shown(parsed.gaps[at + 1])}"
            found.append(f"{pair} stand side by side; put a word between them")
    words, wanted = len(_WORDS.findall(" ".join(parsed.texts))), 2 * len(parsed.gaps) + 1
    if words < wanted:
        found.append(f"There are too many gaps for so short a text: it has {words} words of its own and needs {wanted}")
    return [*found, _long_name(parsed)]


def _long_name(parsed: placeholders.Parsed) -> str:
    long = next((name for name in parsed.names if len(name) > VARIABLE_NAME_LIMIT), "")
    return f"The name {long[:20]}… is too long; {VARIABLE_NAME_LIMIT} characters is the most" if long else ""


def _over(text: str, limit: int, what: str) -> str:
    return f"{what} has {len(text):,} characters; {limit:,} is the most" if len(text) > limit else ""


def _one_plain_line(text: str, what: str) -> str:
    """Header and last line hold neither line breaks nor emoji."""
    if "\n" in text:
        return f"{what} is one line; take the line break out"
    return f"{what} cannot have emoji; they may stand in the text" if _EMOJI.search(text) else ""


def _shown(name: str) -> str:
    return f"{{{{{name}}}}}"


def strange(text: str) -> str:
    """Control characters and broken ones, which neither a database nor a phone can show, and signs that turn the
    reading order around, with which a text can look like another one. Empty when all is well."""
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n" for char in text):
        return "There is a character in it that cannot be shown; type it again instead of pasting it"
    if any(char in _TURNS for char in text):
        return "There is an invisible sign in it that turns the reading order around; type the text instead of pasting it"
    return ""
