"""Keys leave the environment before a child could inherit them; live is armed by exact words."""

import pytest

from actors.runtime.settings import SecretFile
from config import secrets
from config.faults import ConfigError

PRIVATE = "c2VjcmV0"


def environment(**changed):
    given = {"PATH": "/bin", secrets.KEY: "public", secrets.SECRET: PRIVATE} | changed
    return {name: value for name, value in given.items() if value is not None}


def test_keys_are_taken_out_of_the_environment():
    environ = environment()

    keys = secrets.take(environ)

    assert (keys.public_key, keys.private_key) == ("public", PRIVATE)
    assert environ == {"PATH": "/bin"}


def test_no_keys_are_no_fault():
    assert secrets.take({"PATH": "/bin"}) is None


@pytest.mark.parametrize("missing", [secrets.KEY, secrets.SECRET])
def test_half_a_pair_is_a_fault_that_names_the_other_half(missing):
    environ = environment(**{missing: None})

    with pytest.raises(ConfigError) as caught:
        secrets.take(environ)

    assert [fault.key for fault in caught.value.faults] == [missing]
    assert environ == {"PATH": "/bin"}


@pytest.mark.parametrize("private", ["not base64!", "abc", "ß"])
def test_secret_that_is_not_base64_is_a_fault_that_does_not_show_it(private):
    environ = environment(**{secrets.SECRET: private})

    with pytest.raises(ConfigError) as caught:
        secrets.take(environ)

    assert [fault.key for fault in caught.value.faults] == [secrets.SECRET]
    assert private not in str(caught.value)
    assert environ == {"PATH": "/bin"}


@pytest.mark.parametrize("name", [secrets.KEY, secrets.SECRET])
def test_either_key_may_lie_in_a_file_that_is_not_read_here(name):
    environ = environment(**{name: None, f"{name}_FILE": "/nowhere/key"})

    keys = secrets.take(environ)

    assert SecretFile("/nowhere/key") in (keys.public_key, keys.private_key)
    assert environ == {"PATH": "/bin", f"{name}_FILE": "/nowhere/key"}


def test_a_key_that_is_said_twice_is_a_fault():
    with pytest.raises(ConfigError) as caught:
        secrets.take(environment(**{f"{secrets.SECRET}_FILE": "key"}))

    assert [fault.expected for fault in caught.value.faults] == ["one of the two"]


def test_credentials_of_systemd_count_where_nothing_else_is_said(tmp_path):
    for name in secrets.NAMES:
        (tmp_path / name.lower()).write_text("x")
    folder = {secrets.CREDENTIALS: str(tmp_path)}

    found = secrets.take(dict(folder))

    assert found.private_key == SecretFile(str(tmp_path / "btcturk_api_secret"), 0o640)
    assert secrets.take(environment(**folder)) == secrets.Keys("public", PRIVATE)
    assert secrets.take({secrets.CREDENTIALS: str(tmp_path / "none")}) is None


def test_keys_show_nothing_of_themselves():
    keys = secrets.Keys("public", PRIVATE)

    assert "public" not in f"{keys!r} {keys}"
    assert PRIVATE not in f"{keys!r} {keys}"


def test_no_keys_names_both():
    assert [fault.key for fault in secrets.no_keys().faults] == [secrets.KEY, secrets.SECRET]


@pytest.mark.parametrize(
    ("environ", "shut"),
    [
        ({}, "LIVE_TRADING"),
        ({"LIVE_TRADING": "true"}, "LIVE_TRADING_ACK"),
        ({"LIVE_TRADING_ACK": "I_UNDERSTAND"}, "LIVE_TRADING"),
        ({"LIVE_TRADING": "True", "LIVE_TRADING_ACK": "I_UNDERSTAND"}, "LIVE_TRADING"),
        ({"LIVE_TRADING": "true", "LIVE_TRADING_ACK": "i_understand"}, "LIVE_TRADING_ACK"),
        ({"LIVE_TRADING": "true", "LIVE_TRADING_ACK": "I_UNDERSTAND"}, None),
    ],
)
def test_live_is_armed_by_exact_words_only(environ, shut):
    assert secrets.shut_gate(environ, mode="live") == shut


@pytest.mark.parametrize("mode", ["sim", "paper"])
def test_other_modes_have_no_gate(mode):
    assert secrets.shut_gate({}, mode=mode) is None
