"""Links between neighbours: lost and won again, refused with a reason, and proof against garbage."""

from __future__ import annotations

import contextlib
import re
import secrets
import socket
import time
import unittest

from admin import metric, status
from exchange import LineReader, connect, exchange, iamat, parse_at, position, read_to_end, seconds_text
from herd_case import HerdCase
from herd_process import FIVE, Herd, Server
from neighbour import HandMadeNeighbour
from spreading import report, wait_for_links, wait_for_row
from waiting import DEADLINE, SLOWNESS, wait_until


class KillAndRestart(HerdCase):
    @classmethod
    def make_herd(cls) -> Herd:
        return Herd()

    def test_any_server_may_die_and_come_back(self) -> None:
        wait_for_links(self.herd)
        for name in FIVE:
            with self.subTest(name):
                self.herd[name].kill()
                # Without Holiday, Welsh is alone; the others always reach each other.
                cut_off = {name, "Welsh"} if name == "Holiday" else {name}
                rest = [other for other in FIVE if other not in cut_off]
                wait_for_links(self.herd, rest)
                if name == "Holiday":
                    alone = report(self.herd, "Welsh", "alone")
                    self.assertEqual(position(self.herd["Welsh"].clients, "alone"), alone)
                self.herd[name].start()
                wait_for_links(self.herd)

    def test_all_may_die_and_come_back_in_any_order(self) -> None:
        self.herd.kill_all()
        for name in reversed(FIVE):
            self.herd[name].start()
        wait_for_links(self.herd)

    def test_a_server_that_ends_says_goodbye(self) -> None:
        wait_for_links(self.herd)
        marks = {name: len(self.herd[name].log()) for name in ("Goloman", "Hands", "Holiday")}
        start = time.monotonic()
        self.herd["Wilkes"].stop()
        for name, mark in marks.items():
            self.herd[name].wait_for_log("Wilkes", mark)
        # A neighbour that must find out by silence needs longer.
        self.assertLess(time.monotonic() - start, 1.0 * SLOWNESS)
        self.herd["Wilkes"].start()
        wait_for_links(self.herd)

    def test_a_silent_server_is_noticed_and_won_again(self) -> None:
        wait_for_links(self.herd)
        marks = {name: len(self.herd[name].log()) for name in ("Goloman", "Hands", "Holiday")}
        start = time.monotonic()
        self.herd["Wilkes"].pause()
        try:
            for name, mark in marks.items():
                self.herd[name].wait_for_log("Wilkes.*(silen|lost|heard)|(silen|lost|heard).*Wilkes", mark)
            took = time.monotonic() - start
            wait_for_links(self.herd, ["Goloman", "Hands", "Holiday", "Welsh"])
        finally:
            self.herd["Wilkes"].resume()
        self.assertLess(took, self.herd.settings["link"]["silence_ms"] / 1000 + 1.5 * SLOWNESS)
        wait_for_links(self.herd)


class SlowReader(HerdCase):
    def test_a_neighbour_that_reads_slowly_gets_the_newest_of_each_client(self) -> None:
        """Many changes of few clients while it does not read: memory stays, and the last row comes."""
        # While it does not read it answers no PING either; that must not count as silence.
        herd = Herd(("Alpha", "Beta"), (("Alpha", "Beta"),), {"link": {"silence_ms": 60_000}})
        del herd.servers["Beta"]  # played by the test
        alpha = self.run_herd(herd)["Alpha"]
        beta = self.enterContext(HandMadeNeighbour(herd, "Beta", "Alpha"))
        beta.open()
        beta.until_answered()
        before = alpha.resident_bytes()
        commands = b"".join(iamat(f"slow{number % 5}", "+1+2", str(number)) for number in range(20_000))
        last = {}
        for reply in exchange(alpha.clients, commands).splitlines(keepends=True):
            last[parse_at(reply).client] = reply
        missing = set(last.values())
        while missing:
            missing.discard(beta.next_report())
        self.assertLess(alpha.resident_bytes() - before, (8 << 20) * SLOWNESS)


