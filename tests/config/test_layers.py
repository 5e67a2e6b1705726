"""Which of several files applies, and who is named when something in them is wrong."""

import pytest

from config import layers
from config.faults import ConfigError


def write(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text)
    return folder / f"{next(iter(files))}.toml"


def faults(path):
    with pytest.raises(ConfigError) as caught:
        layers.read(path)
    return caught.value.faults


def test_file_lies_over_the_one_it_extends(tmp_path):
    path = write(
        tmp_path,
        fast="extends = 'slow.toml'\n[gate]\nage_max_ms = 5\n",
        slow="mode = 'sim'\n[gate]\nage_max_ms = 9\nnames = ['a', 'b']\n",
    )

    merged = layers.read(path)

    assert merged.table == {"mode": "sim", "gate": {"age_max_ms": 5, "names": ["a", "b"]}}


def test_array_replaces_the_array_below(tmp_path):
    path = write(tmp_path, a="extends = 'b.toml'\nnames = ['c']\n", b="names = ['a', 'b']\n")

    assert layers.read(path).table == {"names": ["c"]}


def test_each_key_remembers_the_file_that_said_it_last(tmp_path):
    path = write(
        tmp_path,
        a="extends = 'b.toml'\n[gate]\nage_max_ms = 5\n",
        b="[gate]\nage_max_ms = 9\nruns = [{name = 'x'}]\n",
    )

    merged = layers.read(path)

    assert merged.said_by("gate.age_max_ms").endswith("a.toml")
    assert merged.said_by("gate.runs[0].name").endswith("b.toml")
    assert merged.said_by("gate.missing") == str(path)


def test_shipped_file_is_found_when_none_lies_beside(tmp_path):
    path = write(tmp_path, a="extends = 'venues/btcturk.toml'\n")

    assert layers.read(path).table


def test_what_lies_below_only_fills_gaps():
    merged = layers.Layers("a.toml")
    merged.lay({"venue": {"kind": "x", "url": "mine"}}, said_by="a.toml")

    merged.fill({"url": "theirs", "windows": {"ms": 5}}, said_by="x.toml", under="venue")

    assert merged.table["venue"] == {"kind": "x", "url": "mine", "windows": {"ms": 5}}
    assert merged.said_by("venue.url") == "a.toml"
    assert merged.said_by("venue.windows.ms") == "x.toml"


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ("mode = \n", "", "TOML"),
        ("mode = 1\nmode = 2\n", "", "TOML"),
        ("extends = 5\n", "extends", "the name of a file"),
        ("extends = ''\n", "extends", "the name of a file"),
        ("extends = 'a.toml'\n", "extends", "at most 4 files over one another"),
        ("extends = 'gone.toml'\n", "", "a file that can be read"),
        ("extends = '.'\n", "", "a file that can be read"),
    ],
)
def test_file_that_cannot_be_read_is_one_fault(tmp_path, text, key, expected):
    (fault,) = faults(write(tmp_path, a=text))

    assert (fault.key, fault.expected) == (key, expected)


def test_missing_file_is_a_fault_that_names_it(tmp_path):
    (fault,) = faults(tmp_path / "gone.toml")

    assert fault.file.endswith("gone.toml")
    assert fault.found == "nothing"


def test_bytes_that_are_no_text_are_a_fault(tmp_path):
    path = tmp_path / "a.toml"
    path.write_bytes(b"mode = '\xff'\n")

    (fault,) = faults(path)

    assert (fault.found, fault.expected) == ("bytes that are no text at 8", "UTF-8")


def test_line_and_column_of_bad_toml_are_told(tmp_path):
    (fault,) = faults(write(tmp_path, a="mode = 'sim'\nspeed ~ 5\n"))

    assert "line 2, column 7" in fault.found
