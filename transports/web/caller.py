"""One safe HTTP call to an address that somebody typed.

The name is looked up once, every address it has is checked, and the connection goes to the one that was checked: a name
that changes its mind afterwards changes nothing. Redirects are answers like others and are never followed. Private,
loopback, link-local and other special addresses are refused unless they are listed.
"""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from core import clock
from transports.port.web import CallFailed, WebAnswer

PORTS = {"http": 80, "https": 443}
MORE_PORTS = (80, 443, 8080, 8443)  # others only where the host is listed with its port
LARGEST_ANSWER = 64 * 1024
KEPT = 2_000
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class SafeCaller:
    """Keeps the promises of WebCaller. `seconds` is for the whole call."""

    def __init__(self, seconds: float = 10.0) -> None:
        self._seconds = seconds

    def check(self, url: str, *, allowed: str) -> None:
        """Raise CallFailed, refused, for a form that is never called, a port, or a private place that is written out."""
        host, port, listed = _place(url, allowed)
        if _is_written_out(host):
            _checked(host, port, listed)

    def post(self, url: str, body: bytes, headers: Mapping[str, str], *, allowed: str) -> WebAnswer:
        """Send the body. Raises CallFailed and nothing else."""
        parts, (host, port, listed) = _parts(url), _place(url, allowed)
        address = _checked(host, port, listed)
        deadline = clock.monotonic() + self._seconds
        try:
            return self._exchange(parts, host, port, address, body, headers, deadline)
        except ssl.SSLError as error:
            raise CallFailed(f"Their certificate is not to be trusted: {error.reason or 'TLS failed'}") from None
        except TimeoutError:
            raise CallFailed(f"No answer within {self._seconds:g} seconds") from None
        except (OSError, http.client.HTTPException) as error:
            raise CallFailed(f"The connection failed: {type(error).__name__}") from None

    def _exchange(self, parts: SplitResult, host: str, port: int, address: str, body: bytes, headers: Mapping[str, str],
                  deadline: float) -> WebAnswer:
        """One request over a connection to the address that was checked."""
        plain = socket.create_connection((address, port), timeout=self._seconds)
        connection = http.client.HTTPConnection(host, port, timeout=self._seconds)
        try:
            connection.sock = (ssl.create_default_context().wrap_socket(plain, server_hostname=host)
                               if parts.scheme == "https" else plain)
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            named = host if port == PORTS[parts.scheme] else f"{host}:{port}"
            connection.request("POST", path, body, {**headers, "Host": named, "Connection": "close"})
            answer = connection.getresponse()
            return WebAnswer(answer.status, _read(answer, connection, deadline), _seconds(answer.getheader("Retry-After")))
        finally:
            connection.close()
            plain.close()


def _read(answer: http.client.HTTPResponse, connection: http.client.HTTPConnection, deadline: float) -> str:
    """The beginning of the body; whoever sends it too slowly is left."""
    pieces, size = [], 0
    while size < LARGEST_ANSWER:
        left = deadline - clock.monotonic()
        if left <= 0:
            raise TimeoutError
        if connection.sock:
            connection.sock.settimeout(left)
        piece = answer.read1(8192)
        if not piece:
            break
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)[:KEPT].decode("utf-8", "replace").replace("\0", "")


def _seconds(text: str | None) -> int | None:
    return min(int(text), 86_400) if text and text.isascii() and text.isdecimal() else None


def _parts(url: str) -> SplitResult:
    """The parts of an address. Raises CallFailed, refused, for a form that is never called."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise CallFailed("This is no address", is_refused=True) from None
    if parts.scheme not in PORTS or not parts.hostname or parts.username or parts.password or port == 0:
        raise CallFailed("An address begins with https:// or http://, names a host, and holds no password", is_refused=True)
    if not url.isascii() or any(c <= " " for c in url):
        raise CallFailed("An address holds no spaces and no special letters", is_refused=True)
    return parts


def _place(url: str, allowed: str) -> tuple[str, int, set[str]]:
    """The host and port of an address, and what is listed. Raises CallFailed, refused, for a port that is not called."""
    parts = _parts(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    listed = {one.strip().lower() for one in allowed.split(",") if one.strip()}
    if port not in MORE_PORTS and f"{host}:{port}" not in listed:
        raise CallFailed(f"Port {port} is not called unless CALL_PRIVATE_HOSTS lists {host}:{port}", is_refused=True)
    return host, port, listed


def _is_written_out(host: str) -> bool:
    """Whether a host needs no look-up: a number in any spelling, or this machine."""
    return ":" in host or host == "localhost" or host.rpartition(".")[2][:1].isdigit()


def _checked(host: str, port: int, listed: set[str]) -> str:
    """The address to connect to: the first that may be called. Raises CallFailed."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise CallFailed(f"Nobody knows the name {host}") from None
    addresses = [str(row[4][0]) for row in found]
    if {host, f"{host}:{port}"} & listed:
        return addresses[0]
    for text in addresses:
        if not is_public(ipaddress.ip_address(text.partition("%")[0]), listed):
            raise CallFailed(f"{host} is at a private address ({text}); list it in CALL_PRIVATE_HOSTS if it may be called",
                             is_refused=True)
    return addresses[0]


def is_public(address: Address, listed: set[str]) -> bool:
    """Whether this address may be called: a public one, or one of a listed net."""
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    if inner:
        address = inner
    if address.is_global and not address.is_multicast:
        return True
    return any(address in net for net in map(_net, listed) if net and net.version == address.version)


def _net(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
