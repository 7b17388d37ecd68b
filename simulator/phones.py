"""The phones somebody holds: pick one up, make one, look at it, switch things, come back, change the number."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from core import clock
from simulator import ledger
from simulator.approvals import Shelf
from simulator.customers import WINDOW_SECONDS, Customers
from simulator.ledger import Ledger, Pen
from simulator.notices import Told, status_rows
from simulator.people import People, Person, changes_of, held_now, name_given, number_given, username_given
from simulator.plot import Plot, Step
from simulator.screen import of_message
from simulator.speech import said_of
from simulator.story import Story
from simulator.talk import BUSINESS, Line, Talk
from simulator.voice import NEVER, Room, Voice, anonymous, moved

KEPT_FOR_SECONDS = 30 * 24 * 3600  # how long a message waits for a phone
SWITCHES = ("stop_marketing", "resume_marketing")


class Phones:
    """What the control address may ask about people."""

    def __init__(self, *, book: Ledger, pen: Pen, people: People, talk: Talk, voice: Voice, customers: Customers,
                 story: Story, shelf: Shelf, speed: float, phone_number_id: str, room: Room) -> None:
        """`room` is an empty one: with the number of the business, the talks and the files."""
        self._book, self._pen, self._people, self._talk, self._voice = book, pen, people, talk, voice
        self._customers, self._story, self._shelf, self._speed = customers, story, shelf, speed
        self._owner, self._room = phone_number_id, room

    def everybody(self) -> dict[str, Any]:
        """Every phone that is held."""
        return {"people": [_told_of(person) for person in self._people.all()]}

    def show(self, number: str) -> dict[str, Any]:
        """One phone: whose it is, what stands on it, the calls between it and the business."""
        person, now = self._people.of(number), clock.seconds()
        lines = self._talk.lines(number)
        if not person.is_held and person.has_whatsapp:
            lines = sorted({line.wamid: line for line in (*self._history(person), *lines)}.values(),
                           key=lambda line: line.at)
        heard_at = self._customers.heard_at(number)
        return {"person": _told_of(person), "is_typing": person.typing_until > now,
                "wants_no_marketing": self._customers.wants_no_marketing(number),
                "window_until": heard_at + WINDOW_SECONDS if heard_at else 0,
                "talk": [line.told(now) for line in lines], "calls": self._talk.calls(number)}

    def make(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Make a person, or pick up the phone of one. Raises ValueError in words."""
        if odd := set(told) - {"number", "name", "username", "hides_number"}:
            raise ValueError(f"{sorted(odd)[0][:60]} is not known: give number, name, username, hides_number")
        number = number_given(told["number"]) if told.get("number") else self._people.free_number()
        known = self._people.of(number)
        changes = {"name": name_given(told["name"])} if told.get("name") else {}
        changes |= {"username": username_given(told["username"])} if told.get("username") else {}
        changes |= changes_of({"hides_number": told["hides_number"]}) if "hides_number" in told else {}
        if changes.get("hides_number") and not (changes.get("username") or known.username):
            raise ValueError("Whoever hides their number shows a username: give one")
        return self._hold(known, changes)

    def change(self, number: str, told: Mapping[str, Any]) -> dict[str, Any]:
        """Switch something about a phone, picking it up first. Raises ValueError in words."""
        changes = changes_of(dict(told))
        known = self._people.of(number)
        if changes.get("hides_number") and not changes.get("username", known.username):
            raise ValueError("Whoever hides their number shows a username: give one")
        answer = self._hold(known, changes)
        person = self._people.of(number)
        if known.has_connection and not person.has_connection:
            self._lose_connection(person)
        elif not known.has_connection and person.has_connection:
            self._come_back(person)
        if person.reads and not known.reads:
            self._look(person)
        return answer

    async def look(self, number: str) -> dict[str, Any]:
        """Somebody opens the talk: what has arrived is read. How many messages that were."""
        count = self._look(self._people.of(number))
        await self._pen.committed()
        return {"read": count}

    async def play(self, number: str, identity: object) -> dict[str, Any]:
        """They listen to a voice message. Raises ValueError in words."""
        person, line = self._people.of(number), self._talk.line(number, identity)
        if line is None or line.side != BUSINESS or (line.shown.get("file") or {}).get("kind") != "audio":
            raise ValueError("There is no such voice message on this phone")
        self._tell(person, line, Step(0, "played"))
        await self._pen.committed()
        return {"success": True}

    async def renumber(self, number: str, new: object) -> dict[str, Any]:
        """They change their number; the talk goes with them, the old number is nobody's. Raises ValueError in words."""
        person, digits = self._people.of(number), number_given(new)
        if digits == number or self._people.of_recipient(f"+{digits}"):
            raise ValueError("That number has a phone already")
        if not person.has_whatsapp:
            raise ValueError("This number has no WhatsApp any more")
        person = held_now(person)
        after = moved(person, digits)
        self._people.keep(replace(person, has_whatsapp=False, held_at=0.0))
        self._people.keep(after)
        self._book.write([("DELETE FROM customers WHERE recipient = ?", [(digits,)]),
                          *((f"UPDATE {table} SET {column} = ? WHERE {column} = ?", [(digits, number)]) for table, column in (
                              ("customers", "recipient"), ("talk", "number"), ("calls", "number"), ("news", "recipient")))])
        self._voice.move(person, after, now=clock.seconds())
        await self._pen.committed()
        return {"person": _told_of(after)}

    async def say(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """A person writes, presses, reacts or switches something. Raises ValueError in words."""
        person, now = self._people.of(number_given(told.get("from"))), clock.seconds()
        if not person.has_whatsapp:
            raise ValueError("This number has no WhatsApp any more")
        if told.get("anonymous"):
            person = anonymous(person)
        kind = told.get("type")
        if kind in SWITCHES:
            self._voice.prefer(person, str(kind).removesuffix("_marketing"), born=now, due=now)
            identity = ""
        elif person.has_blocked:
            raise ValueError("They have blocked the business: they cannot write to it until they unblock it")
        else:
            said = said_of(told, replace(self._room, number=person.number))
            identity = self._voice.speak(person, said, born=now, due=now)
        await self._pen.committed()
        return {"id": identity}

    def shown(self, kind: str, part: Any) -> dict[str, Any]:
        """How a message of the business looks on a phone."""
        if kind != "template":
            return of_message(kind, part)
        template = self._shelf.find(part["name"], part["language"]["code"])
        return of_message(kind, part, template.components if template else ())

    def _hold(self, known: Person, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Pick a phone up, with what was on it, and change something."""
        if not known.is_held:
            if not known.has_whatsapp:
                raise ValueError("This number has no WhatsApp any more")
            self._talk.put(*self._history(known))
        person = held_now(known, **changes)
        self._people.keep(person)
        return {"person": _told_of(person)}

    def _history(self, person: Person) -> list[Line]:
        """What an ordinary person was sent so far, as their story has it."""
        made = []
        for row in reversed(self._book.shown_to(f"+{person.number}")):
            if row.content and row.kind != "reaction":
                made.append(line_of(row.wamid, row.kind, self.shown(row.kind, json.loads(row.content)), person,
                                    self._story.as_it_was(row.recipient, row.content), now=row.at, speed=self._speed))
        return made

    def _lose_connection(self, person: Person) -> None:
        """What was on its way does not arrive, until they are back."""
        now = clock.seconds()
        for line in self._talk.lines(person.number):
            if line.side != BUSINESS or line.code or line.arrives_at is None:
                continue
            if line.arrives_at > now:
                self._talk.mark(line.wamid, arrives_at=None, read_at=None, waits=1)
                self._untell(line, ("delivered", "read"))
            elif line.read_at is not None and line.read_at > now:
                self._talk.mark(line.wamid, read_at=None)
                self._untell(line, ("read",))

    def _untell(self, line: Line, words: tuple[str, ...]) -> None:
        """Take back news that is not due yet."""
        self._book.write([("DELETE FROM news WHERE kind = 'status' AND recipient = ? AND instr(payload, ?) AND instr(payload, ?)",
                           [(line.number, f'"id":"{line.wamid}"', f'"status":"{word}"') for word in words])])

    def _come_back(self, person: Person) -> None:
        """What waited arrives, and what they did meanwhile is told."""
        now = clock.seconds()
        for line in self._talk.waiting(person.number):
            if line.side != BUSINESS:
                self._talk.mark(line.wamid, waits=0, at=now)
                self._pen.note(ledger.HEAR, [(person.number, now)])
            elif line.at > now - KEPT_FOR_SECONDS:
                read = now + 2 / self._speed if person.reads else None
                self._talk.mark(line.wamid, waits=0, arrives_at=now, read_at=read)
                self._tell(person, line, Step(0, "delivered"))
                if person.reads and person.tells_read:
                    self._tell(person, line, Step(2, "read"))
        waiting = self._book.rows("SELECT id, payload FROM news WHERE recipient = ? AND due = ?", (person.number, NEVER))
        self._book.write([("UPDATE news SET due = ?, payload = ? WHERE id = ?",
                           [(now, _timed(payload, now), identity) for identity, payload in waiting])])
        self._pen.flush()

    def _look(self, person: Person) -> int:
        """Everything on the phone is read now."""
        now = clock.seconds()
        unread = self._talk.unread(person.number, now)
        for line in unread:
            self._talk.mark(line.wamid, read_at=now)
            self._untell(line, ("read",))
            if person.tells_read:
                self._tell(person, line, Step(0, "read"))
        return len(unread)

    def _tell(self, person: Person, line: Line, step: Step) -> None:
        """News of a message that arrived earlier."""
        about = json.loads(line.about or "{}")
        told = Told(line.wamid, self._owner, about.get("wa_id", person.number), about.get("user_id", person.user_id),
                    about.get("echo", ""), about.get("category", ""), person)
        late = replace(step, told_after=step.after + person.news_late * self._speed)
        rows = status_rows(told, (late,), now=clock.seconds(), speed=self._speed)
        waits = not person.has_connection
        self._pen.note(ledger.ANNOUNCE, [(NEVER, *row[1:]) if waits else row for row in rows])


def plot_of(person: Person, kind: str, speed: float) -> tuple[Step, ...]:
    """What a held phone does with a message."""
    if not person.has_whatsapp:
        return (Step(0.5, "failed", 131026),)
    steps = [Step(0.3, "sent")]
    if kind != "reaction" and person.has_connection and not person.has_blocked:
        steps.append(Step(1.0, "delivered"))
        if person.reads and person.tells_read:
            steps.append(Step(3.0, "read"))
    late = person.news_late * speed
    return tuple(replace(step, told_after=step.after + late) for step in steps) if late else tuple(steps)


def line_of(identity: str, kind: str, shown: Mapping[str, Any], person: Person, plot: Plot, *, now: float, speed: float,
            quotes: str = "", about: str = "", reads: bool = False) -> Line:
    """A message of the business as it will stand on a phone; `reads` says that they look at it without telling."""
    when = {step.word: now + step.after / speed for step in plot.steps}
    arrives, read = when.get("delivered", when.get("read")), when.get("read")
    if arrives is not None and read is None and reads:
        read = arrives + 2 / speed
    code = next((step.code for step in plot.steps if step.word == "failed"), 0) if arrives is None else 0
    waits = arrives is None and not code and person.is_held and not person.has_connection and not person.has_blocked
    return Line(now, person.number, BUSINESS, identity, kind, dict(shown), quotes=quotes, arrives_at=arrives, read_at=read,
                code=code, waits=waits, about=about)


def _timed(payload: str, now: float) -> str:
    """News that waited, with the time it was handed over at last."""
    told = json.loads(payload)
    told["timestamp"] = int(now) if isinstance(told.get("timestamp"), int) else str(int(now))
    return json.dumps(told)


def _told_of(person: Person) -> dict[str, Any]:
    """For the control address."""
    return asdict(person) | {"number": f"+{person.number}", "is_held": person.is_held}
