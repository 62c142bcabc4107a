"""Lines at the largest limit that can be configured: they are taken, answered and flooded whole."""

from __future__ import annotations

import unittest

from exchange import exchange, iamat, parse_at
from herd_case import HerdCase
from herd_process import Herd
from spreading import wait_for_links, wait_for_row

LINE_BYTES_MAX = 65_536


class LongLines(HerdCase):
    def test_a_line_of_the_largest_limit_reaches_the_neighbour(self) -> None:
        herd = self.run_herd(
            Herd(("Goloman", "Hands"), (("Goloman", "Hands"),), {"limits": {"line_bytes": LINE_BYTES_MAX}})
        )
        wait_for_links(herd)
        longest = LINE_BYTES_MAX - len(b"IAMAT long +1.-118 1520023934")
        command = iamat("long", f"+1.{'7' * longest}-118", "1520023934")
        self.assertEqual(len(command), LINE_BYTES_MAX + 1)
        # Behind it another line, so that neither's end falls on the end of a read.
        replies = exchange(herd["Goloman"].clients, command + b"WHEREIS long\n")
        line, other = replies.splitlines(keepends=True)
        self.assertEqual(other, b"? WHEREIS long\n")
        self.assertEqual(parse_at(line).location, b"+1." + b"7" * longest + b"-118")
        wait_for_row(herd, ["Hands"], "long", line)


if __name__ == "__main__":
    unittest.main()
