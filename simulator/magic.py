"""The magic numbers: the last two digits of +1 613 555 01xx choose what happens. Published in docs/simulator.md.

Numbers from 555-0100 to 555-0199 are kept free for stories in every area of North America, so none is a person.
"""

import re

from simulator.answers import Refusal
from simulator.plot import Fault, Magic, Plot, Saying, Step

BLOCK = "+161355501"
_NUMBER = re.compile(r"\+161355501(\d\d)")

SENT, DELIVERED, READ = Step(0.3, "sent"), Step(1.0, "delivered"), Step(3.0, "read")
WELL = (SENT, DELIVERED, READ)


def _fails(code: int) -> Plot:
    """Taken in, then `failed` by webhook."""
    return Plot((Step(0.5, "failed", code),))


def _no(code: int, *, times: int = 0, **more: object) -> Plot:
    """Refused in the answer; taken in after so many tries, or never."""
    return Plot(WELL, refusal=Refusal(code, **more), refused_times=times)  # type: ignore[arg-type]


def _broken(how: str, *, accepted: bool = True, steps: tuple[Step, ...] = WELL) -> Plot:
    """A fault on the wire."""
    return Plot(steps, fault=Fault(how, accepted))


def _says(*sayings: Saying) -> Plot:
    """Read, then answered."""
    return Plot(WELL, sayings)


