"""The unit everything is measured in: a Flask application that does nothing."""

from flask import Flask

app = Flask("empty")


@app.get("/")
@app.get("/readyz")
def nothing() -> str:
    """An empty answer."""
    return ""
