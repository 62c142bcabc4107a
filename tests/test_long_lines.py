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
        # White space between fields makes it as long as it may be; the fields themselves are as long as they may be.
        client = "c" * 255
        location = f"+1.{'7' * 89}-118"
        time_text = "1520023934." + "0" * 29
        fields = iamat(client, location, time_text)
        command = fields.replace(b"IAMAT ", b"IAMAT " + b" " * (LINE_BYTES_MAX + 1 - len(fields)))
        self.assertEqual((len(location), len(time_text), len(command)), (96, 40, LINE_BYTES_MAX + 1))
        # Behind it another line, so that neither's end falls on the end of a read.
        replies = exchange(herd["Goloman"].clients, command + b"WHEREIS long\n")
        line, other = replies.splitlines(keepends=True)
        self.assertEqual(other, b"? WHEREIS long\n")
        self.assertEqual(parse_at(line)[2:], (client.encode(), location.encode(), time_text.encode()))
        wait_for_row(herd, ["Hands"], client, line)


if __name__ == "__main__":
    unittest.main()
