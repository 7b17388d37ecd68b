"""Write a rule: when, if, then. Works without scripts; shows what it would have done before it is switched on."""

from dataclasses import replace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user

from core import clock
from core.errors import DashboardError, Invalid
from core.rights import Right
from forms.automation import MOST_ACTIONS, RuleDraft, draft_of, whole
from services import actions, automation, inbox, segments, settings
from services.segments import Condition, Group, Shape
from views.automation.options import condition_choices, names_in, options
from views.automation.part import pages
from views.doors import needs


@pages.route("/new", methods=["GET", "POST"])
@needs(Right.EDIT_CAMPAIGNS)
def new() -> Any:
    """A rule from nothing."""
    if request.method == "GET":
        kind = request.args.get("kind", "keyword")
        return _page(RuleDraft(trigger={"kind": kind}, actions=({"kind": "text"},)))
    return _posted()


@pages.route("/<int:rule_id>", methods=["GET", "POST"])
@needs(Right.EDIT_CAMPAIGNS)
def edit(rule_id: int) -> Any:
    """Change a rule."""
    rule = automation.get_rule(rule_id)
    if request.method == "GET":
        return _page(_draft_of_rule(rule), rule=rule)
    return _posted(rule)


def _posted(rule: Any = None) -> Any:
    """Keep what was sent, or show it again with a part more or less, or with what is wrong."""
    draft = draft_of(request.form)
    try:
        draft = draft.with_files(_brought())
    except DashboardError as error:
        return _page(draft, rule=rule, error=error), 422
    if not {"keep", "look"} & request.form.keys():
        return _page(draft, rule=rule)
    try:
        given = _given(draft)
        columns = automation.checked(**given)
    except DashboardError as error:
        return _page(draft, rule=rule, error=error), 422
    if "look" in request.form:
        return _page(draft, rule=rule, past=automation.look_back(automation.of_draft(columns, rule.id if rule else 0)))
    if rule:
        automation.change_rule(rule.id, by=current_user.actor, **given)
    else:
        rule = automation.add_rule(by=current_user.actor, **given)
    flash(f"“{rule.name}” is kept" + ("" if rule.is_on else "; it is off until you switch it on"), "good")
    return redirect(url_for("automation.show", rule_id=rule.id))


def _brought() -> dict[int, int]:
    """Files that came along, kept: the number of their action → the id of the file. Raises ActionInvalid for one that
    WhatsApp does not take, naming its action."""
    kept: dict[int, int] = {}
    for number in range(MOST_ACTIONS):
        file = request.files.get(f"a-{number}-media_id-file")
        if file is None or not file.filename:
            continue
        try:
            _, content = inbox.keep_file(file.stream, name=file.filename, by=current_user.actor)  # type: ignore[arg-type]
        except DashboardError as error:
            raise actions.ActionInvalid(error.message, place=number, field="media_id") from None
        kept[number] = content["media_id"]
    return kept


def _given(draft: RuleDraft) -> dict[str, Any]:
    """The draft as the rules take it. Raises Invalid."""
    if not draft.tolerance_hours.isdecimal():
        raise Invalid("Write how many hours late it may be as a whole number", field="tolerance_minutes")
    return {"name": draft.name, "trigger": draft.trigger, "shape": _shape(draft), "done": draft.actions,
            "channel_id": whole(draft.channel_id) or None, "tolerance_minutes": whole(draft.tolerance_hours) * 60}


def _shape(draft: RuleDraft) -> Shape:
    return Shape(tuple(Group(tuple(Condition(*row) for row in rows), is_enough)
                       for is_enough, rows in draft.groups if rows), draft.is_any)


def _draft_of_rule(rule: Any) -> RuleDraft:
    shape = segments.from_json(rule.conditions)
    groups = [(group.is_any, [(one.what, one.value) for one in group.conditions]) for group in shape.groups]
    return RuleDraft(rule.name, rule.trigger, groups, shape.is_any, tuple(rule.actions), str(rule.channel_id or ""),
                     str(rule.tolerance_minutes // 60))


def _page(draft: RuleDraft, *, rule: Any = None, error: DashboardError | None = None, past: Any = None) -> str:
    """The editor, each wrong thing said in its place."""
    if not draft.trigger.get("starts_on"):
        today = clock.now().astimezone(clock.zone(settings.time_zone())).date()
        draft = replace(draft, trigger={**draft.trigger, "starts_on": today.isoformat()})
    kind = automation.TRIGGERS.get(str(draft.trigger.get("kind"))) or automation.TRIGGERS["keyword"]
    rows = [(number, actions.ACTIONS[str(one.get("kind"))], one) for number, one in enumerate(draft.actions)
            if one.get("kind") in actions.ACTIONS]
    wrong = {"place": getattr(error, "place", None), "field": error.field, "message": error.message} if error else {}
    return render_template(
        "automation/edit.html", draft=draft, rule=rule, kind=kind, triggers=_by_about(automation.TRIGGERS),
        action_rows=rows, action_kinds=_by_about(actions.ACTIONS), groups=draft.groups or [(False, [])],
        choices=condition_choices(), options=options(), takes_of={what: test.takes for what, test in automation.TESTS.items()},
        wrong=wrong, past=past, people=names_in(past))


def _by_about(table: Any) -> list[tuple[str, list[Any]]]:
    found: dict[str, list[Any]] = {}
    for one in table.values():
        found.setdefault(one.about, []).append(one)
    return list(found.items())
