"""What nobody should type into a field, and how it comes over the wire."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote_plus, urlencode

Sending = Callable[[Mapping[str, str], str], dict[str, Any]]
"""From the other fields of a form and the name of the odd one to what the test client is told to send."""

TEXTS = {
    "empty": "",
    "blanks": "   ",
    "an ideographic space": "\u3000",
    "nothing to see": "\u200b",
    "NUL": "a\x00b",
    "control characters": "\x1b[31m\x07\x7f",
    "newlines": "a\r\nb\nc\rd\u2028e\x85f",
    "a hundred thousand characters": "x" * 100_000,
    "emoji": "👨‍👩‍👧‍👦🇨🇳",
    "right to left": "\u202eabc\u200f",
    "markup": "\"><script>alert('1')</script>",
    "formats": "%s %(n)d {0} {{7*7}} ${7*7}",
    "quotes": "' OR 1=1; -- \\",
    "a path": "../../etc/passwd",
    "another site": "//evil.example/",
    "null": "null",
    "on": "on",
    "NaN": "NaN",
    "a negative number": "-1",
    "zero": "0",
    "more than 32 bits": "2147483648",
    "more than 64 bits": "9223372036854775808",
    "five thousand digits": "9" * 5000,
    "four hundred digits": "9" * 400,
    "a fraction": "1.5",
    "a power": "1e5",
    "full-width digits": "１２",
    "Arabic digits": "١٢",
    "a superscript": "²",
    "30 February": "2026-02-30",
    "day zero": "0000-00-00",
    "the first day": "0001-01-01",
    "the last day": "9999-12-31",
    "midnight": "24:00",
    "no time": "99:99",
}
"""As somebody may type or paste it; sent as a browser sends it."""


def _typed(value: str) -> Sending:
    return lambda others, name: _urlencoded(urlencode({**others, name: value}).encode())


def _bytes(value: bytes) -> Sending:
    return lambda others, name: _urlencoded(
        urlencode(others).encode() + b"&" + quote_plus(name).encode() + b"=" + value
    )


def _urlencoded(body: bytes) -> dict[str, Any]:
    return {"data": body, "content_type": "application/x-www-form-urlencoded"}


def _twice(others: Mapping[str, str], name: str) -> dict[str, Any]:
    return _urlencoded(urlencode([*others.items(), (name, "7"), (name, "x")]).encode())


def _part(value: bytes, more: str = "") -> Sending:
    def send(others: Mapping[str, str], name: str) -> dict[str, Any]:
        fields = [(name, value, more), *((other, text.encode(), "") for other, text in others.items())]
        head = '--b\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'
        body = b"".join(head.format(name, more).encode() + value + b"\r\n" for name, value, more in fields)
        return {"data": body + b"--b--\r\n", "content_type": "multipart/form-data; boundary=b"}

    return send


def _json(others: Mapping[str, str], name: str) -> dict[str, Any]:
    return {"json": {**others, name: [{"a": None}]}, "headers": {"X-CSRFToken": others.get("csrf_token", "")}}


SENDINGS: dict[str, Sending] = {
    **{what: _typed(value) for what, value in TEXTS.items()},
    "a lone surrogate": _bytes(b"%ED%A0%80"),
    "no UTF-8": _bytes(b"%FF%FE%C0%80"),
    "raw bytes": _bytes(b"\xff\xfe"),
    "ten megabytes": _bytes(b"x" * (10 * 1024 * 1024)),
    "nothing": lambda others, name: _urlencoded(urlencode(others).encode()),
    "twice": _twice,
    "a file": _part(b"a,b", '; filename="a.csv"'),
    "bytes in a part": _part(b"\xed\xa0\x80\xff\x00"),
    "JSON": _json,
}

UNREADABLE = {"raw bytes": 400, "ten megabytes": 413}
"""Bodies of which nothing is read, so nothing that was typed comes back; and how they are answered."""
