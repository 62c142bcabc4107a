"""All attacks of script/attack at once, short and small. Honest clients may wait as long as they do beside well-behaved
ones, or a quarter of a second: script/attack by itself, on a machine that does nothing else, has the narrow bound."""

from __future__ import annotations

import json
import subprocess
import unittest

from herd_process import REPOSITORY
from waiting import DEADLINE, SANITIZED


@unittest.skipIf(SANITIZED, "five servers with a sanitizer on one core are too slow for attackers on the other")
class Attacks(unittest.TestCase):
    def test_honest_clients_are_served_and_no_server_ends(self) -> None:
        command = [REPOSITORY / "script" / "attack", "--json", "--seconds", "20", "--scale", "0.05", "--p99", "250"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20 * DEADLINE, check=False)
        self.assertEqual(done.returncode, 0, f"\n{done.stderr}\n{done.stdout}")
        self.assertFalse(json.loads(done.stdout)["faults"])


if __name__ == "__main__":
    unittest.main()
