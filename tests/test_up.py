"""`herd up`: all servers of a herd from one command, and all ended with it."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from exchange import exchange, iamat, parse_at, parse_whatsat, position, whatsat
from herd_case import HerdCase
from herd_process import BINARY, FIVE, SANITIZER_REPORT, Herd
from waiting import DEADLINE, wait_until


class Up(HerdCase):
    """The herd's own servers stay unstarted: their configuration and ports are what is used."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.herd_files = Herd()
        self.herd_files.choose_ports()
        self.addCleanup(self.herd_files.close)
        own = str(self.folder)
        self.environment = {**os.environ, "XDG_STATE_HOME": own, "XDG_DATA_HOME": own}
        self.environment.pop("HERD_SECRET", None)

    def up(self, *options: str) -> subprocess.Popen[str]:
        """Starts it in a process group of its own, as a shell does."""
        process = subprocess.Popen(
            [str(BINARY), "--config", str(self.herd_files.config), "up", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment,
            process_group=0,
        )
        self.addCleanup(self.reap, process)
        return process

    @staticmethod
    def reap(process: subprocess.Popen[str]) -> None:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        assert process.stdout is not None
        process.stdout.close()

    def address(self, name: str) -> tuple[str, int]:
        return "127.0.0.1", self.herd_files.client_ports[name]

    def wait_until_up(self) -> None:
        def listening(name: str) -> bool:
            try:
                socket.create_connection(self.address(name), DEADLINE).close()
            except ConnectionRefusedError:
                return False
            return True

        for name in FIVE:
            wait_until(lambda name=name: listening(name), f"{name} listens")  # type: ignore[misc]

    def servers_of(self, process: subprocess.Popen[str]) -> dict[str, int]:
        """The process of each server by its name."""
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        found = {}
        for child in children.read_text(encoding="ascii").split():
            words = Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
            found[words[words.index("serve") + 1]] = int(child)
        return found

    def end(self, process: subprocess.Popen[str], exit_code: int) -> str:
        output, _ = process.communicate(timeout=DEADLINE)
        self.assertEqual(process.returncode, exit_code, output)
        self.assertIsNone(SANITIZER_REPORT.search(output), output)
        for name in FIVE:
            with self.assertRaises(ConnectionRefusedError):
                socket.create_connection(self.address(name), DEADLINE)
        return output

    def test_five_servers_from_one_command(self) -> None:
        process = self.up()
        self.wait_until_up()

        def worked() -> bool:
            line = exchange(self.address("Goloman"), iamat("kiwi.cs.ucla.edu"))
            end = time.monotonic() + 0.5
            while time.monotonic() < end:
                if all(position(self.address(name), "kiwi.cs.ucla.edu") == line for name in FIVE):
                    return True
            return False

        wait_until(worked, "a report to Goloman is at all")
        parse_whatsat(exchange(self.address("Wilkes"), whatsat("kiwi.cs.ucla.edu", 10, 5)))
        os.killpg(process.pid, signal.SIGINT)
        output = self.end(process, 0)
        for name in FIVE:
            port = self.herd_files.client_ports[name]
            self.assertRegex(output, rf"(?m)^\s*{name}\s+127\.0\.0\.1:{port}\s")
        self.assertIn("IAMAT", output)
        (secret_file,) = self.folder.rglob("*.secret")
        self.assertEqual(stat.S_IMODE(secret_file.stat().st_mode), 0o600)
        self.assertNotIn(secret_file.read_text(encoding="ascii").strip(), output)

    def test_a_clock_is_confirmed_to_all_servers(self) -> None:
        process = self.up("--clock-confirmed")
        self.wait_until_up()
        for pid in self.servers_of(process).values():
            self.assertIn(b"--clock-confirmed", Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"))
        os.killpg(process.pid, signal.SIGINT)
        self.end(process, 0)

    def test_an_output_that_nobody_reads_holds_up_nothing(self) -> None:
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        filler = os.open(f"/proc/self/fd/{writer}", os.O_WRONLY | os.O_NONBLOCK)
        with self.assertRaises(BlockingIOError):
            while True:
                os.write(filler, b"x" * 4096)
        os.close(filler)
        with subprocess.Popen(
            [str(BINARY), "--config", str(self.herd_files.config), "up"],
            stdin=subprocess.DEVNULL, stdout=writer, stderr=writer,
            env={**self.environment, "HERD_SECRET": self.herd_files.secret}, process_group=0,
        ) as process:  # fmt: skip
            os.close(writer)
            try:
                self.wait_until_up()
                parse_at(exchange(self.address("Goloman"), iamat("unheard")))
                process.send_signal(signal.SIGTERM)
                self.assertEqual(process.wait(DEADLINE), 0)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    def test_sigterm_ends_all(self) -> None:
        process = self.up()
        self.wait_until_up()
        process.send_signal(signal.SIGTERM)
        self.end(process, 0)

    def test_a_server_that_dies_is_told_of_and_not_restarted(self) -> None:
        process = self.up()
        self.wait_until_up()
        holiday = self.servers_of(process)["Holiday"]
        os.kill(holiday, signal.SIGKILL)
        wait_until(lambda: not Path(f"/proc/{holiday}").exists(), "the end of Holiday was noticed")
        parse_at(exchange(self.address("Goloman"), iamat("still")))
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=DEADLINE)
        self.assertRegex(output, "(?m)^.*Holiday ended.*$")

    def test_a_herd_that_cannot_start_whole_does_not_start_at_all(self) -> None:
        with socket.create_server(self.address("Wilkes")):
            process = self.up()
            output, _ = process.communicate(timeout=DEADLINE)
        self.assertEqual(process.returncode, 1, output)
        self.assertRegex(output, f"{self.herd_files.client_ports['Wilkes']}.*in use")
        for name in FIVE:
            with self.assertRaises(ConnectionRefusedError):
                socket.create_connection(self.address(name), DEADLINE)

    def test_servers_do_not_outlive_it(self) -> None:
        process = self.up()
        self.wait_until_up()
        process.kill()
        process.wait()

        def all_gone() -> bool:
            for name in FIVE:
                try:
                    socket.create_connection(self.address(name), DEADLINE).close()
                except ConnectionRefusedError:
                    continue
                except ConnectionResetError:  # it ended between the connection and its taking
                    pass
                return False
            return True

        wait_until(all_gone, "the servers end when `herd up` is killed")


if __name__ == "__main__":
    unittest.main()
