"""What happens to a message: its magic number decides, else seeded chances do. The same seed tells the same story."""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from struct import unpack

from simulator.faults import Faults, played
from simulator.magic import magic_of
from simulator.plot import Plot, Saying, Step

_PART = 2.0**64
LONGEST_READ = 1800.0


@dataclass(frozen=True, slots=True)
class Chances:
    """How ordinary people and an ordinary network behave, each as a share from 0 to 1."""

    not_on_whatsapp: float = 0.01
    delivered: float = 0.97
    read: float = 0.70  # of those delivered
    reply: float = 0.0  # of those who read it
    stop: float = 0.0  # of those who read it
    duplicated: float = 0.0  # each status told twice
    shuffled: float = 0.0  # told in the wrong order
    news_delay: float = 0.0  # seconds by which all news comes later
    news_first: float = 0.0  # told before the answer of the send
    dropped: float = 0.0  # each status never told
    without_echo: float = 0.0  # of all messages: no status brings the attempt back
    failed_without_echo: float = 0.0  # of those that fail
    strange: float = 0.0  # beside the others, a status of a message id that nobody was given
    batch: int = 50  # pieces of news in one body


class Story:
    """Chooses what happens to each message."""

    def __init__(self, seed: int = 1, chances: Chances | None = None, faults: Iterable[str] = ()) -> None:
        """Raises ValueError for a fault that does not exist."""
        self.seed = seed
        self.chances = chances or Chances()
        self.faults = Faults(faults)
        self._tries: dict[str, int] = {}

    def of(self, recipient: str, body: str) -> Plot:
        """The plot of one message. `body` is what makes it this message: template and values, or the text."""
        rule = self.faults.of_person(recipient)
        if magic := magic_of(recipient):
            plot = self._with_tries(recipient, magic.plot)
        else:
            plot = self._with_odd_news(recipient, body, self._ordinary(self._draws(recipient, body)))
            if rule is None and self.faults.draws:
                tries = self._tries[recipient] = self._tries.get(recipient, 0) + 1
                rule = self.faults.of_share(self._draws(recipient, body, tries)[0])
        return replace(plot, **played(rule)) if rule else plot  # type: ignore[arg-type]

    def as_it_was(self, recipient: str, body: str) -> Plot:
        """The plot of a message that was taken in earlier, as the chances are now."""
        magic = magic_of(recipient)
        return magic.plot if magic else self._ordinary(self._draws(recipient, body))

    def draw(self, *parts: object) -> float:
        """One number from 0 to 1 that belongs to these parts and the seed."""
        return self._draws(*parts)[0]

    def _with_tries(self, recipient: str, plot: Plot) -> Plot:
        """Some numbers refuse the first tries only."""
        if not plot.refused_times:
            return plot
        tries = self._tries[recipient] = self._tries.get(recipient, 0) + 1
        if tries <= plot.refused_times:
            return plot
        del self._tries[recipient]
        return replace(plot, refusal=None)

    def _draws(self, *parts: object) -> tuple[float, ...]:
        """Eight numbers from 0 to 1 that belong to these parts and the seed."""
        told = "\x00".join(str(part) for part in (self.seed, *parts)).encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(told, digest_size=64).digest()
        return tuple(number / _PART for number in unpack(">8Q", digest))

    def _ordinary(self, draws: tuple[float, ...]) -> Plot:
        """A person like most: it arrives soon, is read sooner or later, sometimes never."""
        chances = self.chances
        first = 0.3 + 1.7 * draws[1]
        if draws[0] < chances.not_on_whatsapp:
            return Plot((Step(first, "failed", 131026),))
        steps = [Step(first, "sent")]
        sayings: tuple[Saying, ...] = ()
        if draws[2] < chances.delivered:
            arrives = first + 0.7 + 4.0 * draws[3]
            steps.append(Step(arrives, "delivered"))
            if draws[4] < chances.read:
                looks = arrives + min(2.0 - 45.0 * math.log(1.0 - draws[5]), LONGEST_READ)
                steps.append(Step(looks, "read"))
                sayings = self._says(draws[6], looks + 3.0 + 20.0 * draws[7])
        return Plot(self._told_badly(steps, draws[7]), sayings)

    def _says(self, draw: float, after: float) -> tuple[Saying, ...]:
        """A few people answer, and a few of those want no more."""
        if draw < self.chances.stop:
            return (Saying(after, "text", "STOP"),)
        if draw < self.chances.stop + self.chances.reply:
            return (Saying(after, "text", "Thank you!"),)
        return ()

    def _told_badly(self, steps: list[Step], draw: float) -> tuple[Step, ...]:
        """Some statuses are told twice or in the wrong order."""
        if draw < self.chances.duplicated:
            return tuple(replace(step, times=2) for step in steps)
        if draw < self.chances.duplicated + self.chances.shuffled:
            told = [step.after for step in steps][::-1]
            return tuple(replace(step, told_after=at) for step, at in zip(steps, told, strict=True))
        return tuple(steps)

    def _with_odd_news(self, recipient: str, body: str, plot: Plot) -> Plot:
        """The same story, told as the chances of news say."""
        chances = self.chances
        if not any((chances.news_delay, chances.news_first, chances.dropped, chances.without_echo,
                    chances.failed_without_echo, chances.strange)):
            return plot
        first, silent, mute, strange, *drops = self._draws(recipient, body, "news")
        steps = [step for step, draw in zip(plot.steps, drops, strict=False) if draw >= chances.dropped]
        steps = [replace(step, has_echo=step.has_echo and silent >= chances.without_echo
                         and (step.word != "failed" or mute >= chances.failed_without_echo),
                         told_after=(step.after if step.told_after is None else step.told_after) + chances.news_delay)
                 for step in steps]
        if first < chances.news_first:
            steps = [replace(step, after=0.0, told_after=0.0) for step in steps]
        if strange < chances.strange:
            steps.append(Step(1.0, "delivered", has_echo=False, is_strange=True))
        return replace(plot, steps=tuple(steps), news_first=first < chances.news_first)
