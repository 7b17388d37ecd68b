"""Meta's error codes as data: which kind of refusal each is, and what a person should read."""

from dataclasses import dataclass

from transports.port import (
    AGAIN,
    AccountRefused,
    ChannelRefused,
    LeaveInPeace,
    NotSignedIn,
    OptedOut,
    PairTooFast,
    RecipientRefused,
    RequestRefused,
    SendFailed,
    TemplateRefused,
    TemplateStopped,
    TooFast,
    TryLater,
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code means to us: its kind, its words, and how long to wait when the carrier does not say."""

    kind: type[SendFailed]
    words: str
    wait_seconds: float = 0.0
    most_tries: int = 0  # 0: as many as usual


_SIGN_IN = "Put a new access token in place and resume the number."
_PERMISSION = (
    f"The access token may not do this. Give it whatsapp_business_messaging in Meta's Business settings. {_SIGN_IN}"
)
_META_TROUBLE = f"Meta has trouble of its own. {AGAIN}"
_SLOWER = "We slow down and try again by ourselves."
_GROUP = "Meta refused a message to a group. Check the group in WhatsApp."
_CALLING = "Meta refused a call. Calling is not used by this dashboard."
_FLOW = "Meta refused a WhatsApp Flow. Check the flow in WhatsApp Manager."
_BLOCK_LIST = "Meta refused a change of the block list. Check it in WhatsApp Manager."
_USERNAME = "Meta refused the business username. Check it in WhatsApp Manager."
_SETUP = "The registration of the business number at Meta is not complete."

CODES: dict[int, Meaning] = {
    0: Meaning(NotSignedIn, f"Meta does not know this access token (expired or withdrawn). {_SIGN_IN}"),
    1: Meaning(TryLater, f"Meta could not work on the request and does not say why. {_META_TROUBLE}", most_tries=3),
    2: Meaning(TryLater, f"Meta is overloaded or down for a moment. {_META_TROUBLE}"),
    3: Meaning(NotSignedIn, f"The app lacks a capability or permission. {_SIGN_IN}"),
    4: Meaning(TooFast, f"The app made more calls than Meta allows it for now. {_SLOWER}", 60),
    10: Meaning(NotSignedIn, _PERMISSION),
    33: Meaning(ChannelRefused, "The business number was deleted at Meta. Connect another number."),
    100: Meaning(
        RequestRefused, "Meta did not understand a part of the request. The details say which; please report it."
    ),
    104: Meaning(NotSignedIn, f"Meta asks for an access token. {_SIGN_IN}"),
    190: Meaning(NotSignedIn, f"The access token has expired or is not valid. {_SIGN_IN}"),
    **{code: Meaning(NotSignedIn, _PERMISSION) for code in range(200, 300)},
    368: Meaning(
        AccountRefused, "Meta has restricted the account for breaking its policies. See Account quality at Meta."
    ),
    613: Meaning(TooFast, f"Too many requests of this kind in a short time. {_SLOWER}", 60),
    80007: Meaning(TooFast, f"The business account made more calls than Meta allows it for now. {_SLOWER}", 60),
    130403: Meaning(RecipientRefused, "Your business has blocked this person. Unblock them in WhatsApp Manager first."),
    130429: Meaning(TooFast, f"The number sends more messages a second than Meta allows it. {_SLOWER}", 1),
    130472: Meaning(
        RecipientRefused,
        "Meta keeps this person out of marketing messages for an experiment. Do not send this one again.",
    ),
    130497: Meaning(RecipientRefused, "Your account may not message people in this country."),
    131000: Meaning(TryLater, f"Meta could not send it and does not say why. {_META_TROUBLE}"),
    131005: Meaning(NotSignedIn, _PERMISSION),
    131008: Meaning(
        RequestRefused, "A required part of the message is missing. The details say which; please report it."
    ),
    131009: Meaning(RequestRefused, "A value in the message is not allowed. The details say which; please report it."),
    131014: Meaning(
        TryLater, "Meta could not fetch the file behind the link. Check that the link works for everybody.",
        most_tries=2,
    ),
    131016: Meaning(TryLater, f"A part of WhatsApp is out of service for a moment. {_META_TROUBLE}"),
    131020: Meaning(RecipientRefused, "The group has only one member, so nobody would read it."),
    131021: Meaning(RecipientRefused, "This is your own business number. Remove it from your contacts."),
    131026: Meaning(
        RecipientRefused,
        "This number cannot be reached on WhatsApp: it has none, an old app, or has not "
        "accepted the terms. Ask the person in another way.",
    ),
    131030: Meaning(
        RecipientRefused,
        "A test number only reaches people on its list. Add this person to the list of "
        "recipients in Meta's app dashboard.",
    ),
    131031: Meaning(
        AccountRefused, "Meta has locked the account, or its PIN does not match. See Account quality at Meta."
    ),
    131037: Meaning(
        ChannelRefused, "The business number needs an approved display name. Ask for one in WhatsApp Manager."
    ),
    131041: Meaning(RecipientRefused, "Meta does not know this group."),
    131042: Meaning(
        AccountRefused,
        "Meta has no valid payment method for the account. Add one in WhatsApp Manager and resume the number.",
    ),
    131044: Meaning(AccountRefused, "Meta has no valid payment method for calls. Add one in WhatsApp Manager."),
    131045: Meaning(ChannelRefused, f"{_SETUP} Register the number again in WhatsApp Manager."),
    131047: Meaning(
        RecipientRefused, "More than 24 hours have passed since this person last wrote. Send a template instead."
    ),
    131048: Meaning(
        ChannelRefused,
        "Meta has restricted the number because too many people reported or blocked it. "
        "Wait until its quality recovers before you resume.",
    ),
    131049: Meaning(
        LeaveInPeace,
        "Meta did not deliver it, to spare this person more marketing. Wait at least 24 hours before the next one.",
    ),
    131050: Meaning(
        OptedOut, "This person stopped marketing messages from you in WhatsApp. They now count as opted out."
    ),
    131051: Meaning(RequestRefused, "WhatsApp does not support this kind of message."),
    131052: Meaning(RecipientRefused, "The file this person sent could not be fetched. Ask them to send it again."),
    131053: Meaning(TryLater, f"Meta could not take in the file. Check its type and size. {AGAIN}", most_tries=2),
    131055: Meaning(RequestRefused, "This way of sending takes marketing templates only."),
    131056: Meaning(PairTooFast, f"Too many messages to this one person in a short time. {AGAIN}", 6),
    131057: Meaning(TryLater, f"Meta is working on this number, which takes about a minute. {_META_TROUBLE}", 60),
    131059: Meaning(RequestRefused, "Meta did not understand which page of the groups we asked for. Please report it."),
    131060: Meaning(RecipientRefused, "WhatsApp did not hand this message over. Read it in the WhatsApp Business app."),
    131062: Meaning(RecipientRefused, "This kind of message needs a phone number, and only a username is known."),
    131063: Meaning(TemplateStopped, "Marketing is switched off for this account. Switch it on in WhatsApp Manager."),
    131064: Meaning(
        AccountRefused,
        "Meta limits the account because templates were put in the wrong category. It lifts "
        "by itself; correct the categories meanwhile.",
    ),
    **{code: Meaning(RecipientRefused, _GROUP) for code in range(131201, 131216)},
    132000: Meaning(TemplateRefused, "The number of values does not match the template. Check its variables."),
    132001: Meaning(TemplateRefused, "There is no approved template of this name in this language. Check its state."),
    132005: Meaning(
        RecipientRefused, "With this person's values the text is longer than WhatsApp allows (1,024 characters)."
    ),
    132007: Meaning(TemplateStopped, "The content of the template breaks WhatsApp's policy. Write it differently."),
    132008: Meaning(TemplateRefused, "A value for the template is badly formed. Check the values of its variables."),
    132012: Meaning(TemplateRefused, "The values do not have the form the template asks for. Check its variables."),
    132015: Meaning(
        TemplateStopped, "Meta has paused this template because people did not like it. Wait or improve it."
    ),
    132016: Meaning(TemplateStopped, "Meta has disabled this template for good. Make a new one with other words."),
    132018: Meaning(
        TemplateRefused, "A value breaks the rules for templates (line breaks, tabs, many spaces or nothing)."
    ),
    132068: Meaning(TemplateStopped, "The flow behind this template is blocked. Check it in WhatsApp Manager."),
    132069: Meaning(PairTooFast, f"The flow behind this template may go out 10 times an hour only. {_SLOWER}", 360),
    133000: Meaning(ChannelRefused, f"{_SETUP} An earlier removal has not finished; remove the number again at Meta."),
    133004: Meaning(TryLater, f"Meta's registration is out of service for a moment. {_META_TROUBLE}"),
    133005: Meaning(
        ChannelRefused, "The two-step PIN of the number is wrong. Enter the right one in WhatsApp Manager."
    ),
    133006: Meaning(ChannelRefused, f"{_SETUP} Verify the number in WhatsApp Manager first."),
    133008: Meaning(ChannelRefused, "The two-step PIN was guessed too often. Wait as long as the details say."),
    133009: Meaning(ChannelRefused, "The two-step PIN was entered too quickly. Wait as long as the details say."),
    133010: Meaning(ChannelRefused, f"{_SETUP} Register the number in WhatsApp Manager."),
    133015: Meaning(TryLater, f"The number was removed a moment ago. {_META_TROUBLE}", 300),
    133016: Meaning(TooFast, f"The number was registered too often in a short time. {_SLOWER}", 3600),
    134011: Meaning(
        ChannelRefused, "The terms for WhatsApp Payments are not accepted. Accept them in WhatsApp Manager."
    ),
    134100: Meaning(RequestRefused, "This way of sending takes marketing templates only."),
    134101: Meaning(
        TryLater, f"Meta is still copying this template, which takes about 10 minutes. {_META_TROUBLE}", 600
    ),
    134102: Meaning(TemplateStopped, "Meta cannot send this template the marketing way. Choose another template."),
    135000: Meaning(
        RequestRefused, "Meta found something wrong in the message and does not say what. Please report it."
    ),
    137000: Meaning(
        RecipientRefused, "This person has a new phone or app since we last looked. Check who they are first."
    ),
    **{code: Meaning(RequestRefused, _CALLING) for code in range(138000, 138019)},
    **{code: Meaning(RequestRefused, _FLOW) for code in range(139000, 139005)},
    **{code: Meaning(RequestRefused, _BLOCK_LIST) for code in range(139100, 139104)},
    **{code: Meaning(RequestRefused, _USERNAME) for code in range(147001, 147006)},
}

# Code 100 says "something is wrong"; these subcodes say what.
SUBCODES: dict[int, Meaning] = {
    33: Meaning(
        ChannelRefused,
        "Meta does not know this number or account, or the token may not use it. Check the phone "
        "number id and the business account id.",
    ),
    2388019: Meaning(
        TemplateRefused, "The account has as many templates as Meta allows. Delete some you no longer use."
    ),
    2388024: Meaning(TemplateRefused, "A template of this name exists at Meta in this language. Choose another name."),
    2388039: Meaning(
        TemplateRefused, "The template cannot be changed in its present state. Wait until it was reviewed."
    ),
    2388040: Meaning(TemplateRefused, "A part of the template is too long. Shorten it."),
    2388043: Meaning(
        TemplateRefused, "The template lacks a part or a sample for a variable. Add a sample to each one."
    ),
    2388047: Meaning(TemplateRefused, "The header of the template is not allowed as it is."),
    2388072: Meaning(TemplateRefused, "The body of the template is not allowed as it is."),
    2388073: Meaning(TemplateRefused, "The footer of the template is not allowed as it is."),
    2388293: Meaning(TemplateRefused, "The template has too many variables for so few words. Write more around them."),
    2593002: Meaning(TemplateRefused, "Meta knows no such template."),
    2388299: Meaning(
        TemplateRefused, "A template may not begin or end with a variable. Put words before and after it."
    ),
}


def meaning_of(code: int | str, subcode: int | str = "") -> Meaning:
    """What a code says. A code we do not know refuses this one message, and its number is shown."""
    number, part = _number(code), _number(subcode)
    if number == 100 and part in SUBCODES:
        return SUBCODES[part]
    if number == 100 and 2_388_000 <= part < 2_389_000:
        return Meaning(TemplateRefused, "Meta does not take this template as it is. The details say why.")
    if number in CODES:
        return CODES[number]
    return Meaning(RecipientRefused, f"Meta refused it with code {str(code)[:20] or 'unknown'}, which is new to us.")


def words_of(code: int | str, subcode: int | str = "") -> str:
    """What a person should read about a code: what happened and what to do."""
    return meaning_of(code, subcode).words


def is_known(code: int | str) -> bool:
    """Whether the table has a row for this code."""
    return _number(code) in CODES


def _number(code: object) -> int:
    """A code as a number; Meta writes some as text. -1 when it is none."""
    if isinstance(code, bool) or not isinstance(code, int | str):
        return -1
    if isinstance(code, str) and not (code.isascii() and code.isdigit() and len(code) < 12):
        return -1
    return int(code)
