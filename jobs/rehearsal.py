"""The process of one rehearsal: `python -m jobs.rehearsal FOLDER CAMPAIGN START` runs a copied campaign to its end.

The same rules, verdicts, sender, transport, signatures and webhook as ever, on a database of its own, against a
simulator of its own. The clock is hurried: the audience is frozen as of the planned start, and then nothing waits for its
hour. It opens no connection that leaves this machine, and ends when whoever started it is gone.
"""

import json
import logging
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from core import clock
from core.states import CampaignState, TemplateState
from jobs.sender import Sender
from services import campaigns, channels, message_templates, rehearsals, sending, webhooks

PROGRESS, RESULT = "progress.json", "result.json"
PATIENCE = 90.0  # seconds without any movement
STEP = 0.05
LARGEST_FILE = 8 * 1024**3  # bytes
CPU_SECONDS = 3600
NICENESS = 5
HERE = ("127.", "::1", "localhost", "/")


class Trouble(Exception):
    """Why there is no report; the sentence is for the operator."""


def main(folder: Path, campaign_id: int, starts_at: datetime) -> None:
    """Run it, and leave the figures or the reason in the folder."""
    _bound()
    from app import create_app

    app = create_app()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    parent = os.getppid()
    try:
        with app.app_context(), _outside(app) as ledger:
            result = _run(folder, campaign_id, starts_at, ledger, parent)
    except Trouble as trouble:
        result = {"trouble": str(trouble)}
    _leave(folder / RESULT, result)
    os._exit(0)  # threads of servers may linger; everything that counts is written


def _bound() -> None:
    """Behind everything else in line, bounded in size and time, and deaf to the world outside."""
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGTERM, lambda *_: os._exit(1))
    sys.addaudithook(stay_here)


def stay_here(what: str, about: tuple[Any, ...]) -> None:
    """Refuse every connection that would leave this machine, whoever asks for it."""
    if what == "socket.connect":
        address = about[1]
        place = address[0] if isinstance(address, tuple) else address
        if not str(place).startswith(HERE):
            raise PermissionError("a rehearsal connects to nothing outside this machine")
    elif what in ("socket.getaddrinfo", "socket.gethostbyname") and not str(about[0] or "localhost").startswith(HERE):
        raise PermissionError("a rehearsal asks for nobody outside this machine")


@contextmanager
def _outside(app: Flask) -> Iterator[Any]:
    """A simulator that tells a webhook of this process, and the sender beside it; gives the simulator's ledger."""
    from simulator import door

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    threading.Thread(target=server.serve_forever, name="webhook", daemon=True).start()
    settings, line = app.extensions["settings"], channels.line_of(channels.ensure_first())
    running = door.start(
        settings.instance, secret=line.app_secret, token=line.token, verify_token=line.verify_token,
        phone_number_id=line.phone_number_id, business_id=line.business_id,
        webhook_url=f"http://127.0.0.1:{server.server_port}/webhook", seed=settings.simulator_seed,
        speed=settings.simulator_speed, rate=0, pair_seconds=0)
    channels.install_simulator(lambda: running.url)
    sender = Sender(app)
    try:
        yield running.ledger()
    finally:
        sender.stop(2)


class _Quiet(WSGIRequestHandler):
    """Keeps connections and says nothing."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Nothing: thousands of these come."""


def _run(folder: Path, campaign_id: int, starts_at: datetime, ledger: Any, parent: int) -> dict[str, Any]:
    """The whole story, step by step."""
    patience = _Patience(folder, parent)
    _approve(patience, ledger)
    campaigns.launch_due(max(starts_at, clock.now()))
    campaign = campaigns.get_campaign(campaign_id)
    if campaign.state is not CampaignState.SENDING:
        raise Trouble(campaign.paused_reason or "The campaign could not be started")
    waves = rehearsals.waves(campaign_id)
    rehearsals.hurry(campaign_id)
    _send(campaign_id, patience, ledger)
    campaign = campaigns.get_campaign(campaign_id)
    return {"report": campaigns.report(campaign_id).figures(), "waves": waves, "starts_at": starts_at.isoformat(),
            "paused": campaign.paused_reason if campaign.state is CampaignState.PAUSED else "",
            "taken": len(ledger.accepted())}


class _Patience:
    """Says how far it is, and gives up when nothing moves or nobody watches."""

    def __init__(self, folder: Path, parent: int) -> None:
        self._folder, self._parent = folder, parent
        self._last: Any = None
        self._since = self._said = clock.monotonic()

    def rest(self, movement: Any, said: Mapping[str, int] | None = None) -> None:
        """Wait a moment. Raises Trouble when `movement` has been the same for too long."""
        if os.getppid() != self._parent:
            os._exit(1)
        if movement != self._last:
            self._last, self._since = movement, clock.monotonic()
        elif clock.monotonic() - self._since > PATIENCE:
            raise Trouble("The simulator stood still for more than a minute")
        if said and clock.monotonic() - self._said > 0.3:
            self._said = clock.monotonic()
            _leave(self._folder / PROGRESS, said)
        time.sleep(STEP)


def _approve(patience: _Patience, ledger: Any) -> None:
    """Hand the template in, as ever, and wait for the word of the simulated carrier."""
    while True:
        message_templates.submit_pending()
        webhooks.read_events()
        state, reason = rehearsals.template_standing()
        if state is TemplateState.APPROVED:
            return
        if state not in (TemplateState.PENDING, TemplateState.DRAFT):
            raise Trouble(f"The simulator did not take the template: {reason or state}"[:280])
        patience.rest((state, ledger.pending()))


def _send(campaign_id: int, patience: _Patience, ledger: Any) -> None:
    """Send, hear back, until every row is final and no news is under way."""
    from flask import current_app

    sender = Sender(current_app._get_current_object())  # type: ignore[attr-defined]  # its threads need the app itself
    sender.start()
    try:
        while not _is_over(campaign_id, patience, ledger):
            continue
    finally:
        sender.stop(5)
    while webhooks.read_events():
        continue


def _is_over(campaign_id: int, patience: _Patience, ledger: Any) -> bool:
    """One look: read what was told, tidy up, say how far it is."""
    while webhooks.read_events():
        continue
    sending.sweep(clock.now())
    campaigns.finish_done(clock.now())
    untold = ledger.pending()  # asked before the counts, so that what was told is among them
    moving = rehearsals.moving(campaign_id)
    if moving.state in (CampaignState.FINISHED, CampaignState.PAUSED) and not untold and not moving.unread:
        return True
    patience.rest((moving, untold), {"total": moving.total, "done": moving.done})
    return False


def _leave(path: Path, what: Mapping[str, Any]) -> None:
    """Write a file in one piece."""
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(what))
    draft.replace(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), datetime.fromisoformat(sys.argv[3]))
