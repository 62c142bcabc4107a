"""What a server holds of clients is bounded, and it believes no row that cannot be right."""

from __future__ import annotations

import time
import unittest

from admin import forget, link, metric, status
from exchange import NANOS, LineReader, connect, exchange, iamat, parse_at, position, seconds_text
from herd_case import HerdCase
from herd_process import Herd, single
from neighbour import HandMadeNeighbour
from waiting import SANITIZED, wait_until

MIB = 1 << 20


def row(client: str, ahead: float = 0.0, *, server: str = "Beta", location: str = "+1+1") -> bytes:
    """The AT line of a report that both clocks date `ahead` seconds from now."""
    when = time.time_ns() + int(ahead * NANOS)
    return b"AT %b +0.000000000 %b %b %b" % (
        server.encode(), client.encode(), location.encode(), seconds_text(when).encode())  # fmt: skip


class WithANeighbour(HerdCase):
    """Alpha is real; Beta, its neighbour, is played by the test."""

    def start(self, **limits: object) -> tuple[Herd, HandMadeNeighbour]:
        herd = Herd(("Alpha", "Beta"), (("Alpha", "Beta"),), {"link": {"silence_ms": 60_000}, "limits": limits})
        del herd.servers["Beta"]
        self.run_herd(herd)
        beta = self.enterContext(HandMadeNeighbour(herd, "Beta", "Alpha"))
        self.assertTrue(beta.open().startswith(b"PROOF "))
        return herd, beta

    def send(self, beta: HandMadeNeighbour, *lines: bytes) -> None:
        """Sends lines; returns when Alpha has taken them, over a link that has stayed up."""
        beta.connection.sendall(b"".join(line + b"\n" for line in lines))
        beta.until_answered()

    def client(self, herd: Herd, line: bytes) -> bytes:
        return exchange(herd["Alpha"].clients, line)


