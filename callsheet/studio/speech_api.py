"""The studio's `POST /v1/audio/speech`: OpenAI's contract, spoken by the built-in voices. It books no charges."""

from __future__ import annotations

import asyncio
import hmac
import io
import json
import re
import wave
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from callsheet.errors import BriefError
from callsheet.features.speech import LONGEST_LINE
from callsheet.media.soundfile import PCM_RATE
from callsheet.validation import faults_of

PATH = "/v1/audio/speech"
_LARGEST_BODY = 64 * 1024
_HAN = re.compile("[\u3400-\u9fff]")
# A customer's program names one of the contract's voices; these of ours speak for them.
_FEMALE = frozenset({"alloy", "ballad", "coral", "fable", "marin", "nova", "sage", "shimmer"})
_MALE = frozenset({"ash", "cedar", "echo", "onyx", "verse"})


class SpeechOrder(BaseModel):
    """The fields of the contract. `voice` is one of its names, or one of a brief's, such as `teacher_female`."""

    model_config = ConfigDict(extra="ignore")

    model: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    input: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_LINE)]
    voice: str
    response_format: Literal["wav", "pcm"] = "wav"
    speed: Annotated[float, Field(ge=0.25, le=4.0)] = 1.0


def speech_route(key: SecretStr | None) -> Route:
    """The path as a route. Any key is taken unless one is given."""

    async def order(request: Request) -> Response:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not given.strip():
            return _refused(401, "missing_key", "an Authorization: Bearer header is required")
        if key is not None and not hmac.compare_digest(given.strip().encode(), key.get_secret_value().encode()):
            return _refused(401, "invalid_key", "the key is not valid")
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > _LARGEST_BODY:
                return _refused(413, "too_large", f"an order has at most {_LARGEST_BODY} bytes")
        try:
            read = SpeechOrder.model_validate(json.loads(bytes(body)))
            spoken = await asyncio.to_thread(_spoken, read)
        except ValidationError as error:
            fault = faults_of(error)[0]
            return _refused(400, "invalid_field", str(fault), fault.field)
        except BriefError as error:
            return _refused(400, "invalid_field", str(error.faults[0]), error.faults[0].field)
        except (ValueError, RecursionError):
            return _refused(400, "invalid_json", "the order is not JSON")
        if read.response_format == "pcm":
            return Response(spoken, media_type="audio/pcm")
        return Response(_wav(spoken), media_type="audio/wav")

    return Route(PATH, order, methods=["POST"])


def _spoken(order: SpeechOrder) -> bytes:
    """16 bits, one channel, 24 kHz. Raises `BriefError` for an unknown voice, or nothing to say."""
    import numpy as np

    from callsheet.media.speech import line, voice_for
    from callsheet.media.speech.voices import Voice

    language = "zh-CN" if _HAN.search(order.input) else "en-US"
    name = "female" if order.voice in _FEMALE else "male" if order.voice in _MALE else order.voice
    voice = voice_for(language, name)
    said = line.speak(order.input, Voice(voice.name, voice.speed * order.speed), language)
    # Every other sample is one that the model gave: the line was doubled from 24 kHz.
    samples = np.rint(np.clip(said.samples[::2, 0], -1.0, 1.0) * 32_767.0)
    return bytes(samples.astype("<i2").tobytes())


def _wav(samples: bytes) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(PCM_RATE)
        file.writeframes(samples)
    return out.getvalue()


def _refused(status: int, code: str, message: str, param: str | None = None) -> Response:
    error = {"code": code, "message": message, "param": param, "type": "invalid_request_error"}
    return JSONResponse({"error": error}, status)
