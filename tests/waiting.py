"""Waiting for things to happen, without fixed sleeps.

Everything is quick when all is well; the deadlines are only there so that a fault ends a test. A
build with sanitizers gets HERD_TEST_SLOWNESS times as long.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TypeVar

SLOWNESS = float(os.environ.get("HERD_TEST_SLOWNESS", "1"))
SANITIZED = bool(os.environ.get("HERD_SANITIZE"))

DEADLINE = 30.0 * SLOWNESS
"""Seconds after which something that should have happened counts as not happening."""

Value = TypeVar("Value")


def wait_until(condition: Callable[[], Value], what: str, timeout: float = DEADLINE) -> Value:
    """Calls `condition` until what it returns is true, and returns that; AssertionError when it never is."""
    end = time.monotonic() + timeout
    pause = 0.002
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {timeout:.1f} s")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)
