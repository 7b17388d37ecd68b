"""Other systems: the addresses they call, the places we call, the log of both."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from core.errors import DashboardError
from core.rights import Right
from forms.automation import whole
from services import hooks
from views.automation.part import pages
from views.doors import needs


@pages.get("/systems")
@needs(Right.MANAGE)
def systems() -> str:
    """Every address and every place."""
    return _page()


@pages.post("/systems/hooks")
@needs(Right.MANAGE)
def add_hook() -> Any:
    """A new address; its token is shown once."""
    sent = request.form
    mapping = {"phone": sent.get("phone", ""), "name": sent.get("person", "")}
    for line in sent.get("values", "").splitlines()[:50]:
        name, _, path = line.partition("=")
        mapping[name.strip()[:60]] = path.strip() or name.strip()
    try:
        hook, token, secret = hooks.add_hook(name=sent.get("name", ""), mapping=mapping, signs="signs" in sent,
                                             by=current_user.actor)
    except DashboardError as error:
        return _page(hook_error=error, sent=sent), 422
    return _page(new_hook={"name": hook.name, "url": url_for("hooks.take", token=token, _external=True), "secret": secret})


@pages.post("/systems/targets")
@needs(Right.MANAGE)
def add_target() -> Any:
    """A new place to call; its secret is shown once."""
    try:
        target, secret = hooks.add_target(name=request.form.get("name", ""), url=request.form.get("url", ""),
                                          by=current_user.actor)
    except DashboardError as error:
        return _page(target_error=error, sent_target=request.form), 422
    return _page(new_target={"name": target.name, "secret": secret})


@pages.get("/systems/hooks/<int:hook_id>")
@needs(Right.MANAGE)
def hook(hook_id: int) -> str:
    """What came to one address."""
    return render_template("automation/hook.html", hook=hooks.get_hook(hook_id),
                           page=hooks.calls_to(hook_id, page=whole(request.args.get("page", ""), 1)))


@pages.get("/systems/targets/<int:target_id>")
@needs(Right.MANAGE)
def target(target_id: int) -> str:
    """What we called at one place, try by try."""
    page = hooks.calls_of(target_id, page=whole(request.args.get("page", ""), 1))
    return render_template("automation/target.html", target=hooks.get_target(target_id), page=page,
                           tries=hooks.tries_of([one.id for one in page.items]))


@pages.post("/systems/hooks/<int:hook_id>/delete")
@needs(Right.MANAGE)
def delete_hook(hook_id: int) -> Answer:
    """Forget an address and its log."""
    flash(f"The address “{hooks.delete_hook(hook_id, by=current_user.actor)}” answers no more", "good")
    return redirect(url_for("automation.systems"))


@pages.post("/systems/targets/<int:target_id>/delete")
@needs(Right.MANAGE)
def delete_target(target_id: int) -> Answer:
    """Forget a place and its log."""
    flash(f"“{hooks.delete_target(target_id, by=current_user.actor)}” is called no more", "good")
    return redirect(url_for("automation.systems"))


@pages.post("/systems/targets/<int:target_id>/on")
@needs(Right.MANAGE)
def switch_on_target(target_id: int) -> Answer:
    """Call it again."""
    flash(f"“{hooks.switch_on_target(target_id, by=current_user.actor).name}” is called again", "good")
    return redirect(url_for("automation.target", target_id=target_id))


def _page(**more: Any) -> str:
    known = {"hook_error": None, "target_error": None, "new_hook": None, "new_target": None, "sent": {},
             "sent_target": {}}
    return render_template("automation/systems.html", hooks=hooks.all_hooks(), targets=hooks.all_targets(), **known | more)
