"""Requests over HTTP: many clients at once, each sending its next request when the answer to the last is there.

One process, one loop and requests made up beforehand: what sends takes as little of the machine as it can.
"""

import re
import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import repeat
from urllib.parse import urlencode

from tests.bench.data import Phone

CLIENTS = 16
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.I)


def get(path: str, phone: Phone | None = None, **headers: str) -> bytes:
    """A GET, as bytes."""
    return _request("GET", path, phone, headers, b"")


def post(path: str, phone: Phone) -> bytes:
    """A button pressed, as bytes."""
    body = urlencode({"csrf_token": phone.token, "write_key": f"key-{time.monotonic_ns()}"}).encode()
    headers = {"Content_Type": "application/x-www-form-urlencoded", "Content_Length": str(len(body))}
    return _request("POST", path, phone, headers, body)


def _request(method: str, path: str, phone: Phone | None, headers: dict[str, str], body: bytes) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept-Language: zh-CN"]
    lines += [f"Cookie: {phone.cookie}"] if phone else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class Tally:
    """What came of it."""

    seconds: float = 0.0
    statuses: Counter[str] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.statuses.total() / self.seconds


def drive(port: int, requests: Iterable[bytes], seconds: float = 3600.0) -> Tally:
    """Send these requests from all clients, for so long or until none is left."""
    waiting, tally, loop = iter(requests), Tally(), selectors.DefaultSelector()
    begin = time.perf_counter()
    for _ in range(CLIENTS):
        _Client(port, waiting).send_next(loop)
    while loop.get_map():
        over = time.perf_counter() - begin > seconds
        for key, _ in loop.select(60):
            status = key.data.receive(loop)
            if status:
                tally.statuses[status] += 1
                if over or not key.data.send_next(loop):
                    key.data.close(loop)
    tally.seconds = time.perf_counter() - begin
    return tally


def page_rate(port: int, request: bytes, status: str, seconds: float) -> float:
    """How often a second this page is answered, and rightly."""
    tally = drive(port, repeat(request), seconds)
    assert set(tally.statuses) == {status}, tally.statuses
    return tally.rate


class _Client:
    """A connection that is kept open, and opened again when the server closes it."""

    def __init__(self, port: int, requests: Iterator[bytes]) -> None:
        self._port, self._requests = port, requests
        self._socket: socket.socket | None = None
        self._sent = self._got = b""

    def send_next(self, loop: selectors.BaseSelector) -> bool:
        """Send the next request; False when there is none."""
        self._sent, self._got = next(self._requests, b""), b""
        if self._sent:
            self._send(loop)
        return bool(self._sent)

    def _send(self, loop: selectors.BaseSelector) -> None:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            loop.register(self._socket, selectors.EVENT_READ, self)
        self._socket.sendall(self._sent)

    def receive(self, loop: selectors.BaseSelector) -> str:
        """Take what has come; the status when the answer is complete, else nothing."""
        assert self._socket
        try:
            chunk = self._socket.recv(262144)
        except ConnectionResetError:
            chunk = b""
        if not chunk:  # it was closed before it got the request
            assert not self._got, "half an answer"
            self.close(loop)
            self._send(loop)
            return ""
        self._got += chunk
        head, found, body = self._got.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        complete = found and len(body) >= (int(length[1]) if length else 0)
        return head[9:12].decode() if complete else ""

    def close(self, loop: selectors.BaseSelector) -> None:
        """Hang up."""
        if self._socket:
            loop.unregister(self._socket)
            self._socket.close()
            self._socket = None
