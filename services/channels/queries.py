"""Which business numbers there are, which of them send, and how to reach each. Never writes."""

import dataclasses
import hashlib
import hmac
from collections.abc import Callable, Sequence

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from core import clock
from core.errors import Invalid, NotFound
from models import Channel, db
from services import settings
from services.channels import vault
from transports.port import Line

SIMULATED_NUMBER = "+441632960000"
SIMULATED_ID = "100000000000001"
SIMULATED_BUSINESS = "200000000000001"
META = "https://graph.facebook.com"
SIMULATION, CLOUD = "simulation", "cloud"

_simulator_url: Callable[[], str] | None = None


def install_simulator(url: Callable[[], str] | None) -> None:
    """Say where the simulator of this process answers. app.py and the worker call this once."""
    global _simulator_url
    _simulator_url = url


def all_channels() -> Sequence[Channel]:
    """Every business number, oldest first. One query."""
    return db.session.scalars(select(Channel).order_by(Channel.id)).all()


def is_in_use(channel: Channel) -> bool:
    """Whether this installation sends from it: not switched off, and simulated only where WHATSAPP_MODE says so."""
    if channel.switched_off_at is not None:
        return False
    if channel.kind == SIMULATION:
        return settings.start_up().whatsapp_mode == SIMULATION
    return bool(channel.sealed_token) or _is_of_environment(channel)


def why_nothing_leaves(channel: Channel) -> str:
    """Why what is queued for this number waits, in words; empty where it leaves."""
    if not is_in_use(channel):
        return f"The number {channel.name} is switched off, so nothing leaves from it"
    return f"Sending from {channel.name} is paused, so nothing leaves: {channel.paused_reason}" if channel.paused_at else ""


def channels_in_use() -> Sequence[Channel]:
    """The numbers this installation sends from. A message belongs to one number for ever, so what was queued for the
    simulation never leaves through a real one, nor the other way round."""
    return [channel for channel in all_channels() if is_in_use(channel)]


def speakers() -> dict[str, Channel]:
    """The number that speaks for each account of ours: the chosen one where it is of that account, else the first."""
    chosen = chosen_channel()
    found: dict[str, Channel] = {}
    for channel in channels_in_use():
        if channel.business_id not in found or (chosen and channel.id == chosen.id):
            found[channel.business_id] = channel
    return found


def lines_in_use() -> list[tuple[int, Line]]:
    """The numbers this installation sends from now, with how to reach each. One whose secrets cannot be opened waits."""
    found = []
    for channel in channels_in_use():
        try:
            found.append((channel.id, line_of(channel)))
        except Invalid:
            continue  # its page says so; a missing key must not stop the other numbers
    return found


def chosen_channel() -> Channel | None:
    """The number new campaigns use: the one that was chosen, else the first in use, else the first. None without any."""
    channels = all_channels()
    usable = [channel for channel in channels if is_in_use(channel)]
    chosen = settings.get("default_channel")
    return next((one for one in usable if one.id == chosen), None) or next(iter([*usable, *channels]), None)


def default_account() -> str:
    """The id of the account new templates are handed in to; empty when there is no number yet."""
    channel = chosen_channel()
    return channel.business_id if channel else ""


def sends_for_real() -> bool:
    """Whether new campaigns reach real people. Two queries."""
    channel = chosen_channel()
    if channel is None:
        return not settings.start_up().is_simulated
    return channel.kind == CLOUD and is_in_use(channel)


def looks_real() -> bool:
    """As `sends_for_real`, for the frame of a page: it is drawn also when the database does not answer."""
    try:
        return sends_for_real()
    except SQLAlchemyError:
        return not settings.start_up().is_simulated


def runs_simulator() -> bool:
    """Whether some number of this installation needs our own simulator. One query."""
    return not settings.start_up().graph_api_url and any(
        channel.kind == SIMULATION and is_in_use(channel) for channel in all_channels())


def simulated_channel() -> Channel | None:
    """The number whose customers are made up, None when this installation has none in use. One query."""
    return next((channel for channel in channels_in_use() if channel.kind == SIMULATION), None)


def get_channel(channel_id: int) -> Channel:
    """One business number. Raises NotFound."""
    if channel := db.session.get(Channel, channel_id):
        return channel
    raise NotFound("There is no such business number")


def by_phone_number_id(phone_number_id: str) -> Channel | None:
    """The channel Meta means by this id, or None when it is not ours."""
    return db.session.scalar(select(Channel).where(Channel.phone_number_id == phone_number_id))


def line_of(channel: Channel) -> Line:
    """How to reach this number: the only place that joins a channel with its secrets.

    What was entered on its page goes before the environment. Raises Invalid when a sealed secret cannot be opened.
    """
    try:
        return _line_of(channel)
    except Invalid:
        if channel not in db.session:
            raise
        db.session.refresh(channel)  # sealed under a new key since the row was read
        return _line_of(channel)


def _line_of(channel: Channel) -> Line:
    start, simulated = settings.start_up(), channel.kind == SIMULATION
    token, app_secret, verify_token = _of_environment(channel)
    address = channel.graph_url or start.graph_api_url
    return Line(
        phone_number_id=channel.phone_number_id,
        business_id=channel.business_id,
        base_url=address or (_simulator_address() if simulated else META),
        version=channel.graph_version or start.graph_api_version,
        token=vault.opened(channel.sealed_token) or token,
        app_secret=vault.opened(channel.sealed_app_secret) or app_secret,
        verify_token=vault.opened(channel.sealed_verify_token) or verify_token,
        timeout_seconds=start.graph_timeout,
    )


def lines_to_hear() -> list[Line]:
    """Every number with each secret its notices may be signed with: the present app secret, and for two days the one
    before it, because Meta may still be retrying what it signed then."""
    lines, now = [], clock.now()
    for channel in all_channels():
        try:
            line = line_of(channel)
        except Invalid:
            continue
        lines.append(line)
        if channel.former_secret_until and channel.former_secret_until > now:
            lines.append(dataclasses.replace(line, app_secret=vault.opened(channel.sealed_former_secret)))
    return lines


def derived(purpose: str) -> str:
    """A secret of the simulated channel, made from SECRET_KEY: the same in every process, stored nowhere."""
    key = settings.start_up().secret_key.encode()
    return hmac.new(key, f"simulated {purpose}".encode(), hashlib.sha256).hexdigest()


def _of_environment(channel: Channel) -> tuple[str, str, str]:
    """Token, app secret and verify token as the start-up settings give them for this number."""
    start = settings.start_up()
    given = (start.whatsapp_token, start.app_secret, start.webhook_verify_token)
    if channel.kind == SIMULATION:
        purposes = ("token", "app secret", "verify token")
        return tuple(one or derived(purpose) for one, purpose in zip(given, purposes, strict=True))  # type: ignore[return-value]
    return given if _is_of_environment(channel) else ("", "", "")


def _is_of_environment(channel: Channel) -> bool:
    """Whether the start-up settings speak of this number."""
    start = settings.start_up()
    return start.whatsapp_mode == CLOUD and channel.phone_number_id == start.phone_number_id


def _simulator_address() -> str:
    """Where our own Graph API answers; empty when this process has none."""
    return _simulator_url() if _simulator_url else ""