class RightAfterTheReply(HerdCase):
    """Who has the reply to a report can count on it: it has been handed to the neighbours before."""

    def test_with_one_thread(self) -> None:
        self.check(threads=1)

    def test_with_several_threads(self) -> None:
        self.check(threads=3)

    def check(self, threads: int) -> None:
        patient = {"link": {"silence_ms": 600_000}}  # this Beta answers no PING
        herd = Herd(("Alpha", "Beta"), (("Alpha", "Beta"),), patient, threads=threads)
        del herd.servers["Beta"]
        self.run_herd(herd)
        beta = self.enterContext(HandMadeNeighbour(herd, "Beta", "Alpha"))
        self.assertTrue(beta.open().startswith(b"PROOF "))
        beta.until_answered()
        # The system spreads connections over the threads.
        clients = [self.enterContext(connect(herd["Alpha"].clients)) for _ in range(8 * threads)]
        for number in range(20):
            for client in clients:
                client.sendall(iamat(f"quick{number}"))
                line = LineReader(client).line()
                self.assertIn(line, beta.reader.now())


class OtherSettings(HerdCase):
    def start(self) -> Herd:
        return self.run_herd(Herd(("Alpha", "Beta"), (("Alpha", "Beta"),)))

    @staticmethod
    def restart_beta_with(herd: Herd, more: str) -> None:
        herd["Beta"].stop()
        other = herd.config.with_name("other.toml")
        other.write_text(f"{herd.config.read_text(encoding='utf-8')}\n{more}", encoding="utf-8")
        herd["Beta"].config = other
        herd["Beta"].start()
        wait_for_links(herd)

    def test_are_said_at_both_ends(self) -> None:
        herd = self.start()
        self.assertEqual(metric(herd, "Alpha", 'herd_link_settings_differ{link="Beta"}'), 0)
        self.restart_beta_with(herd, "[fleet]\nexpire_after_s = 77\n")
        herd["Alpha"].wait_for_log(r"warning .*link to Beta: fleet\.expire_after_s is 77 there and 604800 here")
        herd["Beta"].wait_for_log(r"warning .*link to Alpha: fleet\.expire_after_s is 604800 there and 77 here")
        for name, neighbour in (("Alpha", "Beta"), ("Beta", "Alpha")):
            (link,) = status(herd, name)["links"]
            self.assertEqual(link["settings_differ"], ["fleet.expire_after_s"])
            self.assertEqual(metric(herd, name, f'herd_link_settings_differ{{link="{neighbour}"}}'), 1)

    def test_so_are_other_servers(self) -> None:
        herd = self.start()
        self.restart_beta_with(herd, '[[server]]\nname = "Gamma"\nclients = "127.0.0.1:0"\n')
        herd["Alpha"].wait_for_log(r"warning .*link to Beta: servers is 3:[0-9a-f]{16} there and 2:[0-9a-f]{16} here")


