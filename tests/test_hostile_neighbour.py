"""A neighbour that knows the secret and asks for as much as it can: memory, and others' time, stay bounded."""

from __future__ import annotations

import contextlib
import threading
import time
import unittest

from admin import link, metric
from exchange import LineReader, connect, exchange, iamat
from hashes import client_hash, herd_key
from herd_case import HerdCase
from herd_process import Herd, Server
from neighbour import HandMadeNeighbour
from waiting import SANITIZED, SLOWNESS, wait_until

MIB = 1 << 20
CLIENTS = 20_000 if SANITIZED else 100_000
RANGES = 64
LEAVES = 1024
PATIENT = {"link": {"silence_ms": 600_000}}  # a neighbour that is busy answers no PING


def name_of(number: int) -> str:
    return f"client{number}".ljust(200, "x")


def fill(server: Server, clients: int = CLIENTS) -> None:
    for start in range(0, clients, 1000):
        exchange(server.clients, b"".join(iamat(name_of(number)) for number in range(start, start + 1000)))


class Asker:
    """Reports and waits for the reply, over and over; how long that took at most."""

    def __init__(self, server: Server) -> None:
        self.longest = 0.0
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self.ask, args=(server,))

    def ask(self, server: Server) -> None:
        with connect(server.clients) as connection:
            reader = LineReader(connection)
            while not self.ends.wait(0.002):
                start = time.monotonic()
                connection.sendall(iamat("asker"))
                reader.line()
                self.longest = max(self.longest, time.monotonic() - start)

    def __enter__(self) -> Asker:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ends.set()
        self.thread.join()


class PlayedNeighbour(HerdCase):
    """A real server whose neighbour is played by the test."""

    def server_and_neighbour(self, server: str, neighbour: str) -> tuple[Herd, Server, HandMadeNeighbour]:
        herd = Herd((server, neighbour), ((server, neighbour),), PATIENT)
        del herd.servers[neighbour]
        real = self.run_herd(herd)[server]
        played = self.enterContext(HandMadeNeighbour(herd, neighbour, server))
        self.assertTrue(played.open().startswith(b"PROOF "))
        return herd, real, played

    def filled(self, server: str, neighbour: str) -> tuple[Herd, Server, HandMadeNeighbour]:
        """The same with many clients, all of which the neighbour has been told of."""
        herd, real, played = self.server_and_neighbour(server, neighbour)
        played.until_answered()
        fill(real)
        names = set()
        while len(names) < CLIENTS:
            names.add(played.next_report().split(b" ")[3])
        return herd, real, played

    def bears(self, server: Server, neighbour: HandMadeNeighbour, attack: bytes, times: int) -> list[bytes]:
        """Sends `attack` so often; what came back. Memory and other clients' waiting stay bounded."""
        before = server.resident_bytes()
        most = [before]
        sender = threading.Thread(target=lambda: neighbour.connection.sendall(attack * times + b"PING 77\n"))
        lines = []
        with Asker(server) as asker:
            sender.start()
            while not (line := neighbour.line()).startswith(b"PONG 77 "):
                lines.append(line)
                if len(lines) % 1000 == 0:
                    most.append(server.resident_bytes())
            sender.join()
            most.append(server.resident_bytes())
        self.assertLess(max(most) - before, 16 * MIB * SLOWNESS)
        self.assertLess(asker.longest, 0.5 * SLOWNESS)
        return lines

