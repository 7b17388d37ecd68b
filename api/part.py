"""The part of the map that the addresses for programs hang on."""

from flask import Blueprint

pages = Blueprint("api", __name__)
