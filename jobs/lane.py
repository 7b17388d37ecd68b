"""One channel being sent from: a few workers on the wire, one pump between them and the database.

The pump claims a little more than is on the wire and writes results in groups; a worker takes the next claim, waits for
its departure and hands it over. Nothing here decides what a refusal means: services/sending does.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from core import clock
from services import channels, sending
from services.sending import Claim, Result, Then
from services.whatsapp_service import WhatsAppService

LINGER = 0.05  # seconds a result may wait for company
IDLE = (0.2, 0.5)  # seconds between two looks at an empty queue: at first, and after a while
PACED = 200.0  # messages a second: below this rate each departure counts, above it a stall is soon made up
LATE = 0.05  # seconds after its departure: a claim is given back for a new one
LONG_HOLD = 5.0  # seconds: claims are given back rather than kept that long
UNREACHABLE = 10  # calls in a row that never left: the channel rests
REST = 2.0  # seconds it rests
LOOK = 0.5  # seconds between two looks for replies while campaigns fill every place
DOUBTS = 5  # refusals of one template in a row, with nobody accepted between: its campaign stops

log = logging.getLogger("whatsapp")
Desk = Callable[..., Awaitable[Any]]  # runs a rule with its arguments in the database thread


class Lane:
    """Sends from one channel until stop(). Lives in one event loop.

    `limit` messages at most are claimed and not written at any moment: a crash leaves no more in doubt.
    """

    def __init__(self, channel_id: int, service: WhatsAppService, desk: Desk, *, limit: int, on_wire: int,
                 timeout_seconds: float, on_trouble: Callable[[int, str], object] | None = None) -> None:
        self.channel_id = channel_id
        self.service = service
        self._desk, self._limit, self._on_wire, self._timeout = desk, limit, on_wire, timeout_seconds
        self._on_trouble = on_trouble
        self._ready: asyncio.Queue[Claim] = asyncio.Queue()
        self._urgent: asyncio.Queue[Claim] = asyncio.Queue()  # replies, with workers and places of their own
        self._kept = max(1, limit // 16)
        self._is_nudged, self._looked_at = False, 0.0
        self._waiting: dict[int, Claim] = {}  # claimed, not on the wire
        self._flying = 0
        self._done: list[Result] = []
        self._wake = asyncio.Event()
        self._is_stopping = False
        self._may_have_more, self._again_at, self._rate = True, 0.0, 1.0
        self._trip_seconds, self._idle_looks = 0.02, 0
        self._enough = max(32, limit // 2)  # results that are written without waiting for more
        self._low = 0  # claims left when it is time to fetch more
        self._not_before = self._hold_back = 0.0
        self._unreachable = 0
        self._stop_reason = ""
        self._doubts: dict[int, list[str]] = {}

    def nudge(self) -> None:
        """Something was queued: look now."""
        self._may_have_more, self._is_nudged, self._idle_looks = True, True, 0
        self._wake.set()

    def stop(self) -> None:
        """Send nothing more: what has not left goes back, what is on the wire is waited for."""
        self._is_stopping = True
        self._void()
        self._wake.set()

    async def run(self, *, grace: Callable[[], float]) -> None:
        """Send until stopped. After stop(), `grace()` says how many seconds answers may still take."""
        workers = [asyncio.create_task(self._work(self._ready)) for _ in range(self._on_wire)]
        workers += [asyncio.create_task(self._work(self._urgent)) for _ in range(self._kept)]
        while not self._is_stopping:
            await self._trip()
            await self._rest()
        deadline = clock.monotonic() + grace()
        while (self._waiting or self._flying) and clock.monotonic() < deadline:
            await self._trip()
            await asyncio.sleep(0.02)
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        self._done += [Result(claim, None, sending.GIVEN_BACK, clock.seconds()) for claim in self._waiting.values()]
        self._waiting.clear()
        await self._trip()

    # the pump

    async def _trip(self) -> None:
        """Write what is done and claim what is wanted, if there is either."""
        await self._act_on_trouble()
        want = self._want()
        if want and not self._may_have_more:
            want = want if await self._look() else 0
        replies = self._spare() if want or self._is_nudged or await self._has_replies() else 0
        self._is_nudged = False
        done, self._done = self._done, []
        hold_back, self._hold_back = self._hold_back, 0.0
        if not (done or want or replies):
            return
        started = clock.monotonic()
        try:
            trip = await self._desk(sending.exchange, self.channel_id, done=done, want=want, replies=replies,
                                    hold_back=hold_back, lead=1.5 * self._trip_seconds if self._rate < PACED else 0.0)
        except Exception:
            log.exception("channel %d: results and claims could not be written; trying again", self.channel_id)
            self._done, self._hold_back = done + self._done, hold_back
            await self._write_singly()
            return
        self._trip_seconds = max(min(clock.monotonic() - started, 0.5), 0.9 * self._trip_seconds)
        self._take(trip, want)

    def _take(self, trip: sending.Trip, want: int) -> None:
        """Hand the claims to the workers and remember what the trip told."""
        self._rate = trip.rate
        for claim in trip.claims:
            claim.is_void = self._is_stopping
            self._waiting[claim.message_id] = claim
            is_first = claim.is_urgent and self._urgent.qsize() < self._kept
            (self._urgent if is_first else self._ready).put_nowait(claim)
        self._low = self._aim() // 2
        if want:
            self._may_have_more, self._again_at = trip.is_full and not trip.is_paused, trip.again_at
            self._idle_looks = 0 if trip.claims else self._idle_looks

    async def _write_singly(self) -> None:
        """One result that the database refuses must not hold up the others; it ends as unknown when its lease does."""
        await asyncio.sleep(0.5)
        left, self._done = self._done, []
        while left:
            if await self._told(sending.exchange, self.channel_id, done=left[:1]):
                del left[0]
            elif await self._told(sending.has_work, self.channel_id):
                log.error("attempt %s could not be written and is given up", left.pop(0).claim.attempt_id)
            else:  # the database itself is away
                self._done = left + self._done
                return

    async def _look(self) -> bool:
        """Whether something came due since the queue was empty."""
        try:
            self._may_have_more = await self._desk(sending.has_work, self.channel_id)
        except Exception:
            log.exception("channel %d: the database does not answer", self.channel_id)
        self._idle_looks += 1
        return self._may_have_more

    def _want(self) -> int:
        """How many messages to claim now; 0 while enough are ready."""
        if self._is_held() or clock.seconds() < self._again_at:
            return 0
        aim = self._aim()
        want = aim - len(self._waiting)
        return want if 2 * want >= aim else 0

    def _aim(self) -> int:
        """How many claims should wait for the wire."""
        return min(sending.ahead(self._rate, self._trip_seconds, self._limit),
                   self._limit - self._kept - self._flying)

    def _is_held(self) -> bool:
        """Whether nothing may leave for the moment."""
        return bool(self._is_stopping or self._stop_reason or self._hold_back) or clock.seconds() < self._not_before

    def _spare(self) -> int:
        """How many replies there is room for beside everything that is claimed."""
        return 0 if self._is_held() else max(0, min(self._kept, self._limit - self._flying - len(self._waiting)))

    async def _has_replies(self) -> bool:
        """Whether a reply was queued that nobody woke us for; asked now and then while no campaign is claimed from."""
        if clock.monotonic() - self._looked_at < LOOK or not self._may_have_more or not self._spare():
            return False
        self._looked_at = clock.monotonic()
        try:
            return bool(await self._desk(sending.has_replies, self.channel_id))
        except Exception:
            log.exception("channel %d: the database does not answer", self.channel_id)
            return False

    async def _rest(self) -> None:
        """Until a worker or a nudge wakes us, or the time for the next look has come."""
        is_due = (self._may_have_more and self._want()) or (self._is_nudged and self._spare())
        if self._stop_reason or len(self._done) >= self._enough or is_due:
            await asyncio.sleep(0)
            return
        self._wake.clear()
        handle = asyncio.get_running_loop().call_later(self._pause(), self._wake.set)
        await self._wake.wait()
        handle.cancel()

    def _pause(self) -> float:
        """Seconds until the next look."""
        if self._done or self._flying:
            return LINGER
        if self._may_have_more:
            until = max(self._not_before, self._again_at) - clock.seconds()
            return min(max(until, 0.01), IDLE[1])
        return IDLE[0] if self._idle_looks < 10 else IDLE[1]

    async def _act_on_trouble(self) -> None:
        """Pause the channel or a campaign, before anything else is written."""
        if self._stop_reason and await self._told(channels.pause, self.channel_id, reason=self._stop_reason):
            self._stop_reason = ""
        for campaign_id, words in [(key, words) for key, words in self._doubts.items() if len(words) >= DOUBTS]:
            del self._doubts[campaign_id]
            self._void(campaign_id)
            log.error("campaign %d stops: %s", campaign_id, words[-1])
            if self._on_trouble:
                await self._told(self._on_trouble, campaign_id, words[-1])

    async def _told(self, rule: Callable[..., object], *args: Any, **values: Any) -> bool:
        """Run a rule that must not end the lane; whether it worked."""
        try:
            await self._desk(rule, *args, **values)
        except Exception:
            log.exception("channel %d: trouble could not be written down", self.channel_id)
            await asyncio.sleep(0.2)
            return False
        return True

    # the wire

    async def _work(self, claims: "asyncio.Queue[Claim]") -> None:
        """Take the next claim, wait for its departure, hand it over; for ever."""
        while True:
            claim = await claims.get()
            await self._until_departure(claim)
            del self._waiting[claim.message_id]
            if self._may_leave(claim, clock.seconds()):
                await self._fly(claim)
            else:
                self._note(Result(claim, None, sending.GIVEN_BACK, clock.seconds()))

    def _may_leave(self, claim: Claim, now: float) -> bool:
        """Not when something happened since, when its lease could end on the way, or when its departure was missed:
        after a stall the late ones would leave together, in every process, and break the pace of the number. Replies
        are so few that a late one leaves all the same."""
        late_by = now - max(claim.leaves_at, self._not_before)
        is_late = self._rate < PACED and not claim.is_urgent and late_by > max(LATE, 1.0 / self._rate)
        return not (claim.is_void or is_late) and now + self._timeout < claim.lease_until

    async def _fly(self, claim: Claim) -> None:
        """One call. Cut short by a stop, its outcome is unknown."""
        self._flying += 1
        try:
            result = await sending.hand_over(self.service, claim)
        except asyncio.CancelledError:
            self._done.append(Result(claim, None, sending.STOPPED, clock.seconds()))
            raise
        finally:
            self._flying -= 1
        self._note(result)

    async def _until_departure(self, claim: Claim) -> None:
        """Sleep until this claim may leave, or is void."""
        while not claim.is_void and (left := max(claim.leaves_at, self._not_before) - clock.seconds()) > 0.0005:
            await asyncio.sleep(min(left, 0.25))

    def _note(self, result: Result) -> None:
        """Keep a result for the next trip; act at once on what concerns more than its message."""
        self._done.append(result)
        if result.receipt:
            self._unreachable = 0
            if self._doubts:
                self._doubts.pop(result.claim.campaign_id or 0, None)
        elif result.outcome is not sending.GIVEN_BACK:
            self._consider(result)
        if len(self._waiting) <= self._low or len(self._done) >= self._enough:
            self._wake.set()

    def _consider(self, result: Result) -> None:
        """What a refusal means for those that wait."""
        outcome = result.outcome
        assert outcome is not None
        if outcome.then is Then.SLOW_DOWN:
            self._hold(outcome.wait_seconds)
        elif outcome.then in (Then.STOP_CHANNEL, Then.STOP_ACCOUNT):
            self._stop_reason = outcome.words or "WhatsApp refused this number"
            self._void()
        elif outcome.then is Then.DOUBT_TEMPLATE and result.claim.campaign_id:
            self._doubts.setdefault(result.claim.campaign_id, []).append(outcome.words)
        elif outcome.then is Then.STOP_TEMPLATE and result.claim.campaign_id:
            self._void(result.claim.campaign_id)  # the campaigns themselves are paused with the next trip
        elif outcome.then is Then.NOT_REACHED:
            self._unreachable += 1
            if self._unreachable >= UNREACHABLE:
                self._unreachable = 0
                self._hold(REST)
        self._wake.set()

    def _hold(self, seconds: float) -> None:
        """Nothing leaves for so long; the same in every process, once the next trip has written it."""
        self._not_before = max(self._not_before, clock.seconds() + seconds)
        self._hold_back = max(self._hold_back, seconds)
        if seconds > LONG_HOLD:
            self._void()

    def _void(self, campaign_id: int | None = None) -> None:
        """Those that have not left are given back instead of being sent."""
        for claim in self._waiting.values():
            if campaign_id is None or claim.campaign_id == campaign_id:
                claim.is_void = True
