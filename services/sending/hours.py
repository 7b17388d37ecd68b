"""Quiet hours: no marketing at night, on the clock of the person. Pure, but for the one setting that is read."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from core import clock, country_zones, wall_time
from services import settings


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` until before `end`, on the clock on the wall; over midnight when the end is the smaller one."""

    start: time
    end: time

    def hold(self, at: time) -> bool:
        """Whether this time of the day is quiet."""
        if self.start <= self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


def quiet_hours() -> QuietHours | None:
    """What the operator chose for marketing; None when there are none. One query."""
    return quiet_of(settings.get("quiet_hours"))


def quiet_of(kept: Any) -> QuietHours | None:
    """Quiet hours from the kept setting {"is_on": …, "from": "21:00", "to": "08:00"}; None when off or empty."""
    if not kept["is_on"] or kept["from"] == kept["to"]:
        return None
    return QuietHours(time.fromisoformat(kept["from"]), time.fromisoformat(kept["to"]))


def zone_of(zone: str, country: str, otherwise: str) -> str:
    """The clock a person lives by: their own zone, else their country's where it has only one, else `otherwise`."""
    if zone and zone in clock.zone_names():
        return zone
    return country_zones.only_zone(country) or otherwise


def release(at: datetime, zone: str, quiet: QuietHours | None) -> datetime:
    """`at` itself, or the end of the quiet time it falls in, on the clocks of `zone`. In UTC. Never before `at`."""
    if quiet is None:
        return at
    local = at.astimezone(clock.zone(zone))
    if not quiet.hold(local.time()):
        return at
    day = local.date() if local.time() < quiet.end else local.date() + timedelta(days=1)
    end = datetime.combine(day, quiet.end)
    found = wall_time.moment(end, zone).utc
    if found <= at:  # the clocks went back meanwhile, and this is the second pass
        found = end.replace(tzinfo=local.tzinfo, fold=1).astimezone(UTC)
    return found
