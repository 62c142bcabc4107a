"""The admin address of real servers, `herd status` and `herd top`."""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import time
import unittest
from typing import Any

from admin import digests, get, link, metric, status
from command_line import herd
from exchange import LineReader, connect, iamat
from herd_case import HerdCase
from herd_process import BINARY, FIVE, Herd, single
from neighbour import HandMadeNeighbour
from spreading import report, wait_for_links
from waiting import DEADLINE, SANITIZED, SLOWNESS, wait_until


def raw(running: Herd, name: str, data: bytes) -> bytes:
    """What comes back for any bytes, until the server closes."""
    # The server's own time-out, 10 s, must come first.
    with socket.create_connection((running.host, running.admin_ports[name]), 3 * DEADLINE) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(data)
        text = b""
        with contextlib.suppress(ConnectionError):
            while chunk := connection.recv(1 << 16):
                text += chunk
        return text


class Endpoints(HerdCase):
    @classmethod
    def make_herd(cls) -> Herd:
        return Herd(threads=2)

    def setUp(self) -> None:
        super().setUp()
        wait_for_links(self.herd)

    def test_each_path_answers(self) -> None:
        for path, kind in (
            ("/healthz", "application/json"),
            ("/readyz", "application/json"),
            ("/metrics", "text/plain; version=0.0.4; charset=utf-8"),
            ("/v1/status?pretty", "application/json"),
        ):
            code, headers, body = get(self.herd, "Hands", path)
            self.assertEqual((code, headers["Content-Type"]), (200, kind), path)
            self.assertTrue(body)

    def test_other_paths_and_methods(self) -> None:
        for path in ("/", "/metrics/", "/v1", "/../etc/passwd"):
            code, _, body = get(self.herd, "Hands", path)
            self.assertEqual(code, 404)
            self.assertIn("error", json.loads(body))
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            code, headers, body = get(self.herd, "Hands", "/readyz", method)
            self.assertEqual((code, headers["Allow"]), (405, "GET, HEAD"))
            self.assertIn("error", json.loads(body))
        code, headers, body = get(self.herd, "Hands", "/v1/status", "HEAD")
        self.assertEqual((code, body), (200, b""))

    def test_the_status_counts(self) -> None:
        wait_until(lambda: status(self.herd, "Hands")["sessions"]["now"] == 0, "earlier clients are gone")
        before = status(self.herd, "Hands")
        with connect(self.herd["Hands"].clients) as client:
            reader = LineReader(client)
            lines = iamat("counted", time_text="100") + iamat("counted", time_text="50")
            client.sendall(lines + b"WHATSAT counted 10 5\nWHEREIS counted\n")
            for _ in range(3):
                reader.line()
            reader.until(b"\n\n? WHEREIS counted\n")
            now = status(self.herd, "Hands")
        self.assertEqual(now["name"], "Hands")
        self.assertEqual(now["herd"], self.herd.herd)
        self.assertEqual(now["threads"], 2)
        self.assertEqual(len(now["loops"]), 2)
        self.assertRegex(now["digest"], "^[0-9a-f]{16}$")
        self.assertGreater(now["uptime_s"], 0)
        self.assertGreater(now["process"]["memory_resident_bytes"], 1_000_000)
        self.assertGreater(now["process"]["open_files"], 5)
        self.assertEqual(now["sessions"]["now"], 1)
        self.assertEqual(now["sessions"]["opened"], before["sessions"]["opened"] + 1)
        for kind, count in (("iamat", 2), ("whatsat", 1), ("invalid", 1)):
            self.assertEqual(now["commands"][kind], before["commands"][kind] + count, kind)
        for outcome, count in (("stored", 1), ("older", 1), ("known", 0)):
            self.assertEqual(now["reports"][outcome], before["reports"][outcome] + count, outcome)
        lookups = now["places"]["lookups"]
        self.assertEqual(lookups["ZERO_RESULTS"], before["places"]["lookups"]["ZERO_RESULTS"] + 1)
        self.assertEqual(now["places"]["duration"]["count"], sum(lookups.values()))

    def test_links_count_rows_and_bytes(self) -> None:
        before = link(self.herd, "Holiday", "Welsh")
        for number in range(10):
            report(self.herd, "Holiday", f"over-the-link-{number}")
        now = wait_until(
            lambda: (found := link(self.herd, "Holiday", "Welsh"))["rows_out"] >= before["rows_out"] + 10
            and found.get("round_trip_ms") is not None
            and found,
            "ten rows went to Welsh",
        )
        self.assertEqual(now["state"], "up")
        self.assertEqual(now["lag_rows"], 0)
        self.assertNotIn("why", now)
        self.assertGreater(now["bytes_out"], before["bytes_out"] + 10 * 40)
        wait_until(lambda: link(self.herd, "Welsh", "Holiday")["rows_in"] >= 10, "Welsh counts them")

    def test_digests_are_equal_after_reports(self) -> None:
        for number, name in enumerate(FIVE * 4):
            report(self.herd, name, f"digest-{number}")
        wait_until(lambda: len(digests(self.herd)) == 1, "all digests are equal")
        same = {metric(self.herd, name, "herd_fleet_digest") for name in FIVE}
        self.assertEqual(same, {int(next(iter(digests(self.herd))), 16) >> 16})

    def test_counts_of_trees_and_catching_up(self) -> None:
        # Between the servers of a triangle no report is brought twice: one side is only told of it.
        for number in range(20):
            report(self.herd, "Goloman", f"announced-{number}")
        told = wait_until(
            lambda: (found := link(self.herd, "Hands", "Wilkes"))["announced_in"] >= 20 and found,
            "Wilkes tells Hands of what it has from Goloman",
        )
        for member in ("asked_for", "catch_up_in", "catch_up_out", "rows_caught_up", "comparisons", "repairs"):
            self.assertGreaterEqual(told[member], 0, member)
        self.assertEqual(told["repairs"], 0)
        # The servers knew nothing of each other when their links came up.
        self.assertGreaterEqual(link(self.herd, "Holiday", "Welsh")["comparisons"], 1)
        series = 'herd_link_announced_rows_total{link="Wilkes",direction="in"}'
        self.assertGreaterEqual(metric(self.herd, "Hands", series), 20)

    def test_a_server_without_a_journal_says_nothing_of_one(self) -> None:
        self.assertFalse({"journal", "acknowledgements"} & status(self.herd, "Hands").keys())
        self.assertNotIn(b"herd_journal", get(self.herd, "Hands", "/metrics")[2])

    def test_hostile_bytes(self) -> None:
        for data in (
            b"\x00\xff\xfe\r\n\r\n",
            b"IAMAT kiwi +34-118 1\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"GET / HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n",
            b"GET /" + b"a" * 1_000_000,
            b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n" + b"a" * 1_000_000,
        ):
            answer = raw(self.herd, "Welsh", data)
            self.assertRegex(answer[:64], rb"^HTTP/1.1 4\d\d ", data[:40])
            self.assertIn(b'{"error":', answer)
        self.assertEqual(get(self.herd, "Welsh", "/healthz")[0], 200)

    def test_hostile_requests_end_only_themselves(self) -> None:
        chunked = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        hidden = b"DELETE /v1/clients/hidden HTTP/1.1\r\nHost: localhost\r\nX-Herd: 1\r\n\r\n"
        before = self.herd["Welsh"].resident_bytes()
        for data, code in (
            (chunked + b"0\r\n" + b"".join(b"T%d: %b\r\n" % (n, b"x" * 1000) for n in range(100)), 431),
            (chunked + b"0\r\nT: " + b"x" * 70_000 + b"\r\n\r\n", 431),
            (chunked + b"1;" + b"e" * 48_000_000, 413),
            (chunked + b"fffffffffffffffff\r\n", 400),
            (chunked.replace(b"chunked", b"gzip") + hidden, 501),
            (chunked.replace(b"\r\n\r\n", b"\r\nContent-Length: 3\r\n\r\n") + b"0\r\n\r\n" + hidden, 400),
            (chunked.replace(b"1.1", b"1.0") + b"0\r\n\r\n" + hidden, 400),
        ):
            answer = raw(self.herd, "Welsh", data)
            # A reset may take the answer with it when very much was on its way.
            if answer or len(data) < 1_000_000:
                self.assertRegex(answer[:64], b"^HTTP/1.1 %d " % code, data[:100])
                self.assertEqual(answer.count(b"HTTP/1.1 "), 1, "the hidden request was answered")
        self.assertEqual(get(self.herd, "Welsh", "/healthz")[0], 200)
        self.assertEqual(metric(self.herd, "Welsh", "herd_loop_exceptions_total"), 0)
        if not SANITIZED:
            self.assertLess(self.herd["Welsh"].resident_bytes() - before, 8 << 20)

    def test_half_open_clients_delay_neither_reports_nor_scrapes(self) -> None:
        address = (self.herd.host, self.herd.admin_ports["Hands"])
        with contextlib.ExitStack() as stack:
            for number in range(200):
                slow = stack.enter_context(socket.create_connection(address, DEADLINE))
                with contextlib.suppress(ConnectionError):
                    slow.sendall(b"GET /metrics HTTP/1.1\r\nHo" if number % 2 else b"")
            client = stack.enter_context(connect(self.herd["Hands"].clients))
            reader = LineReader(client)
            longest = 0.0
            for number in range(200):
                start = time.monotonic()
                client.sendall(iamat(f"meanwhile-{number}"))
                reader.line()
                longest = max(longest, time.monotonic() - start)
                if number % 20 == 0:
                    self.assertEqual(get(self.herd, "Hands", "/metrics")[0], 200)
            self.assertLess(longest, 0.25 * SLOWNESS)
        start = time.monotonic()
        self.assertEqual(raw(self.herd, "Hands", b"GET /metr"), b"", "it is closed without an answer")
        self.assertLess(time.monotonic() - start, 11 * SLOWNESS)

    def test_many_scrapes_at_once_do_not_delay_reports(self) -> None:
        with connect(self.herd["Wilkes"].clients) as client:
            reader = LineReader(client)
            scraper = http.client.HTTPConnection(self.herd.host, self.herd.admin_ports["Wilkes"], timeout=DEADLINE)
            with contextlib.closing(scraper):
                for number in range(100):
                    scraper.request("GET", "/v1/status")
                    start = time.monotonic()
                    client.sendall(iamat(f"scraped-{number}"))
                    reader.line()
                    self.assertLess(time.monotonic() - start, 0.25 * SLOWNESS)
                    self.assertEqual(json.loads(scraper.getresponse().read())["name"], "Wilkes")


