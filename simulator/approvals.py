"""Templates handed in for approval: the checks, the shelf they lie on, and the verdict some seconds later."""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core import clock
from simulator import ledger, moods
from simulator.answers import Answer, Refusal, ok, refuse
from simulator.ledger import Ledger, Pen
from simulator.template_faults import fault_of

REJECTED_MARK = "reject_me"
_COLUMNS = "id, name, language, category, format, components, verdict, reason, decided_at, quality, coming, pause"
_EDITED = "INSERT INTO edits (template_id, at) VALUES (?, ?)"
DAY, MOST_A_MONTH = 86_400.0, 10  # an approved template may be changed once a day, so often in 30 days
PACING = "RATE_LIMITING_PAUSE"
_KEEP = (f"INSERT INTO templates ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
         "ON CONFLICT (name, language) DO UPDATE SET "
         "id = excluded.id, category = excluded.category, format = excluded.format, components = excluded.components, "
         "verdict = excluded.verdict, reason = excluded.reason, decided_at = excluded.decided_at, "
         "quality = excluded.quality, coming = excluded.coming, pause = excluded.pause")


@dataclass(frozen=True, slots=True)
class Template:
    """One template in one language."""

    id: str
    name: str
    language: str
    category: str
    format: str  # NAMED | POSITIONAL
    components: tuple[Mapping[str, Any], ...]
    verdict: str
    reason: str
    decided_at: float
    quality: str = ""  # GREEN | YELLOW | RED
    coming: str = ""  # the category it is about to be counted as
    pause: str = ""  # FIRST_PAUSE, SECOND_PAUSE, RATE_LIMITING_PAUSE

    @property
    def status(self) -> str:
        """PENDING until the verdict is due."""
        return self.verdict if clock.seconds() >= self.decided_at else "PENDING"

    def text_of(self, part: str) -> str:
        """The words of its body, header or footer; empty when it has none."""
        return next((str(c.get("text") or "") for c in self.components if c.get("type") == part), "")

    def shown(self) -> dict[str, Any]:
        """As the list shows it."""
        return {"name": self.name, "parameter_format": self.format, "components": list(self.components),
                "language": self.language, "status": self.status, "category": self.category, "id": self.id,
                "rejected_reason": self.reason if self.status == "REJECTED" else "NONE",
                "quality_score": {"score": self.quality or "UNKNOWN"}} | (
                    {"correct_category": self.coming} if self.coming else {})


