"""What is wrong with our numbers, in words and with where to click: for Home, their pages and /readyz."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core import clock
from core.errors import Invalid
from models import Channel
from services.channels.about import SILENT, Step, unset
from services.channels.health import WARN_AHEAD, Facts, facts_of
from services.channels.pulse import seen
from services.channels.queries import channels_in_use, line_of

STALE = timedelta(seconds=50)  # two looks missed
FEWEST, TOO_MANY_FAILED, ALMOST = 20, 0.2, 0.9
RENEW = "Make a new token at Meta (Business settings, System users, Generate new token) and paste it under Change"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong with a number. `stops`: nothing leaves, or nothing is heard."""

    channel_id: int
    name: str
    kind: str  # token | secret | graph | webhook | number | quality | failing | limit | templates
    words: str
    advice: str = ""
    stops: bool = False
    at: datetime | None = None


def troubles() -> list[Trouble]:
    """Everything that is wrong with the numbers in use, the worst first. A few queries for each number."""
    now = clock.now()
    found = [one for channel in channels_in_use() for one in _of(channel, now)]
    return sorted(found, key=lambda one: not one.stops)


def troubles_of(channel: Channel) -> list[Trouble]:
    """The same of one number, whether it is in use or not."""
    return sorted(_of(channel, clock.now()), key=lambda one: not one.stops)


def _of(channel: Channel, now: datetime) -> Iterator[Trouble]:
    def trouble(kind: str, words: str, advice: str = "", *, stops: bool = False, at: datetime | None = None) -> Trouble:
        return Trouble(channel.id, channel.name, kind, words, advice, stops, at)

    try:
        for words, advice in unset(line_of(channel)):
            yield trouble("secret", words.rstrip("."), advice.rstrip("."), stops=True)
    except Invalid as error:
        yield trouble("secret", error.message, stops=True)
    yield from _token(channel, now, trouble)
    yield from _paths(channel, now, trouble)
    if channel.number_status not in ("", "CONNECTED"):
        yield trouble("number", f"Meta says the number is {channel.number_status.lower().replace('_', ' ')}",
                      "WhatsApp Manager, Phone numbers: look at what is asked for there", stops=channel.number_status in SILENT)
    if channel.quality in ("YELLOW", "RED"):
        yield trouble("quality", f"People block or report its messages: Meta rates it {channel.quality.lower()}",
                      "Write less, to people who asked for it, and say how to stop")
    yield from _figures(facts_of(channel), trouble)
    if channel.templates_trouble:
        yield trouble("templates", f"WhatsApp’s list of templates could not be had: {channel.templates_trouble}")


def _token(channel: Channel, now: datetime, trouble: Callable[..., Trouble]) -> Iterator[Trouble]:
    """A token that Meta does not take, has ended, or ends within two weeks."""
    dead = next((one for one in channel.findings or [] if one["part"] == "Access token" and one["step"] == Step.BAD), None)
    ends = channel.token_expires_at
    if dead is not None:
        yield trouble("token", str(dead["says"]).rstrip("."), RENEW, stops=True, at=channel.checked_at)
    elif ends and ends < now + WARN_AHEAD:
        verb = "ended" if ends <= now else "ends"
        yield trouble("token", f"The access token {verb} on {ends.astimezone(UTC):%-d %b %Y, %H:%M} UTC; then nothing leaves "
                      "any more", RENEW, stops=ends <= now)


def _paths(channel: Channel, now: datetime, trouble: Callable[..., Trouble]) -> Iterator[Trouble]:
    """The way to Meta and the way back."""
    graph, webhook = seen(f"graph {channel.id}"), seen(f"webhook {channel.id}")
    if graph and now - graph > STALE:
        yield trouble("graph", "WhatsApp has not answered for this number", "Look at the connection of this machine to the "
                      "internet; what waits is sent when it is back", stops=True, at=graph)
        return
    has_news = channel.last_news_at is not None and now - channel.last_news_at < STALE
    if webhook and now - webhook > STALE and not has_news:
        yield trouble("webhook", "Its webhook does not answer, so nothing is heard of its messages",
                      "Look at the web server or tunnel in front of the dashboard, and at the verify token", stops=True,
                      at=webhook)


def _figures(facts: Facts, trouble: Callable[..., Trouble]) -> Iterator[Trouble]:
    """Too many failures, or almost as many people opened as Meta allows."""
    if facts.tried >= FEWEST and facts.error_rate > TOO_MANY_FAILED:
        yield trouble("failing", f"{facts.failed:,} of the {facts.tried:,} messages of the last 24 hours failed",
                      "The reports of the campaigns say why")
    if facts.limit and facts.opened >= ALMOST * facts.limit:
        yield trouble("limit", f"{facts.opened:,} of the {facts.limit:,} people Meta allows in 24 hours are opened",
                      "The others get their message as the hours pass")

