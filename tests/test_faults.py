"""The scenarios of script/faults, short: some seconds of faults, few clients, links that notice sooner.

Each is a process of its own, since it moves into a network namespace. Where there are none the tests
are skipped. The bounds are wide, since the machine may be busy with something else; script/faults by
itself has the narrow ones.
"""

from __future__ import annotations

import subprocess
import unittest

from herd_process import REPOSITORY
from namespaces import SKIPPED
from waiting import DEADLINE

SHORT = ("--quick-links", "--clients", "3000", "--rate", "2000", "--within", str(3 * DEADLINE), "--tolerance", "0.5")


class Faults(unittest.TestCase):
    def play(self, scenario: str, seconds: float) -> None:
        done = subprocess.run(
            [REPOSITORY / "script" / "faults", scenario, *SHORT, "--seconds", str(seconds)],
            capture_output=True,
            text=True,
            timeout=20 * DEADLINE,
            check=False,
        )
        if done.returncode == SKIPPED:
            self.skipTest(done.stderr.strip())
        self.assertEqual(done.returncode, 0, f"\n{done.stderr}\n{done.stdout}")

    def test_all_are_alike_again_after_faults_of_links_and_servers(self) -> None:
        self.play("healing", 10)

    def test_nobody_notices_a_stopped_server(self) -> None:
        self.play("stopped", 6)

    def test_what_was_acknowledged_on_disk_survives_the_death_of_all(self) -> None:
        self.play("killed", 3)


if __name__ == "__main__":
    unittest.main()
