"""Row 17: filling the gaps of a million bodies.

The floor is the least a program can do for one known text: cut it once, copy the list, put each value in its place by
hand, join. It knows the names of this one text, does not notice a value that is missing, and calls no function. The
other side is what the program does: `message_templates.rendered` for one person, and `placeholders.fill` for many.
Both must give the same text for every person or the row ends in words.
"""

import time
from collections.abc import Callable
from statistics import median
from types import SimpleNamespace

from core import placeholders
from services import message_templates

BODIES = 1_000_000
BODY = ("Hello {{first_name}}, the flu vaccine is here. Come on {{day}} from 8 in the morning, at {{place}}.\n\n"
        "It takes ten minutes. Please bring your clinic card, *not your file*.")
Line = tuple[str, float, float, float, str]
Values = dict[str, str]


def rendering(rounds: int) -> list[Line]:
    """Row 17. Our time divided by the floor's: less is better."""
    people = [{"first_name": f"Ada{number}", "day": "Thursday", "place": "Marina Road"} for number in range(1000)]
    people *= BODIES // len(people)
    parsed = placeholders.parse(BODY)
    version = SimpleNamespace(body=BODY)
    for values in people[:1000]:
        if not _bare([values])[0] == placeholders.fill(parsed, values) == message_templates.rendered(version, values):
            raise SystemExit("The two sides do not say the same")
    many, one = [], []
    for _ in range(rounds):
        floor = _seconds(_bare, people)
        many.append(_seconds(lambda all_of_them: _filled(parsed, all_of_them), people) / floor)
        one.append(_seconds(lambda few: [message_templates.rendered(version, values) for values in few],
                            people[:BODIES // 10]) * 10 / floor)
    note = f"{floor / BODIES * 1e6:.2f} us for the floor in the last round"
    return [("1,000,000 bodies of three gaps / split and join by hand", min(many), median(many), max(many), note),
            ("the same one by one, as previews are shown", min(one), median(one), max(one), "")]


def _bare(people: list[Values]) -> list[str]:
    """Split once, join for each."""
    first, rest = BODY.split("{{first_name}}")
    second, rest = rest.split("{{day}}")
    third, last = rest.split("{{place}}")
    pieces = [first, "", second, "", third, "", last]
    said = []
    for values in people:
        row = pieces.copy()
        row[1], row[3], row[5] = values["first_name"], values["day"], values["place"]
        said.append("".join(row))
    return said


def _filled(parsed: placeholders.Parsed, people: list[Values]) -> list[str]:
    """What the program does."""
    return [placeholders.fill(parsed, values) for values in people]


def _seconds(work: Callable[[list[Values]], object], people: list[Values]) -> float:
    """How long it took; what it made is let go of outside the clock."""
    begun = time.perf_counter()
    made = work(people)
    spent = time.perf_counter() - begun
    del made
    return spent


ROWS = {17: rendering}
