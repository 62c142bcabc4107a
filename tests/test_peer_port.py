"""The port for neighbours: strangers cannot hold it shut, and a name has one link at a time."""

from __future__ import annotations

import contextlib
import secrets
import socket
import threading
import unittest
from typing import ClassVar

from admin import link, metric, status
from exchange import read_to_end
from herd_case import HerdCase
from herd_process import Herd, Server
from idle_connections import idle_connections
from neighbour import HandMadeNeighbour
from waiting import DEADLINE, SLOWNESS, wait_until


class Answering:
    """Has a neighbour made by hand answer PINGs until the connection ends. A context manager."""

    def __init__(self, neighbour: HandMadeNeighbour) -> None:
        self.neighbour = neighbour
        self.thread = threading.Thread(target=self.answer)

    def answer(self) -> None:
        with contextlib.suppress(AssertionError, OSError):
            while True:
                self.neighbour.answer(self.neighbour.line())

    def __enter__(self) -> Answering:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self.neighbour.connection.shutdown(socket.SHUT_RDWR)
        self.thread.join()


class PeerPort(HerdCase):
    """A real server Alpha whose neighbour Beta is played by the test."""

    link: ClassVar[dict[str, object]] = {}  # settings
    host = "127.0.0.1"

    def setUp(self) -> None:
        super().setUp()
        herd = Herd(("Alpha", "Beta"), (("Alpha", "Beta"),), {"link": self.link}, host=self.host)
        del herd.servers["Beta"]
        self.played = self.run_herd(herd)

    @property
    def alpha(self) -> Server:
        return self.played["Alpha"]

    def beta(self, run: bytes | None = None) -> HandMadeNeighbour:
        run = run or secrets.token_hex(8).encode()
        return self.enterContext(HandMadeNeighbour(self.played, "Beta", "Alpha", run=run))

    def opens(self) -> HandMadeNeighbour | None:
        """A connection of Beta that became a link, unless it is closed or refused."""
        with contextlib.suppress(AssertionError, OSError):
            neighbour = self.beta()
            if neighbour.open_at_once().startswith(b"PROOF "):
                return neighbour
        return None

    def lines(self, words: str) -> int:
        return self.alpha.log().count(words)


class Strangers(PeerPort):
    def gets_in(self, idle: int) -> None:
        address = (self.played.host, self.played.peer_ports["Alpha"])
        with idle_connections(address, idle):
            for _ in range(5):
                neighbour = wait_until(self.opens, f"a link beside {idle} idle connections", 3 * SLOWNESS)
                neighbour.connection.close()
                wait_until(lambda: link(self.played, "Alpha", "Beta")["state"] != "up", "it is down")
            strangers = status(self.played, "Alpha")["strangers"]
            self.assertLessEqual(strangers["now"], 32)
            self.assertGreater(strangers["displaced"], idle / 2)
        self.assertLess(len(self.alpha.log().splitlines()), 200 * SLOWNESS)

    def test_96_idle_connections_keep_no_neighbour_out(self) -> None:
        self.gets_in(96)

    def test_1000_idle_connections_keep_no_neighbour_out(self) -> None:
        self.gets_in(1000)

    def test_many_lines_are_refused_once_and_without_names(self) -> None:
        hello = b" ".join((b"HERD 5", b"other", b"x", b"y", b"0" * 64, b"0" * 16))
        for attempt in (b"\n" * 65_536, (hello + b"\n") * 400, b"GET / HTTP/1.1\r\n\r\n" * 3000):
            with socket.create_connection((self.played.host, self.played.peer_ports["Alpha"]), DEADLINE) as stranger:
                # The server may have closed by now.
                with contextlib.suppress(OSError):
                    stranger.sendall(attempt)
                    stranger.shutdown(socket.SHUT_WR)
                answer = read_to_end(stranger)
            self.assertLess(len(answer), 300)
            self.assertRegex(answer, rb"\AREFUSED [^\n]*\n\Z")
            for name in (b"Alpha", b"Beta", self.played.herd.encode()):
                self.assertNotIn(name, answer)


class OneName(PeerPort):
    def test_a_second_process_of_a_name_is_refused_and_named(self) -> None:
        first = self.beta()
        self.assertTrue(first.open_at_once().startswith(b"PROOF "))
        with Answering(first):
            for _ in range(20):
                second = self.beta()
                answer = second.open_at_once()
                self.assertIn(b"two servers run with one name", answer)
                self.assertTrue(answer.startswith(b"REFUSED "))
                self.assertEqual(read_to_end(second.connection), b"")
            self.assertEqual(link(self.played, "Alpha", "Beta")["times_up"], 1)
            self.assertEqual(metric(self.played, "Alpha", 'herd_link_rivals_total{link="Beta"}'), 20)
            self.assertEqual(self.lines("Two servers run with one name"), 1)

    def test_one_process_has_one_link(self) -> None:
        run = b"fedcba9876543210"
        first = self.beta(run)
        self.assertTrue(first.open_at_once().startswith(b"PROOF "))
        with Answering(first):
            before = len(self.alpha.log().splitlines())
            answers = [self.beta(run).open_at_once() for _ in range(100)]
            self.assertTrue(all(answer.startswith(b"REFUSED ") for answer in answers))
            self.assertEqual(link(self.played, "Alpha", "Beta")["times_up"], 1)
            self.assertLess(len(self.alpha.log().splitlines()) - before, 5 * SLOWNESS)

    def test_a_dead_connection_makes_room_soon(self) -> None:
        first = self.beta()
        self.assertTrue(first.open_at_once().startswith(b"PROOF "))  # and answers no PING
        second = self.beta()
        self.assertTrue(second.open_at_once().startswith(b"PROOF "))
        self.assertLess(self.lines("is down"), 2)

    def test_a_neighbour_that_is_back_at_once_is_taken_at_once(self) -> None:
        for _ in range(3):
            neighbour = self.beta()
            self.assertTrue(neighbour.open_at_once().startswith(b"PROOF "))
            neighbour.connection.close()

    def test_links_that_come_and_go_are_slowed_down(self) -> None:
        attempts = 0
        end = DEADLINE / 15
        came = threading.Event()
        threading.Timer(end, came.set).start()
        while not came.is_set():
            attempts += 1
            neighbour = self.opens()
            if neighbour is not None:
                neighbour.connection.close()
        times_up = link(self.played, "Alpha", "Beta")["times_up"]
        # A few at once, then one for each retry_delay_ms_max of 200.
        self.assertLess(times_up, 10 + end / 0.2 * 1.5)
        self.assertGreater(attempts, 2 * times_up)
        self.assertLess(self.lines("link to Beta"), 20 * SLOWNESS)


