"""A secret in a file is read only when nobody else can read it."""

import os

import pytest

from actors.runtime.private_file import BYTES_MAX, NotPrivate, value
from actors.runtime.settings import SecretFile

KEY = "c2VjcmV0"


def lying(folder, content=KEY, mode=0o600, most=0o600):
    path = folder / "key"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(mode)
    return SecretFile(str(path), most)


def refusal(given):
    with pytest.raises(NotPrivate) as caught:
        value(given)
    assert caught.value.exit_code == 78
    return str(caught.value)


def test_what_is_given_itself_is_the_secret():
    assert value(KEY) == KEY


@pytest.mark.parametrize("mode", [0o600, 0o400])
@pytest.mark.parametrize("content", [KEY, f"{KEY}\n", f"  {KEY}\r\n"])
def test_a_file_of_its_owner_alone_is_read_without_the_end_of_its_line(tmp_path, mode, content):
    assert value(lying(tmp_path, content, mode)) == KEY


@pytest.mark.parametrize("mode", [0o601, 0o602, 0o604, 0o610, 0o620, 0o640, 0o700, 0o4600])
def test_a_file_that_others_may_use_is_refused_with_the_cure(tmp_path, mode):
    given = lying(tmp_path, mode=mode)

    assert f"has mode {mode:04o}: others may use it; chmod 0600 {given.path}" in refusal(given)


@pytest.mark.parametrize(("mode", "read"), [(0o440, True), (0o640, True), (0o444, False)])
def test_a_credential_may_show_an_access_list_as_its_groups_bits(tmp_path, mode, read):
    given = lying(tmp_path, mode=mode, most=0o640)

    assert value(given) == KEY if read else "others may use it" in refusal(given)


def test_a_file_that_is_not_there_is_named(tmp_path):
    assert "No such file" in refusal(SecretFile(str(tmp_path / "gone")))


def test_a_directory_and_a_pipe_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o600)

    assert "is no file" in refusal(SecretFile(str(tmp_path)))
    assert "is no file" in refusal(SecretFile(str(tmp_path / "pipe")))


@pytest.mark.parametrize("content", ["", " \n", b"\xff\xfe", "x" * (BYTES_MAX + 1)])
def test_a_file_that_holds_no_key_is_refused_and_its_content_not_shown(tmp_path, content):
    said = refusal(lying(tmp_path, content))

    assert "holds no key" in said
    assert "xxx" not in said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_another_user_is_refused(tmp_path):
    given = lying(tmp_path)
    os.chown(given.path, 12345, -1)

    assert "belongs to user 12345" in refusal(given)
