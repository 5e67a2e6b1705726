"""What a program that examines this machine finds, and what it means when it finds no words."""

import pytest

from actors.runtime.examined import failing


def program(folder, text):
    (folder / "examiner.py").write_text(text)
    return failing(folder, ["examiner"], within_s=20)


def test_every_fail_is_told_with_its_cure_and_nothing_else_is(tmp_path):
    told = """
import json
rows = [dict(name=n, state=s, found="f" + n, todo="do " + n) for n, s in
        (("a", "PASS"), ("b", "FAIL"), ("c", "WARN"), ("d", "FAIL"))]
print(json.dumps({"result": "FAIL", "checks": rows}))
raise SystemExit(2)
"""

    assert program(tmp_path, told) == ["b: fb; do b", "d: fd; do d"]


@pytest.mark.parametrize("text", ["print('no JSON')", "print('[]')", "raise SystemExit('broken')"])
def test_a_program_that_does_not_answer_is_a_fail(tmp_path, text):
    (said,) = program(tmp_path, text)

    assert said.startswith("no answer of examiner: exit code")


def test_a_program_that_takes_too_long_is_a_fail(tmp_path):
    (tmp_path / "slow.py").write_text("import signal\nsignal.pause()\n")

    assert failing(tmp_path, ["slow"], within_s=0.5) == ["no answer of slow: TimeoutExpired"]
