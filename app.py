"""The dashboard, put together. `create_app()` makes it; `python app.py` runs it for a look."""

import os
from pathlib import Path

from flask import Flask
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

import cli
import config
import routes
from core import log
from tables import session
from views import assets, page_context, sign_in, webhooks
from wiring import install_carriers, install_flows

ROOT = Path(__file__).resolve().parent
SQLITE_FILE = "pigeonpost.sqlite"


def create_app(settings: config.Settings | None = None) -> Flask:
    """The Flask application, ready to answer. Starts nothing in the background: `jobs.embedded.start` does."""
    settings = settings or config.read()
    log.install(level=settings.log_level, folder=settings.instance / "logs")
    app = Flask(__name__, instance_path=str(settings.instance.resolve()), static_folder="static")
    app.config.from_mapping(_flask_settings(settings))
    app.extensions["settings"] = settings
    if count := settings.trusted_proxies:  # none: forwarded headers are ignored
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=count, x_proto=count, x_host=count, x_prefix=0)
    app.url_map.strict_slashes = False  # /contacts/ is what some people type
    _install_database(app)
    install_carriers(app)
    install_flows()
    csrf = CSRFProtect(app)
    sign_in.install(app)
    page_context.install(app)
    assets.install(app)
    routes.install(app, csrf)
    webhooks.install(app)
    cli.install(app)
    return app


def _flask_settings(settings: config.Settings) -> dict[str, object]:
    """What Flask and its extensions need to know."""
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": database_url(settings),
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(settings),
        "MAX_CONTENT_LENGTH": settings.upload_limit_mb * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 4 * 1024 * 1024,
        "MAX_FORM_PARTS": 1000,
        "SESSION_COOKIE_NAME": "__Host-pigeonpost" if settings.https else "pigeonpost",
        "SESSION_COOKIE_SECURE": settings.https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_TIME_LIMIT": None,  # a form left open over lunch must still be sendable
        "TEMPLATES_AUTO_RELOAD": False,
    }


def database_url(settings: config.Settings) -> str:
    """SQLite in the instance folder unless DATABASE_URL says otherwise; PostgreSQL always by psycopg 3."""
    url = settings.database_url
    if not url:
        return f"sqlite:///{_private_file(settings.instance / SQLITE_FILE)}"
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else url


def _private_file(path: Path) -> Path:
    """The file, made readable for nobody else on this machine if it is not there yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    return path.resolve()


def _engine_options(settings: config.Settings) -> dict[str, object]:
    """Enough connections for the threads of one process, the last one used first: each keeps pages of its own in memory, and few
    are needed most of the time. Dead ones are noticed."""
    return {"pool_size": 20, "max_overflow": 20, "pool_use_lifo": True,
            "pool_pre_ping": not database_url(settings).startswith("sqlite"),
            "hide_parameters": True}  # what people wrote must not reach a log by way of an error


def _install_database(app: Flask) -> None:
    """The session, its pragmas, and migrations."""
    session.db.init_app(app)
    with app.app_context():
        session.tune(session.db.engine)
    Migrate(app, session.db, directory=str(ROOT / "migrations"), render_as_batch=True)


if __name__ == "__main__":
    import run

    run.main()
