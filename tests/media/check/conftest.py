"""Films are made once, and each is checked by whoever asks first."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.media.check.films import Film


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[Film, Path]:
    """Makes a film when it is asked for the first time."""

    class Made(dict[Film, Path]):
        def __missing__(self, film: Film) -> Path:
            self[film] = film.make(tmp_path_factory.mktemp("film"))
            return self[film]

    return Made()
