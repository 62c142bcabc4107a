"""Forgetting: a client that an operator has forgotten is unknown everywhere, until a newer report."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time

import command_line
from admin import digests, forget, get, metric, status
from exchange import NANOS, At, connect, exchange, iamat, parse_at, position, seconds_text
from herd_case import HerdCase
from herd_process import FIVE, Herd, single
from ports import free_port
from spreading import report, wait_for_links, wait_for_row
from waiting import wait_until

ASKED = {"X-Herd": "1"}


def tombstone(answer: tuple[int, dict[str, object]]) -> At:
    """The AT line of an answer that says that the client is forgotten."""
    code, body = answer
    assert code == 200, (code, body)
    at = parse_at(str(body["tombstone"]).encode())
    assert at.location == b"-", at
    return at


def wait_until_forgotten(herd: Herd, servers: tuple[str, ...], client: str | bytes) -> None:
    for name in servers:
        wait_until(
            lambda name=name: position(herd[name].clients, client) is None,  # type: ignore[misc]
            f"{name} does not know {client!r}",
        )


class Five(HerdCase):
    @classmethod
    def make_herd(cls) -> Herd:
        return Herd(threads=2)

    def setUp(self) -> None:
        super().setUp()
        wait_for_links(self.herd)

    def known(self, client: str | bytes, at: str = "Hands", time_text: str | None = None) -> bytes:
        """A report of the client at one server, known to all."""
        line = exchange(self.herd[at].clients, iamat(client, "+1+2", time_text))
        wait_for_row(self.herd, FIVE, client, line)
        return line

    def test_at_one_it_is_gone_at_all(self) -> None:
        self.known("kiwi")
        before = time.time_ns()
        code, answer = forget(self.herd, "Welsh", "kiwi")
        self.assertEqual((code, answer["client"], answer["known"]), (200, "kiwi", True))
        self.assertNotIn("on_disk", answer)
        at = tombstone((code, answer))
        self.assertEqual((at.server, at.skew, at.client), ("Welsh", "+0.000000000", b"kiwi"))
        self.assertTrue(before <= at.receipt_nanos <= time.time_ns())
        # The server told forgets before it answers.
        self.assertEqual(exchange(self.herd["Welsh"].clients, b"WHATSAT kiwi 10 5\n"), b"? WHATSAT kiwi 10 5\n")
        wait_until_forgotten(self.herd, FIVE, "kiwi")
        wait_until(lambda: len(digests(self.herd)) == 1, "all have the same rows")
        self.herd["Welsh"].wait_for_log(r"info .*127\.0\.0\.1:\d+ asked to forget client kiwi: AT Welsh")

    def test_the_neighbours_are_told_before_the_answer(self) -> None:
        for number in range(20):
            self.known(f"neighbour-{number}")
            self.assertEqual(forget(self.herd, "Holiday", f"neighbour-{number}")[0], 200)
            # As after a report: in the ordinary case whoever has the answer finds it at a neighbour.
            wait_until_forgotten(self.herd, ("Welsh",), f"neighbour-{number}")

    def test_a_newer_report_brings_it_back_and_an_older_one_does_not(self) -> None:
        self.known("duck")
        at = tombstone(forget(self.herd, "Goloman", "duck"))
        wait_until_forgotten(self.herd, FIVE, "duck")
        for name in FIVE:
            older = exchange(self.herd[name].clients, iamat("duck", "+3+4", seconds_text(at.receipt_nanos - 1)))
            self.assertEqual(parse_at(older).client, b"duck", "every valid report is answered")
            self.assertIsNone(position(self.herd[name].clients, "duck"))
        newer = exchange(self.herd["Wilkes"].clients, iamat("duck", "+5+6", seconds_text(at.receipt_nanos + 1)))
        wait_for_row(self.herd, FIVE, "duck", newer)

    def test_an_unknown_client_too(self) -> None:
        code, answer = forget(self.herd, "Hands", "never-seen")
        self.assertEqual((code, answer["known"]), (200, False))
        at = tombstone((code, answer))
        wait_until(lambda: len(digests(self.herd)) == 1, "all have the tombstone")
        exchange(self.herd["Welsh"].clients, iamat("never-seen", "+1+2", seconds_text(at.receipt_nanos - NANOS)))
        self.assertIsNone(position(self.herd["Welsh"].clients, "never-seen"))

    def test_clients_that_are_forgotten_do_not_count(self) -> None:
        self.known("counted")
        before = metric(self.herd, "Hands", "herd_clients")
        tombstone(forget(self.herd, "Hands", "counted"))
        self.assertEqual(metric(self.herd, "Hands", "herd_clients"), before - 1)
        tombstone(forget(self.herd, "Hands", "counted"))
        self.assertEqual(metric(self.herd, "Hands", "herd_clients"), before - 1)

    def test_a_report_that_counts_as_later_is_told_of(self) -> None:
        """The client's clock is six seconds ahead: a tombstone of now would lose."""
        line = self.known("ahead", time_text=seconds_text(time.time_ns() + 6 * NANOS))
        code, answer = forget(self.herd, "Welsh", "ahead")
        self.assertEqual(code, 409, answer)
        self.assertIn("newest report counts as later", answer["error"])
        for name in FIVE:
            self.assertEqual(position(self.herd[name].clients, "ahead"), line, "nothing has changed")
        at = tombstone(forget(self.herd, "Welsh", "ahead", f"?time={answer['time']}"))
        self.assertEqual(at.time.decode(), answer["time"])
        wait_until_forgotten(self.herd, FIVE, "ahead")

    def test_so_is_a_clock_that_is_years_ahead(self) -> None:
        self.known("years", time_text="4000000000")
        code, answer = forget(self.herd, "Welsh", "years")
        self.assertEqual(code, 409, answer)
        self.assertLess(float(answer["time"]), time.time() + 11, "a report counts ten seconds ahead at most")
        tombstone(forget(self.herd, "Welsh", "years", f"?time={answer['time']}"))
        wait_until_forgotten(self.herd, FIVE, "years")
        # And the client comes back with its wrong clock, since it does not freeze.
        wait_until(
            lambda: self.known_again("years", "4000000001"), "a report ten seconds past the last one's bound"
        )

    def known_again(self, client: str, time_text: str) -> bool:
        line = exchange(self.herd["Hands"].clients, iamat(client, "+1+2", time_text))
        return position(self.herd["Hands"].clients, client) == line

    def test_no_time_keeps_a_client_away_for_long(self) -> None:
        self.known("typo")
        milliseconds = time.time_ns() // 1_000_000
        code, answer = forget(self.herd, "Hands", "typo", f"?time={milliseconds // 1000 + 3600}")
        self.assertEqual(code, 400, answer)
        self.assertIn("would keep the client away", answer["error"])
        code, answer = forget(self.herd, "Hands", "typo", f"?time={milliseconds}")
        self.assertEqual(code, 400, answer)
        self.assertIsNotNone(position(self.herd["Hands"].clients, "typo"))

    def test_as_of_an_earlier_time(self) -> None:
        line = self.known("earlier")
        code, _ = forget(self.herd, "Hands", "earlier", "?time=1520023934.918963997")
        self.assertEqual(code, 409)
        self.assertEqual(position(self.herd["Hands"].clients, "earlier"), line)
        at = tombstone(forget(self.herd, "Hands", "unseen", "?time=1520023934.918963997"))
        self.assertEqual(at.time, b"1520023934.918963997")
        self.assertLess(abs(at.receipt_nanos - time.time_ns()), 60 * NANOS, "it expires as one of now")

    def test_any_id(self) -> None:
        for client in (
            b"a/b", b"a%2Fb", b"..", b".", b"?time=1", b"#", b"a+b", b"\xff\xfe", "k\u0151szeg".encode(),
            b"\x00\x1b[31m", b'"\\', b"x" * 255,
        ):
            self.known(client)
            code, answer = forget(self.herd, "Goloman", client)
            self.assertEqual(code, 200, answer)
            self.assertTrue(answer["known"])
            wait_until_forgotten(self.herd, FIVE, client)
        self.assertNotIn("\x1b", self.herd["Goloman"].log())

    def test_ids_are_shown_so_that_they_can_be_told_apart(self) -> None:
        for client, shown in ((b"\xff\xfd", r"\xff\xfd"), (rb"\xff\xfd", r"\\xff\\xfd"), ("\u0151".encode(), "\u0151")):
            mark = len(self.herd["Goloman"].log())
            code, answer = forget(self.herd, "Goloman", client)
            self.assertEqual((code, answer["client"]), (200, shown))
            self.assertIn(f" {shown} - ", answer["tombstone"])
            self.herd["Goloman"].wait_for_log(re.escape(f"asked to forget client {shown}: AT "), mark)

    def test_what_is_no_id(self) -> None:
        for segment in ("", "a/b", "a%20b", "%0A", "a%", "%zz", "x" * 256, "k\u0151".encode().decode("latin-1")):
            code, _, body = self.ask(f"/v1/clients/{segment}")
            self.assertEqual(code, 400, segment)
            self.assertIn("error", json.loads(body))
        for query in ("?time=", "?time=now", "?tiem=1", "?time=1&x", "?x"):
            self.assertEqual(self.ask(f"/v1/clients/kiwi{query}")[0], 400, query)

    def ask(
        self, path: str, method: str = "DELETE", headers: dict[str, str] | None = None
    ) -> tuple[int, str, bytes]:
        # http.client would refuse to send some of them.
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in (headers or ASKED).items())]
        if "Host" not in (headers or {}):
            lines.append("Host: 127.0.0.1")
        lines += ["Connection: close", "", ""]
        with connect((self.herd.host, self.herd.admin_ports["Hands"])) as connection:
            connection.sendall("\r\n".join(lines).encode("latin-1"))
            text = b""
            while chunk := connection.recv(1 << 16):
                text += chunk
        head, _, body = text.partition(b"\r\n\r\n")
        return int(head.split(b" ")[1]), head.decode(), body

    def test_web_pages_forget_nothing(self) -> None:
        line = self.known("safe")
        path = "/v1/clients/safe"
        # What a page of another site can have a browser send without asking for leave.
        for method in ("GET", "HEAD", "POST"):
            for headers in ({"Origin": "http://evil.example"}, {"Content-Type": "text/plain"}, ASKED):
                code, head, _ = self.ask(path, method, headers)
                self.assertEqual(code, 405, (method, headers))
                self.assertIn("\r\nAllow: DELETE\r\n", head)
        # What it may send once the browser has asked for leave; we never give it.
        leave = {"Origin": "http://evil.example", "Access-Control-Request-Method": "DELETE",
                 "Access-Control-Request-Headers": "x-herd"}
        code, head, _ = self.ask(path, "OPTIONS", leave)
        self.assertEqual(code, 405)
        self.assertNotIn("access-control", head.lower())
        # What it would send then, and what one sends whose own name leads here.
        for headers in (
            {},
            {"X-Herd": "0"},
            {**ASKED, "Origin": "http://evil.example"},
            {**ASKED, "Origin": "null"},
            {**ASKED, "Sec-Fetch-Site": "cross-site"},
            {**ASKED, "Sec-Fetch-Site": "same-origin"},
            {**ASKED, "Host": "evil.example"},
            {**ASKED, "Host": "127.0.0.1.evil.example:12200"},
        ):
            code, _, body = self.ask(path, "DELETE", headers or {"Accept": "*/*"})
            self.assertEqual(code, 403, headers)
            self.assertIn("error", json.loads(body))
        self.assertEqual(position(self.herd["Hands"].clients, "safe"), line)
        self.assertNotIn("client safe", self.herd["Hands"].log())
        self.assertEqual(self.ask(path, "DELETE", {**ASKED, "Host": "localhost:1"})[0], 200)

    def test_reading_changes_nothing(self) -> None:
        self.known("read")
        before = status(self.herd, "Hands")["digest"]
        for path in ("/v1/clients/read", "/v1/clients/read?time=1", "/v1/status", "/metrics"):
            get(self.herd, "Hands", path, headers=ASKED)
        self.assertEqual(status(self.herd, "Hands")["digest"], before)


