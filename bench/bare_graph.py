"""The barest server that answers like Meta: `python bench/bare_graph.py SECONDS [RATE]` prints its port and serves on.

With a rate it refuses what is faster, as Meta does, and prints when told to end: messages taken in, seconds between the first
and the last, and how many were refused.
"""

import asyncio
import itertools
import os
import signal
import sys

from aiohttp import web

TOO_FAST = b'{"error":{"message":"(#130429) Rate limit hit","type":"OAuthException","code":130429}}'


class Bucket:
    """So many a second, and a second's worth at once; 0 takes everything."""

    def __init__(self, rate: float) -> None:
        self._rate, self._level, self._at = rate, rate, 0.0
        self.taken = self.refused = 0
        self.first = self.last = 0.0

    def takes(self, now: float) -> bool:
        """Whether one more is taken in now."""
        self._level = min(self._rate, self._level + (now - self._at) * self._rate)
        self._at = now
        if self._rate and self._level < 1:
            self.refused += 1
            return False
        self._level -= 1
        self.taken += 1
        self.first, self.last = self.first or now, now
        return True


async def serve(delay: float, rate: float) -> None:
    """Answer every POST with a message id of its own after `delay` seconds."""
    numbers = itertools.count(int.from_bytes(os.urandom(5)))
    loop, bucket, over = asyncio.get_running_loop(), Bucket(rate), asyncio.Event()

    async def answer(request: web.BaseRequest) -> web.Response:
        await request.read()
        if rate and not bucket.takes(loop.time()):
            return web.Response(status=400, body=TOO_FAST, content_type="application/json")
        if delay:
            await asyncio.sleep(delay)
        body = (b'{"messaging_product":"whatsapp","contacts":[{"input":"+447700900001","wa_id":"447700900001"}],'
                b'"messages":[{"id":"wamid.%d","message_status":"accepted"}]}' % next(numbers))
        return web.Response(body=body, content_type="application/json")

    runner = web.ServerRunner(web.Server(answer, access_log=None))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    print(site._server.sockets[0].getsockname()[1], flush=True)  # type: ignore[union-attr]  # started just above
    await over.wait()
    print(bucket.taken, bucket.last - bucket.first, bucket.refused, flush=True)


if __name__ == "__main__":
    asyncio.run(serve(*(float(word) for word in [*sys.argv[1:], "0", "0"][:2])))