class Full(WithANeighbour):
    def test_known_clients_go_on_and_new_ones_are_answered_with_a_question_mark(self) -> None:
        herd = self.run_herd(single({"limits": {"clients": 3}}))
        address = herd["Goloman"].clients
        for client in ("a", "b", "c"):
            self.assertTrue(exchange(address, iamat(client)).startswith(b"AT "))
        new = iamat("d")
        self.assertEqual(exchange(address, b"".join([iamat("a"), new, iamat("b")])).splitlines(keepends=True)[1],
                         b"? " + new)  # fmt: skip
        self.assertIsNone(position(address, "d"))
        newest = exchange(address, iamat("b", "+9+9"))
        self.assertEqual(position(address, "b"), newest)
        self.assertEqual(status(herd, "Goloman")["reports"]["full"], 1)
        self.assertEqual(status(herd, "Goloman")["fleet"]["rows"], 3)
        herd["Goloman"].wait_for_log("error.*the fleet is full")
        code, answer = forget(herd, "Goloman", "nobody")
        self.assertEqual((code, "full" in answer["error"]), (507, True))
        herd["Goloman"].wait_for_log("asked to forget client nobody: not done, the fleet has no room for it")
        self.assertEqual(forget(herd, "Goloman", "a")[0], 200)

    def test_an_operator_is_warned_before(self) -> None:
        herd = self.run_herd(single({"limits": {"clients": 20}}))
        for number in range(19):
            exchange(herd["Goloman"].clients, iamat(f"c{number}"))
        herd["Goloman"].wait_for_log("warn.*the fleet is nearly full")

    def test_rows_of_a_neighbour_beyond_the_bound_are_counted_and_the_link_stays(self) -> None:
        herd, beta = self.start(clients=3)
        self.client(herd, iamat("own"))
        self.send(beta, *[row(f"c{number}") for number in range(10)])
        self.assertEqual(link(herd, "Alpha", "Beta")["refused_full"], 8)
        self.assertEqual(metric(herd, "Alpha", 'herd_link_refused_rows_total{link="Beta",reason="full"}'), 8)
        self.assertEqual(status(herd, "Alpha")["clients"], 3)
        newest = row("own", location="+5+5")
        self.send(beta, newest)
        self.assertEqual(position(herd["Alpha"].clients, "own"), newest + b"\n")
        self.assertEqual(link(herd, "Alpha", "Beta")["times_up"], 1)
        herd["Alpha"].wait_for_log("rows of Beta were not taken: 8 since the fleet is full")

    @unittest.skipIf(SANITIZED, "a sanitizer takes memory of its own")
    def test_a_server_with_little_memory_survives_any_number_of_clients(self) -> None:
        herd = single()
        # An eighth of it is for the fleet.
        herd["Goloman"].prefix = ("prlimit", f"--data={192 * MIB}")
        self.run_herd(herd)
        told = status(herd, "Goloman")["fleet"]
        self.assertEqual(told["bytes_limit"], 24 * MIB)
        with connect(herd["Goloman"].clients) as connection:
            reader = LineReader(connection)
            # Rows of numbers, rows of the longest texts, and the former once more with these.
            for prefix, location in (("n", "+1+1"), ("x" * 240, "+1+1CRS" + "y" * 80), ("n", "+1+1CRS" + "y" * 80)):
                for start in range(0, 300_000, 1000):
                    lines = b"".join(iamat(f"{prefix}{number}", location) for number in range(start, start + 1000))
                    connection.sendall(lines)
                    for _ in range(1000):
                        reader.line()
        now = status(herd, "Goloman")["fleet"]
        self.assertGreater(now["rows"], 200_000)
        self.assertLessEqual(now["bytes"], 24 * MIB * 5 // 4)
        self.assertLess(herd["Goloman"].resident_bytes(), 96 * MIB)
        self.assertTrue(exchange(herd["Goloman"].clients, iamat("n5")).startswith(b"AT "))


class LongFields(WithANeighbour):
    LOCATION = "+1+1CRS" + "x" * 89
    TIME = "0" * 30 + "1520023934"

    def test_the_longest_are_taken_and_longer_ones_are_invalid(self) -> None:
        herd, beta = self.start()
        longest = iamat("i" * 255, self.LOCATION, self.TIME)
        reply = self.client(herd, longest)
        self.assertTrue(reply.startswith(b"AT Alpha"))
        self.assertLessEqual(len(reply), 512)
        self.assertEqual(beta.next_report(), reply)
        for line in (
            iamat("i" * 256, self.LOCATION, self.TIME),
            iamat("i", self.LOCATION + "x", self.TIME),
            iamat("i", self.LOCATION, "0" + self.TIME),
            iamat("i", "+1." + "1" * 7000 + "+1", "1"),
        ):
            self.assertEqual(self.client(herd, line), b"? " + line)

    def test_a_row_of_131072_bytes_is_none(self) -> None:
        herd, beta = self.start()
        start = b"AT Beta +0.000000000 huge +1+1CRS"
        end = b" " + seconds_text(time.time_ns()).encode()
        self.send(beta, start + b"x" * (131_072 - len(start) - len(end)) + end, row("kiwi"))
        self.assertIsNone(position(herd["Alpha"].clients, "huge"))
        self.assertIsNotNone(position(herd["Alpha"].clients, "kiwi"))
        self.assertEqual(link(herd, "Alpha", "Beta")["unknown_messages"], 1)
        self.assertEqual(link(herd, "Alpha", "Beta")["times_up"], 1)


class UnknownServers(WithANeighbour):
    def test_rows_that_name_them_are_counted_and_not_taken(self) -> None:
        herd, beta = self.start()
        self.send(beta, *[row(f"c{number}", server=f"S{number}") for number in range(500)], row("kiwi"))
        self.assertEqual(link(herd, "Alpha", "Beta")["refused_unknown_server"], 500)
        self.assertEqual(status(herd, "Alpha")["clients"], 1)
        self.assertEqual(link(herd, "Alpha", "Beta")["times_up"], 1)

    def test_former_servers_are_known(self) -> None:
        herd = Herd(("Alpha", "Beta"), (("Alpha", "Beta"),), {"link": {"silence_ms": 60_000}})
        del herd.servers["Beta"]
        herd.choose_ports()
        herd.config.write_text('former_servers = ["Old"]\n' + herd.config_text(), encoding="utf-8")
        herd["Alpha"].start()
        self.addCleanup(herd.close)
        beta = self.enterContext(HandMadeNeighbour(herd, "Beta", "Alpha"))
        beta.open()
        self.send(beta, row("kiwi", server="Old"), row("duck", server="Older"))
        self.assertIsNotNone(position(herd["Alpha"].clients, "kiwi"))
        self.assertIsNone(position(herd["Alpha"].clients, "duck"))


class Clocks(WithANeighbour):
    def test_rows_from_the_future_are_refused_and_freeze_nobody(self) -> None:
        herd, beta = self.start()
        for number, ahead in enumerate((3600, 10 * 365 * 86_400)):
            self.send(beta, row("kiwi", ahead))
            self.assertEqual(link(herd, "Alpha", "Beta")["refused_ahead"], number + 1)
        self.send(beta, b"AT Beta +0.000000000 kiwi +1+1 9223372036.854775807")
        self.assertEqual(metric(herd, "Alpha", 'herd_link_refused_rows_total{link="Beta",reason="ahead"}'), 3)
        self.assertIsNone(position(herd["Alpha"].clients, "kiwi"))
        reply = self.client(herd, iamat("kiwi"))
        self.assertEqual(position(herd["Alpha"].clients, "kiwi"), reply)
        self.assertEqual(forget(herd, "Alpha", "kiwi")[0], 200)
        self.assertIsNone(position(herd["Alpha"].clients, "kiwi"))
        self.assertEqual(link(herd, "Alpha", "Beta")["times_up"], 1)
        herd["Alpha"].wait_for_log("rows of Beta were not taken: .* 3 received further ahead")

    def test_forget_takes_no_time_from_the_future(self) -> None:
        herd, _ = self.start()
        self.client(herd, iamat("kiwi"))
        code, _answer = forget(herd, "Alpha", "kiwi", f"?time={int(time.time()) + 3600}")
        self.assertEqual(code, 400)

    def test_a_server_whose_clock_is_behind_stores_what_it_acknowledges(self) -> None:
        herd, beta = self.start()
        # The client comes from Beta, whose clock and its own are two minutes ahead of Alpha's.
        for client, ahead in (("minute", 60.0), ("more", 120.0), ("most", 290.0)):
            self.send(beta, row(client, ahead))
            self.assertEqual(link(herd, "Alpha", "Beta")["refused_ahead"], 0)
            held = position(herd["Alpha"].clients, client)
            assert held is not None
            for second in range(1, 150):
                when = time.time_ns() + int((ahead + second) * NANOS)
                reply = self.client(herd, iamat(client, "+2+2", seconds_text(when)))
                self.assertEqual(position(herd["Alpha"].clients, client), reply, f"{second} s later")
                self.assertGreater(parse_at(reply).receipt_nanos, parse_at(held).receipt_nanos)
                held = reply


class Journal(HerdCase):
    def test_what_there_is_no_room_for_stays_on_the_disk(self) -> None:
        herd = single()
        herd.settings["journal"] = {"directory": str(herd.folder / "journals")}
        self.run_herd(herd)
        server = herd["Goloman"]
        last = exchange(server.clients, b"".join(iamat(f"c{number}") for number in range(100)))
        server.stop()
        herd.config.write_text(herd.config_text() + "[limits]\nclients = 40\n", encoding="utf-8")
        server.start()
        told = status(herd, "Goloman")
        # An eighth more than of new clients.
        self.assertEqual((told["clients"], told["journal"]["rows_left_full"]), (45, 55))
        self.assertEqual(metric(herd, "Goloman", 'herd_journal_loaded_rows{outcome="full"}'), 55)
        server.wait_for_log("error.*55 rows of the journal were not taken and stay on the disk")
        server.stop()
        herd.config.write_text(herd.config_text(), encoding="utf-8")
        server.start()
        wait_until(lambda: status(herd, "Goloman")["clients"] == 100, "all clients are there again")
        for reply in last.splitlines(keepends=True):
            self.assertEqual(position(server.clients, parse_at(reply).client), reply)


if __name__ == "__main__":
    unittest.main()