class Away(HerdCase):
    """Servers that were down, or apart, when a client was forgotten."""

    def journaled(self, servers: tuple[str, ...]) -> Herd:
        """The five, of which these have a journal."""
        herd = self.run_herd(Herd())
        for name in servers:
            herd[name].stop()
            herd[name].start("--journal", str(herd.folder / "journals"))
        wait_for_links(herd)
        return herd

    def everywhere(self, herd: Herd, client: str, server: str = "Hands") -> None:
        wait_for_row(herd, FIVE, client, report(herd, server, client))

    def test_without_a_journal(self) -> None:
        herd = self.journaled(())
        self.everywhere(herd, "kiwi")
        herd["Wilkes"].kill()
        tombstone(forget(herd, "Welsh", "kiwi"))
        herd["Wilkes"].start()
        wait_until(lambda: len(digests(herd)) == 1, "all have the same rows")
        wait_until_forgotten(herd, FIVE, "kiwi")

    def test_with_the_client_in_its_journal(self) -> None:
        herd = self.journaled(("Welsh", "Wilkes"))
        self.everywhere(herd, "kiwi")
        for name in ("Welsh", "Wilkes"):
            herd[name].stop()
        tombstone(forget(herd, "Goloman", "kiwi"))
        wait_until_forgotten(herd, ("Goloman", "Hands", "Holiday"), "kiwi")
        for name in ("Welsh", "Wilkes"):
            since = len(herd[name].log())
            herd[name].start("--journal", str(herd.folder / "journals"))
            herd[name].wait_for_log("has brought back", since)
        wait_until(lambda: len(digests(herd)) == 1, "all have the same rows")
        wait_until_forgotten(herd, FIVE, "kiwi")
        # The journals have the tombstone now, which keeps an older report away.
        for name in FIVE:
            herd[name].stop()
        herd["Welsh"].start("--journal", str(herd.folder / "journals"))
        exchange(herd["Welsh"].clients, iamat("kiwi", "+1+2", "1520023934"))
        self.assertIsNone(position(herd["Welsh"].clients, "kiwi"))

    def test_a_part_of_the_herd_that_was_apart(self) -> None:
        herd = self.journaled(())
        for client in ("kiwi", "duck", "emu"):
            self.everywhere(herd, client)
        herd["Holiday"].kill()
        # Welsh is alone now and hears nothing of it.
        wait_until(lambda: status(herd, "Welsh")["links"][0]["state"] != "up", "Welsh is alone")
        for client in ("kiwi", "duck", "emu"):
            tombstone(forget(herd, "Goloman", client))
        late = report(herd, "Welsh", "duck", "+3+4")
        report(herd, "Welsh", "emu", "+3+4", time_text="1520023934")
        self.assertIsNotNone(position(herd["Welsh"].clients, "kiwi"))
        herd["Holiday"].start()
        wait_until_forgotten(herd, FIVE, "kiwi")
        wait_until_forgotten(herd, FIVE, "emu")
        wait_for_row(herd, FIVE, "duck", late)
        wait_until(lambda: len(digests(herd)) == 1, "all have the same rows")

    def test_on_the_disk_before_the_answer(self) -> None:
        herd = single({"durability": {"ack": "disk"}})
        herd.settings["journal"] = {"directory": str(herd.folder / "journals")}
        self.run_herd(herd)
        report(herd, "Goloman", "kiwi")
        code, answer = forget(herd, "Goloman", "kiwi")
        self.assertEqual((code, answer.get("on_disk")), (200, True), answer)
        herd["Goloman"].kill()
        herd["Goloman"].start()
        self.assertIsNone(position(herd["Goloman"].clients, "kiwi"))
        exchange(herd["Goloman"].clients, iamat("kiwi", "+1+2", "1520023934"))
        self.assertIsNone(position(herd["Goloman"].clients, "kiwi"))