class Readiness(HerdCase):
    def test_not_ready_before_the_first_link(self) -> None:
        pair = Herd(("Goloman", "Hands"), (("Goloman", "Hands"),))
        pair.choose_ports()
        self.addCleanup(pair.close)
        pair["Goloman"].start()
        code, _, body = get(pair, "Goloman", "/readyz")
        self.assertEqual(code, 503)
        self.assertIn("no link", json.loads(body)["error"])
        self.assertEqual(get(pair, "Goloman", "/healthz")[0], 200)
        self.assertEqual(metric(pair, "Goloman", "herd_ready"), 0)
        wait_until(lambda: "refused" in link(pair, "Goloman", "Hands").get("why", ""), "it says why")
        self.assertIn(link(pair, "Goloman", "Hands")["state"], ("down", "dialing"))
        pair["Hands"].start()
        wait_until(lambda: get(pair, "Goloman", "/readyz")[0] == 200, "Goloman is ready")
        self.assertEqual(link(pair, "Goloman", "Hands")["state"], "up")
        pair["Hands"].kill()
        wait_until(lambda: link(pair, "Goloman", "Hands")["state"] != "up", "the link is down")
        self.assertEqual(get(pair, "Goloman", "/readyz")[0], 200, "it still knows what it knew")
        self.assertTrue(link(pair, "Goloman", "Hands")["why"])
        self.assertNotIn("lag_rows", link(pair, "Goloman", "Hands"))

    def test_alone_it_is_ready_at_once(self) -> None:
        alone = self.run_herd(single())
        self.assertEqual(get(alone, "Goloman", "/readyz")[0], 200)

    def test_ipv6_and_an_address_from_the_command_line(self) -> None:
        alone = single(host="::1")
        alone.choose_ports()
        self.addCleanup(alone.close)
        alone["Goloman"].start("--admin", f"127.0.0.1:{alone.admin_ports['Goloman']}")
        with self.assertRaises(ConnectionRefusedError):
            get(alone, "Goloman", "/healthz")
        alone["Goloman"].stop()
        alone["Goloman"].start()
        self.assertEqual(get(alone, "Goloman", "/healthz")[0], 200)

    def test_digests_differ_while_a_neighbour_is_stopped(self) -> None:
        pair = self.run_herd(
            Herd(("Goloman", "Hands"), (("Goloman", "Hands"),), {"link": {"silence_ms": 600_000}})
        )
        wait_for_links(pair)
        wait_until(lambda: len(digests(pair)) == 1, "digests are equal")
        pair["Hands"].pause()
        old = status(pair, "Goloman")["digest"]
        report(pair, "Goloman", "while-hands-sleeps")
        self.assertNotEqual(status(pair, "Goloman")["digest"], old)
        pair["Hands"].resume()
        wait_until(lambda: len(digests(pair)) == 1, "digests are equal again")

    def test_lag_of_a_neighbour_that_does_not_read(self) -> None:
        pair = Herd(("Goloman", "Hands"), (("Goloman", "Hands"),), {"link": {"silence_ms": 600_000}})
        pair.choose_ports()
        self.addCleanup(pair.close)
        pair["Goloman"].start()
        with HandMadeNeighbour(pair, "Hands", "Goloman") as neighbour:
            neighbour.open()
            client = connect(pair["Goloman"].clients)
            self.addCleanup(client.close)
            reader = LineReader(client)
            sent = 0
            while link(pair, "Goloman", "Hands")["lag_rows"] < 1000 and sent < 500_000:
                batch = b"".join(iamat(f"lag-{sent + number:07}") for number in range(1000))
                client.sendall(batch)
                for _ in range(1000):
                    reader.line()
                sent += 1000
            self.assertGreaterEqual(link(pair, "Goloman", "Hands")["lag_rows"], 1000)