class HandMade(HerdCase):
    """A real server Alpha whose neighbour Beta is played by the test."""

    @classmethod
    def make_herd(cls) -> Herd:
        # The test's Beta receives reports at whatever time it likes.
        settings = {"fleet": {"expire_after_s": 0}}
        herd = Herd(("Alpha", "Beta", "Gamma"), (("Alpha", "Beta"), ("Alpha", "Gamma")), settings)
        del herd.servers["Beta"]
        return herd

    @property
    def alpha(self) -> Server:
        return self.herd["Alpha"]

    def setUp(self) -> None:
        super().setUp()
        wait_for_links(self.herd, ["Alpha", "Gamma"])

    def undisturbed(self) -> None:
        wait_for_links(self.herd, ["Alpha", "Gamma"])

    def neighbour(self, **wrong: object) -> HandMadeNeighbour:
        return self.enterContext(HandMadeNeighbour(self.herd, "Beta", "Alpha", **wrong))  # type: ignore[arg-type]

    def test_reports_go_both_ways(self) -> None:
        beta = self.neighbour()
        self.assertTrue(beta.open().startswith(b"PROOF "))
        beta.until_answered()
        line = report(self.herd, "Gamma", "from-gamma")
        while beta.next_report() != line:
            pass
        now = seconds_text(time.time_ns())
        own = b"AT Beta +0.000000001 from-beta +3+4 %b" % now.encode()
        beta.send(own)
        wait_for_row(self.herd, ["Alpha", "Gamma"], "from-beta", own + b"\n")

    def test_another_run_has_not_what_the_one_before_had(self) -> None:
        beta = self.neighbour()

        def word_on_opening() -> bytes:
            """How Alpha begins, RESUME or COMPARE; answers all until it knows that Beta has all its rows."""
            beta.connection.close()
            beta.dial()
            self.assertTrue(beta.open().startswith(b"PROOF "))
            word = b""
            pings = 0
            while pings < 5:
                line = beta.line()
                if line in (b"RESUME", b"COMPARE"):
                    word = line
                elif line.startswith(b"RANGES "):
                    beta.send(line)  # the very same
                elif line == b"COMPARED":
                    pings = 0
                elif line.startswith(b"PING "):
                    pings += 1
                beta.answer(line)
            return word

        self.assertEqual(word_on_opening(), b"COMPARE")
        self.assertEqual(word_on_opening(), b"RESUME")
        beta.run = b"fedcba9876543210"
        self.assertEqual(word_on_opening(), b"COMPARE")

    def test_duplicates_change_nothing_and_are_not_flooded_again(self) -> None:
        beta = self.neighbour()
        beta.open()
        own = b"AT Beta +0.000000001 twice +3+4 1000"
        for _ in range(200):
            beta.send(own)
        wait_for_row(self.herd, ["Gamma"], "twice", own + b"\n")
        older = b"AT Beta +0.000000001 twice +5+6 999"
        for line in (own, older, own, older):
            beta.send(line)
        self.assertNotIn(b"twice", b"".join(beta.until_answered()), "it came back over its own link")
        self.assertEqual(position(self.alpha.clients, "twice"), own + b"\n")
        later = report(self.herd, "Alpha", "marker")
        reports = []
        while not reports or reports[-1] != later:
            reports.append(beta.next_report())
        self.assertFalse([line for line in reports if b" twice " in line])

    def test_lines_that_are_no_reports_are_not_believed(self) -> None:
        beta = self.neighbour()
        beta.open()
        for line in (
            b"AT Beta 0.000000001 bad +3+4 1000", b"AT Beta +0.5 bad +3+4 1000", b"AT Beta +0.000000001 bad 3+4 1000",
            b"AT Beta +0.000000001 bad +3+4 1e3", b"AT Beta +0.000000001 bad +91+4 1000", b"AT  Beta +0.000000001 bad +3+4 1",
            b"AT Beta +0.000000001 bad +3+4", b"AT Beta +0.000000001 bad +3+4 1000 more", b"AT Beta +nan bad +3+4 1000",
            b"AT Be/ta +0.000000001 bad +3+4 1000", b"AT Beta +0.000000001 bad +3+4 99999999999",
            b"AT Beta +99999999999999999999.000000001 bad +3+4 1000", b"AT Beta +9223372036.854775807 bad +3+4 9223372036",
            b"IAMAT bad +3+4 1000", b"AT", b"", b"\xff\0\xfe", b"PONG 77", b"PONG x",
        ):  # fmt: skip
            # Whether the server ignores such a line or drops the link is its own affair.
            with contextlib.suppress(ConnectionError):
                beta.send(line)
        self.undisturbed()
        self.assertIsNone(position(self.alpha.clients, "bad"))
        self.assertIsNone(position(self.herd["Gamma"].clients, "bad"))

    def test_the_first_servers_cap_on_clocks_holds_everywhere(self) -> None:
        """The effective time comes from the AT line: a neighbour's capped report stays capped."""
        beta = self.neighbour()
        beta.open()
        ahead = b"AT Beta -1000.000000000 capped +1+1 3000"  # received at 2000: effective 2010
        later = b"AT Beta +0.000000000 capped +2+2 2010.000000001"
        not_later = b"AT Beta +0.000000000 capped +3+3 2009.999999999"
        for line in (ahead, not_later):
            beta.send(line)
        wait_for_row(self.herd, ["Alpha", "Gamma"], "capped", ahead + b"\n")
        beta.send(later)
        wait_for_row(self.herd, ["Alpha", "Gamma"], "capped", later + b"\n")

    def refuses(self, words: str, **wrong: object) -> None:
        """A neighbour that does this wrong is refused, with these words in the log, and told why.

        It comes again until that is logged: of many refusals in a second only one may be.
        """
        mark = len(self.alpha.log())

        def refused_and_logged() -> bool:
            with HandMadeNeighbour(self.herd, "Beta", "Alpha", **wrong) as beta:  # type: ignore[arg-type]
                answer = beta.greet() if "secret" not in wrong else beta.open()
                self.assertTrue(answer.startswith(b"REFUSED "), answer)
                self.assertEqual(read_to_end(beta.connection), b"")
            return re.search(f"(?i)refused.*{words}", self.alpha.log()[mark:]) is not None

        wait_until(refused_and_logged, f"a refusal because of {words} in the log")
        self.undisturbed()

    def test_the_wrong_secret_is_refused(self) -> None:
        self.refuses("secret", secret="not-the-secret-of-this-herd")

    def test_another_version_is_refused(self) -> None:
        self.refuses("version", version=b"4")
        self.refuses("version", version=b"99999999999999999999")

    def test_another_herd_is_refused(self) -> None:
        self.refuses("herd", herd_name="another")

    def test_an_unknown_name_is_refused(self) -> None:
        self.refuses("Mallory", says_name="Mallory")
        self.refuses("Alpha", says_name="Alpha")

    def test_who_looks_for_another_server_is_refused(self) -> None:
        self.refuses("Delta", says_to="Delta")

    def test_reports_before_the_proof_are_not_believed(self) -> None:
        beta = self.neighbour()
        beta.send(b"AT Beta +0.000000001 early +3+4 1000")
        self.assertTrue(beta.line().startswith(b"REFUSED "))
        other = self.neighbour()
        other.greet()
        other.send(b"AT Beta +0.000000001 early +3+4 1000")
        self.assertTrue(other.line().startswith(b"REFUSED "))
        self.assertIsNone(position(self.alpha.clients, "early"))

    def test_a_proof_cannot_be_used_again(self) -> None:
        """What was overheard on one link opens no other: the nonces are new each time."""
        beta = self.neighbour()
        hello = beta.greet()
        again = self.neighbour()
        again.nonce = beta.nonce
        self.assertNotEqual(again.greet(), hello)

    def ignored_links(self) -> int:
        (link,) = [link for link in status(self.herd, "Alpha")["links"] if link["neighbour"] == "Beta"]
        return int(link["topology_ignored"])

    def test_topology_of_strangers(self) -> None:
        """What a neighbour tells of servers that are not in the configuration is not kept, nor passed on."""
        beta = self.neighbour()
        beta.open()
        before = {name: self.herd[name].resident_bytes() for name in ("Alpha", "Gamma")}
        ignored = self.ignored_links()
        names = b",".join(b"%064d" % number for number in range(1000))
        for number in range(700):
            beta.send(b"LINKS S%d 1 1 %b" % (number, names))
        beta.send(b"LINKS Gamma 1 1 " + names)
        beta.until_answered()
        self.assertEqual(self.ignored_links() - ignored, 701)
        self.undisturbed()
        for name, bytes_before in before.items():
            self.assertLess(self.herd[name].resident_bytes() - bytes_before, (8 << 20) * SLOWNESS, name)

    def test_a_lie_about_links_ends(self) -> None:
        """Whatever version a neighbour tells of another server, that one outbids it, or nobody believes it."""
        beta = self.neighbour()
        beta.open()
        last = (1 << 64) - 1
        lie = time.time_ns()
        beta.send(b"LINKS Gamma %d %d -" % (lie, last))
        # Alpha had told what it knew at the start.
        while (line := beta.line()).split()[:2] != [b"LINKS", b"Gamma"] or int(line.split()[2]) <= lie:
            beta.answer(line)
        self.assertEqual(line, b"LINKS Gamma %d 1 Alpha" % (lie + 1))
        ignored = self.ignored_links()
        beta.send(b"LINKS Gamma %d 1 -" % last)
        beta.send(b"LINKS Alpha %d 1 -" % last)
        beta.until_answered()
        self.assertEqual(self.ignored_links() - ignored, 2)
        self.undisturbed()

    def test_clocks_are_compared(self) -> None:
        beta = self.neighbour()
        beta.clock_ahead = -90 * 10**9
        mark = len(self.alpha.log())
        beta.open()

        def measured() -> bool:
            beta.until_answered()
            (link,) = [link for link in status(self.herd, "Alpha")["links"] if link["neighbour"] == "Beta"]
            return -91 < link.get("clock_ahead_s", 0) < -89

        wait_until(measured, "Alpha knows how far Beta's clock is behind")
        self.alpha.wait_for_log(r"warning .*link to Beta: its clock is -(89|90)\.\d+ s from ours", mark)
        self.assertLess(metric(self.herd, "Alpha", 'herd_link_clock_ahead_seconds{link="Beta"}'), -89)
        gamma = metric(self.herd, "Alpha", 'herd_link_clock_ahead_seconds{link="Gamma"}')
        self.assertLess(abs(gamma), 1.0 * SLOWNESS)

    def test_garbage_on_the_port_of_the_neighbours(self) -> None:
        address = (self.herd.host, self.herd.peer_ports["Alpha"])
        before = self.alpha.resident_bytes()
        for garbage in (
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\0" * 100_000, b"\n" * 1000,
            b"x" * 5_000_000, iamat("sneaky"), b"HERD", b"HERD 1", b"HERD 5 test Beta Alpha", b"PROOF x\n", b"BYE\n", b"PING 1\n",
            b"HERD 5 test Beta Alpha short\n", b"HERD  1 test Beta Alpha " + b"a" * 64 + b"\n", secrets.token_bytes(3000),
        ):  # fmt: skip
            with self.subTest(garbage[:40]), socket.create_connection(address, DEADLINE) as connection:
                # The server may have closed by now.
                with contextlib.suppress(OSError):
                    connection.sendall(garbage)
                    connection.shutdown(socket.SHUT_WR)
                self.assertNotRegex(read_to_end(connection), rb"(?m)^PROOF ")
        self.undisturbed()
        self.assertIsNone(position(self.alpha.clients, "sneaky"))
        self.assertLess(self.alpha.resident_bytes() - before, (8 << 20) * SLOWNESS)

    def test_a_stranger_who_says_nothing_is_not_kept(self) -> None:
        with socket.create_connection((self.herd.host, self.herd.peer_ports["Alpha"]), 3 * DEADLINE) as connection:
            read_to_end(connection)
        self.undisturbed()

    def test_a_neighbour_that_falls_silent_is_dropped(self) -> None:
        beta = self.neighbour()
        beta.open()
        mark = len(self.alpha.log())
        rest = read_to_end(beta.connection)  # answers no PING
        self.assertIn(b"PING", rest)
        self.alpha.wait_for_log("Beta", mark)
        self.undisturbed()

    def test_a_newer_connection_of_a_neighbour_takes_the_place_of_a_dead_one(self) -> None:
        first = self.neighbour()
        first.open()
        second = self.neighbour()
        self.assertTrue(second.open().startswith(b"PROOF "))
        line = report(self.herd, "Gamma", "second")
        while second.next_report() != line:
            pass

    def test_a_short_secret_or_none_is_no_secret(self) -> None:
        for secret in ("", "short", "passwordpasswordpassword"):
            environment = {**self.herd.environment, "HERD_SECRET": secret}
            server = Server("Alpha", self.herd.config, self.herd.folder, environment)
            with self.assertRaises(AssertionError) as failed:
                server.start("--clients", "127.0.0.1:0", "--peers", "127.0.0.1:0")
            self.assertRegex(str(failed.exception), "(?i)secret")


if __name__ == "__main__":
    unittest.main()
