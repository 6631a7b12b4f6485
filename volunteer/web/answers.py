"""What every answer carries beside its body: security headers, compression."""

import gzip

from flask import Response, current_app, request

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}
"""Of every answer that does not say otherwise."""
_HEADERS_BEHIND_TLS = _HEADERS | {"Strict-Transport-Security": "max-age=31536000"}
_COMPRESSED = {"text/html", "text/css", "text/javascript", "image/svg+xml"}


def secure(response: Response) -> Response:
    headers = response.headers
    if request.endpoint == "static" and "v" in request.args:
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    wanted = _HEADERS_BEHIND_TLS if current_app.config["SETTINGS"].behind_tls else _HEADERS
    there = {name.lower() for name, _ in headers}
    headers.extend((name, value) for name, value in wanted.items() if name.lower() not in there)
    return response


def compress(response: Response) -> Response:
    """Send pages, styles and icons gzipped: in the villages every kilobyte is waited for."""
    worth_it = (
        response.mimetype in _COMPRESSED and response.status_code == 200 and "Content-Encoding" not in response.headers
    )
    if not worth_it:
        return response
    response.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"]:
        response.direct_passthrough = False
        response.set_data(gzip.compress(response.get_data(), compresslevel=5, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        tag, _ = response.get_etag()
        if tag:
            response.set_etag(tag, weak=True)
    return response