class Commands(HerdCase):
    @classmethod
    def make_herd(cls) -> Herd:
        return Herd()

    def setUp(self) -> None:
        super().setUp()
        wait_for_links(self.herd)
        wait_until(lambda: len(digests(self.herd)) == 1, "all digests are equal")

    def run_with_config(self, *arguments: object, exit_code: int = 0) -> subprocess.CompletedProcess[str]:
        return herd("--config", self.herd.config, *arguments, exit_code=exit_code)

    def test_status_shows_every_server(self) -> None:
        text = self.run_with_config("status").stdout
        for name in FIVE:
            self.assertRegex(text, rf"(?m)^{name}\s.*\sready$")
        self.assertRegex(text, r"(?m)^Welsh > Holiday\s.*\sup$")
        self.assertIn("All 5 digests are equal.", text)

    def test_status_of_some_as_json(self) -> None:
        answers = json.loads(self.run_with_config("status", "--json", "Welsh", "Hands").stdout)
        self.assertEqual(list(answers), ["Welsh", "Hands"])
        self.assertEqual(answers["Welsh"]["links"][0]["neighbour"], "Holiday")
        by_address = f"127.0.0.1:{self.herd.admin_ports['Wilkes']}"
        answers = json.loads(self.run_with_config("status", "--json", by_address).stdout)
        self.assertEqual(answers[by_address]["name"], "Wilkes")

    def test_exit_codes(self) -> None:
        nobody = f"127.0.0.1:{self.herd.client_ports['Goloman'] + 1}"
        done = self.run_with_config("status", "Goloman", nobody, exit_code=1)
        self.assertIn("unreachable", done.stdout)
        self.assertIn("Goloman", done.stdout)
        done = self.run_with_config("status", "--json", "Goloman", nobody, exit_code=1)
        self.assertIn("error", json.loads(done.stdout)[nobody])
        self.run_with_config("status", nobody, exit_code=3)
        self.run_with_config("status", "Golomann", exit_code=2)
        self.run_with_config("top", "--once", "--interval", "0.1", nobody, exit_code=3)
        self.run_with_config("top", "--interval", "0", exit_code=2)

    def test_a_server_that_is_stopped_does_not_hold_up_the_others(self) -> None:
        self.herd["Holiday"].pause()
        start = time.monotonic()
        done = self.run_with_config("status", "--timeout", "0.5", exit_code=1)
        self.herd["Holiday"].resume()
        self.assertLess(time.monotonic() - start, 3 * SLOWNESS)
        self.assertRegex(done.stdout, r"(?m)^Holiday\s+unreachable: ")
        self.assertRegex(done.stdout, r"(?m)^Goloman\s.*\sready$")

    def test_top_once(self) -> None:
        text = self.run_with_config("top", "--once", "--interval", "0.2").stdout
        self.assertIn("5 of 5 servers answer", text)
        for name in FIVE:
            self.assertRegex(text, rf"(?m)^{name}\s+ready\s")
        self.assertNotIn("\x1b", text)

    def start_top(self, **streams: Any) -> subprocess.Popen[bytes]:
        command = [str(BINARY), "--config", str(self.herd.config), "top", "--interval", "0.1"]
        process = subprocess.Popen(command, start_new_session=True, **streams)

        def reap() -> None:
            if process.poll() is None:
                process.kill()
                process.wait()

        self.addCleanup(reap)
        return process

    def test_top_prints_frames_where_there_is_no_terminal(self) -> None:
        process = self.start_top(stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert process.stdout is not None
        text = b""
        while text.count(b"servers answer") < 3:
            text += os.read(process.stdout.fileno(), 65536)
        process.terminate()
        self.assertEqual(process.wait(DEADLINE), 0)
        process.stdout.close()
        self.assertNotIn(b"\x1b", text)

    def on_terminal(self, end: Any) -> bytes:
        """All that `herd top` writes to a terminal of 80x24 until `end` ends it."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        before = termios.tcgetattr(slave)
        process = self.start_top(stdin=slave, stdout=slave)
        text = b""

        def read() -> bytes:
            readable, _, _ = select.select([master], [], [], 0.05)
            return os.read(master, 65536) if readable else b""

        until = time.monotonic() + DEADLINE
        while text.count(b"servers answer") < 3:
            self.assertLess(time.monotonic(), until, text)
            text += read()
        end(process, master)
        while process.poll() is None:
            self.assertLess(time.monotonic(), until, text)
            text += read()
        while chunk := read():
            text += chunk
        self.assertEqual(process.returncode, 0)
        self.assertEqual(termios.tcgetattr(slave), before, "the terminal is as it was")
        os.close(slave)
        os.close(master)
        return text

    def test_top_on_a_terminal(self) -> None:
        ends = {
            "q": lambda process, master: os.write(master, b"q"),
            "SIGINT": lambda process, master: process.send_signal(signal.SIGINT),
            "SIGTERM": lambda process, master: process.send_signal(signal.SIGTERM),
        }
        for name, end in ends.items():
            with self.subTest(name):
                text = self.on_terminal(end)
                self.assertTrue(text.startswith(b"\x1b[?1049h"), text[:40])
                self.assertTrue(text.endswith(b"\x1b[?25h\x1b[?1049l"), text[-40:])
                for frame in text.split(b"\x1b[H")[1:-1]:
                    lines = re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", frame).split(b"\r\n")
                    self.assertLessEqual(len(lines), 24)
                    self.assertLessEqual(max(map(len, lines)), 80)


if __name__ == "__main__":
    unittest.main()
