"""What to do about a failure: for each reason code whether another try can help, and what a person does next.

The reason itself is kept in words on each message; this table only says what follows from it. Codes are the carrier's
numbers as text, or our own words.
"""

from dataclasses import dataclass
from enum import StrEnum


class Chance(StrEnum):
    """Whether another try can help."""

    NOW = "now"  # the trouble was not this person's and has most likely passed
    LATER = "later"  # it needs time
    MEND = "mend"  # something has to be put right first
    NEVER = "never"  # this person cannot get it, however often it is tried


@dataclass(frozen=True, slots=True)
class Advice:
    """Whether another try can help, and the next step in a sentence."""

    chance: Chance
    words: str

    @property
    def is_useless(self) -> bool:
        """Whether trying again would change nothing."""
        return self.chance is Chance.NEVER


_BUSY = Advice(Chance.NOW, "The trouble was on WhatsApp's side. Safe to try again now.")
_FAST = Advice(Chance.NOW, "Too much left at once. Safe to try again now; it goes out at the pace of the number.")
_TOKEN = Advice(Chance.MEND, "Put a valid access token in place under Settings, then try again.")
_ACCOUNT = Advice(Chance.MEND, "Clear this up with Meta (Account quality in WhatsApp Manager), then try again.")
_NUMBER = Advice(Chance.MEND, "Put the business number right in WhatsApp Manager, then try again.")
_PAY = Advice(Chance.MEND, "Put a payment method right in WhatsApp Manager, then try again.")
_TEMPLATE = Advice(Chance.MEND, "The template is at fault: write a new version, and send a copy of this campaign with it.")
_VALUES = Advice(Chance.NEVER, "This person's own values do not fit the template. Correct them in their contact, and send a "
                               "copy of this campaign to them.")
_MEDIA = Advice(Chance.MEND, "Check the file of the header: its type, its size, and whether its link works; then try again.")
_REPORT = Advice(Chance.MEND, "Report it with the code; trying again alone does not help.")
_GROUP = Advice(Chance.NEVER, "Campaigns reach people, not groups. Take this number out of your contacts.")
_OTHER = Advice(Chance.NEVER, "This has nothing to do with sending campaigns. Report it with the code.")

ADVICE: dict[str, Advice] = {
    **dict.fromkeys(("1", "2", "131000", "131016", "131057", "133004"), _BUSY),
    **dict.fromkeys(("4", "613", "80007", "130429", "131056", "132069", "133016"), _FAST),
    **dict.fromkeys(("0", "3", "10", "104", "190", "131005"), _TOKEN),
    **{str(code): _TOKEN for code in range(200, 300)},
    **dict.fromkeys(("368", "131031", "131048", "131064"), _ACCOUNT),
    **dict.fromkeys(("33", "131037", "131045", "133000", "133005", "133006", "133008", "133009", "133010"), _NUMBER),
    **dict.fromkeys(("131042", "131044", "134011"), _PAY),
    **dict.fromkeys(("132000", "132001", "132007", "132008", "132012", "132015", "132016", "132068", "134102"), _TEMPLATE),
    **dict.fromkeys(("132005", "132018"), _VALUES),
    **dict.fromkeys(("131014", "131053"), _MEDIA),
    **dict.fromkeys(("100", "131008", "131009", "131051", "131055", "134100", "135000"), _REPORT),
    **dict.fromkeys(("131020", "131041", "131059"), _GROUP),
    **{str(code): _GROUP for code in range(131201, 131216)},
    **{str(code): _OTHER for code in (*range(138000, 138019), *range(139000, 139005), *range(139100, 139104),
                                      *range(147001, 147006), 131052, 131060)},
    "130403": Advice(Chance.MEND, "You have blocked this person. Unblock them in WhatsApp Manager, then try again."),
    "130472": Advice(Chance.NEVER, "Meta keeps them out of this one for an experiment. Reach them in another way."),
    "130497": Advice(Chance.NEVER, "Your account may not write to this country. Leave its numbers out of campaigns."),
    "131021": Advice(Chance.NEVER, "Remove it from your contacts."),
    "131026": Advice(Chance.NEVER, "Check the number, or reach them in another way."),
    "131030": Advice(Chance.MEND, "A test number reaches only people on its list. Add them in Meta's app dashboard, then try "
                                  "again."),
    "131047": Advice(Chance.NEVER, "Only a template reaches them now."),
    "131049": Advice(Chance.LATER, "Wait at least 24 hours; trying sooner makes Meta hold back more."),
    "131050": Advice(Chance.NEVER, "They count as opted out. Respect it."),
    "131062": Advice(Chance.NEVER, "Only a username is known. Ask them for their phone number."),
    "131063": Advice(Chance.MEND, "Marketing is switched off for the account. Switch it on in WhatsApp Manager, then try again."),
    "133015": Advice(Chance.LATER, "Wait five minutes, then try again."),
    "134101": Advice(Chance.LATER, "Meta is still copying the template. Wait ten minutes, then try again."),
    "137000": Advice(Chance.MEND, "They have a new phone or app. Make sure of who they are, then try again."),
    "lost_answer": Advice(Chance.NOW, "No answer came, so it may have been sent. Decide for each person."),
}
UNKNOWN = Advice(Chance.MEND, "This reason is new to us. Look it up in Meta's list of error codes before trying again.")
NO_CODE = Advice(Chance.NOW, "No code was given. One more try is safe; if it fails again, report it.")


def advice_on(code: str) -> Advice:
    """What follows from a reason code; a code we do not know says so."""
    return ADVICE.get(code, UNKNOWN) if code else NO_CODE


def cause_of(code: str, words: str) -> str:
    """What went wrong, without the next step, for pages that give our advice beside it; unknown codes keep every word."""
    cause, end, _ = words.partition(". ")
    return f"{cause}." if end and code in ADVICE else words
