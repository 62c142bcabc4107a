"""The hashes that servers send each other are those of docs/peer-protocol.md, keyed with the secret of the herd."""

from __future__ import annotations

import unittest

from admin import forget
from exchange import At, nanos, parse_at
from hashes import Plain, client_hash, herd_key, row_hash, text_row_hash
from herd_case import HerdCase
from herd_process import Herd
from neighbour import HandMadeNeighbour
from spreading import report

# The layouts of "+34.068930-118.445127" and of a time with nine decimals, by the table of the document.
LOCATION = "+34.068930-118.445127"
LATITUDE, LONGITUDE = 340_689_300, -1_184_451_270
LOCATION_LAYOUT = (6 | 2 << 3) | (6 | 3 << 3 | 1 << 5) << 6
TIME_LAYOUT = 9


def plain(at: At) -> Plain:
    time = nanos(at.time.decode())
    numbers = (time, at.receipt_nanos, LATITUDE, LONGITUDE, LOCATION_LAYOUT, TIME_LAYOUT)
    return Plain(at.client.decode(), *numbers, at.server)


class OfRows(HerdCase):
    @classmethod
    def make_herd(cls) -> Herd:
        herd = Herd(("Alpha", "Beta"), (("Alpha", "Beta"),))
        del herd.servers["Beta"]
        return herd

    def test_sums_of_ranges_are_those_of_the_document(self) -> None:
        key = herd_key(self.herd.secret, self.herd.herd)
        sums = [0] * 64

        def count(client: str, row: int) -> None:
            number = client_hash(key, client) >> 58
            sums[number] = (sums[number] + row) % 2**64

        for number in range(20):
            client = f"plain-{number}"
            count(client, row_hash(key, plain(parse_at(report(self.herd, "Alpha", client, LOCATION)))))
            client = f"with-a-name-that-is-kept-as-text-{number}"
            count(client, text_row_hash(key, report(self.herd, "Alpha", client, LOCATION).decode().rstrip("\n")))
        code, answer = forget(self.herd, "Alpha", "gone")
        self.assertEqual(code, 200, answer)
        count("gone", text_row_hash(key, answer["tombstone"]))
        with HandMadeNeighbour(self.herd, "Beta", "Alpha") as beta:
            beta.open()
            while not (line := beta.line()).startswith(b"RANGES "):
                beta.answer(line)
        self.assertEqual(line, b"RANGES " + b"".join(b"%016x" % range_sum for range_sum in sums))


if __name__ == "__main__":
    unittest.main()
