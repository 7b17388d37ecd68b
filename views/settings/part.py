"""The part of the map that the pages of settings hang on."""

from flask import Blueprint

pages = Blueprint("settings", __name__)
