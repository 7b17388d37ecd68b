"""HTTP for sending: one event loop, many requests in flight over kept connections."""

import json
import logging
from dataclasses import dataclass

from yarl import URL

from transports.cloud_api.answer import Answer, NoAnswer
from transports.cloud_api.failures import LOST, failure
from transports.cloud_api.send import payload_of, read_mark_of, receipt_of
from transports.cloud_api.wire import Lost, Origin, Unreached, Wires
from transports.port import ChannelRefused, Line, NeverLeft, OutcomeUnknown, OutgoingMessage, Receipt, RequestRefused

CONNECT_SECONDS = 10.0

log = logging.getLogger("whatsapp")


@dataclass(frozen=True, slots=True)
class _Route:
    """What is the same for every message of one line, worked out once."""

    origin: Origin
    head: bytes  # of a request, up to the number that says how long its body is
    seconds: float  # for the whole call
    connect_seconds: float


class CloudEngine:
    """Sends messages to Meta or to anybody who keeps Meta's contract. Use it from one event loop."""

    def __init__(self) -> None:
        self._wires = Wires()
        self._routes: dict[Line, _Route] = {}
        self._latest: tuple[Line | None, _Route | None] = (None, None)

    async def send(self, line: Line, message: OutgoingMessage) -> Receipt:
        """Hand one message to the carrier. Raises a kind of SendFailed; never returns half-done."""
        answer = await self._post(self._route(line), _composed(message))
        if answer.status == 200:
            return receipt_of(answer.body)
        raise failure(answer.status, _json(answer.body), answer.headers())

    async def mark_read(self, line: Line, wire_id: str, *, is_typing: bool = False) -> None:
        """Show a message of a person as read, and that we write. Raises a kind of SendFailed."""
        answer = await self._post(self._route(line), read_mark_of(wire_id, is_typing=is_typing))
        if answer.status != 200:
            raise failure(answer.status, _json(answer.body), answer.headers())

    async def close(self) -> None:
        """Let go of every connection."""
        self._wires.close()

    async def _post(self, route: _Route, payload: bytes) -> Answer:
        """The whole answer. Only what failed before a byte was written is NeverLeft."""
        request = b"%b%d\r\n\r\n%b" % (route.head, len(payload), payload)
        try:
            return await self._wires.ask(route.origin, request, seconds=route.seconds,
                                         connect_seconds=route.connect_seconds)
        except Unreached as error:
            raise NeverLeft("The carrier could not be reached. It is tried again by itself.",
                            code="unreachable", detail=str(error)) from None
        except TimeoutError:
            raise OutcomeUnknown(f"The carrier did not answer in time. {LOST}", code="timeout") from None
        except Exception as error:  # whatever broke here, bytes may have left: a doubt, never a second send
            log.warning("An answer was lost: %s", type(error).__name__)
            detail = str(error) if isinstance(error, Lost | NoAnswer) else type(error).__name__
            raise OutcomeUnknown(LOST, code="lost", detail=detail) from None

    def _route(self, line: Line) -> _Route:
        """How to reach this line; mostly the one of the message before."""
        latest, route = self._latest
        if latest is not line or route is None:  # hashing a line for each message would cost as much as parsing its answer
            route = self._routes.get(line) or self._add_route(line)
            self._latest = (line, route)
        return route

    def _add_route(self, line: Line) -> _Route:
        """Address and headers of a line. Raises NeverLeft or ChannelRefused when the line leads nowhere."""
        if not line.base_url:
            raise NeverLeft("The simulator is not running yet.", code="unreachable")
        try:
            url = URL(f"{line.base_url.rstrip('/')}/{line.version}/{line.phone_number_id}/messages")
        except ValueError:
            url = URL()
        if url.scheme not in ("http", "https") or not url.raw_host or not url.port:
            raise ChannelRefused("GRAPH_API_URL is not an address such as https://graph.facebook.com.", code="address")
        if not line.token.isprintable() or not line.token.isascii():
            raise ChannelRefused("The access token has characters that no token has. Copy it again.", code="token")
        if len(self._routes) >= 1000:
            self._routes.clear()
        route = self._routes[line] = _Route(
            Origin(url.raw_host, url.port, url.scheme == "https"), _head(url, line.token), line.timeout_seconds,
            min(CONNECT_SECONDS, line.timeout_seconds * 0.8))
        return route


def _composed(message: OutgoingMessage) -> bytes:
    """The body of a message. Raises RequestRefused for one that cannot be written: nothing of it leaves, so there is no doubt."""
    try:
        return payload_of(message)
    except (ValueError, TypeError, KeyError) as error:
        raise RequestRefused("The message could not be put together, so nothing left. Write it anew, or report it.",
                             code="message", detail=f"{type(error).__name__}: {error}"[:300]) from error


def _head(url: URL, token: str) -> bytes:
    """A request up to the length of its body."""
    return (f"POST {url.raw_path_qs} HTTP/1.1\r\n"
            f"Host: {url.host_port_subcomponent}\r\n"
            f"Authorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\n"
            "Accept: application/json\r\n"
            "Accept-Encoding: identity\r\n"  # answers are small, and a packed one could unpack without end
            "User-Agent: Pigeonpost\r\n"
            "Content-Length: ").encode("ascii")


def _json(answer: bytes) -> object:
    """The parsed answer, or None when it is no JSON."""
    try:
        return json.loads(answer)
    except (ValueError, RecursionError):
        return None