class Command(HerdCase):
    """herd forget."""

    @classmethod
    def make_herd(cls) -> Herd:
        return Herd()

    def setUp(self) -> None:
        super().setUp()
        wait_for_links(self.herd)

    def forget(self, *arguments: object, exit_code: int = 0) -> subprocess.CompletedProcess[str]:
        return command_line.herd("--config", self.herd.config, "forget", *arguments, exit_code=exit_code)

    def test_prints_the_tombstone(self) -> None:
        report(self.herd, "Hands", "kiwi")
        wait_for_row(self.herd, ["Goloman"], "kiwi", position(self.herd["Hands"].clients, "kiwi") or b"")
        done = self.forget("kiwi")
        self.assertEqual(parse_at(done.stdout.encode()).location, b"-")
        self.assertEqual(done.stderr, "")
        wait_until_forgotten(self.herd, FIVE, "kiwi")

    def test_shows_ids_so_that_they_can_be_had_back(self) -> None:
        for client, shown in ((b"\xfa\x1b", r"\xfa\x1b"), (rb"\xfa\x1b", r"\\xfa\\x1b")):
            self.assertIn(f" {shown} - ", self.forget(os.fsdecode(client)).stdout)

    def test_notes_that_a_client_was_unknown(self) -> None:
        done = self.forget("nobody-knows", "--server", "Welsh")
        self.assertEqual(parse_at(done.stdout.encode()).server, "Welsh")
        self.assertIn("Welsh did not know the client", done.stderr)

    def test_several_servers_as_json(self) -> None:
        report(self.herd, "Hands", "duck")
        address = f"127.0.0.1:{self.herd.admin_ports['Wilkes']}"
        answers = json.loads(self.forget("--server", "Hands", "--server", address, "duck", "--json").stdout)
        self.assertEqual(list(answers), ["Hands", address])
        for answer in answers.values():
            self.assertEqual(answer["client"], "duck")
            self.assertEqual(parse_at(answer["tombstone"].encode()).client, b"duck")
        wait_until_forgotten(self.herd, FIVE, "duck")

    def test_a_report_that_counts_as_later(self) -> None:
        ahead = seconds_text(time.time_ns() + 6 * NANOS)
        report(self.herd, "Hands", "ahead", time_text=ahead)
        done = self.forget("ahead", "--server", "Hands", exit_code=1)
        self.assertEqual(done.stdout, "")
        needed = seconds_text(int(ahead.replace(".", "")) + 1)
        self.assertIn(f"give the time {needed} or a later one", done.stderr)
        answers = json.loads(self.forget("ahead", "--server", "Hands", "--json", exit_code=1).stdout)
        self.assertEqual(answers["Hands"]["time"], needed)
        self.forget("ahead", "--server", "Hands", "--time", needed)
        wait_until_forgotten(self.herd, FIVE, "ahead")

    def test_ids_that_urls_write_otherwise(self) -> None:
        for client in ("..", "a/b?c#d%e", "k\u0151szeg"):
            report(self.herd, "Goloman", client)
            self.forget(client)
            wait_until_forgotten(self.herd, FIVE, client)

    def test_exit_codes(self) -> None:
        nobody = f"127.0.0.1:{free_port()}"
        for arguments in (("a b",), ("x" * 256,), ("kiwi", "--time", "now"), ("kiwi", "--server", "Golomann"), ()):
            self.forget(*arguments, exit_code=2)
        self.assertTrue(self.forget("kiwi", "--server", nobody, exit_code=3).stderr)
        done = self.forget("kiwi", "--server", nobody, "--server", "Hands", exit_code=1)
        self.assertIn(nobody, done.stderr)
        self.assertTrue(done.stdout.startswith("AT Hands "), done.stdout)
        self.forget("kiwi", "--time", str(int(time.time()) + 3600), exit_code=1)

    def test_the_next_server_is_told_when_the_first_does_not_answer(self) -> None:
        self.herd["Goloman"].stop()
        self.addCleanup(self.herd["Goloman"].start)
        done = self.forget("kiwi")
        self.assertIn("Goloman: ", done.stderr)
        self.assertEqual(parse_at(done.stdout.encode()).server, "Hands")
