"""pywa sending as its documentation shows it: `pywa_sender.py sync|async URL COUNT IN_FLIGHT` prints messages a second.

It keeps nothing and notes nothing. A plain text is its leanest message; connections are kept, as many as are in flight.
"""

import asyncio
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx

NUMBER, TOKEN = "100000000000001", "a-token-for-the-benchmark"  # noqa: S105


def limits(in_flight: int) -> httpx.Limits:
    """As many kept connections as calls at once."""
    return httpx.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)


def person(number: int) -> str:
    """Somebody else each time."""
    return f"+{447700000000 + number}"


def sync_rate(url: str, count: int, in_flight: int) -> float:
    """One client, `in_flight` threads."""
    from pywa import WhatsApp

    with httpx.Client(limits=limits(in_flight), timeout=30, trust_env=False) as session:
        wa = WhatsApp(phone_id=NUMBER, token=TOKEN, session=session)
        session.base_url = f"{url}/v25.0"
        with ThreadPoolExecutor(in_flight) as threads:
            started = time.perf_counter()
            list(threads.map(lambda number: wa.send_message(to=person(number), text="Hello Ana, come in."), range(count)))
            return count / (time.perf_counter() - started)


async def async_rate(url: str, count: int, in_flight: int) -> float:
    """One loop, `in_flight` tasks, one message after the other in each."""
    from pywa_async import WhatsApp

    numbers = iter(range(count))
    async with httpx.AsyncClient(limits=limits(in_flight), timeout=30, trust_env=False) as session:
        wa = WhatsApp(phone_id=NUMBER, token=TOKEN, session=session)
        session.base_url = f"{url}/v25.0"

        async def work() -> None:
            for number in numbers:
                await wa.send_message(to=person(number), text="Hello Ana, come in.")

        started = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(in_flight)))
        return count / (time.perf_counter() - started)


if __name__ == "__main__":
    how, url, count, in_flight = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    print(sync_rate(url, count, in_flight) if how == "sync" else asyncio.run(async_rate(url, count, in_flight)))