class Shelf:
    """Every template of this world, kept in memory and in the file."""

    def __init__(self, book: Ledger, *, speed: float, is_handle: Callable[[str], bool] = lambda _handle: False) -> None:
        """`is_handle` says whether a file was handed over as a sample."""
        self._book = book
        self._is_handle = is_handle
        self._speed = speed
        self._known: dict[tuple[str, str], Template] = {}
        self.reload()

    def reload(self) -> None:
        """Read what other processes have handed in."""
        rows = self._book.rows(f"SELECT {_COLUMNS} FROM templates ORDER BY rowid")
        self._known = {(row[1], row[2]): _template_of(row) for row in rows}

    def find(self, name: str, language: str) -> Template | None:
        """The template of this name in this language."""
        if (name, language) not in self._known:
            self.reload()
        return self._known.get((name, language))

    def all(self) -> list[Template]:
        """Every template, oldest first."""
        self.reload()
        return list(self._known.values())

    async def hand_in(self, business_id: str, payload: Any, pen: Pen) -> Answer:
        """Take in a template, or say why not; its verdict follows by webhook."""
        if refusal := fault_of(payload, self._is_handle):
            return refuse(refusal)
        old = self.find(payload["name"], payload["language"])
        if old and old.status != "REJECTED":
            return refuse(Refusal(100, subcode=2388024, title="Content in this language already exists", wording=(
                "Invalid parameter"), advice=f"There is already {old.language} content for this template."))
        template = self._template(payload)
        await self._keep(template, business_id, pen)
        return ok({"id": template.id, "status": "PENDING", "category": template.category})

    def by_id(self, identity: str) -> Template | None:
        """The template with this id."""
        return next((one for one in self.all() if one.id == identity), None)

    async def change(self, template: Template, business_id: str, payload: Any, pen: Pen) -> Answer:
        """Replace the words of a template, which is judged anew; or say why not."""
        told = payload if isinstance(payload, dict) else {}
        if template.status not in ("APPROVED", "REJECTED", "PAUSED"):
            return refuse(Refusal(100, "Only approved, rejected and paused templates may be changed", 2388039))
        if template.status == "APPROVED" and self._edited_too_often(template.id):
            return refuse(Refusal(100, "An approved template may be edited once in 24 hours and 10 times in 30 days",
                                  2388039))
        components = told.get("components", list(template.components))
        category = told.get("category", template.category)
        if category != template.category and template.status == "APPROVED":
            return refuse(Refusal(100, "The category of an approved template cannot be changed", 2388039))
        if refusal := fault_of({"name": template.name, "language": template.language, "category": category,
                                "parameter_format": template.format, "components": components}, self._is_handle):
            return refuse(refusal)
        rejected = REJECTED_MARK in template.name
        changed = replace(template, components=tuple(components), category=category,
                          verdict="REJECTED" if rejected else "APPROVED", decided_at=clock.seconds() + 1.0 / self._speed)
        if template.status == "APPROVED":
            pen.note(_EDITED, [(template.id, clock.seconds())])
        await self._keep(changed, business_id, pen)
        return ok({"success": True})

    async def unpause(self, template: Template, business_id: str, pen: Pen) -> Answer:
        """End a pause that was made because the first people took it badly; the other pauses end by themselves."""
        if template.status != "PAUSED" or template.pause != PACING:
            return refuse(Refusal(100, "Only a template paused by pacing may be unpaused", 2388039))
        await self._keep(replace(template, verdict="APPROVED", pause="UNPAUSE"), business_id, pen)
        return ok({"success": True})

    async def think_again(self, name: str, told: Mapping[str, Any], business_id: str, pen: Pen) -> bool:
        """Meta changes a template by itself (simulator/moods.py); False when there is none of this name."""
        found = [one for one in self.all() if one.name == name and told.get("language", one.language) == one.language]
        for template in found:
            changed = moods.changed(template, told)
            pen.note(_KEEP, [_row_of(changed)])
            if told.get("tell"):
                now = clock.seconds()
                pen.note(ledger.ANNOUNCE, [(now, now, business_id, kind, "", news, "")
                                           for kind, news in moods.news_of(template, changed)])
            await pen.committed()
            self._known[changed.name, changed.language] = changed
        return bool(found)

    def _edited_too_often(self, identity: str) -> bool:
        now = clock.seconds()
        times = [row[0] for row in self._book.rows("SELECT at FROM edits WHERE template_id = ? AND at > ?",
                                                   (identity, now - 30 * DAY))]
        return len(times) >= MOST_A_MONTH or any(at > now - DAY for at in times)

    async def _keep(self, template: Template, business_id: str, pen: Pen) -> None:
        """Write it down, with the news of its verdict."""
        now = clock.seconds()
        pen.note(_KEEP, [_row_of(template)])
        pen.note(ledger.ANNOUNCE, [(template.decided_at, now, business_id, "template", "", moods.verdict_of(template), "")])
        await pen.committed()
        self._known[template.name, template.language] = template

    def forget(self, name: str, identity: str = "") -> bool:
        """Delete a template in all its languages, or only the one with this id. True when there was one."""
        which, values = ("name = ? AND id = ?", (name, identity)) if identity else ("name = ?", (name,))
        was_known = bool(self._book.rows(f"SELECT 1 FROM templates WHERE {which}", values))
        self._book.write([(f"DELETE FROM templates WHERE {which}", [values])])
        self.reload()
        return was_known

    def _template(self, payload: Mapping[str, Any]) -> Template:
        rejected = REJECTED_MARK in payload["name"]
        return Template(
            id=str(10**15 + secrets.randbelow(9 * 10**15)), name=payload["name"], language=payload["language"],
            category=payload["category"], format=payload.get("parameter_format", "POSITIONAL"),
            components=tuple(payload["components"]), verdict="REJECTED" if rejected else "APPROVED",
            reason="INVALID_FORMAT" if rejected else "NONE", decided_at=clock.seconds() + 1.0 / self._speed)


def _template_of(row: Sequence[Any]) -> Template:
    """One row of the file."""
    identity, name, language, category, form, components, verdict, reason, decided_at, *rest = row
    parts = tuple(json.loads(components))
    return Template(identity, name, language, category, form, parts, verdict, reason, decided_at, *rest)


def _row_of(template: Template) -> tuple[Any, ...]:
    """The same as a row."""
    return (template.id, template.name, template.language, template.category, template.format,
            json.dumps(template.components), template.verdict, template.reason, template.decided_at, template.quality,
            template.coming, template.pause)
