"""If: one table of tests over the facts of a happening. Pure; each says what it saw, whether it held or not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from core import clock, countries
from core.errors import Invalid
from core.opening import DAYS, read_spans
from core.words import folded, listed, shortened
from services.automation import keywords
from services.automation.happening import Facts
from services.segments import Condition, Shape

Saw = tuple[str, bool]  # what was seen, in words, and whether it is as wanted


@dataclass(frozen=True, slots=True)
class Test:
    """One row of the table. `words` has an … where the value stands; `takes` is its kind, empty for none; `tells` is the
    whole in a sentence, where about and words do not make one."""

    about: str
    words: str
    takes: str
    see: Callable[[str, Facts, int], Saw]  # the value, the facts, the rule
    tells: str = ""


def _word(read: Callable[[Facts], str], wanted: str, shown: Mapping[str, str]) -> Callable[[str, Facts, int], Saw]:
    return lambda value, facts, rule: (shown.get(read(facts), read(facts)) or "nothing", read(facts) == wanted)


def _person(name: str) -> Callable[[Facts], str]:
    return lambda facts: str(getattr(facts.person, name, "") or "") if facts.person else ""


def _has_tag(value: str, facts: Facts, rule: int) -> Saw:
    return listed(sorted(facts.tags.values())) or "no tag", folded(" ".join(value.split())) in facts.tags


def _not(see: Callable[[str, Facts, int], Saw]) -> Callable[[str, Facts, int], Saw]:
    def other(value: str, facts: Facts, rule: int) -> Saw:
        saw, held = see(value, facts, rule)
        return saw, not held

    return other


def _in_segment(value: str, facts: Facts, rule: int) -> Saw:
    is_in = value.isdecimal() and int(value) in facts.segments
    return "in it" if is_in else "not in it", is_in


def _same_text(read: Callable[[Facts], str]) -> Callable[[str, Facts, int], Saw]:
    return lambda value, facts, rule: (read(facts) or "nothing", folded(read(facts)) == folded(value))


def _same_language(value: str, facts: Facts, rule: int) -> Saw:
    has = _person("language")(facts)
    return has or "not known", has.lower() == value.lower() or (
        "_" not in value and has.lower().startswith(f"{value.lower()}_"))


def _field(value: str, facts: Facts, rule: int) -> Saw:
    """city=Lagos; only city: it is known."""
    name, sign, wanted = value.partition("=")
    has = field_text(facts, name.strip())
    return has or "not known", folded(has) == folded(wanted.strip()) if sign else bool(has)


def field_text(facts: Facts, name: str) -> str:
    """A detail or a field of the person as text."""
    if facts.person is None:
        return ""
    value = facts.person.fields.get(name, getattr(facts.person, name, "") if name in _DETAILS else "")
    return ("yes" if value else "no") if isinstance(value, bool) else str(value if value is not None else "")


_DETAILS = ("name", "phone", "email", "company", "language", "country", "source", "birthday")


def _value_is(value: str, facts: Facts, rule: int) -> Saw:
    """total=12; total>100; only total: it came along."""
    for sign in (">", "<", "="):
        name, found, wanted = value.partition(sign)
        if found:
            has = facts.values.get(name.strip(), "")
            return has or "nothing", _compared(has, sign, wanted.strip())
    return facts.values.get(value.strip(), "") or "nothing", bool(facts.values.get(value.strip()))


def _compared(has: str, sign: str, wanted: str) -> bool:
    if sign == "=":
        return folded(has) == folded(wanted)
    try:
        return float(has) > float(wanted) if sign == ">" else float(has) < float(wanted)
    except ValueError:
        return False


def _text(how: str) -> Callable[[str, Facts, int], Saw]:
    """Looks for words as a keyword does."""
    return lambda value, facts, rule: (
        f"“{shortened(facts.said.raw, 80)}”" if facts.said.raw else "no words", bool(_finder(how, value)(facts.said)))


@lru_cache(maxsize=4096)
def _finder(how: str, value: str) -> Callable[[keywords.Said], str]:
    return keywords.finder(how, keywords.parted(how, value))


KINDS = {
    "text": "text", "image": "picture", "video": "video", "audio": "sound or voice note", "document": "document",
    "sticker": "sticker", "location": "place", "contacts": "contact card", "button": "button of a template",
    "interactive": "button, row of a list or form", "order": "order", "reaction": "reaction", "call": "call"}  # of messages


def _kind(value: str, facts: Facts, rule: int) -> Saw:
    return KINDS.get(facts.message_kind, facts.message_kind) or "no message", facts.message_kind == value.strip().lower()


def _between(value: str, facts: Facts, rule: int) -> Saw:
    local = facts.at.astimezone(clock.zone(facts.zone))
    return f"{local:%H:%M}", any(start <= f"{local:%H:%M}" < end for start, end in read_spans(value, field="value"))


def _weekday(value: str, facts: Facts, rule: int) -> Saw:
    day = DAYS[facts.at.astimezone(clock.zone(facts.zone)).weekday()]
    return day, any(folded(day).startswith(folded(part.strip())) for part in value.split(",") if len(part.strip()) > 1)


def _window(value: str, facts: Facts, rule: int) -> Saw:
    is_open = facts.window_ends_at is not None and facts.window_ends_at > facts.at
    return "open" if is_open else "shut", is_open


def _hours_since(moment: datetime | None, facts: Facts, hours: str) -> Saw:
    if moment is None:
        return "never", False
    return f"{moment.astimezone(clock.zone(facts.zone)):%d %b %H:%M}", facts.at - moment <= timedelta(hours=int(hours))


_TEXT = {"text.has": "word", "text.exact": "exact", "text.contains": "contains", "text.starts": "starts",
         "text.pattern": "pattern"}  # the test → how its words are looked for
_TEXT_NOT = {"word": "does not have the word", "exact": "is not exactly", "contains": "does not contain",
             "starts": "does not start with", "pattern": "does not fit the pattern"}
_TAKES = {"pattern": "pattern"}

TESTS: Mapping[str, Test] = {
    "tag.is": Test("Tag", "is …", "tag", _has_tag),
    "tag.is_not": Test("Tag", "is not …", "tag", _not(_has_tag)),
    "segment.is": Test("Segment", "they are in …", "segment", _in_segment, "they are in the segment …"),
    "segment.is_not": Test("Segment", "they are not in …", "segment", _not(_in_segment), "they are not in the segment …"),
    **{f"marketing.{state}": Test("Marketing", words, "", _word(_person("marketing"), state, {
        "granted": "agreed", "withdrawn": "said stop", "unknown": "not asked"}), tells)
       for state, words, tells in (("granted", "agreed", "they agreed to marketing"),
                                   ("withdrawn", "said stop", "they said stop to marketing"),
                                   ("unknown", "not asked", "nobody asked them about marketing"))},
    **{what: Test("Message", f"{keywords.HOW[how]} …", _TAKES.get(how, "words"), _text(how),
                  f"the message {keywords.HOW[how]} …") for what, how in _TEXT.items()},
    **{f"{what}_not": Test("Message", f"{_TEXT_NOT[how]} …", _TAKES.get(how, "words"), _not(_text(how)),
                           f"the message {_TEXT_NOT[how]} …") for what, how in _TEXT.items()},
    "kind.is": Test("Message", "is of the kind …", "message_kind", _kind, "the message is of the kind …"),
    "hours.open": Test("Business hours", "we are open", "", lambda value, facts, rule: (
        "open" if facts.is_open else "closed", facts.is_open), "we are open"),
    "hours.closed": Test("Business hours", "we are closed", "", lambda value, facts, rule: (
        "open" if facts.is_open else "closed", not facts.is_open), "we are closed"),
    "time.between": Test("Time", "is between …", "spans", _between, "the time is between …"),
    "weekday.in": Test("Day of the week", "is …", "weekdays", _weekday, "the day is …"),
    "window.open": Test("24-hour window", "is open", "", _window),
    "window.shut": Test("24-hour window", "is shut", "", _not(_window)),
    "heard.within_hours": Test("They wrote before this", "in the last … hours", "hours",
                               lambda value, facts, rule: _hours_since(facts.heard_before, facts, value),
                               "they wrote in the … hours before this"),
    "heard.not_within_hours": Test("They wrote before this", "not in the last … hours", "hours", _not(
        lambda value, facts, rule: _hours_since(facts.heard_before, facts, value)),
        "they did not write in the … hours before this"),
    "ran.not_within_hours": Test("This rule", "has not run for them in the last … hours", "hours", _not(
        lambda value, facts, rule: _hours_since(facts.ran.get(rule), facts, value)),
        "this rule has not run for them in the last … hours"),
    "channel.is": Test("Number", "is …", "channel", lambda value, facts, rule: (
        facts.channel_name or "none", str(facts.channel_id) == value.strip())),
    **{f"talk.{state}": Test("Conversation", f"is {state}", "", _word(lambda facts: facts.talk_state, state, {}))
       for state in ("open", "snoozed", "closed")},
    "talk.assigned": Test("Conversation", "is somebody’s", "", lambda value, facts, rule: (
        "somebody’s" if facts.is_assigned else "nobody’s", facts.is_assigned)),
    "talk.unassigned": Test("Conversation", "is nobody’s", "", lambda value, facts, rule: (
        "somebody’s" if facts.is_assigned else "nobody’s", not facts.is_assigned)),
    "country.is": Test("Country", "is …", "country", _same_text(_person("country"))),
    "language.is": Test("Language", "is …", "language", _same_language),
    "company.is": Test("Company", "is …", "line", _same_text(_person("company"))),
    "name.known": Test("Name", "is known", "", lambda value, facts, rule: (
        _person("name")(facts) or "not known", bool(_person("name")(facts)))),
    "field.is": Test("Field", "… (such as city=Lagos)", "pair", _field, "Field …"),
    "field.is_not": Test("Field", "is not … (such as city=Lagos)", "pair", _not(_field), "Field is not …"),
    "value.is": Test("Value of the call", "… (such as total>100)", "pair", _value_is, "Value of the call …"),
}


def check(condition: Condition) -> Condition:
    """The condition with its value in one spelling. Raises Invalid, field `what` or `value`."""
    test = TESTS.get(condition.what)
    if test is None:
        raise Invalid(f"There is no condition “{shortened(condition.what)}”", field="what")
    value = condition.value.strip() if test.takes else ""
    if test.takes and not value:
        raise Invalid(f"{test.about}: say what it is compared with", field="value")
    if test.takes in ("words", "pattern"):
        _check_words(_TEXT[condition.what.removesuffix("_not")], value)
    if test.takes in ("hours", "channel", "segment") and (not value.isdecimal() or not 0 < int(value[:9]) < 10**6):
        raise Invalid(f"{test.about}: write a whole number", field="value")
    if test.takes == "spans":
        read_spans(value, field="value")
    if test.takes == "weekdays" and not any(
            folded(day).startswith(folded(part.strip())) for day in DAYS for part in value.split(",") if len(part.strip()) > 1):
        raise Invalid("Write days such as Mon, Tue, Wed", field="value")
    return Condition(condition.what, value)


def _check_words(how: str, value: str) -> None:
    try:
        keywords.check(how, value)
    except Invalid as error:
        raise Invalid(error.message, field="value") from None


def said(condition: Condition, names: Mapping[str, str] | None = None) -> str:
    """The condition in words; `names` gives those of segments and numbers, by kind and id."""
    test = TESTS.get(condition.what)
    if test is None:
        return condition.what
    value = (names or {}).get(f"{test.takes}:{condition.value}", condition.value)
    if test.takes in ("message_kind", "country"):
        value = KINDS.get(value, value) if test.takes == "message_kind" else countries.name_of(value)
    return (test.tells or f"{test.about} {test.words}").replace("…", value)


def judge(shape: Shape, facts: Facts, rule_id: int) -> tuple[list[list[Any]], bool]:
    """What each condition saw, [words, seen, whether it held], and whether all together hold."""
    seen, groups = [], []
    for group in shape.groups:
        held_here = []
        for one in group.conditions:
            saw, held = see(one, facts, rule_id)
            seen.append([said(one, facts.names), saw, held])
            held_here.append(held)
        if held_here:
            groups.append(any(held_here) if group.is_any else all(held_here))
    return seen, (any(groups) if shape.is_any else all(groups)) if groups else True


def see(condition: Condition, facts: Facts, rule_id: int) -> Saw:
    """What one condition sees. One that makes no sense any more does not hold."""
    test = TESTS.get(condition.what)
    if test is None:
        return "this condition is not known any more", False
    try:
        return test.see(condition.value, facts, rule_id)
    except (Invalid, ValueError):
        return "this condition cannot be read", False
