"""A small server that keeps Meta's contract: send, templates, number, token, and an address for tests."""

import hmac
import json
import re
from typing import Any

from aiohttp import web

from simulator.account import APP_ID, Account
from simulator.answers import Answer, Refusal, ok, refuse, unknown_object
from simulator.approvals import Shelf
from simulator.control import Control
from simulator.faults import TOKEN_GONE
from simulator.files import Files
from simulator.ledger import Pen
from simulator.sends import Sends
from simulator.wire import closed, spoiled_file, written
from simulator.world import World

_VERSION = re.compile(r"v[1-9][0-9]{0,2}\.[0-9]")
LARGEST_BODY = 1_000_000
_NO_PAGE = 25


class Graph:
    """Answers every request. `answer` is what the server calls."""

    def __init__(self, world: World, account: Account, *, sends: Sends, shelf: Shelf, pen: Pen, control: Control,
                 files: Files) -> None:
        self._world = world
        self._sends = sends
        self._shelf = shelf
        self._pen = pen
        self._control = control
        self._files = files
        self._account = account
        self._unread = self._fetched = 0
        self._greetings = [f"{word} {world.token}".encode() for word in ("Bearer", "OAuth")]

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request: who asks, for what."""
        _, version, *rest = request.path.split("/")
        if refusal := self._door(request):
            return written(refuse(refusal))
        if version != "_simulator" and (faulty := await self._met(rest)):
            return closed(request) if faulty == "closed" else written(refuse(TOKEN_GONE))
        if rest[-1:] != ["messages"] and (answer := await self._of_files(request, version, rest)) is not None:
            return written(answer) if isinstance(answer, Answer) else answer
        payload = await _payload(request)
        if isinstance(payload, Refusal):
            return written(refuse(payload))
        if version == "_simulator":
            return written(await self._control.answer(request.method, "/".join(rest), payload))
        if not _VERSION.fullmatch(version):
            return written(refuse(Refusal(2500, wording=f"Unknown path components: /{request.path[1:80]}")))
        if rest == [self._world.phone_number_id, "messages"] and request.method == "POST":
            return await self._sends.answer(request, payload)
        return written(await self._other(request, rest, payload))

    async def _met(self, rest: list[str]) -> str:
        """What goes wrong before anything is read: "token", "closed", or nothing."""
        faults = self._sends.story.faults
        if faults.token_is_dead():
            if rest[-1:] == ["messages"]:
                await self._sends.note_unread("190")
            return "token"
        if faults.resets_unread and rest[-1:] == ["messages"]:
            self._unread += 1
            if self._sends.story.draw("unread", self._unread) < faults.resets_unread:
                await self._sends.note_unread("unread")
                return "closed"
        return ""

    def _door(self, request: web.BaseRequest) -> Refusal | None:
        """Only who shows the token may ask."""
        shown = request.headers.get("Authorization", "").encode()
        if not shown:
            return Refusal(200, wording="(#200) Provide valid app ID")
        if not any(hmac.compare_digest(shown, greeting) for greeting in self._greetings):
            return Refusal(190, subcode=467, wording="Error validating access token: The session is invalid.")
        return None

    async def _of_files(self, request: web.BaseRequest, version: str, rest: list[str]
                        ) -> Answer | web.StreamResponse | None:
        """The answer when it is about files, whose bodies are no JSON; else None."""
        if version == "_simulator":
            is_file = request.method == "POST" and rest == ["files"]
            return await self._files.take_theirs(request) if is_file else None
        if version == "_files" and request.method == "GET" and len(rest) == 1:
            return await self._fetch(request, rest[0])
        match request.method, rest:
            case "POST", [identity, "media"] if identity == self._world.phone_number_id:
                return await self._files.take(request)
            case "POST", [identity, "uploads"] if identity == APP_ID:
                return self._files.start(request.query)
            case "POST", [session] if session.startswith("upload:"):
                return await self._files.finish(session, request)
            case "GET", [identity] if identity != self._world.phone_number_id:
                return self._files.describe(identity, request.host)
            case "DELETE", [identity] if self._files.forget(identity):
                return ok({"success": True})
        return None

    async def _fetch(self, request: web.BaseRequest, identity: str) -> web.StreamResponse:
        """A file comes down, as the faults of files will have it."""
        self._fetched += 1
        story = self._sends.story
        rule = story.faults.of_media(story.draw("media", self._fetched))
        file = self._files.fetch(identity, request.query)
        if file is None or (rule and rule.name == "media-expired"):
            return web.Response(status=404, text="URL signature expired")
        return await spoiled_file(rule, file, self._world.speed) if rule else file

    async def _other(self, request: web.BaseRequest, rest: list[str], payload: Any) -> Answer:
        """Everything that is asked rarely."""
        world, query = self._world, request.query
        match request.method, rest:
            case "GET", [identity] if identity == world.phone_number_id:
                return ok(_chosen(self._account.number(), query.get("fields", "")))
            case "GET", ["debug_token"]:
                return ok({"data": self._account.token(query.get("input_token", ""))})
            case "GET", [identity, "phone_numbers"] if identity == world.business_id:
                return ok({"data": [self._account.number()], "paging": {"cursors": {"before": "MAZD", "after": "MAZD"}}})
            case method, [identity, "subscribed_apps"] if identity == world.business_id:
                return self._account.subscription(method)
            case "POST", [identity, "message_templates"] if identity == world.business_id:
                return await self._shelf.hand_in(identity, payload, self._pen)
            case "GET", [identity, "message_templates"] if identity == world.business_id:
                return ok(self._listing(dict(query)))
            case "DELETE", [identity, "message_templates"] if identity == world.business_id:
                if self._shelf.forget(query.get("name", ""), query.get("hsm_id", "")):
                    return ok({"success": True})
                return refuse(Refusal(100, "There is no such template", 2593002))
            case "GET", [identity] if template := self._shelf.by_id(identity):
                return ok(template.shown())
            case "POST", [identity, "unpause"] if template := self._shelf.by_id(identity):
                return await self._shelf.unpause(template, world.business_id, self._pen)
            case "POST", [identity] if template := self._shelf.by_id(identity):
                return await self._shelf.change(template, world.business_id, payload, self._pen)
        return refuse(unknown_object(rest[0] if rest else ""))

    def _listing(self, query: dict[str, str]) -> dict[str, Any]:
        """A page of templates; `after` is the number of those already shown."""
        asked = {name: query[name].lower() for name in ("name", "language", "status") if query.get(name)}
        found = [t.shown() for t in self._shelf.all()]
        found = [t for t in found if all(str(t[name]).lower() == value for name, value in asked.items())]
        start, size = _whole(query.get("after"), 0), min(_whole(query.get("limit"), _NO_PAGE) or _NO_PAGE, 1000)
        page: dict[str, Any] = {"cursors": {"before": str(start), "after": str(start + size)}}
        if start + size < len(found):
            page["next"] = f"/message_templates?limit={size}&after={start + size}"
        return {"data": found[start:start + size], "paging": page}


async def _payload(request: web.BaseRequest) -> Any:
    """The JSON of the body, None when it is empty, or the refusal of what is no JSON."""
    if request.method != "POST":
        return None
    if (request.content_length or 0) > LARGEST_BODY:
        return Refusal(100, "The body is too large")
    body = await request.read()
    try:
        data = json.loads(body) if body else None
        if b"\\ud" in body.lower():
            json.dumps(data, ensure_ascii=False).encode()  # half a character is no text
        return data
    except (ValueError, RecursionError):
        return Refusal(100, wording="(#100) The parameter messaging_product is required.")


def _chosen(data: dict[str, Any], fields: str) -> dict[str, Any]:
    """The fields that were asked for, and the id; a few when none were."""
    names = [name.strip() for name in fields.split(",") if name.strip()]
    names = names or ["verified_name", "code_verification_status", "display_phone_number", "quality_rating"]
    return {name: data[name] for name in names if name in data} | {"id": data["id"]}


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else otherwise
