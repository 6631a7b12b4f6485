"""The plan of a year, how far it is, and the facts that people enter."""

from flask import Blueprint

bp = Blueprint("plans", __name__)
