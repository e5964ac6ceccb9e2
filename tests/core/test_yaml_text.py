"""Texts that would end the process or fill its memory are refused in a moment."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from callsheet.briefs import load_brief
from callsheet.errors import BriefError
from callsheet.yaml_text import DEEPEST, MOST_VALUES, plain

LAUGHS = "\n".join(["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))])
REFUSED = {
    "[" * 200_000: "nests deeper",
    "- " * 200_000: "nests deeper",
    "? " * 100_000: "nests deeper",
    '{"a":' * 100_000: "nests deeper",
    LAUGHS: "stands for more",
    "&a [*a]": "inside itself",
    "&a {b: [*a]}": "inside itself",
}


@pytest.mark.parametrize(("text", "said"), REFUSED.items(), ids=lambda value: value[:12])
def test_it_is_refused_in_a_moment(text: str, said: str) -> None:
    began = time.process_time()
    with pytest.raises(ValueError, match=said):
        plain(text)
    assert time.process_time() - began < 5


def test_what_it_saves_us_from_is_real() -> None:
    """The parser alone ends the process by a signal; the day it doesn't, the guard is not needed."""
    code = "import yaml; yaml.load('[' * 400_000, yaml.CSafeLoader)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=120, check=False)
    assert done.returncode < 0, done.stderr


def test_what_people_write_is_read_as_before() -> None:
    text = "base: &base {tier: social}\nworks:\n  - <<: *base\n    name: 灯\n  - *base\nat: 2026-11-29\n"
    assert plain(text) == yaml.safe_load(text)
    assert plain('{"a": [1, {"b": null}]}') == {"a": [1, {"b": None}]}
    assert plain("") is None
    assert plain("[" * DEEPEST + "]" * DEEPEST)
    assert MOST_VALUES > 16 * 1024 * 1024 / 10


def test_a_brief_says_it_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "brief.yaml"
    path.write_text("[" * 200_000)
    with pytest.raises(BriefError, match="it must be YAML or JSON in UTF-8: it nests deeper than 64") as caught:
        load_brief(path)
    assert len(caught.value.message) < 300
