"""Prefect's UI in the system's headless Chromium, used as a person uses it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

REQUIRED = os.environ.get("CALLSHEET_TEST_BROWSER") == "required"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
LIMIT = 300_000
"""Milliseconds for anything that is waited for: far above what it takes."""


@contextmanager
def opened(server: str) -> Iterator[PrefectUI]:
    """The UI of a server. Its driver keeps an event loop running in this thread while the block lasts."""
    place = shutil.which("chromium") or shutil.which("chromium-browser")
    if place is None:
        if REQUIRED:
            pytest.fail("Chromium is required and not installed")
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=place, args=FLAGS, timeout=LIMIT)
        page = chromium.new_page(viewport={"width": 1280, "height": 1200})
        page.set_default_timeout(LIMIT)
        yield PrefectUI(page, server)
        chromium.close()


class PrefectUI:
    """What a person does there, by the words on the screen."""

    def __init__(self, page: Any, server: str) -> None:
        self.page = page
        self.server = server

    def open_form(self, deployment: str) -> None:
        """The form that starts a run of the deployment of this id."""
        self.page.goto(f"{self.server}/deployments/deployment/{deployment}/run")
        self.page.get_by_text("Provider block").wait_for()

    def field(self, title: str, where: Any = None) -> Any:
        """The innermost group that this title stands over."""
        label = self.page.locator(".p-label__label").filter(has_text=re.compile(rf"^\s*{title}(\s*\(Optional\))?\s*$"))
        return (where or self.page).locator(".p-label").filter(has=label).last

    def write(self, title: str, text: str) -> None:
        """Writes into a box."""
        self.field(title).locator("textarea, input").first.fill(text)

    def pick(self, title: str, choice: str) -> None:
        """Chooses from a list, by the keyboard: it opens at the focus, and is searched."""
        button = self.field(title).locator(".p-select-button__control").first
        button.focus()
        self.page.keyboard.press("ArrowDown")
        option = self.page.locator(".p-select-option").get_by_text(choice, exact=True)
        option.wait_for()
        option.click()
        self.page.wait_for_function(
            "([button, text]) => button.innerText.trim() === text", arg=[button.element_handle(), choice]
        )

    def press(self, name: str) -> None:
        """Presses the button of this name; the last one, where a dialogue lies over another."""
        self.page.get_by_role("button", name=name, exact=True).last.click()

    def submit(self) -> dict[str, Any]:
        """Submits the form; the run that the server answers with."""
        with self.page.expect_response(lambda answer: answer.url.endswith("/create_flow_run")) as made:
            self.press("Submit")
        assert made.value.status == 201, made.value.text()
        return dict(made.value.json())

    def open_run(self, run: str) -> None:
        """The page of a run."""
        self.page.goto(f"{self.server}/runs/flow-run/{run}")

    def open_artifacts(self) -> None:
        """The artifacts of the run whose page is open."""
        self.page.get_by_text("Artifacts", exact=True).first.click()

    def shows(self, text: str) -> None:
        """Waits until the page shows this text."""
        self.page.get_by_text(text).first.wait_for()

    def picture(self, path: str) -> None:
        """The screen as it is now."""
        self.page.screenshot(path=path)
