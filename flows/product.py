"""What makes a function the flow of a product: the form that starts it, and the run that it is called in.

Every product is commissioned in the same words, so the parameters are written once, in `callsheet.commission`, and each
flow takes them one by one: a flat form in Prefect's UI, and plain fields in a call. What they come to is one `Asked`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Annotated, Any, TypeAlias

from prefect import Flow, flow
from prefect.runtime import flow_run
from pydantic import ConfigDict, Field, GetJsonSchemaHandler, RootModel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from blocks import BrandKit, Budget, MediaBucket, PurchaseLedger, VideoProvider
from callsheet.briefs import Brief
from callsheet.briefs.form import title_of
from callsheet.commission import Commission
from callsheet.plan.files import PlanFile
from tasks import give_up
from tasks.commissioned import Asked, commissioned
from tasks.tell import tell_failure, tell_rest

Result: TypeAlias = dict[str, Any]
Body: TypeAlias = Callable[[Asked], Awaitable[Result]]
Product: TypeAlias = Flow[..., Coroutine[Any, Any, Result]]
PICKED = {
    "provider_block": VideoProvider,
    "bucket_block": MediaBucket,
    "ledger_block": PurchaseLedger,
    "budget_block": Budget,
    "brand_block": BrandKit,
}
"""Parameters that name a saved block."""


def product(name: str, brief: type[Brief], description: str) -> Callable[[Body], Product]:
    """Makes a function of what was `Asked` the flow `name`. It is read from a commission for `brief`'s kind of work."""

    def made(body: Body) -> Product:
        kind = str(brief.model_fields["kind"].default)

        @functools.wraps(body)
        async def run(**parameters: Any) -> Result:
            async with commissioned(kind, parameters) as asked:
                return await body(asked)

        del run.__wrapped__
        fields = _parameters(brief)
        run.__signature__ = inspect.Signature(fields, return_annotation=Result)  # type: ignore[attr-defined]
        run.__annotations__ = {field.name: field.annotation for field in fields}
        lines = [f"    {one}: {field.description}" for one, field in Commission.model_fields.items()]
        run.__doc__ = "\n".join([inspect.cleandoc(body.__doc__ or description), "", "Args:", *lines])
        # Parameters are checked by `commissioned`, which gives a person's mistakes in the command line's own words.
        return flow(
            name=name,
            flow_run_name=functools.partial(_run_name, kind),
            description=description,
            persist_result=True,
            result_serializer="json",
            validate_parameters=False,
            on_cancellation=[give_up],
            on_completion=[tell_rest],
            on_failure=[tell_failure],
            on_crashed=[tell_failure],
        )(run)

    return made


def _parameters(brief: type[Brief]) -> list[inspect.Parameter]:
    """The fields of a commission as keyword parameters, in their order, with what the form shows of each."""
    found = []
    for name, field in Commission.model_fields.items():
        annotation: Any = field.rebuild_annotation()
        if name == "brief":
            annotation = brief
        elif name in PICKED:
            annotation = _picker(PICKED[name])
        shown: dict[str, Any] = {"title": title_of(name)}
        if field.default is None and name != "brief" and name not in PICKED:
            shown["default"] = ""  # a form sends what it shows, and `null` is no text; it is read as nothing
        annotation = Annotated[annotation, _EMPTY, Field(json_schema_extra=shown)]
        found.append(
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=annotation)
        )
    return found


class _Empty:
    """The empty text instead of "or nothing", for what a form shows as a box or a choice that may stay empty."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core)
        some = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
        if len(some) == 1:
            schema = {**{key: value for key, value in schema.items() if key != "anyOf"}, **some[0]}
            if schema.get("type") == "string":
                schema.pop("minLength", None)
                if "pattern" in schema:
                    schema["pattern"] = f"^$|{schema['pattern']}"
                if "enum" in schema:
                    schema["enum"] = ["", *schema["enum"]]
        return schema


_EMPTY = _Empty()


def _picker(block: type[Any]) -> Any:
    """A block in the form: Prefect's picker, which writes a reference; a call may give the block's name as well.

    The type's schema holds none of the block's fields, so no secret can be written into a parameter.
    """
    name = block.__name__
    schema = {"title": name, "type": ["string", "null"], "block_type_slug": block._block_type_slug}

    def only(given: dict[str, Any]) -> None:
        given.clear()
        given.update(schema)

    picked: Any = type(
        name,
        (RootModel[str | None],),
        {"model_config": ConfigDict(json_schema_extra=only), "__module__": __name__, "__doc__": block.__doc__},
    )
    return picked


def _run_name(kind: str) -> str:
    """`marketing: NAME` of the brief, its key where it is in the bucket."""
    brief = flow_run.parameters.get("brief")
    if key := flow_run.parameters.get("brief_key"):
        return f"{kind}: {key}"[:200]
    if isinstance(brief, PlanFile):
        brief = brief.data
    name = brief.name if isinstance(brief, Brief) else brief.get("name") if isinstance(brief, Mapping) else None
    return f"{kind}: {name or 'without a name'}"[:200]
