"""Ready texts for common purposes, in plain language: each is a beginning that people make their own."""

from dataclasses import dataclass
from typing import Any

from core.errors import NotFound
from services.message_templates.words import Words


@dataclass(frozen=True, slots=True)
class Idea:
    """One ready text. `name` is what a template made of it is called first; `when` says when it fits."""

    slug: str
    title: str
    when: str
    category: str
    words: Words
    language: str = "en_GB"

    @property
    def name(self) -> str:
        """The name a template made of it begins with."""
        return self.slug


def gallery() -> tuple[Idea, ...]:
    """Every ready text, those people need first first."""
    return _IDEAS


def get_idea(slug: str) -> Idea:
    """One ready text. Raises NotFound."""
    for idea in _IDEAS:
        if idea.slug == slug:
            return idea
    raise NotFound("There is no such ready text; choose one of the gallery")


def _gap(name: str, sample: str, fallback: str = "") -> dict[str, str]:
    return {"name": name, "sample": sample, "fallback": fallback}


def _head(text: str) -> dict[str, Any]:
    return {"kind": "text", "text": text}


def _reply(*texts: str) -> list[dict[str, Any]]:
    return [{"kind": "quick_reply", "text": text} for text in texts]


def _page(text: str, url: str) -> dict[str, Any]:
    return {"kind": "url", "text": text, "url": url}


_NAME = _gap("first_name", "Adaeze", "there")
_STOP = "Reply STOP to hear no more from us"

