"""The application for a web server: `gunicorn wsgi:app`, `flask --app wsgi …`."""

from volunteer import create_app

app = create_app()