NUMBERS: dict[int, Magic] = {
    # how news arrives
    1: Magic("delivered and read within seconds", Plot(WELL)),
    2: Magic("delivered, never read", Plot((SENT, DELIVERED))),
    3: Magic("sent, never delivered", Plot((SENT,))),
    4: Magic("no news, ever", Plot()),
    5: Magic("delivered late, after 90 seconds", Plot((SENT, Step(90, "delivered"), Step(95, "read")))),
    6: Magic("read without ever being delivered", Plot((SENT, READ))),
    7: Magic("delivered without ever being sent", Plot((DELIVERED,))),
    8: Magic("every status told three times", Plot((Step(0.3, "sent", times=3), Step(1, "delivered", times=3),
                                                    Step(3, "read", times=3)))),
    9: Magic("out of order: read is told first, sent last",
             Plot((Step(0.3, "sent", told_after=6), Step(1, "delivered", told_after=5), Step(3, "read")))),
    10: Magic("failed with 131026, and delivered after all",
              Plot((SENT, Step(1, "failed", 131026), Step(3, "delivered")))),
    11: Magic("the news is told before the answer of the send",
              Plot((Step(0, "sent"), Step(0, "delivered")), news_first=True)),
    12: Magic("held for a check of its quality, then let go",
              Plot((Step(5, "sent"), Step(6, "delivered")), is_held=True)),
    13: Magic("held for a check of its quality, then dropped with 132015",
              Plot((Step(5, "failed", 132015),), is_held=True)),
    14: Magic("delivered and read, without the echo of the attempt",
              Plot((Step(0.3, "sent", has_echo=False), Step(1, "delivered", has_echo=False),
                    Step(3, "read", has_echo=False)))),
    15: Magic("delivered, with a status word that is new", Plot((SENT, Step(0.6, "warning"), DELIVERED))),
    16: Magic("delivered, under another number than the one written to", Plot(WELL, other_wa_id=True)),
    17: Magic("delivered, beside news of a message nobody sent",
              Plot((SENT, DELIVERED, Step(1.5, "delivered", has_echo=False, is_strange=True)))),
    # taken in, then failed
    20: Magic("failed: not on WhatsApp (131026)", _fails(131026)),
    21: Magic("failed: more than 24 hours of silence (131047)", _fails(131047)),
    22: Magic("failed: enough marketing for this person (131049)", _fails(131049)),
    23: Magic("failed: stopped marketing from you (131050)", _fails(131050)),
    24: Magic("failed: part of an experiment (130472)", _fails(130472)),
    25: Magic("failed: file not taken in (131053)", _fails(131053)),
    26: Magic("failed: no reason given (131000)", _fails(131000)),
    27: Magic("failed: no payment method (131042)", _fails(131042)),
    28: Magic("failed: too many complaints about the number (131048)", _fails(131048)),
    29: Magic("failed: template paused (132015)", _fails(132015)),
    30: Magic("failed with a code nobody knows (139999)", _fails(139999)),
    31: Magic("failed with 131026, without the echo of the attempt",
              Plot((Step(0.5, "failed", 131026, has_echo=False),))),
    # refused in the answer
    40: Magic("first try: too much to this person (131056); then taken in", _no(131056, times=1)),
    41: Magic("first try: too fast (130429, Retry-After 3); then taken in", _no(130429, times=1, retry_after=3)),
    42: Magic("first try: too fast (130429, no Retry-After); then taken in", _no(130429, times=1, status=400)),
    43: Magic("first try: HTTP 429 without a word from Meta; then taken in",
              Plot(WELL, refusal=Refusal(0, status=429), refused_times=1)),
    44: Magic("first try: the app calls too often (4); then taken in", _no(4, times=1)),
    45: Magic("first try: the account calls too often (80007); then taken in", _no(80007, times=1)),
    46: Magic("two tries: out of service (131016); then taken in", _no(131016, times=2)),
    47: Magic("always: unknown failure (131000)", _no(131000)),
    48: Magic("always: token expired (190)", _no(190, subcode=463)),
    49: Magic("always: permission missing (200)", _no(200)),
    50: Magic("always: account restricted (368)", _no(368)),
    51: Magic("always: account locked (131031)", _no(131031)),
    52: Magic("always: template paused (132015)", _no(132015)),
    53: Magic("always: template disabled (132016)", _no(132016)),
    54: Magic("always: not on WhatsApp (131026)", _no(131026)),
    55: Magic("always: not on the list of a test number (131030)", _no(131030)),
    56: Magic("always: business number not registered (133010)", _no(133010)),
    57: Magic("always: invalid parameter (100)", _no(100)),
    58: Magic("always: value not allowed (131009)", _no(131009)),
    59: Magic("always: a code nobody knows (999999)", _no(999_999)),
    # lost on the wire
    60: Magic("taken in, then the connection is closed without an answer", _broken("reset")),
    61: Magic("taken in, then closed without an answer, and no news ever", _broken("reset", steps=())),
    62: Magic("closed without an answer, not taken in", _broken("reset", accepted=False)),
    63: Magic("taken in, then no answer until you give up", _broken("hang")),
    64: Magic("no answer until you give up, not taken in", _broken("hang", accepted=False)),
    65: Magic("taken in, the answer is broken JSON", _broken("broken")),
    66: Magic("taken in, the answer is empty", _broken("empty")),
    67: Magic("taken in, the answer is a web page", _broken("html")),
    68: Magic("taken in, the answer has no message id", _broken("no_id")),
    69: Magic("taken in, the answer is 10 MB long", _broken("giant")),
    70: Magic("taken in, the answer comes one byte a second", _broken("trickle")),
    71: Magic("taken in, closed in the middle of the answer", _broken("half")),
    72: Magic("taken in, the answer is 502 from a proxy", _broken("page")),
    73: Magic("the answer is 502 from a proxy, not taken in", _broken("page", accepted=False)),
    74: Magic("the answer sends you elsewhere (307), not taken in", _broken("redirect", accepted=False)),
    75: Magic("taken in, the answer takes 2 seconds", Plot(WELL, fault=Fault("slow", seconds=2))),
    76: Magic("taken in, the answer is HTTP 500", Plot(WELL, fault=Fault("page", status=500))),
    77: Magic("HTTP 503 from a proxy, not taken in", Plot(WELL, fault=Fault("page", False, status=503))),
    78: Magic("first try: HTTP 429 with Retry-After 3, without a word from Meta; then taken in",
              Plot(WELL, refusal=Refusal(0, status=429, retry_after=3), refused_times=1)),
    79: Magic("taken in, the answer is HTTP 503", Plot(WELL, fault=Fault("page", status=503))),
    # what people say
    80: Magic("reads it and answers “Thank you!”", _says(Saying(5, "text", "Thank you!"))),
    81: Magic("reads it and answers STOP", _says(Saying(5, "text", "STOP"))),
    82: Magic("reads it and answers START", _says(Saying(5, "text", "START"))),
    83: Magic("reads it and taps the button “Stop”", _says(Saying(5, "button", "Stop"))),
    84: Magic("switches your marketing off in WhatsApp", _says(Saying(5, "stop_marketing"))),
    85: Magic("switches your marketing on again in WhatsApp", _says(Saying(5, "resume_marketing"))),
    86: Magic("answers with a picture", _says(Saying(5, "image", "Our dog"))),
    87: Magic("answers under a username, without a number", _says(Saying(5, "text", "Who is this?", True))),
    # lost on the wire, too
    88: Magic("the answer is HTTP 500, not taken in", Plot(WELL, fault=Fault("page", False, status=500))),
}


def magic_of(recipient: str) -> Magic | None:
    """The published story of this number, or None for an ordinary person."""
    found = _NUMBER.fullmatch(recipient)
    return NUMBERS.get(int(found.group(1))) if found else None


def table() -> list[tuple[str, str]]:
    """(number, what happens) for every magic number, in order."""
    return [(f"+1 613 555 01{digits:02}", magic.words) for digits, magic in sorted(NUMBERS.items())]
