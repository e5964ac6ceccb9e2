"""Whatever is ordered, each dialect sends it or says why it can't: a job or one of our errors, never another."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from callsheet.errors import ProviderError
from callsheet.features import FEATURES, REQUEST
from callsheet.provider.catalogue import catalogue_entry
from callsheet.provider.dialects import make_provider
from callsheet.provider.http import HttpClient
from callsheet.provider.protocol import Delivery, Job
from tests.provider.sites import Answer, Stub
from tests.studio.test_any_input import ANYTHING, PNG, examples

NAMES = ("studio", "openai", "vllm-omni", "openrouter")
"""Each dialect, and the server that takes forms alone."""
ACCEPTED = {"id": "job_1", "job_id": "job_1", "status": "queued"}
MODELS = {"data": [{"id": "m", "supported_frame_images": ["first_frame"]}]}


class Anywhere(Stub):
    """Takes every order, at whatever path."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        what = f"{scope['method']} {scope['path']}"
        self.answers[what] = Answer.of(200, ACCEPTED if scope["method"] == "POST" else MODELS)
        await super().__call__(scope, receive, send)


async def ordered(name: str, request: Any) -> None:
    base = "http://provider.local/v1"
    http = HttpClient(base, SecretStr("k"), app=Anywhere({}))
    provider = make_provider(catalogue_entry(name), f"{name}@{base}", http, model="m" if name == "openrouter" else None)
    try:
        answer = await provider.submit(request, "ref", {"0" * 64: PNG})
        assert isinstance(answer, Job | Delivery)
    except ProviderError as error:
        assert error.message
        assert "\n" not in error.message
    finally:
        await provider.close()


@pytest.mark.parametrize("feature", FEATURES)
@settings(max_examples=15, derandomize=True, deadline=None, database=None, suppress_health_check=[*HealthCheck])
@given(data=st.data())
def test_any_order_is_sent_or_refused(feature: str, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES))
    field = data.draw(st.sampled_from([*FEATURES[feature].model_fields]))
    value = data.draw(ANYTHING)
    good = {**examples()[feature], "feature": feature}
    try:
        request = REQUEST.validate_python({**good, field: value, "feature": feature})
    except ValidationError:  # the model has refused it; what it does take must go out
        request = REQUEST.validate_python(good)
    asyncio.run(ordered(name, request))
