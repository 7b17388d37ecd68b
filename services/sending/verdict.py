"""Pure: may this person get this message now, and if not, why. Asked on the check page, at freezing and before sending.

Facts about one person go in, one Verdict comes out. Refusals are shared constants, so that judging 300,000 people
makes no objects; only a missing variable and an overlong text carry words of their own.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from core.phone import is_us
from core.states import ConsentState

MARKETING = "marketing"
UTILITY = "utility"
BODY_LIMIT = 1024  # characters of a body once its variables are filled

# code → what a person reads. The order is the order of judging: the first that applies is the reason given.
REASONS: dict[str, str] = {
    "contact_gone": "Was deleted before this message left",
    "bad_number": "The number cannot be read, or nobody can have it",
    "no_phone": "No phone number",
    "opted_out_marketing": "Said STOP to marketing messages",
    "opted_out_utility": "Said STOP to service messages",
    "no_consent": "Never agreed to marketing messages",
    "us_marketing": "WhatsApp delivers no marketing to numbers of the United States",
    "in_peace": "WhatsApp asks us to leave them in peace{name}",
    "window_closed": "More than 24 hours have passed since they last wrote; only a template may be sent",
    "repeated": "Is on this list twice; gets the message once",
    "missing_variable": "The variable “{name}” has no value and no fallback",
    "too_long": "The filled text is longer than 1,024 characters",
    "not_approved": "The template is not approved",
    "quiet_hours": "Quiet hours where they live last until the message is of no use",
    "too_late": "Their own time for it had passed before it could be sent",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`ok`, or why not: `code` for counting, `words` for people."""

    ok: bool
    code: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """What judging needs to know of a contact. The consents are the states derived from the ledger."""

    contact_id: int
    phone: str | None
    marketing: ConsentState | str = ConsentState.UNKNOWN
    utility: ConsentState | str = ConsentState.UNKNOWN
    rests_until: datetime | None = None  # the carrier: no marketing before; empty once that is over


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be sent: its category (marketing or utility), and whether the carrier approved its template."""

    category: str
    is_approved: bool = True
    needs_window: bool = False  # free text: only within 24 hours of what they last wrote to the same number


OK = Verdict(True)
_REFUSED = {code: Verdict(False, code, words) for code, words in REASONS.items()}


def judge(person: Person | None, wanted: Wanted, *, missing: str = "", is_repeat: bool = False,
          is_too_long: bool = False, is_bad_number: bool = False, slot_code: str = "", is_american: bool = False,
          is_resting: bool = False, is_window_open: bool = True) -> Verdict:
    """OK, or the first reason why this person must not get this message.

    `person` is None when the contact is gone; `missing` names a variable without value and fallback; `is_repeat`
    says the same person or number has this campaign already; `is_too_long` that the filled body passes BODY_LIMIT;
    `is_bad_number` that a list gives a number nobody can have; `slot_code` is quiet_hours or too_late when there is
    no useful moment for this person. `is_american` and `is_resting` say it of a person whose number and time of rest
    are not at hand; `is_window_open` that they wrote to this number within 24 hours.
    """
    if person is None:
        return _REFUSED["contact_gone"]
    if is_bad_number or not person.phone:
        return _REFUSED["bad_number" if is_bad_number else "no_phone"]
    if code := consent_refusal(person.marketing, person.utility, wanted.category):
        return _REFUSED[code]
    if wanted.category != UTILITY and (is_american or is_us(person.phone)):
        return _REFUSED["us_marketing"]
    if wanted.category != UTILITY and (is_resting or person.rests_until):
        return Verdict(False, "in_peace", words_of("in_peace", name=_until(person.rests_until)))
    if wanted.needs_window and not is_window_open:
        return _REFUSED["window_closed"]
    if is_repeat:
        return _REFUSED["repeated"]
    if missing:
        return Verdict(False, "missing_variable", words_of("missing_variable", name=missing))
    if is_too_long:
        return _REFUSED["too_long"]
    if not wanted.is_approved:
        return _REFUSED["not_approved"]
    return _REFUSED[slot_code] if slot_code else OK


def _until(at: datetime | None) -> str:
    """Until when, where it is known."""
    return f" until {at.astimezone(UTC):%-d %b %Y, %H:%M} UTC" if at else " for 24 hours"


def tester(person: Person) -> Person:
    """The same person when the message is a test somebody of the team sends: it needs no agreement of its own, but who
    said stop gets no tests either."""
    stopped = ConsentState.WITHDRAWN in (person.marketing, person.utility)
    state = ConsentState.WITHDRAWN if stopped else ConsentState.GRANTED
    return replace(person, marketing=state, utility=state)


def consent_refusal(marketing: ConsentState | str, utility: ConsentState | str, category: str) -> str:
    """The code of what the ledger says against it; empty when nothing does.

    Marketing needs an agreement; service messages need only that nobody withdrew.
    """
    if category == UTILITY:
        return "opted_out_utility" if utility == ConsentState.WITHDRAWN else ""
    if marketing == ConsentState.WITHDRAWN:
        return "opted_out_marketing"
    return "" if marketing == ConsentState.GRANTED else "no_consent"


def words_of(code: str, *, name: str = "") -> str:
    """What a person reads for this code; the code itself when it is the carrier's."""
    before, mark, after = REASONS.get(code, code).partition("{name}")
    return f"{before}{name}{after}" if mark else before
