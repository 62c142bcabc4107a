"""All attacks of script/attack at once, short and small. What honest clients wait is bounded by ten seconds only: all
attacks together still hold some of them up for seconds. script/attack by itself has the narrow bound."""

from __future__ import annotations

import json
import subprocess
import unittest

from herd_process import REPOSITORY
from waiting import DEADLINE, SANITIZED


class Attacks(unittest.TestCase):
    def test_honest_clients_are_served_and_no_server_ends(self) -> None:
        command = [REPOSITORY / "script" / "attack", "--json", "--seconds", "20", "--scale", "0.05", "--p99", "10000"]
        # A sanitizer's own memory would pass the limit, and it makes everything slow.
        if SANITIZED:
            command += ["--memory", "0", "--rate", "50", "--p99", "60000"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20 * DEADLINE, check=False)
        self.assertEqual(done.returncode, 0, f"\n{done.stderr}\n{done.stdout}")
        self.assertFalse(json.loads(done.stdout)["faults"])


if __name__ == "__main__":
    unittest.main()
