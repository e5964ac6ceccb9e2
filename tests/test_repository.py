"""What is true of the repository as a whole: no trace of its makers' machines, locks with hashes, sound errors."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
from pathlib import Path

import pytest

from callsheet import errors
from tests.test_file_budget import ROOT, tracked

# Put together from parts, so that this file does not hold what it looks for.
REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("anaconda", "org"),
        ("proxy", "golang", "org"),
        ("crates", "io"),
        ("deb", "debian", "org"),
    )
)
INDEX_OPTIONS = tuple("--" + name for name in ("index-url", "extra-index-url", "find-links", "trusted-host"))

# A path from the root of a file system: nothing before the slash that would make it part of a URL or of a longer path.
START = r"(?<![\w.:/~$}-])"
HOMES = re.compile(START + "/(?:" + "|".join(("home", "Users", "root")) + r")/[\w.-]+|" + r"[A-Za-z]:\\Users\\\w+")

LOCKED = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[a-z0-9,_-]+\])?==\S+( ; [^\\]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+"
)


def traces(text: str, here: str) -> list[str]:
    """What in `text` gives away a registry, somebody's home, or the checkout at `here`."""
    found = [host for host in REGISTRIES if host in text.lower()]
    found += [match.group() for match in HOMES.finditer(text)]
    if here.count("/") > 1:  # a checkout at the top, such as an image's application folder, is nobody's secret
        found += re.findall(START + re.escape(here) + r"(?![\w-])", text)
    return found


def text_of(path: Path) -> str | None:
    """The text of a file, or None when it is not one."""
    data = path.read_bytes()
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def unlocked(lock: str) -> list[str]:
    """The requirements of a lock that are not pinned, or have no hash, and lines that are no requirement."""
    entries = re.split(r"\n(?=\S)", re.sub(r"(?m)^\s*#.*\n?", "", lock).strip("\n"))
    return [entry.splitlines()[0] if entry else "empty" for entry in entries if not LOCKED.fullmatch(entry.strip())]


def test_no_file_holds_a_registry_or_a_path_of_this_machine() -> None:
    looked_at = 0
    found = []
    for name in tracked(ROOT, "*"):
        text = text_of(ROOT / name)
        if text is not None:
            looked_at += 1
            found += [f"{name}: {trace}" for trace in traces(text, ROOT.as_posix())]
    assert looked_at > 10
    assert found == []


def test_no_lock_or_setting_names_an_index() -> None:
    found = [
        f"{name}: {option}"
        for name in [
            *tracked(ROOT, "*.lock"),
            *tracked(ROOT, "*.toml"),
            *tracked(ROOT, "*.cfg"),
            *tracked(ROOT, "*.txt"),
        ]
        for option in INDEX_OPTIONS
        if option in (ROOT / name).read_text(encoding="utf-8")
    ]
    assert found == []


def test_a_planted_trace_is_found() -> None:
    home, here = "/" + "home" + "/me/film", "/srv/build/callsheet"
    assert traces(f"see https://{REGISTRIES[0]}/simple", here) == [REGISTRIES[0]]
    assert traces(f"files.{REGISTRIES[1].upper()}", here) == [REGISTRIES[1]]
    assert traces(f"path = '{home}'", here) == ["/" + "home" + "/me"]
    assert traces(f"cd {here}/callsheet", here) == [here]
    assert traces("C:" + "\\Users\\me", here) == ["C:" + "\\Users\\me"]
    assert traces(f"https://example.com{home} and ~{home}, {here}-2, /app/x", here) == []
    assert traces("WORKDIR /app", "/app") == []


def test_every_locked_requirement_has_a_hash() -> None:
    locks = [name for name in tracked(ROOT, "*.lock") if Path(name).name.startswith("requirements")]
    assert "requirements.lock" in locks
    for name in locks:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert text.count("==") > 5, name
        assert unlocked(text) == [], name


def test_a_requirement_without_a_hash_is_found() -> None:
    sound = "boto3==1.40.0 \\\n    --hash=sha256:" + "a" * 64 + " \\\n    --hash=sha256:" + "b" * 64
    marked = "tomli==2.0 ; python_full_version < '3.11.3' \\\n    --hash=sha256:" + "c" * 64
    assert unlocked(f"# made by a tool\n{sound}\n    # via callsheet\n{marked}\n") == []
    assert unlocked(f"{sound}\nprefect==3.8.8\n{marked}\n") == ["prefect==3.8.8"]
    assert unlocked("prefect>=3.8 \\\n    --hash=sha256:" + "a" * 64) == ["prefect>=3.8 \\"]
    assert unlocked("prefect==3.8 \\\n    --hash=md5:" + "a" * 32) == ["prefect==3.8 \\"]
    assert unlocked(f"-e .\n{sound}") == ["-e ."]


def error_classes() -> list[type[errors.CallsheetError]]:
    """All classes of the tree that callsheet/errors.py defines."""
    return [
        value
        for value in vars(errors).values()
        if inspect.isclass(value) and issubclass(value, errors.CallsheetError) and value.__module__ == errors.__name__
    ]


def an_error(kind: type[errors.CallsheetError]) -> errors.CallsheetError:
    """One with every attribute set to something that is not its default."""
    if issubclass(kind, errors.BriefError):
        return kind([errors.Fault("shots[0].seconds", "25", "1 to 20"), errors.Fault("voice", "x", "one of y, z")])
    if issubclass(kind, errors.ProviderError):
        return kind("what happened", status=503, code="busy", request_id="req-1", retry_after=2.5)
    return kind("what happened")


@pytest.mark.parametrize("kind", error_classes())
def test_an_error_survives_pickling_with_its_attributes(kind: type[errors.CallsheetError]) -> None:
    error = an_error(kind)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert type(again) is kind
    assert (again.args, vars(again)) == (error.args, vars(error))
    assert (str(again), again.message) == (str(error), error.message)
    assert (again.exit_code, again.retryable) == (error.exit_code, error.retryable)


@pytest.mark.parametrize("kind", error_classes())
def test_what_was_added_to_an_error_survives_too(kind: type[errors.CallsheetError]) -> None:
    error = an_error(kind)
    error.retryable = not error.retryable
    error.add_note("while it was tried")
    for again in (*(pickle.loads(pickle.dumps(error, protocol)) for protocol in range(6)), copy.copy(error)):  # noqa: S301
        assert type(again) is kind
        assert (again.args, vars(again)) == (error.args, vars(error))


def test_a_brief_error_of_words_survives_too() -> None:
    again = pickle.loads(pickle.dumps(errors.BriefError("no brief at all")))  # noqa: S301
    assert (again.message, again.faults) == ("no brief at all", [])


def test_every_error_is_drawn_in_the_tree() -> None:
    assert len(error_classes()) > 10
    for kind in error_classes():
        drawn = re.search(rf"(?m)^[ │├└─]*{kind.__name__}\b *(.*)$", errors.__doc__ or "")
        assert drawn, kind
        code = re.match(r"(\d+) +(yes|no|—)", drawn[1])
        if code:
            assert int(code[1]) == kind.exit_code, kind
            assert code[2] == "—" or (code[2] == "yes") is kind.retryable, kind
