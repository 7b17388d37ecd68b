"""What rules did: one rule's page, the list of runs, one run step by step; a dry run, and running by hand."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from core.errors import Invalid, NotFound
from core.rights import Right
from core.words import plural, shortened
from forms.automation import whole
from services import automation, contacts, segments, sending
from views.automation.options import names_in
from views.automation.part import pages
from views.doors import needs


@pages.get("/<int:rule_id>/show")
def show(rule_id: int) -> str:
    """One rule: its sentence, what it would have done, what it did, and how to try it."""
    rule = automation.get_rule(rule_id)
    past = automation.look_back(automation.of_rule(rule)) if request.args.get("past") else None
    dry, words, unclear = None, [], ""
    try:
        if person := _whom(request.args.get("as", ""), request.args.get("who", "")):
            dry, words = automation.dry_run(rule_id, contact_id=person)
    except Invalid as error:
        person, unclear = 0, error.message
    return render_template(
        "automation/show.html", rule=rule, sentence=automation.sentence_of(rule, automation.names_in_rules()),
        page=automation.runs(rule_id=rule_id, size=20), past=past, people=names_in(past), dry=dry, words=words, as_id=person,
        unclear=unclear, dry_name=contacts.names_of([person]).get(person, "") if dry else "",
        writers=automation.last_writers(), segments=segments.all_segments())


def _whom(chosen: str, typed: str) -> int:
    """The person who was chosen, or whose name or number was typed; 0 for nobody. Raises Invalid when it is not one person."""
    if not typed.strip():
        return whole(chosen)
    found = contacts.search_contacts(typed.strip()[:100], size=2).items
    if len(found) != 1:
        raise Invalid(f"{'More than one person has' if found else 'Nobody has'} “{shortened(typed.strip())}” as name or number",
                      field="who")
    return found[0].id


@pages.post("/<int:rule_id>/run")
@needs(Right.SEND)
def run_now(rule_id: int) -> Answer:
    """Run it by hand, for one person or a segment."""
    contact_id = _whom(request.form.get("contact_id", ""), request.form.get("who", ""))
    segment_id = whole(request.form.get("segment_id", ""))
    if not contact_id and not segment_id:
        raise Invalid("Choose somebody, or a segment")
    count = automation.run_now(rule_id, contact_id=contact_id or None, segment_id=segment_id or None)
    flash(f"Runs for {plural(count, 'person', 'people')} now; conditions and consent are asked as always", "good")
    return redirect(url_for("automation.runs", rule=rule_id))


@pages.get("/runs")
def runs() -> str:
    """Every run, newest first."""
    rule_id, state = whole(request.args.get("rule", "")), request.args.get("state", "")
    page = automation.runs(rule_id=rule_id or None, contact_id=whole(request.args.get("contact", "")) or None, state=state,
                           page=whole(request.args.get("page", ""), 1))
    return render_template("automation/runs.html", page=page, rule_id=rule_id, state=state, rules=automation.rules(),
                           states=STATES, here=_here)


@pages.get("/runs/<int:run_id>")
def run(run_id: int) -> str:
    """One run: what set it off, what each condition saw, what each action did."""
    found = automation.get_run(run_id)
    messages, (about, talk_id) = automation.messages_of_run(found), automation.message_of_run(found) or (None, None)
    return render_template("automation/run.html", run=found, messages={one.id: one for one in messages}, states=STATES,
                           costs=sending.charges_of(messages), about=about, talk_id=talk_id)


@pages.get("/message/<int:message_id>")
def of_message(message_id: int) -> Answer:
    """The run that sent a message: which rule sent you, and why. Raises NotFound."""
    run_id = automation.run_of_message(message_id)
    if run_id is None:
        raise NotFound("No rule sent this message")
    return redirect(url_for("automation.run", run_id=run_id))


STATES = {"done": "did it", "waiting": "waits", "unmet": "conditions not met", "held": "held back", "missed": "too late",
          "failed": "failed"}


def _here(**changes: Any) -> str:
    return url_for("automation.runs", **{**request.args, **changes})
