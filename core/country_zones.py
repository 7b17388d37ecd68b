"""The clock of a whole country, read from the time zone database: zone.tab lists the zones of each country."""

from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from core import clock

_COMPARED = timedelta(days=3 * 365)  # zones that agree for so long are one clock to us
_STEP = timedelta(days=7)  # clocks never change for less than a month


def only_zone(country: str) -> str:
    """The zone of a country (ISO code) in which all clocks agree; empty when they differ, or for an unknown code."""
    return _only_zones().get(country, "")


def zones_of(country: str) -> tuple[str, ...]:
    """Every zone of a country, the most populous first; empty for an unknown code."""
    return _listed().get(country, ())


@cache
def _only_zones() -> dict[str, str]:
    """Country → its zone, where there is only one clock."""
    return {country: zones[0] for country, zones in _listed().items()
            if len(zones) == 1 or len({*map(_behaviour, zones)}) == 1}


@cache
def _listed() -> dict[str, tuple[str, ...]]:
    """Country → zones, as the database lists them."""
    text = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            found.setdefault(country, []).append(zone)
    return {country: tuple(zones) for country, zones in found.items()}


def _behaviour(zone: str) -> tuple[timedelta | None, ...]:
    """What the clocks of a zone show in the coming years, week by week."""
    clocks, begin = ZoneInfo(zone), datetime(clock.now().year, 1, 1, tzinfo=UTC)
    return tuple((begin + _STEP * week).astimezone(clocks).utcoffset() for week in range(_COMPARED // _STEP))