_IDEAS = (
    Idea("appointment_reminder", "Appointment reminder", "A day or two before somebody is expected", "utility", Words(
        "Hello {{first_name}}, you have an appointment with {{with_whom}} on {{day}} at {{time}}.\n\n"
        "Please come ten minutes early and bring your card. Can you make it?",
        "", _head("Your appointment"), _reply("I will be there", "Another time, please"),
        [_NAME, _gap("with_whom", "Dr Balogun", "us"), _gap("day", "Thursday 26 November"), _gap("time", "10:30")])),
    Idea("appointment_missed", "Missed appointment", "When somebody did not come and may want a new time", "utility", Words(
        "Hello {{first_name}}, we missed you on {{day}}. It happens to everybody.\n\n"
        "Shall we find another time for you?", "", {}, _reply("Yes, please", "No, thank you"),
        [_NAME, _gap("day", "Thursday 26 November")])),
    Idea("order_ready", "Order ready to collect", "When something waits at your counter", "utility", Words(
        "Hello {{first_name}}, your order {{order_number}} is ready. You can collect it at {{place}} until "
        "{{last_day}}.\n\nPlease bring this message with you.", "", _head("Ready for you"),
        _reply("I am on my way", "Keep it longer, please"),
        [_NAME, _gap("order_number", "10482"), _gap("place", "our shop in Marina Road", "our shop"),
         _gap("last_day", "Saturday at 18:00")])),
    Idea("order_shipped", "Order on its way", "When a parcel has left, with a link to follow it", "utility", Words(
        "Hello {{first_name}}, your order {{order_number}} has left us and should reach you on {{day}}.\n\n"
        "With the button below you can see where it is.", "", _head("On its way"),
        [_page("Where is it?", "https://example.org/parcel/{{tracking_code}}")],
        [_NAME, _gap("order_number", "10482"), _gap("day", "Friday"), _gap("tracking_code", "PP10482")])),
    Idea("payment_reminder", "Payment reminder", "When a bill is due and a friendly word helps", "utility", Words(
        "Hello {{first_name}}, this is a friendly reminder that invoice {{invoice_number}} over {{amount}} is due on "
        "{{due_date}}.\n\nIf you have paid already, thank you, and please ignore this message.", "", {},
        [*_reply("I have paid", "I have a question")],
        [_NAME, _gap("invoice_number", "2026-0117"), _gap("amount", "45.00 pounds"), _gap("due_date", "30 November")])),
    Idea("holiday_hours", "Holiday hours", "When you open at other times than usual", "utility", Words(
        "Hello {{first_name}}, our hours change for {{holiday}}.\n\nWe are closed from {{closed_from}} and open again on "
        "{{open_again}}. If it is urgent, just reply to this message.", "", _head("Our hours"), [],
        [_NAME, _gap("holiday", "Christmas"), _gap("closed_from", "24 December"), _gap("open_again", "2 January at 9:00")])),
    Idea("event_invitation", "Event invitation", "When you would like people to come", "marketing", Words(
        "Hello {{first_name}}, we would love to see you at *{{event}}*.\n\nIt takes place on {{day}} at {{time}}, at "
        "{{place}}. Bring a friend if you like. Will you come?", _STOP, _head("You are invited"),
        _reply("I will come", "Not this time"),
        [_NAME, _gap("event", "our open day", "our event"), _gap("day", "Saturday 5 December"), _gap("time", "15:00"),
         _gap("place", "12 Marina Road")])),
    Idea("short_survey", "Short survey", "After a visit or an order, to hear how it was", "marketing", Words(
        "Hello {{first_name}}, thank you for choosing us. How was it this time?\n\n"
        "One tap is enough, and it helps us do better.", _STOP, {}, _reply("Very good", "All right", "Not good"), [_NAME])),
    Idea("welcome", "Welcome", "For somebody who has just joined", "marketing", Words(
        "Hello {{first_name}}, welcome! We are glad you are here.\n\nFrom now on we write when there is news that "
        "matters to you, a few times a month at most. If you have a question, reply to this message and one of us "
        "will answer.", _STOP, _head("Welcome"), [], [_NAME])),
    Idea("birthday", "Birthday", "On somebody’s special day", "marketing", Words(
        "Happy birthday, {{first_name}}!\n\nAll of us wish you a wonderful day. Come by this month and show this "
        "message: there is *{{gift}}* waiting for you.", _STOP, {}, [],
        [_NAME, _gap("gift", "a small present", "a small present")])),
    Idea("special_offer", "Offer with a code", "When there is something to save for a while", "marketing", Words(
        "Hello {{first_name}}, until {{last_day}} you get *{{discount}} off* everything.\n\n"
        "Copy the code and use it when you pay.", _STOP, _head("For you"),
        [{"kind": "copy_code", "text": "Copy code", "sample": "SAVE20"}, _page("Have a look", "https://example.org/offers")],
        [_NAME, _gap("last_day", "Sunday"), _gap("discount", "20%")])),
    Idea("back_in_stock", "Back in stock", "When something people asked for has come", "marketing", Words(
        "Hello {{first_name}}, good news: *{{product}}* is here again.\n\nThere are not many. Shall we put one aside "
        "for you?", _STOP, {}, _reply("Yes, please", "No, thank you"),
        [_NAME, _gap("product", "the blue kettle", "what you asked for")])),
    Idea("school_notice", "Notice to parents", "When every family should know something soon", "utility", Words(
        "Dear {{first_name}}, a short notice from the school: {{notice}}.\n\nThank you for telling your child today. "
        "Reply to this message if anything is unclear.", "", _head("Notice from the school"),
        _reply("I have read it"), [_gap("first_name", "Adaeze", "parents"), _gap(
            "notice", "tomorrow lessons end at 12:30 because of the sports day")])),
    Idea("thank_you_donation", "Thank you for a donation", "When somebody has given", "utility", Words(
        "Dear {{first_name}}, thank you for your gift of {{amount}}. It arrived safely on {{day}}.\n\n"
        "Your receipt is behind the button. Every gift counts, and yours did today.", "", {},
        [_page("Open the receipt", "https://example.org/receipt/{{receipt_code}}")],
        [_gap("first_name", "Adaeze", "friend"), _gap("amount", "25 pounds"), _gap("day", "24 November"),
         _gap("receipt_code", "R2611")])),
)
