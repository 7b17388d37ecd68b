"""Examples to start from: each is installed by one click, switched off, and can be read and changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.actor import Actor
from core.errors import NotFound
from models import Rule, transaction
from services import contacts, settings
from services.automation import edit
from services.segments import Condition, Group, Shape

Spec = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One rule of an example."""

    name: str
    trigger: Spec
    actions: Sequence[Spec]
    conditions: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """One example: what it is for, and its rules."""

    key: str
    name: str
    words: str
    rules: Sequence[Part]


def _text(text: str) -> Spec:
    return {"kind": "text", "text": text}


def _tag(tag: str) -> Spec:
    return {"kind": "tag", "tag": tag}


def _word(*words: str) -> Spec:
    return {"kind": "keyword", "how": "word", "words": list(words)}


EXAMPLES: tuple[Example, ...] = (
    Example("welcome", "Welcome", "Greets whoever writes for the first time in a day.", (
        Part("Welcome", {"kind": "first_today"}, (_text("Hello {{first_name}}, thank you for writing. How can we help?"),),
             (("hours.open", ""),)),)),
    Example("away", "Away message", "Says when we are back, once in twelve hours.", (
        Part("Away", {"kind": "message"}, (_text("Thank you for writing. We are closed now and answer when we open."),),
             (("hours.closed", ""), ("ran.not_within_hours", "12"))),)),
    Example("faq", "Frequent questions", "Answers by the words of the question: prices, opening hours, address.", (
        Part("Prices", _word("price", "prices", "cost"), (_text("Our prices: …"),)),
        Part("Opening hours", _word("open", "hours", "closed"), (_text("We are open Monday to Saturday, 08:00 to 18:00."),)),
        Part("Address", _word("where", "address"), (_text("You find us at …"),)))),
    Example("birthday", "Birthday", "A wish at nine o’clock on each person’s own clock, for those who agreed to marketing. "
            "Choose your template in place of the text: most will not have written that day.", (
                Part("Birthday", {"kind": "date", "field": "birthday", "days": "0", "when": "before", "at": "09:00",
                                  "repeats": "yearly"},
                     (_text("Happy birthday, {{first_name}}!"),), (("marketing.granted", ""),)),)),
    Example("appointment", "Appointment reminder", "A day before the date in the field “Appointment”, with buttons to "
            "confirm or to ask for another time.", (
                Part("Appointment reminder", {"kind": "date", "field": "appointment", "days": "1", "when": "before",
                                              "at": "10:00", "repeats": "once"},
                     ({"kind": "buttons", "text": "Hello {{first_name}}, your appointment is tomorrow.",
                       "choices": ["Confirm", "Reschedule"]},)),
                Part("Appointment confirmed", {"kind": "choice", "words": ["Confirm"]},
                     (_tag("confirmed"), _text("Thank you, see you then."))),
                Part("Appointment to be moved", {"kind": "choice", "words": ["Reschedule"]},
                     (_tag("wants a change"), {"kind": "open"}, _text("We will write to you about another time."))))),
    Example("order", "Order update by hook", "A shop calls an address of yours with phone, order and status; the person is told. "
            "The address is made with it and shown once.", (
                Part("Order update", {"kind": "hook", "hook_id": "1"},
                     (_text("Hello {{first_name}}, your order {{order}} is {{status}}."),), (("window.open", ""),)),)),
    Example("silence", "Follow-up after silence", "Asks once when somebody has not answered for 20 hours, while free text "
            "may still be sent.", (
                Part("Follow-up", {"kind": "silence", "who": "them", "count": "20", "unit": "hours"},
                     (_text("Hello {{first_name}}, is there anything else we can do for you?"),),
                     (("window.open", ""),)),)),
    Example("feedback", "Feedback after closing", "Asks how it was when a conversation is closed, and tags the answer.", (
        Part("Ask for feedback", {"kind": "closed"}, (
            {"kind": "buttons", "text": "How was our help?", "choices": ["Good", "Not so good"]},), (("window.open", ""),)),
        Part("Good feedback", {"kind": "choice", "words": ["Good"]}, (_tag("happy"), _text("Thank you!"))),
        Part("Poor feedback", {"kind": "choice", "words": ["Not so good"]}, (
            _tag("unhappy"), {"kind": "note", "text": "Was not happy with our help"},
            _text("We are sorry, and will call you."))))),
    Example("stop", "STOP and START", "STOP and START are obeyed always, before any rule. These add what follows.", (
        Part("After a stop", {"kind": "opt_out"}, (_tag("said stop"),)),
        Part("After a start", {"kind": "opt_in"}, (
            {"kind": "untag", "tag": "said stop"}, _text("Welcome back, {{first_name}}. You will hear from us again.")),
            (("window.open", ""),)))),
)


def install(key: str, *, hook_id: int | None = None, by: Actor) -> list[Rule]:
    """Add the rules of an example, switched off; `hook_id` is the address that one of them listens at. Raises NotFound."""
    found = next((one for one in EXAMPLES if one.key == key), None)
    if found is None:
        raise NotFound("There is no such example")
    more = {"hook_id": str(hook_id)} if hook_id else {}
    with transaction():
        if key == "appointment":
            contacts.add_field(label="Appointment", kind="date", by=by)
        if key == "away" and not settings.get("business_hours"):
            settings.change("business_hours", {"default": USUAL_HOURS}, by=by)
        return [edit.add_rule(
            name=part.name, trigger={**part.trigger, **more}, done=part.actions, by=by,
            shape=Shape((Group(tuple(Condition(*one) for one in part.conditions)),)) if part.conditions else Shape())
            for part in found.rules]


USUAL_HOURS: Spec = {"zone": "", "days": {str(day): [["08:00", "18:00"]] for day in range(6)}, "holidays": []}
