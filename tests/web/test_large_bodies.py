"""A body that is too large, over a real connection: whoever sends it reads the sentence about it."""

import socket
from collections.abc import Iterator

import pytest
from flask import Flask

from tests.make import Someone, make_leader, make_team
from tests.server import cookie_of, serving

MEGABYTE = b"x" * 1024 * 1024
TOO_LARGE = "That is too large to be sent. Make it smaller and try again."


@pytest.fixture
def port(app: Flask) -> Iterator[int]:
    with serving(app) as port:
        yield port


@pytest.fixture
def leader(app: Flask) -> Someone:
    return make_leader(make_team())


def post(port: int, path: str, cookie: str, megabytes: int, *, chunked: bool, hangs_up: bool) -> str:
    """What is answered to a body, read only after all of it was sent."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\nAccept-Language: en\r\n"
    head += "Content-Type: application/x-www-form-urlencoded\r\n" + ("Connection: close\r\n" if hangs_up else "")
    head += "Transfer-Encoding: chunked\r\n" if chunked else f"Content-Length: {megabytes * len(MEGABYTE)}\r\n"
    piece = b"%x\r\n%b\r\n" % (len(MEGABYTE), MEGABYTE) if chunked else MEGABYTE
    with socket.create_connection(("127.0.0.1", port), timeout=30) as wire:
        wire.sendall(head.encode() + b"\r\n")
        for _ in range(megabytes):
            wire.sendall(piece)
        wire.sendall(b"0\r\n\r\n" if chunked else b"")
        answer = b""
        while b"</html>" not in answer:
            more = wire.recv(65536)
            if not more:
                break
            answer += more
    return answer.decode()


@pytest.mark.parametrize("hangs_up", [False, True], ids=["kept open", "closed"])
@pytest.mark.parametrize("chunked", [False, True], ids=["length said", "chunked"])
def test_who_sends_too_much_reads_so_on_a_connection_that_holds(
    app: Flask, port: int, leader: Someone, chunked: bool, hangs_up: bool
) -> None:
    for megabytes in (3, 24):
        answer = post(port, "/activities/new", cookie_of(app, leader), megabytes, chunked=chunked, hangs_up=hangs_up)
        assert answer.startswith("HTTP/1.1 413 ")
        assert TOO_LARGE in answer


def test_whatever_is_answered_before_the_body_was_read_is_read_too(app: Flask, port: int) -> None:
    for path, status in (("/nowhere", 404), ("/healthz", 405)):
        answer = post(port, path, "", 12, chunked=False, hangs_up=True)
        assert answer.startswith(f"HTTP/1.1 {status} ")
        assert "</html>" in answer
