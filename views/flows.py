"""Flows: the list, the drawing with its steps, trying it out, who went which way."""

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from core.errors import DashboardError, Invalid, NotFound
from core.rights import Right
from forms.flows import SPARE, node_from, words_from
from services import actions, auth, contacts, flows, hooks, inbox, media
from views.doors import needs

pages = Blueprint("flows", __name__)
DETAILS = (("name", "Name"), ("first_name", "First name"), ("company", "Company"), ("email", "E-mail"), ("language", "Language"))
KEPT_OUT = ("wait", "stop_rules", "start_flow", "stop_flow")  # actions of rules that mean nothing in a step


@pages.get("")
def index() -> str:
    """Every flow with its figures, ready ones to begin from, and a file from elsewhere."""
    return render_template("flows/index.html", flows=flows.all_flows(), examples=flows.EXAMPLES)


@pages.post("/new")
@needs(Right.EDIT_CAMPAIGNS)
def new() -> Answer | tuple[str, int]:
    """Begin one: empty, from an example, or from a file."""
    try:
        if file := request.files.get("file"):
            flow = flows.imported(file.read(flows.LARGEST_FILE + 1).decode("utf-8", "replace"), by=current_user.actor)
        else:
            name, _, drawing = flows.EXAMPLES.get(request.form.get("example", ""), ("", "", None))
            wanted = request.form.get("name", "").strip() or name
            flow = flows.add_flow(name=wanted, by=current_user.actor, **({"drawing": drawing} if drawing else {}))
    except DashboardError as error:
        page = render_template("flows/index.html", flows=flows.all_flows(), examples=flows.EXAMPLES, error=error.message)
        return page, 422
    return redirect(url_for(".show", flow_id=flow.id))


@pages.get("/<int:flow_id>")
def show(flow_id: int) -> str:
    """The drawing, its steps as a list, and the try-out."""
    return _page(flow_id)


def _page(flow_id: int, *, said: tuple[str, ...] = ()) -> str:
    flow = flows.get_flow(flow_id)
    drawing = flows.read(flow.drawing)
    version = flows.newest_version(flow_id)
    return render_template(
        "flows/show.html", flow=flow, drawing=drawing, order=flows.order_of(drawing), canvas=flows.canvas_of(drawing),
        figures=flows.figures_of(flow_id), problems=flows.problems_of(drawing), version=version, names=flows.NAMES,
        has_changes=version is None or version.drawing != flow.drawing, inside=flows.people_inside(flow_id),
        width=flows.WIDTH, height=flows.HEIGHT, action_words=actions.words_of, **_tried(drawing, said),
        named={"call": {one.id: one.name for one in hooks.all_targets()}, "flow": dict(flows.choices_of_flows())})


def _tried(drawing: flows.Drawing, said: tuple[str, ...]) -> dict[str, Any]:
    """The try-out after somebody said all this; a drawing with ways that lead nowhere cannot be tried."""
    if any(target not in drawing.nodes for node in drawing.nodes.values() for _, target in node.exits()) or (
            drawing.start not in drawing.nodes):
        return {"play": None, "said": ()}
    known = {"first_name": "Ana", "name": "Ana Obi", "language": request.form.get("language", "")[:12]}
    return {"play": flows.play(drawing, said, known), "said": said}


@pages.post("/<int:flow_id>/try")
@needs(Right.SEE)
def try_out(flow_id: int) -> str:
    """Say one more thing to the flow; nothing is kept or sent."""
    said = [text[:1000] for text in request.form.getlist("said")][:60]
    if "again" in request.form:
        said = []
    elif words := (request.form.get("press") or request.form.get("words", "")).strip():
        said.append(words[:1000])
    if request.headers.get("X-Live"):
        drawing = flows.drawing_of(flow_id)
        return render_template("flows/_try.html", flow=flows.get_flow(flow_id), **_tried(drawing, tuple(said)))
    return _page(flow_id, said=tuple(said))


