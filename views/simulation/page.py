"""The simulated phone: a page on which one is the customer. And the published numbers with a story."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from core import clock
from core.errors import Invalid, NotFound
from core.rights import Right
from core.words import plural
from forms.simulation import doing_of, switches_of
from services import settings, simulation
from views.doors import needs
from views.page_context import viewer_zone
from views.simulation.calls import KINDS, body_in_words, calls_of

pages = Blueprint("simulation", __name__)

PICTURES = ("parcel", "receipt", "door", "evening")
@pages.get("/numbers")
def numbers() -> ResponseReturnValue:
    """Each magic number and what happens to a message to it. There is no such page without simulation."""
    stories = current_app.extensions.get("magic_numbers")
    return render_template("simulation/numbers.html", stories=stories) if stories else abort(404)


@pages.get("/phone")
def phone() -> str:
    """One phone, the talk as the team sees it, and the calls between."""
    people = simulation.people()
    asked = request.args.get("person", "") or (people[0].number if people else "")
    shown = simulation.phone(simulation.find(asked)) if asked else None
    return render_template("simulation/phone.html", people=people, **_about(shown))


@pages.get("/phone/talk")
def talk() -> str:
    """The live part inside the phone."""
    return render_template("simulation/_talk.html", **_about(_asked()))


@pages.get("/phone/team")
def team() -> str:
    """The live part beside the phone."""
    return render_template("simulation/_team.html", **_about(_asked()))


@pages.get("/phone/call")
def call() -> str:
    """One call between the phone and us, with its raw body."""
    shown = _asked()
    wanted = request.args.get("call", "")
    found = next((one for one in shown.calls if str(one.id) == wanted), None)
    if found is None:
        raise NotFound("There is no such call")
    [words] = calls_of([found], shown)
    return render_template("simulation/call.html", call=words, body=body_in_words(found.body), person=shown.person.number)


@pages.get("/file/<wire_id>")
def file(wire_id: str) -> Answer:
    """A file that stands on a phone: pictures, sounds and films are shown, everything else is a download."""
    if not (wire_id.isascii() and wire_id.isdigit() and len(wire_id) < 30):
        raise NotFound("There is no such file")
    stream, mime, is_shown = simulation.open_file(wire_id)
    return send_file(stream, mimetype=mime if is_shown else "application/octet-stream", as_attachment=not is_shown,
                     download_name="file")


@pages.post("/person")
@needs(Right.EDIT_CONTACTS)
def make() -> Answer:
    """Make a customer."""
    return _done(lambda: simulation.make_person(
        name=request.form.get("name", ""), number=request.form.get("number", ""), username=request.form.get("username", ""),
        hides_number=request.form.get("hides_number") == "yes").number)


@pages.post("/take")
@needs(Right.EDIT_CONTACTS)
def take() -> Answer:
    """Pick a phone up."""
    return _done(lambda: simulation.pick_up(_person()).number)


@pages.post("/say")
@needs(Right.EDIT_CONTACTS)
def say() -> Answer:
    """The customer does something."""
    def act() -> str:
        number, (kind, told) = _person(), doing_of(request.form)
        if kind in ("image", "voice", "document", "sticker"):
            kind, told = _with_file(kind, told)
        if kind == "reaction" and "message" not in told:
            told["message"] = simulation.last_of_ours(number)
        simulation.say(number, kind, **told)
        return number

    return _done(act)


@pages.post("/change")
@needs(Right.EDIT_CONTACTS)
def change() -> Answer:
    """Switch something about the phone."""
    def act() -> str:
        simulation.change_phone(_person(), **switches_of(request.form))
        return _person()

    return _done(act)


@pages.post("/look")
@needs(Right.EDIT_CONTACTS)
def look() -> Answer:
    """The customer opens the talk."""
    def act() -> str:
        count = simulation.look(_person())
        flash(f"{plural(count, 'message was', 'messages were')} read" if count else "Nothing new had come", "info")
        return _person()

    return _done(act)


@pages.post("/listen")
@needs(Right.EDIT_CONTACTS)
def listen() -> Answer:
    """The customer plays a voice message."""
    def act() -> str:
        simulation.listen(_person(), request.form.get("message", ""))
        return _person()

    return _done(act)


@pages.post("/number")
@needs(Right.EDIT_CONTACTS)
def renumber() -> Answer:
    """The customer changes their number."""
    return _done(lambda: simulation.change_number(_person(), request.form.get("number", "")).number)


@pages.post("/crowd")
@needs(Right.EDIT_CONTACTS)
def crowd() -> Answer:
    """Twenty people write at once."""
    def act() -> str:
        flash(f"{plural(simulation.say_many(), 'person has', 'people have')} written to you", "good")
        return ""

    return _done(act)


@pages.app_template_filter("day_word")
def day_word(moment: Any) -> str:
    """Today, Yesterday or the date, in the viewer's zone."""
    day, today = moment.astimezone(viewer_zone()).date(), clock.now().astimezone(viewer_zone()).date()
    return {0: "Today", 1: "Yesterday"}.get((today - day).days, f"{day:%-d %b %Y}")


def _asked() -> simulation.Phone:
    return simulation.phone(simulation.find(request.args.get("person", "")))


def _person() -> str:
    return request.form.get("person", "")


def _about(shown: simulation.Phone | None) -> dict[str, Any]:
    """What the templates need to know of a phone."""
    quote = request.args.get("quote", "")
    about: dict[str, Any] = {"phone": shown, "may": current_user.may(Right.EDIT_CONTACTS), "quote": "", "quoted": "",
                             "business": settings.get("business_name"), "KINDS": KINDS, "PICTURES": PICTURES}
    if shown is None:
        return about
    if line := shown.by_id.get(quote):
        about |= {"quote": quote, "quoted": str(line.shown.get("text") or "A message")[:80]}
    return about | {"view": simulation.team_view(shown.person.number, shown.person.user_id),
                    "calls": calls_of(shown.calls, shown)}


def _with_file(kind: str, told: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The file that goes along: the one that was brought, or one made on the spot. Raises Invalid."""
    brought = request.files.get("file")
    if brought is not None and brought.filename:
        told["file"], held = simulation.hand_over(brought.stream, name=brought.filename)  # type: ignore[arg-type]
        told["name"] = brought.filename[:240]
        return held if kind == "image" else kind, {name: value for name, value in told.items() if value}
    what = request.form.get("drawn", "") if kind == "image" else kind
    if kind == "image" and what not in PICTURES:
        raise Invalid("Choose a picture")
    made = simulation.draw(what)
    return kind, {name: value for name, value in (told | {"file": made["id"], "name": made["name"]}).items() if value}


def _done(act: Callable[[], str]) -> Answer:
    """Do it, say what was refused, and show the phone again."""
    simulation.channel()
    number = _person()
    try:
        number = act()
    except Invalid as refusal:
        flash(refusal.message, "bad")
    return redirect(url_for("simulation.phone", person=number) if number else url_for("simulation.phone"))
