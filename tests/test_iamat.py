"""IAMAT: which fields are good, and what the AT line says. The tables follow docs/protocol.md."""

from __future__ import annotations

import time
import unittest

from exchange import NANOS, exchange, iamat, nanos, parse_at, seconds_text
from herd_case import HerdCase
from herd_process import Herd, single

GOOD_LOCATIONS = """
+34.068930-118.445127
+34-118
+4-8
+0+0
-0-0
+00+000
-90-180
+90+180
+90.0-180.000
-90.0000000+180.0000000
+89.99999999999999999999+179.99999999999999999999
+1.5+002.5
+01.5+2.5
+4012.22-07500.25
+4012-07500
+0000+00000
+9000-18000
-9000.000+18000.000
+8959.9999-17959.9999
+401213.1-0750015.1
+401213-0750015
+000000+0000000
+900000-1800000
-900000.0+1800000.0
+895959.9999-1795959.9999
+34.068930-118.445127/
+4012.22-07500.25/
+401213.1-0750015.1/
+27.5916+086.5640+8850CRSWGS_84/
+27.5916+086.5640+8850CRSWGS_84
+27.5916+086.5640-10.5CRSEPSG:4979/
+27.5916+086.5640CRSWGS_84/
+27.5916+086.5640+8850/
+27.5916+086.5640+8850
+2735.5+08633.84+8850CRSWGS_84/
+273530+0863350+8850CRSWGS_84/
""".split()

BAD_LOCATIONS = """
34.068930-118.445127
+34.068930118.445127
+34.068930
+34
+
-
+-
+34.068930-
++34-118
+34--118
+90.0000001+000
+90.00000000000000000000001+000
+91+000
-90.0000001+000
+00+180.0000001
+00-180.00000000000000000000001
+00+181
+00-999
+9000.1+00000
+9001+00000
+0000+18000.1
+0000-18001
+900000.1+0000000
+900001+0000000
+900100+0000000
+000000+1800000.1
+4060-07500
+4060.0-07500
+4099-07500
+4012-07560
+4012-07560.0
+406000-0750000
+401260-0750000
+401260.0-0750000
+401213-0756000
+401213-0750060.0
+401-075
+401.5-075
+40121-0750015
+4012130-0750015
+34-1180
+34-075001
+34-07500150
+34.-118
+34-118.
+.5-118
+34-.5
+34.5.5-118
+34e0-118
+3.4e1-118
+34-118e0
+nan+nan
+inf-inf
+NaN-118
+34,068930-118,445127
+34.5,-118.4
+0x10-118
+34_0-118
+34N118W
+34-118x
+34-118//
/+34-118
+34-118/x
+34-118+
+34-118+8850.
+34-118+.5
+34-118+1e3
+34-118+8850+1
+34-118CRS
+34-118CRS/
+34-118CRSWGS_84/x
+34-118crsWGS_84/
+34-118WGS_84/
+٣٤-118
""".split()

GOOD_TIMES = """
0
1
-1
-0
0.0
-0.5
-0.0000000001
1520023934
1520023934.918963997
1520023934.9
1520023934.91896399712345678901234567890
00000000000000000000000000001520023934.5
00.5
-00001.25
9223372036
-9223372036
9223372036.854775807
9223372036.8547758079999
-9223372036.854775808
-9223372036.8547758089999
""".split()

BAD_TIMES = """
+1
+0
--1
-
.5
-.5
5.
-5.
.
1.5.5
1e3
1E3
1.5e3
0x10
1_000
1,5
1'000
nan
NaN
-nan
inf
-inf
infinity
1520023934s
1520023934-
1-
9223372036.854775808
9223372037
-9223372036.854775809
-9223372037
9223372036854775807
99999999999999999999999999999999999999999999
-99999999999999999999999999999999999999999999
１
٣
""".split()


