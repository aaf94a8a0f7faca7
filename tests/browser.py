"""A real browser for the pages: Chromium without a window, one for all tests of a session.

A test asks for the fixture ``browser`` and is skipped where there is no Chromium with its driver.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import pytest

if TYPE_CHECKING:
    from selenium.webdriver.remote.webelement import WebElement

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--window-size=1600,1000",
)
BAD_FAULTS = ("serious", "critical")


@final
@dataclass(frozen=True, slots=True)
class Browser:
    """A page and what it did: ``open`` first, then look, then ask for ``trouble``."""

    driver: Any

    def open(
        self,
        path: Path,
        *,
        width: int = 1100,
        height: int = 900,
        dark: bool = False,
        script: bool = True,
        media: str = "",
    ) -> None:
        """Open a file at a width in CSS pixels; ``media`` is screen or print.

        What an earlier page said and asked for is forgotten.
        """
        self.driver.get("about:blank")
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        self._tell("Emulation.setEmulatedMedia", media=media, features=[scheme, still])
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._tell("Emulation.setDeviceMetricsOverride", **metrics)
        self._tell("Emulation.setScriptExecutionDisabled", value=not script)
        self.trouble()
        self.driver.get(path.resolve().as_uri())

    def _tell(self, command: str, **arguments: Any) -> Any:
        return self.driver.execute_cdp_cmd(command, arguments)

    def run(self, script: str, *arguments: Any) -> Any:
        """Return what a script in the page returns."""
        return self.driver.execute_script(script, *arguments)

    def all(self, selector: str) -> list[WebElement]:
        """Return the elements that a CSS selector finds."""
        return self.driver.find_elements("css selector", selector)

    def one(self, selector: str) -> WebElement:
        """Return the first element that a CSS selector finds."""
        return self.driver.find_element("css selector", selector)

    def press(self, *keys: str) -> None:
        """Press keys one after the other, wherever the focus is."""
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)

    def trouble(self) -> list[str]:
        """Return what must not happen, since last asked: errors, requests, a dialog."""
        from selenium.common.exceptions import NoAlertPresentException

        found = [entry["message"] for entry in self.driver.get_log("browser")]
        found += [f"request: {address}" for address in self._requests()]
        try:
            found.append(f"dialog: {self.driver.switch_to.alert.text}")
        except NoAlertPresentException:
            return found
        self.driver.switch_to.alert.dismiss()
        return found

    def _requests(self) -> Iterator[str]:
        for entry in self.driver.get_log("performance"):
            event = json.loads(entry["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                asked = event["params"]
                address = asked["request"]["url"]
                own = asked.get("type") == "Document" and address == asked["documentURL"]
                if not own and not address.startswith("data:"):
                    yield address[:200]

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than its window."""
        return int(
            self.run("const e = document.scrollingElement; return e.scrollWidth - e.clientWidth")
        )

    def faults(self, axe: str) -> list[str]:
        """Return the serious accessibility faults that axe-core finds, as rule and place."""
        self.run(axe)
        found = self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "axe.run({ resultTypes: ['violations'] }).then(r => done(r.violations))"
        )
        return [
            f"{fault['id']}: {node['target']} {node['failureSummary']}"
            for fault in found
            for node in fault["nodes"]
            if fault["impact"] in BAD_FAULTS
        ]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, started once; skipped where it or its driver is not installed."""
    pytest.importorskip("selenium")
    from selenium import webdriver

    binary = shutil.which("chromium") or shutil.which("google-chrome")
    service = shutil.which("chromedriver")
    if binary is None or service is None:
        pytest.skip("no chromium with chromedriver here")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('browser')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    options.set_capability("unhandledPromptBehavior", "ignore")
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(service))
    driver.set_page_load_timeout(60)
    yield Browser(driver)
    driver.quit()


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core: set STANCE_AXE to axe.min.js, or install it with npm."""
    named = os.environ.get("STANCE_AXE")
    place = Path(named) if named else Path("node_modules/axe-core/axe.min.js")
    if not place.is_file():
        pytest.skip("axe-core is not here (npm install --no-save axe-core, or set STANCE_AXE)")
    return place.read_text(encoding="utf-8")
