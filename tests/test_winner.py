"""Which report wins, seen from outside: what one server keeps, computed from the AT lines alone."""

from __future__ import annotations

import time
import unittest

from exchange import NANOS, At, exchange, iamat, nanos, parse_at, position, seconds_text
from herd_case import HerdCase
from herd_process import Herd, single


def rank(at: At) -> tuple[int, bytes, bytes, bytes, bytes]:
    """The total order of reports: of two, the one with the greater rank wins."""
    effective = min(nanos(at.time.decode()), at.receipt_nanos + 10 * NANOS)
    return effective, at.server.encode(), at.skew.encode(), at.location, at.time


class Winner(HerdCase):
    @classmethod
    def make_herd(cls) -> Herd:
        return single()

    def report(self, client: str, location: str, time_nanos: int) -> bytes:
        reply = exchange(self.herd["Goloman"].clients, iamat(client, location, seconds_text(time_nanos)))
        parse_at(reply)
        return reply

    def kept(self, client: str) -> bytes | None:
        return position(self.herd["Goloman"].clients, client)

    def test_a_newer_report_wins(self) -> None:
        self.report("newer", "+1+1", 1000 * NANOS)
        second = self.report("newer", "+2+2", 1000 * NANOS + 1)
        self.assertEqual(self.kept("newer"), second)

    def test_an_older_report_is_answered_and_not_kept(self) -> None:
        first = self.report("older", "+1+1", 1000 * NANOS)
        self.report("older", "+2+2", 1000 * NANOS - 1)
        self.report("older", "+9+9", -5)
        self.assertEqual(self.kept("older"), first)

    def test_times_are_compared_as_numbers_to_the_nanosecond(self) -> None:
        address = self.herd["Goloman"].clients
        for older, newer in (("9", "10"), ("-10", "-9"), ("-1", "0"), ("0.1", "0.10000001"), ("1.9", "0002"),
                             ("1520023934.918963996", "1520023934.918963997")):
            client = f"number{older}"
            for text in (newer, older):
                exchange(address, iamat(client, "+1+1", text))
            kept = self.kept(client)
            self.assertEqual(parse_at(kept or b"").time, newer.encode())

    def test_of_equal_times_the_text_decides(self) -> None:
        for number, offset in enumerate((-3600 * NANOS, 5 * NANOS, -1)):
            client = f"equal{number}"
            when = time.time_ns() + offset
            lines = [self.report(client, location, when) for location in ("+2+2", "+1+1", "+3+3")]
            lines.append(exchange(self.herd["Goloman"].clients, iamat(client, "+1+1", seconds_text(when) + "0")))
            self.assertEqual(self.kept(client), max(lines, key=lambda line: rank(parse_at(line))))

    def test_a_clock_far_ahead_counts_as_ten_seconds_ahead(self) -> None:
        first = parse_at(self.report("ahead", "+1+1", time.time_ns() + 1_000_000 * NANOS))
        effective = first.receipt_nanos + 10 * NANOS
        self.report("ahead", "+2+2", effective - 1)
        self.assertEqual(parse_at(self.kept("ahead") or b""), first)
        winner = self.report("ahead", "+3+3", effective + 1)
        self.assertEqual(self.kept("ahead"), winner, "a clock years ahead has frozen its position")

    def test_a_clock_far_ahead_moves_with_each_report(self) -> None:
        for text in ("9223372036.854775807", "9000000000", "4000000000"):
            reply = exchange(self.herd["Goloman"].clients, iamat("years", "+1+1", text))
            self.assertEqual(self.kept("years"), reply)


if __name__ == "__main__":
    unittest.main()
