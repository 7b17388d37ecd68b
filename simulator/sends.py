"""POST /{phone-number-id}/messages: check it, write it down, answer, and plan what follows."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web

from core import clock
from simulator import ledger
from simulator.answers import Answer, Refusal, ok, refuse
from simulator.approvals import Shelf
from simulator.checks import fault_of_message, recipient_of
from simulator.content_faults import files_of
from simulator.customers import Customers, user_id_of, wamid
from simulator.faults import DAILY_LIMIT
from simulator.files import Files
from simulator.handset import Handset
from simulator.ledger import Pen
from simulator.limits import Pace, PairPace
from simulator.magic import magic_of
from simulator.notices import Told, status_rows
from simulator.people import Person, ordinary
from simulator.plot import Plot, Step
from simulator.story import Story
from simulator.voice import Voice
from simulator.wire import spoiled, written
from simulator.world import World

FIRST_NEWS_SECONDS = 0.4  # how long an answer waits for news that overtakes it


class Sends:
    """Takes messages in."""

    def __init__(self, world: World, *, shelf: Shelf, pen: Pen, customers: Customers, story: Story,
                 files: Files, voice: Voice, handset: Handset) -> None:
        self._world = world
        self._shelf = shelf
        self._pen = pen
        self._customers = customers
        self._files = files
        self._voice = voice
        self._handset = handset
        self.story = story
        self._pace = Pace(world.rate, max(world.rate, 1.0))
        self._pairs = PairPace(1 / world.pair_seconds if world.pair_seconds else 0.0, world.pair_burst)

    async def answer(self, request: web.BaseRequest, payload: Any) -> web.StreamResponse:
        """The answer to one send."""
        faults = self.story.faults
        faults.sends += 1
        if isinstance(payload, dict) and "status" in payload:
            return written(await self._marked(payload))
        if refusal := fault_of_message(payload, self._shelf):
            return await self._refused(payload, refusal)
        recipient, told = str(recipient_of(payload)), _told(payload)
        person = self._handset.of(recipient)
        if not self._pace.allows(clock.monotonic()):
            return await self._refused(payload, Refusal(130429, retry_after=1))
        if not self._pairs.allows(recipient, clock.monotonic()):
            return await self._refused(payload, Refusal(131056))
        plot = self._plot(payload, recipient, told, person)
        if faults.over_the_day():
            return await self._refused(payload, DAILY_LIMIT)
        if plot.refusal:
            return await self._refused(payload, self._hurried(plot.refusal))
        await self._wait(faults.sends)
        if plot.fault and not plot.fault.is_accepted:
            await self._note_refused(payload, plot.fault.how)
            return await spoiled(request, plot.fault, ok({}), self._world.speed)
        faults.accepted += 1
        answer = await self._take_in(payload, recipient, plot, told, person)
        return await spoiled(request, plot.fault, answer, self._world.speed) if plot.fault else written(answer)

    async def _wait(self, number: int) -> None:
        """As long as an answer takes."""
        least, most = self._world.latency, self._world.latency_most
        if seconds := least + self.story.draw("latency", number) * (most - least) if most > least else least:
            await asyncio.sleep(seconds)

    def _plot(self, payload: Mapping[str, Any], recipient: str, told: str, person: Person | None) -> Plot:
        """What happens to this message, given who it is for and what it is."""
        kind = payload.get("type", "text")
        plot = self.story.of(recipient, told)
        if not plot.refusal and '"id"' in told and self._lacks_files(kind, payload[kind]):
            return replace(plot, steps=(Step(0.5, "failed", 131053),), sayings=())
        number = person.number if person else recipient.removeprefix("+")
        if plot.refusal or not (person or recipient.startswith("+")):
            return plot
        if person and not person.has_whatsapp:
            return self._handset.plot(person, plot, payload)
        if kind != "template" and not self._customers.is_window_open(number, clock.seconds()):
            return replace(plot, steps=(Step(0.5, "failed", 131047),), sayings=())
        if self._category(payload) == "marketing" and self._customers.wants_no_marketing(number):
            return replace(plot, steps=(Step(0.5, "failed", 131050),), sayings=())
        if person:
            return self._handset.plot(person, plot, payload)
        return _of_reaction(plot) if kind == "reaction" and not magic_of(recipient) else plot

    async def _take_in(self, payload: Mapping[str, Any], recipient: str, plot: Plot, told: str,
                       person: Person | None) -> Answer:
        """Write the message and its news down; only then is there an answer."""
        now = clock.seconds()
        number, kind = self._world.phone_number_id, str(payload.get("type", "text"))
        wa_id = recipient[1:] if recipient.startswith("+") else ""
        wa_id = wa_id[:-4] + wa_id[-3:] if plot.other_wa_id else wa_id
        user_id = person.user_id if person else user_id_of(wa_id) if wa_id else recipient
        about = Told(wamid(wa_id or recipient), number, wa_id, user_id, payload.get("biz_opaque_callback_data", ""),
                     self._category(payload), person)
        answer = _receipt(recipient, about, is_template=kind == "template", is_held=plot.is_held)
        self._pen.note(ledger.ACCEPT, [(now, number, recipient, about.attempt_id, about.wamid, kind, told)])
        if person:
            self._handset.take(person, about, payload, plot, now)
            self._handset.log(person.number, payload, about.wamid, answer.status, answer.body)
        if self._pen.keeps_news:
            self._announce(about, plot, now)
        await self._pen.committed()
        if plot.news_first:
            await asyncio.sleep(FIRST_NEWS_SECONDS)
        return answer

    def _lacks_files(self, kind: str, part: Any) -> bool:
        """Whether it names a file that was never handed over, or is of another kind."""
        return not all(self._files.knows(of_kind, identity) for of_kind, identity in files_of(kind, part))

    def _announce(self, about: Told, plot: Plot, now: float) -> None:
        """Plan what the webhook will be told."""
        speed = self._world.speed
        self._pen.note(ledger.ANNOUNCE, status_rows(about, plot.steps, now=now, speed=speed))
        for saying in plot.sayings:
            self._voice.say(about.person or ordinary(about.wa_id), saying, born=now, due=now + saying.after / speed)

    async def _marked(self, payload: Mapping[str, Any]) -> Answer:
        """A message of a person is marked as read, and perhaps somebody writes to them."""
        answer = _read_mark(payload)
        if answer.status == 200:
            self._handset.seen(payload, answer.body)
            await self._pen.committed()
        return answer

    def _category(self, payload: Mapping[str, Any]) -> str:
        """What Meta would charge this as."""
        if payload.get("type") != "template":
            return "service"
        part = payload["template"]
        template = self._shelf.find(part["name"], part["language"]["code"])
        return template.category.lower() if template else "service"

    def _hurried(self, refusal: Refusal) -> Refusal:
        """Waiting is shorter, too, in a quick world; a header knows whole seconds only."""
        wait = refusal.retry_after and max(1, round(refusal.retry_after / self._world.speed))
        return replace(refusal, retry_after=wait)

    async def note_unread(self, outcome: str) -> None:
        """Write down a call that was turned away before anybody read who it was for."""
        self._pen.note(ledger.REFUSE, [(clock.seconds(), "", "", outcome)])
        await self._pen.committed()

    async def _refused(self, payload: Any, refusal: Refusal) -> web.Response:
        await self._note_refused(payload, str(refusal.code or refusal.status), refusal)
        if not refusal.code:
            headers = {"Retry-After": str(refusal.retry_after)} if refusal.retry_after else None
            return web.Response(status=refusal.status, text="Too many requests", headers=headers)
        return written(refuse(refusal))

    async def _note_refused(self, payload: Any, outcome: str, refusal: Refusal | None = None) -> None:
        """Write down what was not taken in, so that tests can count tries."""
        told = payload if isinstance(payload, dict) else {}
        recipient = recipient_of(told)
        if recipient and (person := self._handset.of(recipient)):
            answer = refuse(refusal) if refusal and refusal.code else Answer(refusal.status if refusal else 0, b"")
            self._handset.log(person.number, told, "", answer.status, answer.body)
        self._pen.note(ledger.REFUSE, [(clock.seconds(), str(told.get("to"))[:40],
                                        str(told.get("biz_opaque_callback_data"))[:512], outcome)])
        await self._pen.committed()


def _of_reaction(plot: Plot) -> Plot:
    """Of a reaction nothing is told but that it was sent, or that it failed."""
    return replace(plot, steps=tuple(step for step in plot.steps if step.word in ("sent", "failed")), sayings=())


def _told(payload: Mapping[str, Any]) -> str:
    """What a message holds, as JSON: the same message is always the same text."""
    return json.dumps(payload[payload.get("type", "text")], sort_keys=True)


def _read_mark(payload: Mapping[str, Any]) -> Answer:
    """Is this a mark Meta would take?"""
    if (typing := payload.get("typing_indicator")) is not None and typing != {"type": "text"}:
        return refuse(Refusal(131009, "typing_indicator.type must be text"))
    if payload.get("status") != "read" or not isinstance(payload.get("message_id"), str):
        return refuse(Refusal(131009, "status must be read, and message_id the id of a message"))
    return ok({"success": True})


def _receipt(recipient: str, about: Told, *, is_template: bool, is_held: bool) -> Answer:
    """Meta's answer to a message it took in."""
    person = {"wa_id": about.wa_id} if about.wa_id else {"user_id": about.user_id}
    message = {"id": about.wamid}
    if is_template:
        message["message_status"] = "held_for_quality_assessment" if is_held else "accepted"
    return ok({"messaging_product": "whatsapp", "contacts": [{"input": recipient} | person], "messages": [message]})
