"""The program without its web: settings, database and carriers in a fresh folder, for what lies below the pages."""

import gc

from flask import Flask

import config
import wiring
from tables import session


def make(folder: str, **changes: str) -> Flask:
    """An app on an empty database: SQLite in `folder`, or the one DATABASE_URL names; `changes` are settings by their
    environment names."""
    settings = config.read({"INSTANCE_DIR": folder, "SECRET_KEY": "only-for-benchmarks-5d1f0c9b8a7e6d",
                            "LOG_LEVEL": "WARNING"} | changes)
    app = Flask("bench", instance_path=folder)
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url or f"sqlite:///{folder}/pigeonpost.sqlite"
    app.extensions["settings"] = settings
    session.db.init_app(app)
    wiring.install_carriers(app)
    with app.app_context():
        session.tune(session.db.engine)
        session.Base.metadata.create_all(session.db.engine)
    gc.collect()
    gc.freeze()  # as the start of the program does
    return app
