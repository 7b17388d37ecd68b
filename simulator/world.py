"""One simulated world: whose number it plays, where it tells news, how fast time and people are."""

from dataclasses import dataclass, field
from pathlib import Path

from simulator.story import Chances


@dataclass(frozen=True, slots=True)
class World:
    """Everything a simulator is started with."""

    folder: Path
    secret: str = field(repr=False)  # app secret: signs the webhooks
    token: str = field(repr=False)  # what callers must show
    phone_number_id: str
    business_id: str
    webhook_url: str = ""  # empty: no news is told, or kept
    verify_token: str = field(default="", repr=False)
    display_phone: str = "+441632960000"
    seed: int = 1
    speed: float = 1.0  # 10: people are ten times as quick
    latency: float = 0.0  # seconds before each answer
    latency_most: float = 0.0  # when more: somewhere between the two
    rate: float = 1000.0  # messages a second before 130429; 0: no limit
    pair_seconds: float = 6.0  # one message to one person in this time, on average; 0: no limit
    pair_burst: float = 45.0
    chances: Chances = field(default_factory=Chances)
    faults: tuple[str, ...] = ()  # as simulator.faults.rule_of reads them
