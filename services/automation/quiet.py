"""Silence as it was: who was the last to speak in each conversation, from when on, and which rules that sets off. Pure; the
same answers as the sweep finds in the conversations as they are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.automation import timed
from services.automation.compiled import Ready
from services.automation.histories import Change, Said

Key = tuple[int, int]  # contact, channel
AUTOMATIC = ("rule", "flow")


@dataclass(slots=True)
class _Out:
    """What of ours has left at one moment."""

    place: int  # in the conversation
    at: datetime
    said: Said
    left: int  # lines that have not failed


@dataclass(slots=True)
class _Talk:
    waiting: datetime | None = None  # since when they wait for us
    last_in: datetime | None = None
    last_out: datetime | None = None
    asked: list[tuple[int, datetime]] = field(default_factory=list)  # place and time of what they said
    outs: list[_Out] = field(default_factory=list)

    @property
    def end(self) -> int:
        """The place of what comes next."""
        return len(self.asked) + len(self.outs)

    def lose(self, said: Said, written_at: datetime) -> datetime | None:
        """Something of ours failed; since when they wait, if nothing else has answered."""
        fits = [one for one in self.outs if one.left and (one.said.message_id, one.said.rule_id) == (
            said.message_id, said.rule_id) and (said.message_id or one.at <= written_at)]
        if not fits:
            return None
        fits[-1].left -= 1
        stands = max((one.place for one in self.outs if one.left), default=-1)
        return min((at for place, at in self.asked if place > stands), default=None)


@dataclass(frozen=True, slots=True)
class Due:
    """A silence that will have lasted long enough, unless somebody speaks before."""

    rule: Ready
    at: datetime
    key: Key
    since: datetime


@dataclass(slots=True)
class Quiet:
    """All conversations that rules of silence are looked back with."""

    rules: Sequence[Ready]
    talks: dict[Key, _Talk] = field(default_factory=dict)
    met: set[tuple[int, Key, datetime | None]] = field(default_factory=set)  # once for each thing they said

    def hear(self, contact_id: int, change: Change, *, is_taken_over: bool, is_open: bool) -> Iterator[Due]:
        """A line, or a conversation that was closed or given to the team; what may follow from it."""
        key = (contact_id, change.channel_id or 0)
        talk = self.talks.setdefault(key, _Talk())
        if change.what == "in":
            talk.last_in = change.at
        elif change.what == "closed":
            talk.waiting = None
        elif (change.what == "open" and change.value == "they") or (change.what == "taken" and change.value == "flow"):
            if change.what == "open":
                talk.asked.append((talk.end, change.at))
            if talk.waiting is None:
                talk.waiting = change.at
                yield from self._dues("us", key, change.at)
        elif change.what == "lost" and change.said:
            since = talk.lose(change.said, change.value)
            if since and talk.waiting is None and is_open:
                talk.waiting = since
                yield from (due for due in self._dues("us", key, since) if due.at > change.at)
        elif change.what == "out":
            if change.said:
                talk.outs.append(_Out(talk.end, change.at, change.said, change.said.lines))
            talk.last_out = change.at
            if not (is_taken_over and change.value in AUTOMATIC):
                talk.waiting = None
            yield from self._dues("them", key, change.at)

    def is_met(self, due: Due) -> bool:
        """Whether it is still silent when the time has come; once for each thing they said."""
        talk = self.talks[due.key]
        if due.rule.trigger["who"] == "us":
            mark, is_silent = talk.waiting, talk.waiting == due.since
        else:
            mark = talk.last_in
            is_silent = talk.last_out == due.since and (talk.last_in is None or talk.last_in < due.since)
        mine = (due.rule.id, due.key, mark)
        if not is_silent or mine in self.met:
            return False
        self.met.add(mine)
        return True

    def _dues(self, who: str, key: Key, since: datetime) -> Iterator[Due]:
        for rule in self.rules:
            if rule.trigger["who"] == who and rule.channel_id in (None, key[1]):
                yield Due(rule, since + timedelta(minutes=timed.silence_of(rule.trigger)), key, since)
