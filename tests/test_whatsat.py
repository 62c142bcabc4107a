"""WHATSAT without a provider of places: its fields, and the frame of its reply."""

from __future__ import annotations

import unittest

from exchange import exchange, iamat, parse_whatsat, whatsat
from herd_case import HerdCase
from herd_process import Herd, single

BAD_NUMBERS = ["+5", "-1", "-0", "5.0", "5.", ".5", "1e1", "0x5", "5,", "5km", "nan", "٣", "５", "1_0",
               "99999999999999999999", "4294967296", "18446744073709551616"]  # fmt: skip


class Whatsat(HerdCase):
    @classmethod
    def make_herd(cls) -> Herd:
        return single()

    def ask(self, data: bytes) -> bytes:
        return exchange(self.herd["Goloman"].clients, data)

    def test_the_reply_is_the_stored_at_line_and_json(self) -> None:
        at = self.ask(iamat("kiwi"))
        line, answer = parse_whatsat(self.ask(whatsat("kiwi", 10, 5)))
        self.assertEqual(line, at)
        self.assertEqual(answer["html_attributions"], [])
        self.assertEqual(answer["results"], [])
        self.assertIn(answer["status"], ("OK", "ZERO_RESULTS"))

    def test_radius_or_maximum_of_zero_finds_nothing(self) -> None:
        self.ask(iamat("zero"))
        for radius, results_max in ((0, 0), (0, 20), (50, 0)):
            with self.subTest(radius=radius, results_max=results_max):
                answer = parse_whatsat(self.ask(whatsat("zero", radius, results_max)))[1]
                self.assertEqual((answer["results"], answer["status"]), ([], "ZERO_RESULTS"))
                self.assertNotIn("error_message", answer)

    def test_the_bounds_of_radius_and_maximum(self) -> None:
        self.ask(iamat("bounds"))
        many_zeros = "0" * 50 + "10"
        for radius, results_max in ((0, 0), (1, 1), (50, 20), ("00", "00"), ("050", "020"), (many_zeros, "05")):
            with self.subTest(radius=radius, results_max=results_max):
                parse_whatsat(self.ask(whatsat("bounds", radius, results_max)))

    def test_other_numbers_are_refused(self) -> None:
        self.ask(iamat("bounds"))
        lines = [whatsat("bounds", *numbers) for numbers in ((51, 20), (50, 21), (100, 5), (0, 99))]
        for number in BAD_NUMBERS:
            lines += [whatsat("bounds", number, 5), whatsat("bounds", 10, number)]
        for line in lines:
            with self.subTest(line):
                self.assertEqual(self.ask(line), b"? " + line)

    def test_an_unknown_client_is_refused(self) -> None:
        for client in ("nobody", "n" * 255, "n" * 256):
            line = whatsat(client, 10, 5)
            with self.subTest(client):
                self.assertEqual(self.ask(line), b"? " + line)

    def test_a_client_is_known_to_the_command_after_its_report(self) -> None:
        reply = self.ask(whatsat("new") + iamat("new") + whatsat("new"))
        self.assertTrue(reply.startswith(b"? WHATSAT new 0 0\n"))
        parts = reply.split(b"\n", 2)
        self.assertEqual(parse_whatsat(parts[2])[0], parts[1] + b"\n")


if __name__ == "__main__":
    unittest.main()
