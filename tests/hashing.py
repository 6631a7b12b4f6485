"""Passwords hashed quickly: tests hash many, and none is worth the time."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from tests.make import password_hash

_scrypt = hashlib.scrypt


def _quick_scrypt(password: bytes, *, n: int, **how: Any) -> bytes:
    return _scrypt(password, n=2, **how)


@contextmanager
def quick() -> Iterator[None]:
    """What this process stores during the body says it is as slow as ever; other processes cannot compare with it."""
    with patch.object(hashlib, "scrypt", _quick_scrypt):
        password_hash.cache_clear()
        yield
    password_hash.cache_clear()
