"""Who calls other systems for us: put in place once, by wiring.py."""

from flask import Flask, current_app

from transports.port.web import WebCaller


def install(app: Flask, caller: WebCaller) -> None:
    """Say who makes the calls."""
    app.extensions["web_caller"] = caller


def caller() -> WebCaller:
    """Who makes the calls of this installation."""
    return current_app.extensions["web_caller"]
