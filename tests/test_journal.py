"""What a server knows survives its end, and what it acknowledged as on the disk is there."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import unittest
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import command_line
from admin import forget, get, metric, status
from exchange import LineReader, connect, exchange, iamat, parse_at, position, read_to_end, whatsat
from herd_case import HerdCase
from herd_process import BINARY, FIVE, Herd, Server, StartFailed, single
from spreading import report
from waiting import DEADLINE, SLOWNESS, wait_until

DISK = {"ack": "disk"}


def journaled(names: tuple[str, ...] = ("Goloman",), links: object = (), **settings: dict[str, object]) -> Herd:
    herd = Herd(names, links, settings)  # type: ignore[arg-type]
    herd.settings["journal"] = {"directory": str(herd.folder / "journals")}
    return herd


def directory(herd: Herd, name: str = "Goloman") -> Path:
    return herd.folder / "journals" / name


class Restart(HerdCase):
    def test_after_sigterm_all_is_there(self) -> None:
        herd = self.run_herd(journaled())
        server = herd["Goloman"]
        self.assertNotIn("RocksDB", server.log())
        lines = {client: report(herd, "Goloman", client) for client in ("kiwi", "duck", "emu")}
        for _ in range(2):
            server.stop()
            server.start()
            for client, line in lines.items():
                self.assertEqual(position(server.clients, client), line)
        server.wait_for_log("has brought back 3 clients")

    def test_after_sigkill_what_was_written_is_there(self) -> None:
        """The process is gone and the machine is not: what was written needs no sync."""
        herd = self.run_herd(journaled())
        server = herd["Goloman"]
        line = report(herd, "Goloman", "kiwi")
        time.sleep(0.5 * SLOWNESS)  # many times what changes gather before they are written
        server.kill()
        server.start()
        self.assertEqual(position(server.clients, "kiwi"), line)

    def test_a_newer_report_wins_over_the_journal(self) -> None:
        herd = self.run_herd(journaled())
        server = herd["Goloman"]
        report(herd, "Goloman", "kiwi", time_text="1000")
        server.stop()
        server.start()
        newer = report(herd, "Goloman", "kiwi", time_text="2000")
        older = report(herd, "Goloman", "kiwi", time_text="1500")
        self.assertNotEqual(older, newer)
        server.stop()
        server.start()
        self.assertEqual(position(server.clients, "kiwi"), newer)

    def test_without_a_journal_nothing_is_kept(self) -> None:
        herd = self.run_herd(single())
        report(herd, "Goloman", "kiwi")
        herd["Goloman"].stop()
        herd["Goloman"].start()
        self.assertIsNone(position(herd["Goloman"].clients, "kiwi"))

    def test_the_option_wins_over_the_configuration(self) -> None:
        herd = self.run_herd(journaled())
        server = herd["Goloman"]
        report(herd, "Goloman", "kiwi")
        server.stop()
        server.start("--journal", str(herd.folder / "other"))
        self.assertIsNone(position(server.clients, "kiwi"))
        self.assertTrue((herd.folder / "other" / "Goloman" / "CURRENT").exists())


class Seen(HerdCase):
    """What the admin address tells of a journal that works; of one that does not, see FullDisk."""

    def test_loading_writing_and_acknowledging(self) -> None:
        herd = self.run_herd(journaled(durability=DISK))
        for client in ("kiwi", "duck", "emu"):
            report(herd, "Goloman", client)
        told = wait_until(
            lambda: (found := status(herd, "Goloman"))["journal"]["lag_rows"] == 0 and found, "all is written"
        )
        self.assertEqual(told["acknowledgements"], {"durable": 3, "refused": 0, "in_memory": 0})
        self.assertEqual(told["journal"]["state"], "ok")
        self.assertEqual(told["journal"]["rows_loaded"], 0)
        self.assertGreaterEqual(told["journal"]["rows_written"], 3)
        self.assertGreaterEqual(told["journal"]["syncs"], 1)
        self.assertGreaterEqual(told["journal"]["sync_max_s"], told["journal"]["sync_last_s"])
        self.assertNotIn("last_error", told["journal"])
        herd["Goloman"].stop()
        herd["Goloman"].start()
        self.assertEqual(status(herd, "Goloman")["journal"]["rows_loaded"], 3)
        self.assertEqual(metric(herd, "Goloman", 'herd_journal_loaded_rows{outcome="taken"}'), 3)
        self.assertEqual(metric(herd, "Goloman", 'herd_journal_state{state="ok"}'), 1)
        text = command_line.herd("--config", herd.config, "status").stdout
        self.assertRegex(text, r"(?m)^Goloman +3 .* ok$")


class AckDisk(HerdCase):
    def test_a_killed_herd_has_all_that_it_acknowledged(self) -> None:
        """Clients report to all five without a pause; SIGKILL of all at once; none is missing."""
        self.check(threads=1)

    def test_so_has_one_of_several_threads(self) -> None:
        self.check(threads=3)

    def check(self, threads: int) -> None:
        links = [("Goloman", "Hands"), ("Hands", "Welsh")]
        herd = journaled(("Goloman", "Hands", "Welsh"), links, durability=DISK)
        herd.threads = threads
        self.run_herd(herd)
        acknowledged: dict[str, dict[str, str]] = {name: {} for name in herd.names}
        over = threading.Event()

        def client(name: str, number: int) -> None:
            with connect(herd[name].clients) as connection, contextlib.suppress(OSError, AssertionError):
                reader = LineReader(connection)
                for time_text in range(1, 1_000_000):
                    if over.is_set():
                        return
                    # Several to a read, each of a client of its own.
                    batch = [f"{name}-{number}-{time_text % 50 * 4 + i}" for i in range(4)]
                    connection.sendall(b"".join(iamat(one, "+1+2", str(time_text)) for one in batch))
                    for one in batch:
                        self.assertEqual(parse_at(reader.line()).client, one.encode())
                        acknowledged[name][one] = str(time_text)

        clients = [
            threading.Thread(target=client, args=(name, number)) for name in herd.names for number in range(4)
        ]
        for thread in clients:
            thread.start()
        wait_until(lambda: all(len(rows) > 100 for rows in acknowledged.values()), "reports at all")
        for server in herd.servers.values():
            os.kill(server.pid, signal.SIGKILL)
        over.set()
        for thread in clients:
            thread.join()
        for server in herd.servers.values():
            server.kill()
            server.start()
        for name, rows in acknowledged.items():
            commands = b"".join(whatsat(one) for one in rows)
            reply = exchange(herd[name].clients, commands)
            found = {}
            for line in reply.splitlines():
                if line.startswith(b"AT "):
                    at = parse_at(line)
                    found[at.client.decode()] = int(at.time)
            for one, time_text in rows.items():
                self.assertGreaterEqual(found.get(one, 0), int(time_text), one)

    def test_replies_keep_their_order(self) -> None:
        herd = self.run_herd(journaled(durability=DISK))
        commands = b"nonsense\n" + b"".join(
            iamat(f"c{i}", "+1+2", str(i + 1)) + whatsat(f"c{i}") + b"? \n" for i in range(100)
        )
        reply = exchange(herd["Goloman"].clients, commands)
        self.assertTrue(reply.startswith(b"? nonsense\n"))
        lines = [line for line in reply.splitlines() if line.startswith(b"AT ")]
        self.assertEqual([parse_at(line).client for line in lines], [b"c%d" % (i // 2) for i in range(200)])
        self.assertEqual(lines[0::2], lines[1::2])

    def test_the_end_of_the_server_waits_for_the_disk(self) -> None:
        herd = self.run_herd(journaled(durability=DISK))
        server = herd["Goloman"]
        with connect(server.clients) as connection:
            connection.sendall(iamat("kiwi", "+1+2", "1"))
            LineReader(connection).line()
            connection.sendall(b"".join(iamat(f"c{i}", "+1+2", "1") for i in range(1000)))
            server.terminate()
            replies = read_to_end(connection)
        server.wait_for_exit()
        server.start()
        for line in replies.splitlines(keepends=True):
            self.assertEqual(position(server.clients, parse_at(line).client), line)


class Refusals(HerdCase):
    def fails(self, server: Server, *options: str) -> StartFailed:
        with self.assertRaises(StartFailed) as failed:
            server.start(*options)
        return failed.exception

    def test_another_servers_journal(self) -> None:
        herd = self.run_herd(journaled(("Goloman", "Hands")))
        herd["Goloman"].stop()
        herd["Hands"].stop()
        shutil.rmtree(directory(herd, "Hands"))
        directory(herd).rename(directory(herd, "Hands"))
        failed = self.fails(herd["Hands"])
        self.assertIn(
            "is that of server Goloman of herd test, and this is server Hands of herd test", failed.stderr
        )
        self.assertEqual(failed.exit_code, 1)

    def test_a_second_start_of_the_same_server(self) -> None:
        herd = self.run_herd(journaled())
        second = Server("Goloman", herd.config, herd.folder, herd.environment)
        self.assertIn("in use", self.fails(second).stderr)
        self.assertIn(
            f"the journal {directory(herd)} is in use by another process",
            self.fails(second, "--clients", "127.0.0.1:0", "--admin", "127.0.0.1:0").stderr,
        )
        report(herd, "Goloman", "kiwi")

    def test_a_directory_that_cannot_be_made(self) -> None:
        herd = single()
        herd.settings["journal"] = {"directory": str(herd.config / "journals")}
        with self.assertRaises(StartFailed) as failed, herd:
            pass
        self.assertIn("Not a directory", failed.exception.stderr)

    def test_a_directory_of_something_else(self) -> None:
        herd = journaled()
        directory(herd).mkdir(parents=True)
        (directory(herd) / "thesis.tex").write_text("x")
        with self.assertRaises(StartFailed) as failed, herd:
            pass
        self.assertIn("holds no journal", failed.exception.stderr)

    def test_ack_disk_without_a_journal(self) -> None:
        herd = single({"durability": DISK})
        self.addCleanup(herd.close)
        herd.choose_ports()
        fault = r"herd\.toml:\d+: durability\.ack: .* needs a journal"
        for options in ((), ("--journal", str(herd.folder / "journals"))):
            failed = self.fails(herd["Goloman"], *options)
            self.assertEqual(failed.exit_code, 2)
            self.assertRegex(failed.stderr, fault)
        self.assertRegex(command_line.herd("check-config", herd.config, exit_code=2).stderr, fault)


class Damage(HerdCase):
    def test_a_damaged_journal_is_set_aside(self) -> None:
        herd = self.run_herd(journaled())
        server = herd["Goloman"]
        kept = report(herd, "Goloman", "kiwi")
        server.stop()
        manifest = next(directory(herd).glob("MANIFEST-*"))
        manifest.write_bytes(manifest.read_bytes()[:-10] + b"damaged..." + b"more")
        current = directory(herd) / "CURRENT"
        current.write_text("nonsense\n")
        server.start()
        server.wait_for_log("is damaged and has been set aside as")
        # What could be read there is not lost.
        self.assertEqual(position(server.clients, "kiwi"), kept)
        self.check_that_it_shows(herd)
        aside = list((herd.folder / "journals").glob("Goloman.damaged-*"))
        self.assertEqual(len(aside), 1)
        self.assertEqual((aside[0] / "CURRENT").read_text(), "nonsense\n")
        self.assertEqual(status(herd, "Goloman")["journal"]["set_aside"], str(aside[0]))
        line = report(herd, "Goloman", "emu")
        server.stop()
        server.start()
        self.assertEqual(position(server.clients, "emu"), line)
        self.assertEqual(position(server.clients, "kiwi"), kept)
        self.assertFalse(status(herd, "Goloman")["journal"]["damaged"])

    def check_that_it_shows(self, herd: Herd) -> None:
        told = status(herd, "Goloman")["journal"]
        self.assertTrue(told["damaged"])
        self.assertEqual(told["damages"], 1)
        self.assertEqual(told["rows_loaded"], 1)
        self.assertEqual(metric(herd, "Goloman", "herd_journal_damages_total"), 1)
        self.assertEqual(get(herd, "Goloman", "/readyz")[0], 200)

    def test_a_flipped_bit_costs_little(self) -> None:
        herd = self.run_herd(journaled())
        server = herd["Goloman"]
        clients = [f"c{i}" for i in range(20_000)]
        exchange(server.clients, b"".join(iamat(client, "+1+2", "1") for client in clients))
        server.stop()
        table = max(directory(herd).glob("*.sst"), key=lambda file: file.stat().st_size)
        content = bytearray(table.read_bytes())
        content[len(content) // 3] ^= 4
        table.write_bytes(content)
        server.start()
        told = status(herd, "Goloman")
        self.assertTrue(told["journal"]["damaged"])
        self.assertGreater(told["clients"], len(clients) - 1000)
        self.assertLess(told["clients"], len(clients))
        self.assertEqual(len(list((herd.folder / "journals").glob("Goloman.damaged-*"))), 1)

    def test_one_on_a_mount_point_of_its_own_is_set_aside_too(self) -> None:
        herd = journaled()
        herd.choose_ports()
        disk = directory(herd)
        disk.mkdir(parents=True)
        self._herds.append(herd)
        with small_disk(disk, "64m") as pid, contextlib.ExitStack() as stack:
            stack.callback(herd.close)
            inside = Path(f"/proc/{pid}/root{disk}")
            (inside / "lost+found").mkdir()
            server = NamespacedServer("Goloman", herd.config, herd.folder, herd.environment, pid)
            herd.servers["Goloman"] = server
            server.start()
            kept = report(herd, "Goloman", "kept")
            server.stop()
            (inside / "CURRENT").write_text("nonsense\n")
            server.start()
            server.wait_for_log("is damaged and has been set aside as")
            self.assertEqual(position(server.clients, "kept"), kept)
            aside = list(inside.glob("damaged-*"))
            self.assertEqual(len(aside), 1)
            self.assertEqual((aside[0] / "CURRENT").read_text(), "nonsense\n")
            self.check_that_it_shows(herd)
            server.stop()
            server.start()
            self.assertEqual(position(server.clients, "kept"), kept)
            self.assertFalse(status(herd, "Goloman")["journal"]["damaged"])


class Deleted(HerdCase):
    def test_what_is_acknowledged_afterwards_is_on_the_disk(self) -> None:
        """Of a journal whose directory somebody deletes no report is acknowledged until it is there again."""

        def delete(journal: Path) -> None:
            # Under another name first: the server goes on making files while they are deleted.
            shutil.rmtree(journal.rename(journal.with_name("removed")))

        self.check(delete, "is gone while it was in use")

    def test_so_it_is_when_the_log_was_emptied_in_place(self) -> None:
        def empty(journal: Path) -> None:
            for log in journal.glob("*.log"):
                os.truncate(log, 0)

        self.check(empty, "has been cut short while it was in use")

    def check(self, harm: Callable[[Path], None], said: str) -> None:
        herd = self.run_herd(journaled(durability=DISK))
        server = herd["Goloman"]
        before = report(herd, "Goloman", "before")
        # Between the two it notes the time of its clock, which changes the log.
        report(herd, "Goloman", "next")
        harm(directory(herd))
        acknowledged = {"before": before}

        def again() -> bytes:
            client = f"c{len(acknowledged)}"
            reply = exchange(server.clients, iamat(client, "+1+2", "1"))
            if reply:
                acknowledged[client] = reply
            return reply

        wait_until(again, "reports are acknowledged again")
        server.wait_for_log(said)
        self.assertEqual(status(herd, "Goloman")["journal"]["damages"], 1)
        server.kill()
        server.start()
        for client, line in acknowledged.items():
            self.assertEqual(position(server.clients, client), line, client)


class WrongClock(HerdCase):
    def test_rows_are_held_back_until_it_is_confirmed(self) -> None:
        """To a server that is down for longer than a step its clock seems to be ahead."""
        fleet = {"expire_after_s": 2, "clock_step_max_s": 1}
        herd = self.run_herd(journaled(fleet=fleet))
        server = herd["Goloman"]
        line = report(herd, "Goloman", "kiwi")
        server.stop()
        stopped = time.monotonic()
        wait_until(lambda: time.monotonic() > stopped + 2.5, "the row has expired")
        for _ in range(2):
            server.start()
            server.wait_for_log("1 rows seem to have expired by it. They are held back, no row expires")
            told = status(herd, "Goloman")
            self.assertEqual(told["clock"]["state"], "ahead_at_start")
            self.assertGreater(told["clock"]["ahead_s"], 1)
            self.assertEqual(told["journal"]["rows_held_back"], 1)
            self.assertEqual(metric(herd, "Goloman", "herd_journal_held_back_rows"), 1)
            self.assertEqual(metric(herd, "Goloman", 'herd_clock_state{state="ahead_at_start"}'), 1)
            self.assertIsNone(position(server.clients, "kiwi"))
            self.assertIn("clock in doubt", command_line.herd("--config", herd.config, "status").stdout)
            server.stop()
        server.start("--clock-confirmed")
        told = status(herd, "Goloman")
        self.assertEqual(told["clock"], {"state": "believed", "ahead_s": 0})
        self.assertEqual(told["journal"]["rows_held_back"], 0)
        server.stop()
        # It is on the disk all the time, for a clock that is set right.
        herd.settings["fleet"] = {"expire_after_s": 0}
        herd.config.write_text(herd.config_text(), encoding="utf-8")
        server.start()
        self.assertEqual(position(server.clients, "kiwi"), line)


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[int]:
    """A disk of that size at `folder` for the processes of a mount namespace; the pid of one of them."""
    holder = subprocess.Popen(
        ["unshare", "-m", "sh", "-c", f"mount -t tmpfs -o size={size},mode=700 tmpfs {folder} && echo up && exec sleep 600"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        if holder.stdout.readline() != b"up\n":
            raise unittest.SkipTest("no mount namespace here (it needs root)")
        yield holder.pid
    finally:
        holder.kill()
        holder.communicate()


class FullDisk(HerdCase):
    def test_it_serves_on_and_recovers(self) -> None:
        self.check("refuse")

    def test_it_acknowledges_in_memory_when_told_to(self) -> None:
        self.check("memory")

    def check(self, on_timeout: str) -> None:
        herd = journaled(durability={**DISK, "on_timeout": on_timeout})
        herd.choose_ports()
        disk = herd.folder / "journals"
        disk.mkdir()
        self._herds.append(herd)
        with small_disk(disk, "64m") as pid, contextlib.ExitStack() as stack:
            stack.callback(herd.close)
            inside = Path(f"/proc/{pid}/root{disk}")
            server = NamespacedServer("Goloman", herd.config, herd.folder, herd.environment, pid)
            herd.servers["Goloman"] = server
            server.start()
            kept = report(herd, "Goloman", "kept")
            filler = inside / "filler"
            number = 0

            def press() -> None:
                """Fills the disk, and has the journal write. To be done again and again: what the journal
                frees when it opens itself anew may be enough for a while."""
                nonlocal number
                with open(filler, "ab", buffering=0) as file, contextlib.suppress(OSError):
                    while True:
                        file.write(bytes(1 << 12))
                # Much at a time, since the journal's log has room set aside.
                for _ in range(20):
                    number += 1
                    with contextlib.suppress(OSError):
                        exchange(server.clients, b"".join(iamat(f"c{number}-{i:0240}") for i in range(300)))

            def late_client() -> str | None:
                """A client whose report came while the journal failed."""
                press()
                client = f"late{number}"
                reply = exchange(server.clients, iamat(client, "+1+2", "7"))
                if on_timeout == "refuse":
                    return client if reply == b"" else None
                self.assertEqual(parse_at(reply).client, client.encode())
                return client if "acknowledged a report that is in memory only" in server.log() else None

            client = wait_until(late_client, "the journal fails", 6 * DEADLINE)
            server.wait_for_log("fails, reports are kept in memory only")
            if on_timeout == "refuse":
                server.wait_for_log("closed a client's connection: its report is in memory only, since the journal")
            self.check_that_it_shows(herd, press, ready=on_timeout == "memory")
            # It knows what it was told, whether it acknowledged it or not.
            late = position(server.clients, client)
            self.assertIsNotNone(late)
            self.assertEqual(position(server.clients, "kept"), kept)
            filler.unlink()
            server.wait_for_log("works again, and all is on the disk")

            def acknowledged() -> bytes:
                nonlocal number
                number += 1
                return exchange(server.clients, iamat(f"after{number}"))

            # It may have failed once more since.
            after = wait_until(acknowledged, "reports are acknowledged again")
            if on_timeout == "refuse":
                server.kill()
            else:
                server.stop()
            server.start()
            for client, line in {"kept": kept, client: late, f"after{number}": after}.items():
                self.assertEqual(position(server.clients, client), line)

    def check_that_it_shows(self, herd: Herd, press: Callable[[], None], ready: bool) -> None:
        def until(condition: Callable[[], Any], what: str) -> Any:
            def pressed() -> Any:
                press()
                return condition()

            return wait_until(pressed, what, 6 * DEADLINE)

        told = until(
            lambda: (found := status(herd, "Goloman"))["journal"]["state"] == "failing" and found, "it fails"
        )
        self.assertIn("No space left on device", told["journal"]["last_error"])
        self.assertGreater(told["journal"]["failing_s"], 0)
        self.assertGreaterEqual(told["journal"]["failures"], 1)
        self.assertGreaterEqual(told["acknowledgements"]["in_memory" if ready else "refused"], 1)
        self.assertEqual(told["ready"], ready)
        if ready:
            self.assertEqual(get(herd, "Goloman", "/readyz")[0], 200)
        else:
            until(lambda: get(herd, "Goloman", "/readyz")[0] == 503, "it sends its clients elsewhere")
        until(lambda: metric(herd, "Goloman", 'herd_journal_state{state="failing"}') == 1, "so do the metrics")

        def shown() -> bool:
            text = command_line.herd("--config", herd.config, "status").stdout
            return "failing for " in text and "No space left on device" in text

        until(shown, "herd status shows it")

        def told_of_it() -> bool:
            code, answer = forget(herd, "Goloman", "nobody")
            if ready:
                return code == 200 and answer["on_disk"] is False
            return code == 503 and "not on the disk: the journal fails" in answer["error"]

        until(told_of_it, "whoever forgets a client is told that it is not on the disk")


class NamespacedServer(Server):
    """A server in the mount namespace of another process."""

    def __init__(
        self, name: str, config: Path, folder: Path, environment: dict[str, str], pid: int
    ) -> None:
        super().__init__(name, config, folder, environment)
        self.prefix = ("nsenter", "-m", "-t", str(pid))


class Up(unittest.TestCase):
    def test_gives_each_server_a_journal_of_its_own(self) -> None:
        herd = Herd(FIVE[:2], ((FIVE[0], FIVE[1]),))
        self.addCleanup(shutil.rmtree, herd.folder)
        herd.choose_ports()
        up = subprocess.Popen(
            [str(BINARY), "--config", str(herd.config), "up", "--journal", str(herd.folder / "journals")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=herd.environment,
        )
        try:
            wait_until(
                lambda: all((directory(herd, name) / "CURRENT").exists() for name in herd.names), "journals"
            )
        finally:
            up.terminate()
            up.communicate(timeout=DEADLINE)
        self.assertEqual(up.returncode, 0)
