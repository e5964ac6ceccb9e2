"""Templates to pages: everything is escaped, and nothing but what stands in the page may run."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

Ui = Literal["zh", "en"]
LANGUAGES: Mapping[str, str] = {"zh": "zh-CN", "en": "en"}


def ui_of(language: str) -> Ui:
    """In which of the two languages the page of a work of this language begins."""
    return "zh" if language.lower().startswith("zh") else "en"


@cache
def words() -> Mapping[str, tuple[str, str]]:
    """Every word of the pages by its key: Chinese, English."""
    text = resources.files("callsheet.review").joinpath("words.json").read_text(encoding="utf-8")
    return {key: (str(zh), str(en)) for key, (zh, en) in json.loads(text).items()}


def said(key: str, **values: object) -> Markup:
    """The words of a key in both languages; the page shows one of them. `values` are escaped."""
    zh, en = (Markup(text).format(**values) for text in words()[key])  # noqa: S704 (the texts are our own)
    return Markup('<span class="zh" lang="zh-CN">{}</span><span class="en" lang="en">{}</span>').format(zh, en)


def named(kind: str, name: str) -> Markup:
    """The words of a name of the code such as a feature or a measured point; the name itself where it has none."""
    key = f"{kind}.{name}"
    return said(key) if key in words() else Markup("{}").format(name.replace("_", " "))


def labelled(attribute: str, key: str, ui: Ui) -> Markup:
    """An attribute whose words change with the language of the page."""
    zh, en = words()[key]
    now = zh if ui == "zh" else en
    return Markup('{}="{}" data-t="{}" data-zh="{}" data-en="{}"').format(attribute, now, attribute, zh, en)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("callsheet.review", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"t": said, "named": named, "labelled": labelled}
    return made


def _read(name: str) -> str:
    return resources.files("callsheet.review").joinpath("templates", name).read_text(encoding="utf-8")


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def page(template: str, ui: Ui, context: Mapping[str, Any], rules: str = "") -> str:
    """The page of a template. `rules` are style rules of this page; they hold numbers only."""
    style, script = _read("page.css") + rules, _read("page.js")
    policy = "; ".join(
        (
            "default-src 'none'",
            "img-src 'self' file: data:",
            "media-src 'self' file: data:",
            f"style-src {_source(style)}",
            f"script-src {_source(script)}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    fixed = {"ui": ui, "lang": LANGUAGES[ui], "policy": policy, "style": Markup(style), "script": Markup(script)}  # noqa: S704
    return _environment().get_template(template).render({**context, **fixed})
