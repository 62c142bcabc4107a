"""The base of the tests of whole servers: shows the servers' logs when a test fails."""

from __future__ import annotations

import unittest
from typing import ClassVar

from herd_process import Herd


class HerdCase(unittest.TestCase):
    """Tests that may share a herd for the whole class (`make_herd`) or run one each (`run_herd`)."""

    shared: ClassVar[Herd | None] = None

    @classmethod
    def make_herd(cls) -> Herd | None:
        """The herd that all tests of the class share; None when each makes its own."""
        return None

    @classmethod
    def setUpClass(cls) -> None:
        herd = cls.make_herd()
        if herd is not None:
            cls.shared = cls.enterClassContext(herd)

    def setUp(self) -> None:
        self._herds: list[Herd] = [self.shared] if self.shared is not None else []

    @property
    def herd(self) -> Herd:
        assert self.shared is not None
        return self.shared

    def run_herd(self, herd: Herd) -> Herd:
        """Starts a herd that ends with this test."""
        self._herds.append(herd)
        return self.enterContext(herd)

    def tearDown(self) -> None:
        # Cleanups, which end the herds and remove their logs, come after this.
        outcome = getattr(self, "_outcome", None)
        if outcome is not None and not outcome.success:
            for herd in self._herds:
                print(herd.tails())
