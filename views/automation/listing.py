"""The page of rules: as sentences, in order, on or off, what they did lately; a sentence to try."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from core.errors import NotFound
from core.rights import Right
from forms.automation import whole
from services import automation, settings
from views.automation.part import pages
from views.doors import needs


@pages.get("")
def index() -> str:
    """Every rule, with those that are met by the same messages side by side."""
    shown = request.args.get("show", "")
    rows = automation.rules()
    meetings: dict[int, Any] = {}
    for one in automation.meetings():
        meetings.setdefault(one.lower.id, one)
    return render_template(
        "automation/index.html", rows=rows, meetings=meetings, lately=automation.lately(), shown=shown,
        on=sum(row.rule.is_on for row in rows), mode=settings.get("rules_mode"), modes=automation.MODES,
        most=settings.get("automatic_an_hour"), stop_words=settings.get("opt_out_words"), **_tried())


def _tried() -> dict[str, Any]:
    """The sentence in the address, and what each rule makes of it."""
    text, contact_id = request.args.get("say", "")[:1000], whole(request.args.get("as", ""))
    writers = automation.last_writers()
    if not text.strip():
        return {"say": "", "as_id": contact_id, "writers": writers, "decisions": None}
    try:
        decisions = automation.try_sentence(text, contact_id=contact_id or None)
    except NotFound:
        decisions = automation.try_sentence(text)
    return {"say": text, "as_id": contact_id, "writers": writers, "decisions": decisions}


@pages.post("/<int:rule_id>/switch")
@needs(Right.EDIT_CAMPAIGNS)
def switch(rule_id: int) -> Answer:
    """On or off."""
    if request.form.get("on") == "1":
        rule = automation.switch_on(rule_id, by=current_user.actor)
        flash(f"“{rule.name}” is on: it acts on what happens from now on", "good")
    else:
        rule = automation.switch_off(rule_id, by=current_user.actor)
        flash(f"“{rule.name}” is off", "good")
    return redirect(url_for("automation.index"))


@pages.post("/<int:rule_id>/move")
@needs(Right.EDIT_CAMPAIGNS)
def move(rule_id: int) -> Answer:
    """Up, down, or right above another."""
    if above := whole(request.form.get("above", "")):
        automation.move(rule_id, above=above, by=current_user.actor)
    else:
        automation.move(rule_id, step=-1 if request.form.get("step") == "-1" else 1, by=current_user.actor)
    return redirect(url_for("automation.index", _anchor=f"rule-{rule_id}"))


@pages.route("/<int:rule_id>/delete", methods=["GET", "POST"])
@needs(Right.EDIT_CAMPAIGNS)
def delete(rule_id: int) -> str | Answer:
    """Ask once, by name, then delete; what it did stays."""
    if request.method == "POST":
        flash(f"“{automation.delete_rule(rule_id, by=current_user.actor)}” is deleted; what it did stays", "good")
        return redirect(url_for("automation.index"))
    return render_template("automation/delete.html", rule=automation.get_rule(rule_id))


@pages.post("/order")
@needs(Right.EDIT_CAMPAIGNS)
def order() -> Answer:
    """How rules that fit the same event share it, and how many automatic messages one person gets at most."""
    mode = request.form.get("mode", "")
    if mode in automation.MODES:
        settings.change("rules_mode", mode, by=current_user.actor)
    settings.change("automatic_an_hour", min(1000, max(1, whole(request.form.get("most", ""), 10))), by=current_user.actor)
    flash("Kept", "good")
    return redirect(url_for("automation.index"))