class AskedForMuch(PlayedNeighbour):
    def test_rows_that_are_needed_again_and_again_come_once_a_turn(self) -> None:
        herd, alpha, beta = self.filled("Alpha", "Beta")
        key = herd_key(herd.secret, herd.herd)
        digits = f"{client_hash(key, name_of(0)):016x}".encode()
        lines = self.bears(alpha, beta, b"NEED " + 4000 * digits + b"\n", 100)
        rows = [line for line in lines if name_of(0).encode() in line]
        self.assertGreater(len(rows), 0)
        self.assertLess(len(rows), 1000)

    def test_many_rows_that_are_needed_come_within_bounds(self) -> None:
        herd, alpha, beta = self.filled("Alpha", "Beta")
        key = herd_key(herd.secret, herd.herd)
        digits = [f"{client_hash(key, name_of(number)):016x}".encode() for number in range(4000)]
        lines = self.bears(alpha, beta, b"NEED " + b"".join(digits) + b"\n", 20)
        self.assertEqual(len({line for line in lines if b" client" in line}), 4000)

    def test_leaves_are_answered_once_each_and_only_in_a_comparison(self) -> None:
        herd, beta, alpha = self.filled("Beta", "Alpha")  # the smaller name leads
        out_of_turn = 'herd_link_out_of_turn_messages_total{link="Alpha"}'
        leaf = b"".join(b"LEAF 3 %d -\n" % number for number in range(LEAVES))
        lines = self.bears(beta, alpha, leaf, 5)
        self.assertFalse([line for line in lines if line.startswith((b"ROW", b"WANT"))])
        wait_until(lambda: metric(herd, "Beta", out_of_turn) == 5 * LEAVES, "they are counted")
        alpha.send(b"RANGES " + b"0" * 16 * RANGES)
        while not (line := alpha.line()).startswith(b"RANGES "):
            pass
        alpha.send(b"LEAVES 3 " + b"0" * 16 * LEAVES)
        while not (line := alpha.line()).startswith(b"DIFFER 3 "):
            pass
        differ = len(line.split(b","))
        lines = self.bears(beta, alpha, leaf, 5)
        while len([line for line in lines if line.startswith(b"WANT 3 ")]) < differ:
            lines.append(alpha.line())
        lines += alpha.lines_until_answered()
        wants = [line for line in lines if line.startswith(b"WANT")]
        rows = [line for line in lines if line.startswith(b"ROW")]
        self.assertEqual(len(wants), differ)
        self.assertGreater(len(rows), 0)
        self.assertEqual(len(rows), len(set(rows)))

    def test_digests_that_cannot_be_read_are_not_answered(self) -> None:
        _, beta, alpha = self.server_and_neighbour("Beta", "Alpha")
        alpha.until_answered()
        lines = self.bears(beta, alpha, b"RANGES x\n", 100_000)
        self.assertFalse([line for line in lines if line.startswith(b"RANGES")])

    def test_what_asks_without_reading_costs_bounded_memory(self) -> None:
        herd, alpha, beta = self.filled("Alpha", "Beta")
        key = herd_key(herd.secret, herd.herd)
        digits = [f"{client_hash(key, name_of(number)):016x}".encode() for number in range(8000)]
        before = alpha.resident_bytes()
        for _ in range(50):
            beta.send(b"NEED " + b"".join(digits))
            for _ in range(5000):
                beta.connection.sendall(b"PING 1\n")
        self.assertLess(alpha.resident_bytes() - before, 16 * MIB * SLOWNESS)
        self.assertEqual(link(herd, "Alpha", "Beta")["state"], "up")


class Goodbye(PlayedNeighbour):
    """What a neighbour has not read yet at the end is handed over in pieces."""

    def start(self) -> tuple[Server, HandMadeNeighbour]:
        _, alpha, beta = self.server_and_neighbour("Alpha", "Beta")
        beta.until_answered()
        return alpha, beta

    def test_to_who_does_not_read_costs_no_memory(self) -> None:
        alpha, _ = self.start()
        fill(alpha)
        before = alpha.resident_bytes()
        alpha.terminate()
        most = before
        assert alpha.process is not None
        while alpha.process.poll() is None:
            # It may end meanwhile.
            with contextlib.suppress(OSError, TypeError):
                most = max(most, alpha.resident_bytes())
            time.sleep(0.005)
        alpha.wait_for_exit()
        self.assertLess(most - before, 16 * MIB * SLOWNESS)

    def test_to_who_reads_again_brings_all_rows(self) -> None:
        alpha, beta = self.start()
        fill(alpha)
        mark = len(alpha.log())
        alpha.terminate()
        alpha.wait_for_log("ending", mark)
        names = set()
        while (line := beta.line()) != b"BYE":
            if line.startswith(b"AT "):
                names.add(line.split(b" ")[3])
        self.assertEqual(len(names), CLIENTS)
        alpha.wait_for_exit()


if __name__ == "__main__":
    unittest.main()
