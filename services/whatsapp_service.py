"""The one door from the rules to the wire: which carrier a channel uses, each call timed, counted and logged."""

import logging
from collections.abc import Callable

from flask import Flask, current_app

from core import clock
from transports.port import (
    Account,
    Engine,
    Line,
    MediaStore,
    NeverLeft,
    OutcomeUnknown,
    OutgoingMessage,
    Reader,
    Receipt,
    SendFailed,
    SimulatedPhones,
    TemplateCatalogue,
)

log = logging.getLogger("whatsapp")
WIRE_ID_LIMIT = 255


def install(app: Flask, *, engine: Callable[[], Engine], reader: Reader, catalogue: TemplateCatalogue,
            account: Account, media: MediaStore, phones: SimulatedPhones) -> None:
    """Say which carrier this installation speaks to. `engine` makes one sending half for each event loop."""
    app.extensions["carriers"] = {"engine": engine, "reader": reader, "catalogue": catalogue,
                                    "account": account, "media": media, "phones": phones}


def new_engine() -> Engine:
    """A sending half of its own for the calling event loop; close() it there."""
    return current_app.extensions["carriers"]["engine"]()


def reader() -> Reader:
    """The half that checks signatures and reads notices."""
    return current_app.extensions["carriers"]["reader"]


def catalogue() -> TemplateCatalogue:
    """The carrier's list of templates."""
    return current_app.extensions["carriers"]["catalogue"]


def account() -> Account:
    """What the carrier says of our number, token and account, asked rarely."""
    return current_app.extensions["carriers"]["account"]


def media_store() -> MediaStore:
    """The carrier's shelf of files."""
    return current_app.extensions["carriers"]["media"]


def simulated_phones() -> SimulatedPhones:
    """The made-up people behind a simulated number."""
    return current_app.extensions["carriers"]["phones"]


class WhatsAppService:
    """One business number on the wire. Simulation is the same carrier at another address."""

    def __init__(self, line: Line, engine: Engine) -> None:
        self._line = line
        self._engine = engine
        self.accepted = 0
        self.refused = 0
        self.seconds = 0.0  # spent waiting for answers, over all calls
        self.is_connected = True  # whether the last call got through to the carrier

    def use(self, line: Line) -> None:
        """Reach the number by another address or token from the next message on."""
        self._line = line

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Hand over one message. Raises a kind of SendFailed and nothing else: the unexpected counts as unknown."""
        started = clock.monotonic()
        try:
            receipt = await self._engine.send(self._line, message)
            if not 0 < len(receipt.wire_id) <= WIRE_ID_LIMIT:
                raise OutcomeUnknown("WhatsApp answered without a usable message id", code="no_wire_id")
        except SendFailed as failure:
            self._note(failure, message.attempt_id)
            raise
        except Exception as error:
            log.exception("attempt %s ended in an unexpected error", message.attempt_id)
            self.refused += 1
            raise OutcomeUnknown(f"Something unexpected happened while sending ({type(error).__name__}); "
                                 "it may have been accepted", code="unexpected") from error
        finally:
            self.seconds += clock.monotonic() - started
        self.accepted += 1
        self.is_connected = True
        return receipt

    async def mark_read(self, wire_id: str, *, is_typing: bool = False) -> None:
        """Show a message of a person as read, and that we write. Raises a kind of SendFailed."""
        await self._engine.mark_read(self._line, wire_id, is_typing=is_typing)

    def _note(self, failure: SendFailed, attempt_id: str) -> None:
        """Count and log a refusal, without number and text."""
        self.refused += 1
        self.is_connected = not isinstance(failure, NeverLeft | OutcomeUnknown)
        log.warning("attempt %s: %s %s %s", attempt_id, type(failure).__name__, failure.code, failure.words)
