"""A small disk of one's own that can be filled to the last byte, and files that may only be read."""

import codecs
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NOBODY = 65534


class Disk:
    """A folder with little room."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leave no room for a single byte."""
        with self._ballast.open("ab", buffering=0) as ballast:
            for size in (2**20, 2**12, 1):
                try:
                    while ballast.write(bytes(size)) == size:
                        pass
                except OSError:  # no room for so many any more
                    continue

    def make_room(self, size: int | None = None) -> None:
        """For so many bytes, or for all that was there."""
        if size is None:
            self._ballast.unlink(missing_ok=True)
        else:
            os.truncate(self._ballast, self._ballast.stat().st_size - size)


@contextmanager
def small_disk(folder: Path, megabytes: int = 16) -> Iterator[Disk]:
    """A disk of this size at an empty folder; skips the test, saying so, where nobody lets us mount one."""
    size = f"size={megabytes}m,mode=777"
    mount = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"there is no disk to fill: {mounted.stderr.strip() or 'mount failed'}")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def nothing_can_be_written() -> Iterator[None]:
    """The system lets this process write no byte to any file during the body."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def read_only(file: Path) -> Iterator[Callable[[], None]]:
    """The file may not be written during the body, or until the function this yields is called.

    Root may write whatever its mode says, so whoever runs the tests is nobody meanwhile; who may not read Python's own
    files, and what is not found once is never looked for again.
    """
    codecs.lookup("idna")
    user = os.geteuid()

    def set_mode(mode: int) -> None:
        os.seteuid(user)
        file.chmod(mode)
        if user == 0:
            os.seteuid(NOBODY)

    set_mode(0o444)
    try:
        yield lambda: set_mode(0o666)
    finally:
        os.seteuid(user)
        file.chmod(0o666)
