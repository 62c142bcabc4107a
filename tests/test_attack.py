"""All attacks of script/attack at once, short and small. What honest clients wait is bounded by ten seconds only: all
attacks together still hold some of them up for seconds. script/attack by itself has the narrow bound."""

from __future__ import annotations

import json
import subprocess
import unittest

from herd_process import REPOSITORY
from waiting import DEADLINE, SANITIZED


@unittest.skipIf(SANITIZED, "five servers with a sanitizer on one core are too slow for attackers on the other")
class Attacks(unittest.TestCase):
    def test_honest_clients_are_served_and_no_server_ends(self) -> None:
        command = [REPOSITORY / "script" / "attack", "--json", "--seconds", "20", "--scale", "0.05", "--p99", "10000"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20 * DEADLINE, check=False)
        self.assertEqual(done.returncode, 0, f"\n{done.stderr}\n{done.stdout}")
        self.assertFalse(json.loads(done.stdout)["faults"])


if __name__ == "__main__":
    unittest.main()
