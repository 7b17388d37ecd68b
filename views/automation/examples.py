"""Examples to start from: read, and installed by one click."""

from flask import flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from core.errors import Forbidden
from core.rights import Right
from services import automation, hooks
from views.automation.part import pages
from views.doors import needs

SHOP = {"phone": "phone", "name": "name", "order": "order", "status": "status"}


@pages.get("/examples")
@needs(Right.EDIT_CAMPAIGNS)
def examples() -> str:
    """Every example with its rules in words."""
    return render_template("automation/examples.html", examples=[
        (one, [(part.name, automation.sentence_of_part(part)) for part in one.rules]) for one in automation.EXAMPLES])


@pages.post("/examples/<key>")
@needs(Right.EDIT_CAMPAIGNS)
def install(key: str) -> Answer:
    """Add its rules, switched off."""
    if key == "order":
        if not current_user.may(Right.MANAGE):
            raise Forbidden("This example makes an address for another system: ask somebody who manages the settings")
        hook, token, _ = hooks.add_hook(name="Shop orders", mapping=SHOP, by=current_user.actor)
        rules = automation.install(key, hook_id=hook.id, by=current_user.actor)
        flash(f"The shop calls {url_for('hooks.take', token=token, _external=True)} – this is shown once, keep it now", "warn")
        return redirect(url_for("automation.show", rule_id=rules[0].id))
    rules = automation.install(key, by=current_user.actor)
    flash("Added, switched off: read it, change the words, then switch it on", "good")
    return redirect(url_for("automation.show", rule_id=rules[0].id))
