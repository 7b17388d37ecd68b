"""How many people a choice means while it is being made, and what a campaign still lacks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core.states import TemplateState
from models import Campaign, db
from services import message_templates
from services.campaigns import audience, audience_facts, audience_people, audience_values

MOST_CHECKED = 50_000  # a larger audience is looked through only when somebody asks


@dataclass(frozen=True, slots=True)
class Size:
    """People that are meant, and how many are left after the exclusions. Rows of the list without a number of their own
    are counted apart."""

    meant: int
    left: int
    unusable: int = 0
    exclusions: Sequence[audience_people.Excluded] = ()

    @property
    def taken(self) -> int:
        """How many the exclusions take out, each once."""
        return self.meant - self.left


@dataclass(frozen=True, slots=True)
class Lack:
    """People who would be skipped because this variable has no value for them. `words` is the reason as it is listed."""

    count: int
    words: str


def size_of(campaign_id: int, chosen: Mapping[str, Any]) -> Size:
    """What an audience would mean that is not kept yet, of a campaign that may not exist yet (0). A fixed number of
    queries. `chosen` is an audience; parts of it that were deleted mean nobody."""
    sketch = Campaign(id=campaign_id, audience=dict(chosen), variables={}, local_time=False, wall_time="", zone="",
                      latest_minutes=120)
    if audience_people.is_empty(sketch):
        return Size(0, 0)
    left, unusable = _counted(sketch)
    without = {key: ids for key, ids in chosen.items() if not key.startswith("without_")}
    if not any(chosen.get(key) for key in chosen if key not in without):
        return Size(left, left, unusable)
    sketch.audience = without
    meant, _ = _counted(sketch)
    sketch.audience = dict(chosen)
    return Size(meant, left, unusable, audience.exclusions(sketch))


def _counted(sketch: Campaign) -> tuple[int, int]:
    """People, and rows of the list that stand for nobody. One query over the audience."""
    usable = unusable = 0
    digits = audience_facts.digits_of(sketch)
    for kind in audience.check(sketch).kinds:
        if digits.facts(kind.key).code:
            unusable += kind.count
        else:
            usable += kind.count
    return usable, unusable


def lacks(campaign: Campaign) -> dict[str, Lack]:
    """By variable, who would be skipped for want of a value: everybody counts at the first variable they lack. One
    query over the audience."""
    digits = audience_facts.digits_of(campaign)
    found: dict[str, Lack] = {}
    for kind in audience.check(campaign).kinds:
        if kind.verdict.code == "missing_variable" and (name := digits.facts(kind.key).missing):
            before = found.get(name, Lack(0, kind.verdict.words))
            found[name] = Lack(before.count + kind.count, before.words)
    return found


def newer_version(campaign: Campaign) -> message_templates.Choice | None:
    """The newest approved version of the chosen template, when it is newer than the chosen one. One query."""
    version = campaign.version
    if version is None:
        return None
    return next((one for one in message_templates.ready_versions() if one.template_id == version.template_id
                 and one.number > version.number and one.state is TemplateState.APPROVED), None)


def missing_steps(campaign: Campaign) -> list[str]:
    """What a draft lacks before it can be checked: whom, template, values. No look at the people, no query but one for
    a list."""
    found = []
    if audience_people.is_empty(campaign):
        found.append("whom")
    if campaign.version is None:
        found.append("template")
    elif campaign.version.state is not TemplateState.APPROVED:
        found.append("an approved template")
    elif audience_values.lacking(campaign):
        found.append("values")
    return found


def begun(*, limit: int = 100, also: Sequence[int] = ()) -> Sequence[Any]:
    """Id and name of campaigns that have started, newest first, and of those in `also` that exist. One query."""
    wanted = [one for one in also if 0 < one < 2**31][:50]
    newest = select(Campaign.id).where(Campaign.started_at.is_not(None)).order_by(Campaign.id.desc()).limit(limit)
    return db.session.execute(
        select(Campaign.id, Campaign.name).where(Campaign.id.in_(newest.scalar_subquery()) | Campaign.id.in_(wanted))
        .order_by(Campaign.id.desc())).all()
