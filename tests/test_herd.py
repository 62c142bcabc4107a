"""Five servers: a report at one is known to all, with the same AT line and the same winner."""

from __future__ import annotations

import threading
import time
import unittest

from exchange import (
    NANOS,
    LineReader,
    connect,
    exchange,
    iamat,
    parse_at,
    parse_whatsat,
    position,
    seconds_text,
    whatsat,
)
from herd_case import HerdCase
from herd_process import FIVE, Herd
from spreading import report, wait_for_links, wait_for_row
from test_winner import rank
from topologies import KITE, KITE_LINKS, RING, RING_LINKS
from waiting import wait_until


class Five(HerdCase):
    @classmethod
    def make_herd(cls) -> Herd:
        return Herd(threads=2)

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        assert cls.shared is not None
        wait_for_links(cls.shared)

    def test_a_report_at_one_is_answered_by_all_with_the_same_line(self) -> None:
        for server in FIVE:
            with self.subTest(server):
                line = report(self.herd, server, f"at-{server}", "+34.068930-118.445127")
                wait_for_row(self.herd, FIVE, f"at-{server}", line)

    def test_the_worked_example(self) -> None:
        report(self.herd, "Goloman", "kiwi.cs.ucla.edu", "+34.068930-118.445127", "1520023934.918963997")
        address = self.herd["Welsh"].clients
        wait_until(lambda: position(address, "kiwi.cs.ucla.edu"), "Welsh has kiwi")
        line, answer = parse_whatsat(exchange(address, b"WHATSAT kiwi.cs.ucla.edu 10 5\n"))
        at = parse_at(line)
        self.assertEqual((at.server, at.location), ("Goloman", b"+34.068930-118.445127"))
        self.assertEqual((at.client, at.time), (b"kiwi.cs.ucla.edu", b"1520023934.918963997"))
        self.assertEqual(answer["results"], [])

    def test_over_three_links(self) -> None:
        line = report(self.herd, "Hands", "far")
        wait_for_row(self.herd, ["Welsh"], "far", line)
        line = report(self.herd, "Welsh", "far")
        wait_for_row(self.herd, ["Hands"], "far", line)

    def test_any_bytes_travel_unchanged(self) -> None:
        client = bytes(value for value in range(256) if value not in b" \t\r\n\f\v")[:255]
        location = "+401213.1-0750015.1+8850CRSWGS_84/"
        line = exchange(self.herd["Hands"].clients, iamat(client, location, "-0000.50"))
        self.assertEqual(parse_at(line)[2:], (client, location.encode(), b"-0000.50"))
        wait_for_row(self.herd, FIVE, client, line)

    def test_reports_of_one_client_at_all_servers_at_once_have_one_winner(self) -> None:
        """Equal times, different servers, all at once, again and again: all servers end alike."""
        clients = [f"both{number}" for number in range(40)]
        now = time.time_ns()
        times = {client: seconds_text(now - number * NANOS) for number, client in enumerate(clients)}
        lines: dict[str, list[bytes]] = {client: [] for client in clients}
        lock = threading.Lock()

        def send_to(server: str, order: list[str]) -> None:
            with connect(self.herd[server].clients) as connection:
                reader = LineReader(connection)
                for client in order:
                    connection.sendall(iamat(client, f"+{FIVE.index(server)}+0", times[client]))
                    line = reader.line()
                    with lock:
                        lines[client].append(line)

        threads = [
            threading.Thread(target=send_to, args=(server, clients if number % 2 else clients[::-1]))
            for number, server in enumerate(FIVE * 2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for client in clients:
            winner = max(lines[client], key=lambda line: rank(parse_at(line)))
            self.assertEqual(len(lines[client]), 2 * len(FIVE))
            wait_for_row(self.herd, FIVE, client, winner)

    def test_an_old_report_elsewhere_changes_nothing(self) -> None:
        winner = report(self.herd, "Welsh", "old", time_text="2000")
        wait_for_row(self.herd, FIVE, "old", winner)
        for server in FIVE:
            report(self.herd, server, "old", "+9+9", "1999.999999999")
        marker = report(self.herd, "Hands", "marker-of-old")
        wait_for_row(self.herd, FIVE, "marker-of-old", marker)
        for server in FIVE:
            self.assertEqual(position(self.herd[server].clients, "old"), winner)

    def test_a_clock_far_ahead_is_beaten_from_another_server(self) -> None:
        ahead = parse_at(report(self.herd, "Hands", "ahead", "+1+1", "9223372036"))
        wait_for_row(self.herd, ["Welsh"], "ahead", exchange_line(self.herd, "Hands", "ahead"))
        later = seconds_text(ahead.receipt_nanos + 10 * NANOS + 1)
        winner = report(self.herd, "Welsh", "ahead", "+2+2", later)
        wait_for_row(self.herd, FIVE, "ahead", winner)

    def test_a_stream_of_reports_ends_with_the_newest_everywhere(self) -> None:
        """Neighbours may skip rows that were overtaken, never the last."""
        count = 3000
        commands = [iamat(f"stream{number % 10}", "+1+0", str(number)) for number in range(count)]
        replies = exchange(self.herd["Wilkes"].clients, b"".join(commands)).splitlines(keepends=True)
        self.assertEqual(len(replies), count)
        for number in range(count - 10, count):
            wait_for_row(self.herd, FIVE, f"stream{number % 10}", replies[number])


def exchange_line(herd: Herd, server: str, client: str) -> bytes:
    line = position(herd[server].clients, client)
    assert line is not None
    return line


class OtherHerds(HerdCase):
    def check(self, herd: Herd) -> None:
        wait_for_links(herd)
        for server in herd.names:
            wait_for_row(herd, herd.names, f"at-{server}", report(herd, server, f"at-{server}"))

    def test_a_ring_of_five(self) -> None:
        self.check(self.run_herd(Herd(RING, RING_LINKS)))

    def test_a_ring_with_one_server_gone_is_a_line(self) -> None:
        herd = self.run_herd(Herd(RING, RING_LINKS))
        wait_for_links(herd)
        herd["Ball"].kill()
        wait_for_links(herd, ["Alford", "Hamilton", "Holiday", "Welsh"])

    def test_the_kite(self) -> None:
        self.check(self.run_herd(Herd(KITE, KITE_LINKS)))

    def test_a_server_without_neighbours_serves(self) -> None:
        herd = self.run_herd(Herd(("Alone",), ()))
        line = report(herd, "Alone", "a")
        self.assertEqual(position(herd["Alone"].clients, "a"), line)

    def test_servers_without_a_link_do_not_talk(self) -> None:
        herd = self.run_herd(Herd(("A", "B", "C"), (("A", "B"),)))
        wait_for_links(herd, ["A", "B"])
        report(herd, "C", "apart")
        line = report(herd, "A", "together")
        wait_for_row(herd, ["B"], "together", line)
        self.assertIsNone(position(herd["C"].clients, "together"))
        self.assertIsNone(position(herd["A"].clients, "apart"))

    def test_a_herd_on_ipv6(self) -> None:
        herd = self.run_herd(Herd(("A", "B"), (("A", "B"),), host="::1"))
        wait_for_links(herd)

    def test_a_herd_by_host_name(self) -> None:
        herd = self.run_herd(Herd(("A", "B"), (("A", "B"),), host="localhost"))
        wait_for_links(herd)


if __name__ == "__main__":
    unittest.main()
