"""What a send does to a phone somebody holds: how it fares, what the phone shows, what is written down of the call."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core import clock
from simulator import ledger
from simulator.ledger import Pen
from simulator.magic import magic_of
from simulator.notices import Told
from simulator.people import People, Person
from simulator.phones import Phones, line_of, plot_of
from simulator.plot import Plot, Step
from simulator.talk import Talk

TYPING_SECONDS = 25.0
_REACT = "UPDATE talk SET reaction_ours = ? WHERE wamid = ? AND number = ?"
_TYPE = "UPDATE people SET typing_until = ? WHERE number = ?"


class Handset:
    """The held phones, as the sending side sees them."""

    def __init__(self, people: People, talk: Talk, phones: Phones, pen: Pen, speed: float) -> None:
        self._people, self._talk, self._phones, self._pen, self._speed = people, talk, phones, pen, speed

    def of(self, recipient: str) -> Person | None:
        """The phone in somebody's hand that this send is for; None for an ordinary person."""
        return self._people.of_recipient(recipient) if self._people.has(recipient) else None

    def plot(self, person: Person, plot: Plot, payload: Mapping[str, Any]) -> Plot:
        """The story of a message to it: as the phone is, not as chance has it. Magic numbers keep theirs."""
        kind = str(payload.get("type", "text"))
        if person.has_whatsapp and magic_of(f"+{person.number}"):
            return plot
        if kind == "reaction" and self._talk.line(person.number, payload["reaction"].get("message_id")) is None:
            return replace(plot, steps=(Step(0.5, "failed", 131009),), sayings=())
        return replace(plot, steps=plot_of(person, kind, self._speed), sayings=(), other_wa_id=False, news_first=False)

    def take(self, person: Person, about: Told, payload: Mapping[str, Any], plot: Plot, now: float) -> None:
        """The message as it will stand on the phone. Written with the next commit of the pen."""
        kind = str(payload.get("type", "text"))
        part = payload[kind]
        if person.typing_until:
            self._pen.note(_TYPE, [(0.0, person.number)])
        if kind == "reaction":
            if all(step.word != "failed" for step in plot.steps):
                self._pen.note(_REACT, [(part["emoji"], part["message_id"], person.number)])
            return
        told = {"echo": about.attempt_id, "category": about.category, "wa_id": about.wa_id, "user_id": about.user_id}
        line = line_of(about.wamid, kind, self._phones.shown(kind, part), person, plot, now=now, speed=self._speed,
                       quotes=str((payload.get("context") or {}).get("message_id", "")), about=json.dumps(told),
                       reads=person.reads)
        self._pen.note(ledger.SHOW, [line.row()])

    def log(self, number: str, payload: Mapping[str, Any], identity: str, status: int, answer: bytes) -> None:
        """Keep a call of the business, with its answer. Written with the next commit of the pen."""
        what = "typing" if "typing_indicator" in payload else "read mark" if "status" in payload else (
            f"send {payload.get('type', 'text')}")
        body = json.dumps({"request": payload, "answer": json.loads(answer or b"null")}, ensure_ascii=False)
        self._pen.note(ledger.CALL, [(clock.seconds(), number, "out", what, identity, status, body)])

    def seen(self, payload: Mapping[str, Any], answer: bytes) -> None:
        """A message was marked as read, and perhaps somebody writes. Written with the next commit of the pen."""
        identity = str(payload["message_id"])
        if number := self._talk.seen_by_us(identity):
            is_typing = "typing_indicator" in payload
            self._pen.note(_TYPE, [(clock.seconds() + TYPING_SECONDS if is_typing else 0.0, number)])
            self.log(number, payload, identity, 200, answer)