class Iamat(HerdCase):
    @classmethod
    def make_herd(cls) -> Herd:
        return single()

    def ask(self, data: bytes) -> bytes:
        return exchange(self.herd["Goloman"].clients, data)

    def assert_kept(self, line: bytes, fields: list[bytes]) -> None:
        """Each line is an IAMAT that is answered by an AT line with its fields' own bytes."""
        at = parse_at(self.ask(line))
        self.assertEqual(at.server, "Goloman")
        self.assertEqual([at.client, at.location, at.time], fields)

    def test_the_worked_example(self) -> None:
        fields = b"kiwi.cs.ucla.edu +34.068930-118.445127 1520023934.918963997"
        reply = self.ask(b"IAMAT %b\n" % fields)
        self.assertRegex(reply, rb"\AAT Goloman \+\d+\.\d{9} " + fields.replace(b"+", rb"\+") + rb"\n\Z")

    def test_locations_that_are_good(self) -> None:
        for location in GOOD_LOCATIONS:
            with self.subTest(location):
                self.assert_kept(
                    b"IAMAT loc %b 1\n" % location.encode(), [b"loc", location.encode(), b"1"]
                )

    def test_locations_that_are_not(self) -> None:
        lines = [b"IAMAT loc %b 1" % location.encode() for location in BAD_LOCATIONS]
        self.assert_all_echoed(lines)

    def test_times_that_are_good(self) -> None:
        for text in GOOD_TIMES:
            with self.subTest(text):
                self.assert_kept(b"IAMAT time +1+2 %b\n" % text.encode(), [b"time", b"+1+2", text.encode()])

    def test_times_that_are_not(self) -> None:
        self.assert_all_echoed([b"IAMAT time +1+2 %b" % text.encode() for text in BAD_TIMES])

    def assert_all_echoed(self, lines: list[bytes]) -> None:
        for line in lines:
            with self.subTest(line):
                self.assertEqual(self.ask(line + b"\n"), b"? " + line + b"\n")

    def test_client_ids_of_1_to_255_bytes(self) -> None:
        for size in (1, 2, 254, 255):
            with self.subTest(size):
                self.assert_kept(iamat("i" * size, time_text="1"), [b"i" * size, b"+34.068930-118.445127", b"1"])
        self.assert_all_echoed([iamat("i" * size, time_text="1")[:-1] for size in (256, 300, 4000)])

    def test_client_ids_of_any_bytes_but_white_space(self) -> None:
        every_byte = bytes(value for value in range(256) if value not in b" \t\r\n\f\v")
        for client in (every_byte[:200], every_byte[200:], b"\0", b"\0\0", b"?", b"AT", b"IAMAT", b"\xff\xfe",
                       "žluťoučký-kůň-🐎".encode(), b"\xc2\xa0", b"\x85", b"\x1c\x1d\x1e\x1f", b"%s%n{}\\\"'"):
            with self.subTest(client):
                self.assert_kept(b"IAMAT %b +1+2 3\n" % client, [client, b"+1+2", b"3"])
                self.assertEqual(
                    self.ask(b"WHATSAT %b 0 0\n" % client).split(b" ")[3], client, "another row was found"
                )

    def test_client_ids_differ_by_a_single_byte(self) -> None:
        self.ask(b"IAMAT same +1+2 3\n")
        for other in (b"Same", b"same\0", b"sam", b"\0same", b"samf"):
            line = b"WHATSAT %b 0 0\n" % other
            self.assertEqual(self.ask(line), b"? " + line)

    def test_the_skew_is_the_time_of_receipt_less_the_clients_time_exactly(self) -> None:
        now = time.time_ns()
        times = ["0", "-1.5", "1520023934.918963997", "9223372036", "-9223372036", "9223372036.854775807",
                 "-9223372036.854775808", seconds_text(now), seconds_text(now + 500_000_000),
                 seconds_text(now - 1), f"{seconds_text(now)}999999999999"]
        for text in times:
            with self.subTest(text):
                before = time.time_ns()
                reply = self.ask(iamat("skew", time_text=text))
                after = time.time_ns()
                at = parse_at(reply)
                self.assertRegex(at.skew, r"\A[+-](0|[1-9]\d*)\.\d{9}\Z")
                self.assertNotEqual(at.skew, "-0.000000000")
                self.assertLessEqual(before, nanos(text) + at.skew_nanos)
                self.assertLessEqual(nanos(text) + at.skew_nanos, after)

    def test_a_client_whose_clock_is_ahead_gets_a_negative_skew(self) -> None:
        at = parse_at(self.ask(iamat("ahead", time_text=seconds_text(time.time_ns() + 3600 * NANOS))))
        self.assertTrue(at.skew.startswith("-3599."), at.skew)

    def test_every_valid_report_is_answered_also_an_old_one(self) -> None:
        reply = self.ask(b"IAMAT old +1+1 1000\nIAMAT old +2+2 999\nIAMAT old +3+3 -7\n")
        tails = [parse_at(line)[2:] for line in reply.splitlines()]
        self.assertEqual(
            tails, [(b"old", b"+1+1", b"1000"), (b"old", b"+2+2", b"999"), (b"old", b"+3+3", b"-7")]
        )


if __name__ == "__main__":
    unittest.main()