@pages.route("/<int:flow_id>/steps/<node>", methods=["GET", "POST"])
@needs(Right.EDIT_CAMPAIGNS)
def step(flow_id: int, node: str) -> Answer | str | tuple[str, int]:
    """One step: what it says and where it leads."""
    flow = flows.get_flow(flow_id)
    before = flows.node_in(flow.drawing, node)
    languages = flows.languages_of(flow.drawing)
    if request.method == "GET":
        return _step_page(flow, before, languages)
    typed = node_from(request.form.to_dict(), before, languages)
    if "action" in typed and request.form.get("choose"):
        return _step_page(flow, typed, languages)
    try:
        file = request.files.get("file")
        if file is not None and file.filename and typed["kind"] in ("say", "ask"):
            typed["media_id"] = inbox.keep_file(file.stream, name=file.filename, by=current_user.actor)[1]["media_id"]
        if typed.get("action"):
            typed["action"] = actions.action_of(typed["action"]).check(typed["action"])
        flows.change_flow(flow_id, drawing=flows.with_node(flow.drawing, node, typed), by=current_user.actor)
    except DashboardError as error:
        return _step_page(flow, typed, languages, error=error.message), 422
    flash("Kept. People get it once you publish", "good")
    return redirect(url_for(".show", flow_id=flow_id) + f"#step-{node}")


def _step_page(flow: Any, node: dict[str, Any], languages: list[str], error: str = "") -> str:
    others = [(one["id"], one) for one in flow.drawing["nodes"]]
    offered = [one for one in actions.ACTIONS.values() if not one.sends and one.kind not in KEPT_OUT]
    chosen = actions.ACTIONS.get((node.get("action") or {}).get("kind", ""))
    return render_template(
        "flows/step.html", flow=flow, node=node, languages=languages, others=others, names=flows.NAMES, error=error,
        spare=SPARE, files=media.newest_files(), expects=flows.EXPECTS,
        tests=flows.TESTS, offered=offered, chosen=chosen, fields=contacts.all_fields(),
        team=auth.all_users(), targets=flows.targets(), following=flows.choices_of_flows(), tags=contacts.tag_names()[:200],
        save_places=[*DETAILS, *((field.key, field.label) for field in contacts.all_fields())])


@pages.post("/<int:flow_id>/steps")
@needs(Right.EDIT_CAMPAIGNS)
def add_step(flow_id: int) -> Answer:
    """One more step, behind another."""
    flow = flows.get_flow(flow_id)
    try:
        drawing, name = flows.with_new(flow.drawing, request.form.get("kind", ""), after=request.form.get("after", ""))
        flows.change_flow(flow_id, drawing=drawing, by=current_user.actor)
    except Invalid as error:
        flash(error.message, "bad")
        return redirect(url_for(".show", flow_id=flow_id))
    return redirect(url_for(".step", flow_id=flow_id, node=name))


@pages.post("/<int:flow_id>/steps/<node>/delete")
@needs(Right.EDIT_CAMPAIGNS)
def delete_step(flow_id: int, node: str) -> Answer:
    """Take a step out; what led to it leads on."""
    flow = flows.get_flow(flow_id)
    return _done(flow_id, lambda: flows.change_flow(flow_id, drawing=flows.without(flow.drawing, node), by=current_user.actor),
                 "The step is gone")


@pages.post("/<int:flow_id>/draw")
@needs(Right.EDIT_CAMPAIGNS)
def draw(flow_id: int) -> Answer:
    """A step was moved on the canvas, or led to another."""
    flow, node = flows.get_flow(flow_id), request.form.get("node", "")
    try:
        if target := request.form.get("target", ""):
            drawing = flows.connected(flow.drawing, node, target)
        else:
            x, y = (max(0, min(20_000, int(float(request.form.get(name, "0"))))) for name in ("x", "y"))
            drawing = flows.moved(flow.drawing, node, x, y)
    except ValueError:
        raise Invalid("This is no place on the canvas") from None
    flows.change_flow(flow_id, drawing=drawing, by=current_user.actor)
    return redirect(url_for(".show", flow_id=flow_id))


