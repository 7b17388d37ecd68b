"""What every test may ask for: an app on a clean database, and signed-in browsers without a screen."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import config
from core import background
from core.actor import Actor
from models import User, db
from tables.session import Base
from tests import database
from tests.client import Browser

TEST_SECRET = "a-key-for-tests-only-9f8e7d6c5b4a3f2e1d0c"


def settings_for(folder: Path, **changes: object) -> config.Settings:
    """Settings of a throw-away installation in `folder`."""
    values = {"INSTANCE_DIR": str(folder), "SECRET_KEY": TEST_SECRET, "LOG_LEVEL": "WARNING", "CANARY_SHARE": "0"}
    return config.read(values | {name.upper(): str(value) for name, value in changes.items()})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is meant for the other database."""
    used = "postgresql" if database.is_postgres() else "sqlite"
    elsewhere = [item for item in items if (mark := item.get_closest_marker("only_on")) and used not in mark.args]
    if elsewhere:
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if item not in set(elsewhere)]


@pytest.fixture(scope="session")
def database_address() -> Iterator[str]:
    """Where this process's tests keep their rows: a PostgreSQL address, or nothing for SQLite."""
    address = database.own_database()
    yield address
    database.drop(address)


@pytest.fixture(scope="session")
def built_app(tmp_path_factory: pytest.TempPathFactory, database_address: str) -> Iterator[Flask]:
    """One app for the whole run; its tables are made once and emptied after each test."""
    from app import create_app  # here: tests of pure parts need no app

    app = create_app(settings_for(tmp_path_factory.mktemp("instance"), database_url=database_address))
    app.config.update(TESTING=True)
    app.test_client_class = Browser
    with app.app_context():
        Base.metadata.create_all(db.engine)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(built_app: Flask) -> Iterator[Flask]:
    """The app with an empty database and its context open. Nothing runs in the background."""
    background.install(None)
    with built_app.app_context():
        yield built_app
        database.empty()


@pytest.fixture
def catalogue(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a carrier's list of templates for tests where the real one is."""
    from tests.factories.message_templates import Catalogue

    fake = Catalogue()
    monkeypatch.setitem(app.extensions["carriers"], "catalogue", fake)
    return fake


@pytest.fixture
def by() -> Actor:
    """Somebody who does things in tests."""
    return Actor("user", "Folake Adeyemi")


@pytest.fixture
def stranger(app: Flask) -> Browser:
    """A browser of somebody who has not signed in."""
    return app.test_client()


@pytest.fixture
def browser_as(app: Flask) -> Callable[..., Browser]:
    """A browser of somebody with this role: `browser_as("viewer")`, `browser_as("manager", may_send=True)`."""
    from tests import cast

    def sign_in(role: str, may_send: bool = False) -> Browser:
        return cast.signed_in(app.test_client(), cast.person(role, may_send=may_send))

    return sign_in


@pytest.fixture
def browser(app: Flask) -> Browser:
    """A browser of Folake, the admin, who may also send."""
    from tests import cast

    return cast.signed_in(app.test_client(), cast.person("admin", may_send=True, name="Folake Adeyemi"))


@pytest.fixture
def admin(browser: Browser) -> User:
    """The admin whom `browser` belongs to."""
    return browser.person
