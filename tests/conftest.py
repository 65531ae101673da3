"""Settings for the whole suite: Hypothesis profiles, the same random numbers for each test, and a table that none can leave changed.

``HYPOTHESIS_PROFILE=ci`` draws many examples, the default, ``dev``, few, ``brief`` one, and all the same each time;
``HYPOTHESIS_PROFILE=explore`` draws many new ones.
"""

import gc
import os
import shutil
import sys

import pytest
from hypothesis import HealthCheck, settings

import tinygrad_edu.func
import tinygrad_edu.nn
import tinygrad_edu.tracing.capture  # noqa: F401  (their rules are in the table from the start, and not put away with those of a test)
from tinygrad_edu import manual_seed
from tinygrad_edu.engine import table

COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
settings.register_profile("brief", max_examples=1, derandomize=True, database=None, **COMMON)
settings.register_profile("dev", max_examples=5, derandomize=True, database=None, **COMMON)
settings.register_profile("ci", max_examples=12, derandomize=True, database=None, **COMMON)
settings.register_profile("explore", max_examples=300, print_blob=True, **COMMON)
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "dev")
settings.load_profile(PROFILE)

collect_ignore = ["torch_numpy.py", "typing"]  # no tests: one of no use without PyTorch; programs (see test_types.py)


def pytest_collection_finish():
    """What was made to collect eight thousand tests stays: Python need not look through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def the_same_beginning():
    """What a test draws from the libraries' own generators hangs on no other test and on no luck; in ``explore`` it does."""
    if PROFILE != "explore":
        manual_seed(0)
        if torch := sys.modules.get("torch"):
            torch.manual_seed(0)


@pytest.fixture(autouse=True)
def the_table_is_put_back():
    """Rules that a test declares are gone after it."""
    tables = table.RULES, table.COMPOSITES, table.PLAIN
    before = [t.copy() for t in tables]
    yield
    for t, b in zip(tables, before):
        t.clear()
        t.update(b)


@pytest.fixture(scope="module")
def chromium():
    """The browser, for the tests of pages, which are marked `browser`."""
    from playwright.sync_api import sync_playwright

    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield browser
        browser.close()
