"""Settings come in layers, and every fault names the setting, its origin and the fix."""

from pathlib import Path

import pytest

from server.errors import BadSetting
from server.settings import load


def test_a_later_layer_wins(tmp_path: Path) -> None:
    """Defaults < deskhand.toml < .env < environment < flags, as the README says."""
    (tmp_path / "deskhand.toml").write_text(
        'port = 1\nhost = "toml"\naccount = "toml"\nquiet_seconds = 7\n'
    )
    (tmp_path / ".env").write_text(
        "DESKHAND_PORT=2\nDESKHAND_HOST=dotenv\nDESKHAND_ACCOUNT=dotenv\n"
    )
    environment = {"DESKHAND_HOME": str(tmp_path), "DESKHAND_PORT": "3", "DESKHAND_HOST": "env"}

    loaded = load(environment, flags={"port": 4})

    seen = loaded.settings
    assert (4, "env", "dotenv", 7.0) == (seen.port, seen.host, seen.account, seen.quiet_seconds)
    assert "the command line" == loaded.origin["port"]
    assert str(tmp_path / ".env") == loaded.origin["account"]


def test_a_file_may_hold_any_value(tmp_path: Path) -> None:
    """Secrets are mounted as files in containers; a trailing newline is not part of them."""
    key = tmp_path / "key"
    key.write_text("the-key\n")
    loaded = load({"DESKHAND_HOME": str(tmp_path), "DESKHAND_FRESHDESK_API_KEY_FILE": str(key)})

    assert loaded.settings.freshdesk_api_key is not None
    assert "the-key" == loaded.settings.freshdesk_api_key.get_secret_value()
    assert "the-key" not in repr(loaded)


@pytest.mark.parametrize("name", ["DESKHAND_PORT", "port"])
def test_toml_takes_the_same_names_in_both_spellings(tmp_path: Path, name: str) -> None:
    """The contract says the same keys; people also write them plainly."""
    (tmp_path / "deskhand.toml").write_text(f"{name} = 9001\n")

    assert 9001 == load({"DESKHAND_HOME": str(tmp_path)}).settings.port


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("prot = 1\n", ["DESKHAND_PROT", "deskhand.toml", "DESKHAND_PORT"]),
        ('port = "x"\n', ["DESKHAND_PORT", "deskhand.toml"]),
        ("port = \n", ["deskhand.toml", "TOML"]),
        ("verify_seconds = []\n", ["DESKHAND_VERIFY_SECONDS"]),
        ("quiet_seconds = -1\n", ["DESKHAND_QUIET_SECONDS"]),
        ('account = "a/b"\n', ["DESKHAND_ACCOUNT"]),
    ],
    ids=["unknown", "type", "syntax", "empty", "negative", "pattern"],
)
def test_a_fault_in_the_file_names_it(tmp_path: Path, text: str, told: list[str]) -> None:
    """Whoever mistypes a key must see which one, where, and what was meant."""
    (tmp_path / "deskhand.toml").write_text(text)

    with pytest.raises(BadSetting) as caught:
        load({"DESKHAND_HOME": str(tmp_path)})

    assert [] == [word for word in told if word not in str(caught.value)]


def test_a_secret_of_the_wrong_kind_is_not_shown(tmp_path: Path) -> None:
    """An error message is copied into tickets and chats; a key must not travel with it."""
    (tmp_path / "deskhand.toml").write_text('freshdesk_api_key = ["hush-hush"]\n')

    with pytest.raises(BadSetting) as caught:
        load({"DESKHAND_HOME": str(tmp_path)})

    assert "hush" not in str(caught.value)


def test_what_is_missing_is_asked_for_by_name(tmp_path: Path) -> None:
    """The first start of a newcomer fails here; the message must be enough to go on."""
    with pytest.raises(BadSetting) as caught:
        load({"DESKHAND_HOME": str(tmp_path)}).need("freshdesk_domain")

    assert "DESKHAND_FRESHDESK_DOMAIN" in str(caught.value)
    assert "acme.freshdesk.com" in str(caught.value)
