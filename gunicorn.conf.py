"""How gunicorn serves the dashboard: one process with threads, scheduler and sender inside it.

More processes: WEB_CONCURRENCY=4. A web process without scheduler and sender: EMBEDDED_WORKER=0, with `flask worker`
beside it.
"""

import os
import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from config import BadSetting, read  # noqa: E402  # only now can it be found

try:
    settings = read()
except BadSetting as error:
    raise SystemExit(f"Pigeonpost did not start: {error}") from None
except OSError as error:
    raise SystemExit(f"Pigeonpost did not start: {error.filename} cannot be written ({error.strerror})") from None


def _in_words(host: str, port: int) -> str:
    """Where a person on this machine finds the dashboard."""
    everywhere = ("0.0.0.0", "::")  # noqa: S104  # compared with, not listened on
    shown = "127.0.0.1" if host in everywhere else f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"


def _refuse_a_busy_port(host: str, port: int) -> None:
    """End in a sentence if nobody could listen there. gunicorn would try for five seconds and print a page."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise SystemExit(f"Pigeonpost did not start: {host} port {port} cannot be used ({error.strerror}). "
                             f"Stop what runs there, or choose another: PORT={port % 65000 + 1} make run") from None


_refuse_a_busy_port(settings.host, settings.port)

bind = f"[{settings.host}]:{settings.port}" if ":" in settings.host else f"{settings.host}:{settings.port}"
proc_name = "pigeonpost"
preload_app = True              # migrated once, before any worker answers
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
worker_class = "views.listener.PatientWorker"  # gunicorn's own with threads, behind a loop that reads
threads = 40                    # as many as there are database connections
keepalive = 5
timeout = 120
graceful_timeout = 12
max_requests = 0                # a recycled worker would stop its scheduler in the middle of a tick
control_socket_disable = True   # no socket in anybody's home folder
sys.setswitchinterval(0.001)    # who waits for the disk or the database gets a turn beside busy pages after 1 ms, not 5
os.umask(0o077)                 # what people wrote is nobody else's to read
loglevel = "warning"
errorlog = "-"
forwarded_allow_ips = ""        # TRUSTED_PROXIES decides, inside the app


def when_ready(server):
    """Say where to go."""
    print(f"Pigeonpost is at {_in_words(settings.host, settings.port)} (Ctrl+C stops it)", flush=True)


def post_worker_init(worker):
    """Scheduler, sender and simulator live in the worker: threads do not survive a fork."""
    from jobs import memory

    memory.look_after()
    if settings.embedded_worker:
        import bootstrap

        bootstrap.start_background(worker.wsgi)


def worker_exit(server, worker):
    """Let work in hand end; what was not sent goes back to the queue."""
    if settings.embedded_worker:
        import bootstrap

        bootstrap.stop_background()
