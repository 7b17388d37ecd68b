"""Pure: bytes from a connection → one HTTP/1.1 answer, read by llhttp. What is not plainly an answer is refused."""

from typing import NamedTuple

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser
from multidict import CIMultiDict

LARGEST_HEAD = 65_536


class NoAnswer(Exception):
    """These bytes are not an answer of HTTP/1.1."""


class Answer(NamedTuple):
    """One answer. `is_last`: the connection must not be used again."""

    status: int
    fields: list[tuple[bytes, bytes]]
    body: bytes
    is_last: bool

    def headers(self) -> CIMultiDict[str]:
        """The header lines, names in any case."""
        return CIMultiDict((name.decode("latin-1"), value.strip().decode("latin-1")) for name, value in self.fields)


def read(heard: bytes, *, is_over: bool) -> Answer | None:
    """The answer that `heard` holds, None while it is not whole. `is_over`: no more bytes will come.

    Interim answers (1xx) are passed over. Raises NoAnswer.
    """
    found = _Heard()
    try:
        found.parser.feed_data(heard)
    except HttpParserUpgrade:
        raise NoAnswer("another protocol") from None
    except HttpParserError as error:
        if found.answer is None:  # else: what follows a whole answer is of no interest, and closes the connection
            raise NoAnswer(str(error)[:80]) from None
        found.has_more = True
    if found.answer is None and is_over and found.ends_with_connection():
        found.finish(is_last=True)
    if found.answer is None and not found.has_head and len(heard) > LARGEST_HEAD:
        raise NoAnswer("a head without end")
    return found.answer._replace(is_last=True) if found.answer and found.has_more else found.answer


class _Heard:
    """What llhttp tells of the bytes it is fed."""

    __slots__ = ("answer", "fields", "has_head", "has_more", "parser", "parts")

    def __init__(self) -> None:
        self.parser = HttpResponseParser(self)
        self.answer: Answer | None = None
        self.has_more = False
        self.on_message_begin()

    def ends_with_connection(self) -> bool:
        """Whether the body has no other end than that of the connection."""
        return self.has_head and not {b"content-length", b"transfer-encoding"} & {n.lower() for n, _ in self.fields}

    def finish(self, *, is_last: bool) -> None:
        """The answer is whole."""
        self.answer = Answer(self.parser.get_status_code(), self.fields, b"".join(self.parts), is_last)

    # called by the parser

    def on_message_begin(self) -> None:
        """A new answer; after a whole one nobody asked for it."""
        self.has_more = self.answer is not None
        self.fields: list[tuple[bytes, bytes]] = []
        self.parts: list[bytes] = []
        self.has_head = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """One line of the head."""
        self.fields.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is whole. Codings that were not asked for are refused."""
        self.has_head = True
        if self.parser.get_status_code() > 599:
            raise NoAnswer("not a status of HTTP")
        if any(n.lower() == b"transfer-encoding" and v.strip().lower() != b"chunked" for n, v in self.fields):
            raise NoAnswer("a coding that was not asked for")

    def on_body(self, part: bytes) -> None:
        """A part of the body."""
        self.parts.append(part)

    def on_message_complete(self) -> None:
        """An answer is whole; interim ones are passed over."""
        if self.answer is None and self.parser.get_status_code() >= 200:
            self.finish(is_last=not self.parser.should_keep_alive())
