#!/bin/sh
# Installs the rivals into a venv of their own: MoviePy and genblaze pin an older Pillow than ours.
set -eu
cd "$(dirname "$0")/.."
[ -x .venv-bench/bin/python ] || "${PYTHON:-python3}" -m venv .venv-bench
.venv-bench/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-bench.lock
