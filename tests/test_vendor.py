"""Files taken over from other projects are byte for byte what was taken over, and none came unlisted."""

import hashlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = [ROOT / "tests/browser/vendor", ROOT / "tests/calendar/vendor", ROOT / "volunteer/papers/fonts"]


def listed_sums(folder: Path) -> dict[str, str]:
    """File name to SHA-256, as SHA256SUMS has it (the format of `sha256sum`)."""
    lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    return {name.lstrip(" *"): digest for digest, _, name in (line.partition(" ") for line in lines)}


def actual_sums(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    }


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.relative_to(ROOT).as_posix())
def test_vendored_files_are_the_listed_ones(folder: Path) -> None:
    assert actual_sums(folder) == listed_sums(folder)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.relative_to(ROOT).as_posix())
def test_every_vendored_package_brings_its_licence(folder: Path) -> None:
    without = [
        package.name for package in folder.iterdir() if package.is_dir() and not any(package.glob("LICEN[CS]E*"))
    ]
    assert without == []