@pages.route("/<int:flow_id>/words", methods=["GET", "POST"])
@needs(Right.EDIT_CAMPAIGNS)
def words(flow_id: int) -> Answer | str | tuple[str, int]:
    """Name, words that work at every question, and what happens when nobody answers."""
    flow = flows.get_flow(flow_id)
    if request.method == "GET":
        return render_template("flows/words.html", flow=flow, raw=flow.drawing, name=flow.name)
    raw = words_from(request.form.to_dict(), flow.drawing)
    try:
        flows.change_flow(flow_id, name=request.form.get("name", ""), drawing=raw, by=current_user.actor)
    except DashboardError as error:
        page = render_template("flows/words.html", flow=flow, raw=raw, name=request.form.get("name", ""), error=error.message)
        return page, 422
    flash("Kept. People get it once you publish", "good")
    return redirect(url_for(".show", flow_id=flow_id))


@pages.post("/<int:flow_id>/publish")
@needs(Right.SEND)
def publish(flow_id: int) -> Answer:
    """Make the drawing what people go through."""
    return _done(flow_id, lambda: flows.publish(flow_id, by=current_user.actor),
                 "Published: whoever starts from now on goes through it as it is drawn")


@pages.post("/<int:flow_id>/switch")
@needs(Right.SEND)
def switch(flow_id: int) -> Answer:
    """On, or off for those who would start."""
    is_on = request.form.get("on") == "1"
    return _done(flow_id, lambda: flows.switch(flow_id, is_on=is_on, by=current_user.actor),
                 "Switched on" if is_on else "Switched off: nobody starts it; whoever is inside goes on")


@pages.post("/<int:flow_id>/delete")
@needs(Right.EDIT_CAMPAIGNS)
def delete(flow_id: int) -> Answer:
    """Delete it for good."""
    flows.delete_flow(flow_id, by=current_user.actor)
    flash("The flow is deleted", "good")
    return redirect(url_for(".index"))


@pages.get("/<int:flow_id>/export")
def export(flow_id: int) -> Response:
    """The flow as a file for another installation."""
    return Response(flows.exported(flow_id), mimetype="application/json", headers={
        "Content-Disposition": f'attachment; filename="flow-{flow_id}.json"'})


@pages.get("/schema.json")
def schema() -> Response:
    """The published form of such files."""
    return Response(json.dumps(flows.json_schema(), indent=2), mimetype="application/schema+json")


@pages.get("/<int:flow_id>/people")
def people(flow_id: int) -> str:
    """Who went through it, and who is inside."""
    only, node = request.args.get("who", ""), request.args.get("step", "")
    return render_template("flows/people.html", flow=flows.get_flow(flow_id), only=only, node=node,
                           rows=flows.sessions_of(flow_id, only=only, node=node))


@pages.get("/message/<int:message_id>")
def of_message(message_id: int) -> Answer:
    """The way of the person whom a flow sent a message. Raises NotFound."""
    session_id = flows.session_of_message(message_id)
    if session_id is None:
        raise NotFound("No flow sent this message")
    return redirect(url_for(".way", session_id=session_id))


@pages.get("/ways/<int:session_id>")
def way(session_id: int) -> str:
    """The way of one person, step by step."""
    return render_template("flows/way.html", trace=flows.trace_of(session_id), names=flows.NAMES)


def _done(flow_id: int, act: Callable[[], object], done: str) -> Answer:
    """Do it, say it or say why not, and show the flow."""
    try:
        act()
        flash(done, "good")
    except DashboardError as error:
        flash(error.message, "bad")
    return redirect(url_for(".show", flow_id=flow_id))
