"""What a carrier must be able to do, and how a number of ours is reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol

from transports.port.content import OutgoingMessage
from transports.port.listed import ListedTemplate
from transports.port.news import Item


@dataclass(frozen=True, slots=True)
class Line:
    """How to reach one business number: address, ids and secrets. Never logged, never stored."""

    phone_number_id: str
    business_id: str
    base_url: str  # without version: https://graph.facebook.com
    version: str  # v25.0
    token: str = field(repr=False)
    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)
    timeout_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Receipt:
    """The carrier accepted it. Accepted is not delivered."""

    wire_id: str
    wa_id: str = ""
    held: bool = False  # held_for_quality_assessment


class Reader(Protocol):
    """The receiving half of a carrier."""

    def is_theirs(self, line: Line, body: bytes, headers: Mapping[str, str]) -> bool:
        """Whether this body was signed by the carrier; False when no secret is set."""

    def read(self, body: bytes) -> list[Item]:
        """Every item of a body. Never raises: what cannot be read becomes BadItem."""


class Engine(Protocol):
    """The sending half of a carrier: many in flight on one event loop."""

    async def send(self, line: Line, message: OutgoingMessage) -> Receipt:
        """Hand one message to the carrier. Raises a kind of SendFailed; never returns half-done."""

    async def mark_read(self, line: Line, wire_id: str, *, is_typing: bool = False) -> None:
        """Show a message of a person, and those before it, as read; `is_typing` also shows that we write. Raises
        SendFailed."""

    async def close(self) -> None:
        """Let go of every connection."""


class Account(Protocol):
    """What a carrier says of a number, its token and its account. Each call raises a kind of SendFailed."""

    def token_info(self, line: Line) -> Mapping[str, Any]:
        """is_valid, expires_at (Unix seconds, 0: never), scopes, granular_scopes, app_id."""

    def number_info(self, line: Line) -> Mapping[str, Any]:
        """Name, quality, status and limits of the number."""

    def subscriptions(self, line: Line) -> list[Mapping[str, Any]]:
        """The apps the account tells what happens, each with its `id`."""

    def subscribe(self, line: Line) -> None:
        """Have the account tell our app."""

    def knock(self, line: Line, url: str) -> None:
        """Call our webhook as the carrier does; it must know the verify token."""


class TemplateCatalogue(Protocol):
    """The carrier's list of approved templates."""

    def submit(self, line: Line, *, name: str, language: str, category: str, body: str, footer: str,
               samples: tuple[tuple[str, str], ...], is_named: bool, header: Mapping[str, Any] | None = None,
               handle: str = "", buttons: Sequence[Mapping[str, Any]] = ()) -> tuple[str, str]:
        """Ask for approval. Returns (wire id, state word). Raises SendFailed with the reason in words.

        `header` and `buttons` are as a TemplateVersion keeps them; `handle` is the sample of a header that is a file;
        `samples` are (name, text) of every gap in header, body and addresses.
        """

    def templates(self, line: Line) -> list[ListedTemplate]:
        """Every template of the account, all of them or none. Raises SendFailed."""

    def change(self, line: Line, wire_id: str, *, body: str, footer: str, samples: tuple[tuple[str, str], ...],
               is_named: bool, category: str = "", header: Mapping[str, Any] | None = None, handle: str = "",
               buttons: Sequence[Mapping[str, Any]] = ()) -> None:
        """Replace the words of a template; it is judged anew. Raises SendFailed."""

    def delete(self, line: Line, *, name: str, wire_id: str = "") -> None:
        """Delete a template in one language (with its id), or in all. Raises SendFailed."""

    def unpause(self, line: Line, wire_id: str) -> None:
        """End a pause the carrier made because the first people took a template badly. Raises SendFailed."""

    def number_info(self, line: Line) -> dict[str, Any]:
        """What the carrier says of this number. Raises SendFailed."""


@dataclass(frozen=True, slots=True)
class FileToSend:
    """A file on its way to the carrier; `stream` is read from its beginning."""

    stream: BinaryIO
    name: str
    mime: str
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What a carrier says of a file it holds."""

    wire_id: str
    url: str  # good for minutes
    mime: str
    size: int
    sha256: str  # hex


class MediaStore(Protocol):
    """The carrier's shelf of files."""

    def upload(self, line: Line, file: FileToSend) -> str:
        """Hand over a file to be sent in messages; its wire id, good for 30 days. Raises SendFailed."""

    def sample(self, line: Line, file: FileToSend) -> str:
        """Hand over a file as the sample of a template; its handle. Raises SendFailed."""

    def describe(self, line: Line, wire_id: str) -> StoredFile:
        """What the carrier holds under this id. Raises SendFailed."""

    def download(self, line: Line, stored: StoredFile, into: BinaryIO, *, most_bytes: int) -> None:
        """Write the bytes of a file down. Raises SendFailed, also for more than `most_bytes`."""

    def delete(self, line: Line, wire_id: str) -> None:
        """Forget a file. Raises SendFailed."""
