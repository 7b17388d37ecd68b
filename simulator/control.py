"""An address for tests and benchmarks: `/_simulator/…` with the same token shows the ledger and changes the chances."""

import json
from dataclasses import asdict, fields, replace
from typing import Any

from simulator import drawn
from simulator.account import Account
from simulator.answers import Answer, ok
from simulator.approvals import Shelf
from simulator.files import Files
from simulator.ledger import Ledger, Pen
from simulator.people import number_given
from simulator.phones import Phones
from simulator.story import Chances, Story

ADDRESSES = ("GET ledger, GET messages/+44…, GET or POST chances, GET or POST faults, POST templates, POST say, GET or "
             "POST people, GET or POST phone/+44…, POST look/+44…, POST play/+44…, POST number/+44…, GET or POST drawn, "
             "POST files")


class Control:
    """What a test, or the page of the simulated phone, may ask of a running simulator."""

    def __init__(self, business_id: str, pen: Pen, account: Account, *, book: Ledger, phones: Phones, story: Story, shelf: Shelf,
                 files: Files) -> None:
        self._business_id = business_id
        self._pen = pen
        self._account = account
        self._book = book
        self._phones = phones
        self._story = story
        self._shelf = shelf
        self._files = files

    async def answer(self, method: str, path: str, payload: Any) -> Answer:
        """The world (ledger, chances, faults, templates), and the people in it. ADDRESSES lists everything."""
        told = payload if isinstance(payload, dict) else {}
        try:
            return await self._of_people(method, path, told) or await self._of_world(method, path, told)
        except ValueError as error:
            return _wrong(str(error))

    async def _of_people(self, method: str, path: str, told: dict[str, Any]) -> Answer | None:
        """What is asked about people and their phones; None when it is something else. Raises ValueError in words."""
        name, _, number = path.partition("/")
        if number and name in ("phone", "look", "play", "number"):
            return await self._of_phone(method, name, number_given(number), told)
        match method, path:
            case "GET", "people":
                return ok(self._phones.everybody())
            case "POST", "people":
                return ok(self._phones.make(told))
            case "POST", "say":
                return ok(await self._phones.say(told))
            case "GET", "drawn":
                return ok({"pictures": list(drawn.PICTURES), "others": ["voice", "document", "sticker"]})
            case "POST", "drawn":
                return ok(self._draw(told.get("what")))
        return None

    async def _of_phone(self, method: str, name: str, number: str, told: dict[str, Any]) -> Answer | None:
        """What is asked about one phone."""
        match method, name:
            case "GET", "phone":
                return ok(self._phones.show(number))
            case "POST", "phone":
                return ok(self._phones.change(number, told))
            case "POST", "look":
                return ok(await self._phones.look(number))
            case "POST", "play":
                return ok(await self._phones.play(number, told.get("message")))
            case "POST", "number":
                return ok(await self._phones.renumber(number, told.get("number")))
        return None

    def _draw(self, what: object) -> dict[str, Any]:
        """A file made on the spot, for a person to send. Raises ValueError for one there is not."""
        try:
            data, mime, name = drawn.file_of(str(what))
        except KeyError:
            raise ValueError(f"what must be one of {', '.join((*drawn.PICTURES, 'voice', 'document', 'sticker'))}") from None
        return {"id": self._files.keep_theirs(data, mime), "mime": mime, "name": name}

    async def _of_world(self, method: str, path: str, told: dict[str, Any]) -> Answer:
        """What is asked about the world as a whole."""
        match method, path:
            case "GET", "ledger":
                return ok({"accepted": [asdict(row) for row in self._book.accepted()],
                           "refused": [asdict(row) for row in self._book.refused()], "pending": self._book.pending()})
            case "GET", _ if path.startswith("messages/"):
                return ok({"messages": [asdict(row) | {"content": json.loads(row.content or "{}")}
                                        for row in self._book.shown_to(path.removeprefix("messages/"))]})
            case "GET", "chances":
                return ok(asdict(self._story.chances))
            case "POST", "chances":
                return self._change(told)
            case "GET", "faults":
                return ok({"faults": list(self._story.faults.texts)})
            case "POST", "faults":
                return self._go_wrong(told.get("faults"))
            case "POST", "account":
                return self._account.change(told)
            case "POST", "templates":
                found = await self._shelf.think_again(str(told.get("name")), told, self._business_id, self._pen)
                return ok({"success": True}) if found else _wrong("There is no template of this name")
        return _wrong(ADDRESSES)

    def _change(self, told: dict[str, Any]) -> Answer:
        """Set some chances; the others stay."""
        known = {field.name for field in fields(Chances)}
        if set(told) - known or not all(isinstance(v, int | float) and v >= 0 for v in told.values()):
            return _wrong(f"Chances are numbers; they are called {', '.join(sorted(known))}")
        self._story.chances = replace(self._story.chances, **told)
        return ok(asdict(self._story.chances))

    def _go_wrong(self, faults: Any) -> Answer:
        """From now on these faults, and no others."""
        if not isinstance(faults, list) or not all(isinstance(text, str) for text in faults):
            return _wrong('faults must be a list such as ["reset-after-accepting=1%"]')
        try:
            self._story.faults.set(faults)
        except ValueError as error:
            return _wrong(str(error))
        return ok({"faults": faults})


def _wrong(words: str) -> Answer:
    return Answer(400, ok({"error": words}).body)
