"""Settings: good ones are taken, nonsense stops the start with one sentence."""

from pathlib import Path

import pytest

from volunteer import config
from volunteer.config import BadSetting, Settings

KEY = {"VOLUNTEER_SECRET_KEY": "0123456789abcdef"}


@pytest.fixture(autouse=True)
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A first run in an empty checkout."""
    monkeypatch.setattr(config, "INSTANCE", tmp_path / "instance")
    monkeypatch.setattr(config, "KEY_FILE", tmp_path / "instance" / "secret_key")
    return tmp_path / "instance"


def test_a_demo_makes_its_own_key_once_for_its_owner_only(instance: Path) -> None:
    first, second = Settings.from_environment({}), Settings.from_environment({})
    assert first.secret_key == second.secret_key and len(first.secret_key) == 64
    assert (instance / "secret_key").stat().st_mode & 0o777 == 0o600
    assert instance.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in instance.iterdir()] == ["secret_key"]


def test_without_the_demo_a_missing_key_refuses_to_start() -> None:
    with pytest.raises(BadSetting, match="VOLUNTEER_SECRET_KEY is missing"):
        Settings.from_environment({"VOLUNTEER_DEMO": "0"})


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("VOLUNTEER_SECRET_KEY", "short", "at least 16 characters"),
        ("VOLUNTEER_DEMO", "perhaps", "takes 1 or 0"),
        ("VOLUNTEER_DEMO_PEOPLE", "901", "from 5 to 900"),
        ("VOLUNTEER_DEMO_PEOPLE", "forty", "from 5 to 900"),
        ("VOLUNTEER_PROXIES", "many", "from 0 to 9"),
        ("VOLUNTEER_THREADS", "1", "from 2 to 64"),
        ("PORT", "0", "from 1 to 65535"),
        ("PORT", "99999", "from 1 to 65535"),
        ("VOLUNTEER_DATABASE_URL", "mysql://x", "sqlite:///path or postgresql://"),
        ("VOLUNTEER_BASE_URL", "volunteers.example.org", "takes an address such as"),
        ("VOLUNTEER_BASE_URL", "ftp://volunteers.example.org", "takes an address such as"),
    ],
)
def test_nonsense_stops_the_start_and_says_what_would_do(name: str, value: str, complaint: str) -> None:
    with pytest.raises(BadSetting, match=complaint):
        Settings.from_environment(KEY | {name: value})


def test_addresses_follow_the_port_unless_told_otherwise() -> None:
    assert Settings.from_environment(KEY | {"PORT": "8123"}).base_url == "http://127.0.0.1:8123"
    told = Settings.from_environment(KEY | {"VOLUNTEER_BASE_URL": "https://v.example.org/"})
    assert (told.base_url, told.host, told.behind_tls) == ("https://v.example.org", "v.example.org", True)


def test_an_old_style_postgresql_address_is_understood() -> None:
    settings = Settings.from_environment(KEY | {"VOLUNTEER_DATABASE_URL": "postgres://u@h/n"})
    assert settings.database_url == "postgresql://u@h/n"
