"""Pages reach a slow village small, and a client that knows no gzip reads them all the same."""

import gzip

import pytest
from flask import Flask

from tests.make import make_member, make_team
from tests.pages import Open
from tests.wire import send


@pytest.mark.parametrize("path", ["/", "/static/style.css", "/static/icons.svg"])
def test_a_page_and_what_belongs_to_it_comes_gzipped_to_whoever_can_read_it(
    app: Flask, browser: Open, path: str
) -> None:
    alice = browser(make_member(make_team()))
    plain = send(alice, "GET", path)
    small = send(alice, "GET", path, headers={"Accept-Encoding": "gzip"})
    assert small.headers["Content-Encoding"] == "gzip" and "Content-Encoding" not in plain.headers
    assert gzip.decompress(small.data).split(b"csrf_token")[0] == plain.data.split(b"csrf_token")[0]
    assert len(small.data) < len(plain.data) * 0.6
    assert "Accept-Encoding" in plain.headers["Vary"]
