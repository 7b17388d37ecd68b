"""How an answer goes wrong: closed, late, broken, too large, somebody else's."""

import asyncio
from pathlib import Path

from aiohttp import web

from simulator.answers import Answer
from simulator.faults import Rule
from simulator.plot import Fault

FOREVER = 3600.0
GIANT = 10_000_000
_NO_ID = b'{"messaging_product":"whatsapp","messages":[{}]}'
_PAGE = b"<html><body><h1>Something went wrong</h1></body></html>"


def written(answer: Answer) -> web.Response:
    """The answer as it should be."""
    return web.Response(status=answer.status, body=answer.body, headers=answer.headers, content_type="application/json")


async def spoiled(request: web.BaseRequest, fault: Fault, answer: Answer, speed: float) -> web.StreamResponse:
    """The answer as the fault makes it."""
    if fault.how == "reset":
        return closed(request)
    if fault.how == "hang":
        await asyncio.sleep(FOREVER)
    if fault.how == "slow":
        await asyncio.sleep(fault.seconds / speed)
    if fault.how in ("half", "trickle"):
        return await _in_pieces(request, answer.body, fault.how)
    return _other(fault, answer)


def closed(request: web.BaseRequest) -> web.StreamResponse:
    """Nothing at all: the connection is gone."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def spoiled_file(rule: Rule, file: web.FileResponse, speed: float) -> web.StreamResponse:
    """A file that comes down as it should not."""
    match rule.name:
        case "media-slow":
            await asyncio.sleep((5.0 if rule.seconds is None else rule.seconds) / speed)
        case "media-redirect":
            return web.Response(status=302, headers={"Location": "/elsewhere"})
        case "media-wrong-type":
            file.headers["Content-Type"] = "text/html"
        case "media-wrong-size":
            body = await asyncio.to_thread(Path(file._path).read_bytes)
            return web.Response(body=body + b"one more", headers={"Content-Type": file.headers["Content-Type"]})
    return file


async def _in_pieces(request: web.BaseRequest, body: bytes, how: str) -> web.StreamResponse:
    """The first half and then nothing, or a byte a second."""
    stream = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(body))})
    await stream.prepare(request)
    if how == "half":
        await stream.write(body[:len(body) // 2])
        return closed(request)
    for byte in body:
        await stream.write(bytes([byte]))
        await asyncio.sleep(1)
    return stream


def _other(fault: Fault, answer: Answer) -> web.Response:
    """A whole answer that is not the right one."""
    match fault.how:
        case "broken":
            return web.Response(body=answer.body[:-12], content_type="application/json")
        case "empty":
            return web.Response(body=b"", content_type="application/json")
        case "no_id":
            return web.Response(body=_NO_ID, content_type="application/json")
        case "giant":
            return web.Response(body=b" " * GIANT + answer.body, content_type="application/json")
        case "html":
            return web.Response(body=_PAGE, content_type="text/html")
        case "page":
            return web.Response(status=fault.status, body=_PAGE, content_type="text/html")
        case "redirect":
            return web.Response(status=307, headers={"Location": "/elsewhere"})
    return written(answer)
