"""How the simulator is asked: by its control address, with the line of the simulated number and no other way."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from core.errors import CarrierTrouble, Invalid, NotFound
from models import Channel
from services import channels, whatsapp_service
from transports.port import Line, RequestRefused, SendFailed, SimulatedPhones

Got = TypeVar("Got")


def channel() -> Channel:
    """The number whose customers are made up. Raises NotFound when there is none in use."""
    if found := channels.simulated_channel():
        return found
    raise NotFound("No number of this installation is simulated, so there are no simulated phones")


def see(path: str) -> Mapping[str, Any]:
    """What is at this control address. Raises NotFound, Invalid in the simulator's words, CarrierTrouble."""
    return asked(lambda phones, line: phones.see(line, path))


def act(path: str, **told: Any) -> Mapping[str, Any]:
    """What comes of doing something there. Raises as `see`."""
    return asked(lambda phones, line: phones.act(line, path, told))


def asked(ask: Callable[[SimulatedPhones, Line], Got]) -> Got:
    """What the simulator answers. Raises as `see`."""
    line = channels.line_of(channel())
    try:
        return ask(whatsapp_service.simulated_phones(), line)
    except RequestRefused as refusal:
        raise Invalid(refusal.words) from None
    except SendFailed as trouble:
        raise CarrierTrouble("The simulator does not answer. It runs as long as the dashboard runs; look at it under "
                             f"Settings, Health. ({trouble.words})") from None