class Newcomers(PeerPort):
    """The link that stands has all the time of the test to say whether it lives."""

    link: ClassVar[dict[str, object]] = {"heartbeat_ms": 60_000, "dial_timeout_ms": 60_000, "silence_ms": 600_000}

    def linked(self) -> HandMadeNeighbour:
        neighbour = self.beta()
        self.assertTrue(neighbour.open_at_once().startswith(b"PROOF "))
        return neighbour

    def strangers(self) -> int:
        return status(self.played, "Alpha")["strangers"]["now"]

    def rivals(self) -> float:
        return metric(self.played, "Alpha", 'herd_link_rivals_total{link="Beta"}')

    def test_one_that_goes_away_is_forgotten(self) -> None:
        first = self.linked()
        second = self.beta()
        second.prove()
        while not first.line().startswith(b"PING "):
            pass
        second.connection.close()
        wait_until(lambda: self.strangers() == 0, "Alpha knows that the newcomer is gone")
        first.send(b"PONG 1000000 0")  # an answer to all PINGs
        first.until_answered()
        self.assertEqual(self.rivals(), 0)
        with Answering(first):
            self.assertIn(b"two servers run with one name", self.beta().open_at_once())
            self.assertEqual(self.rivals(), 1)
            self.assertEqual(link(self.played, "Alpha", "Beta")["times_up"], 1)

    def test_there_is_one_at_a_time(self) -> None:
        first = self.linked()
        second = self.beta()
        second.prove()
        wait_until(lambda: self.strangers() == 1, "Alpha knows of the newcomer")
        self.assertEqual(self.beta().open_at_once(), b"REFUSED another connection in that name came first")
        with Answering(first):
            self.assertIn(b"two servers run with one name", second.line())


class ShortLives(PeerPort):
    link: ClassVar[dict[str, object]] = {"retry_delay_ms_max": 60_000, "silence_ms": 60_000}

    def test_links_that_stand_for_less_than_the_silence_are_slowed_down(self) -> None:
        for _ in range(15):
            neighbour = self.beta()
            if neighbour.open_at_once().endswith(b"wait a little"):
                break
            wait_until(lambda: link(self.played, "Alpha", "Beta")["since_s"] > 0.1, "it stands for a while")
            neighbour.connection.close()
        else:
            self.fail("each was taken at once")


class LongLives(PeerPort):
    silence_ms = int(1000 * SLOWNESS)
    link: ClassVar[dict[str, object]] = {"retry_delay_ms_min": 500, "retry_delay_ms_max": 1000, "silence_ms": silence_ms}

    def test_a_link_that_stood_for_long_makes_up_for_those_before(self) -> None:
        while self.opens_and_closes():
            pass
        neighbour = self.beta()
        self.assertTrue(neighbour.open().startswith(b"PROOF "))
        with Answering(neighbour):
            wait_until(lambda: link(self.played, "Alpha", "Beta")["since_s"] > self.silence_ms / 1000, "it stands for long")
        for _ in range(3):
            self.assertTrue(self.opens_and_closes())

    def opens_and_closes(self) -> bool:
        neighbour = self.beta()
        opens = neighbour.open_at_once().startswith(b"PROOF ")
        neighbour.connection.close()
        return opens


class NeighboursByName(PeerPort):
    host = "localhost"
    link: ClassVar[dict[str, object]] = {"strangers": 4, "strangers_per_address": 4, "dial_timeout_ms": 60_000}

    def test_places_of_the_addresses_that_a_name_resolves_to_are_not_taken_by_others(self) -> None:
        wait_until(lambda: "cannot reach" in link(self.played, "Alpha", "Beta").get("why", ""), "Alpha looks for Beta")
        address = ("127.0.0.1", self.played.peer_ports["Alpha"])
        for host in ("127.0.0.2",) * 4 + ("127.0.0.1",) * 4:
            self.enterContext(socket.create_connection(address, DEADLINE, (host, 0)))
        wait_until(lambda: status(self.played, "Alpha")["strangers"]["now"] == 8, "each has a place")
        self.assertEqual(status(self.played, "Alpha")["strangers"]["displaced"], 0)


if __name__ == "__main__":
    unittest.main()
