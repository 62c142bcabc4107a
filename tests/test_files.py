"""Files, logs and configuration that somebody else blocks, cuts short, plants or makes absurd."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from admin import metric, status
from exchange import connect, exchange, iamat, parse_at, parse_whatsat, whatsat
from herd_case import HerdCase
from herd_process import BINARY, Herd, single
from waiting import DEADLINE, SLOWNESS, wait_until

NOBODY = 65534
END_TIME = 7.0 * SLOWNESS
"""Seconds within which a server ends after SIGTERM: 5 for its clients, 1 for a log."""

# Runs what follows with a standard error that is a pipe nobody reads.
MUTE = "import os, sys; r, w = os.pipe(); os.set_inheritable(r, True); os.dup2(w, 2); os.execv(sys.argv[1], sys.argv[1:])"


NULL, ZERO = os.makedev(1, 3), os.makedev(1, 5)


def make_device(path: Path, device: int) -> None:
    """Of our own: a fault must not cost the machine its /dev/null. Without root a FIFO stands for it."""
    if os.geteuid() == 0:
        os.mknod(path, 0o600 | stat.S_IFCHR, device)
    else:
        os.mkfifo(path, 0o600)


def ends_in_time(herd: Herd, name: str) -> None:
    start = time.monotonic()
    herd[name].stop()
    assert time.monotonic() - start < END_TIME


class BlockedLogs(HerdCase):
    LINES = 12_000

    def forget_many(self, herd: Herd) -> None:
        """Each of these is a line in the log."""
        request = b"DELETE /v1/clients/x HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Herd: 1\r\n\r\n"
        with socket.create_connection(("127.0.0.1", herd.admin_ports["Goloman"]), DEADLINE) as connection:
            for _ in range(self.LINES // 100):
                connection.sendall(request * 100)
                answered = b""
                while answered.count(b"HTTP/1.1 ") < 100:
                    answered += connection.recv(1 << 16)

    def test_standard_error_that_nobody_reads(self) -> None:
        herd = single({"logging": {"level": "info", "queue_bytes": 1_048_576}})
        herd["Goloman"].prefix = (sys.executable, "-c", MUTE)
        self.run_herd(herd)
        self.forget_many(herd)
        parse_at(exchange(herd["Goloman"].clients, iamat("alive")))
        self.assertGreater(metric(herd, "Goloman", 'herd_log_lines_dropped_total{log="server"}'), 0)
        ends_in_time(herd, "Goloman")

    def test_a_log_file_that_is_a_fifo_without_a_reader(self) -> None:
        herd = single({"logging": {"level": "info", "queue_bytes": 1_048_576}})
        fifo = herd.folder / "fifo"
        os.mkfifo(fifo)
        herd.settings["logging"]["file"] = str(fifo)
        self.run_herd(herd)
        self.forget_many(herd)
        dropped = status(herd, "Goloman")["log"]["lines_dropped"]
        self.assertGreater(dropped, 0)
        # Who reads at last is told how many are missing.
        with open(fifo, "rb", buffering=0) as reader:
            text = b""

            def told() -> bool:
                nonlocal text
                text += reader.read(1 << 16)
                return f"{dropped} log lines were dropped\n".encode() in text

            wait_until(told, "the log says how many lines were dropped")
        ends_in_time(herd, "Goloman")

    def test_a_traffic_log_that_blocks_costs_the_log_nothing(self) -> None:
        herd = single({"logging": {"level": "info", "queue_bytes": 1_048_576}})
        folder = herd.folder / "traffic"
        folder.mkdir()
        fifo = folder / "Goloman.traffic.log"
        os.mkfifo(fifo)
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        herd.settings["logging"]["traffic_dir"] = str(folder)
        self.run_herd(herd)
        with connect(herd["Goloman"].clients) as connection:
            for _ in range(self.LINES // 100):
                connection.sendall(iamat("busy") * 100)
                answered = b""
                while answered.count(b"\n") < 100:
                    answered += connection.recv(1 << 16)
        self.assertGreater(metric(herd, "Goloman", 'herd_log_lines_dropped_total{log="traffic"}'), 0)
        self.assertEqual(metric(herd, "Goloman", 'herd_log_lines_dropped_total{log="server"}'), 0)
        ends_in_time(herd, "Goloman")
        self.assertRegex(herd["Goloman"].log(), "ended\n")


class PlacesIndex(HerdCase):
    """An index that is changed under a running server, by something else than `herd places import`."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.index = self.folder / "index"
        source = self.folder / "places.csv"
        rows = [f"place {i},{i % 170 - 85 + i / 1e6:.6f},{i % 350 - 175 + i / 1e6:.6f}" for i in range(50_000)]
        source.write_text("name,lat,lon\n" + "\n".join(rows) + "\n", encoding="utf-8")
        subprocess.run([BINARY, "places", "import", source, "-o", self.index], check=True, capture_output=True)
        self.running = self.run_herd(single({"places": {"provider": "offline", "index": str(self.index)}}))

    def ask(self) -> tuple[object, ...]:
        address = self.running["Goloman"].clients
        answers = []
        for place in (0, 17, 25_000, 49_999):
            where = f"{place % 170 - 85 + place / 1e6:+.6f}{place % 350 - 175 + place / 1e6:+.6f}"
            exchange(address, iamat("mover", where))
            answers.append(str(parse_whatsat(exchange(address, whatsat("mover", 50, 20)))[1]))
            self.assertIn(f"place {place}'", answers[-1])
        return tuple(answers)

    def test_cut_short(self) -> None:
        before = self.ask()
        for size in (self.index.stat().st_size // 2, 4096, 0):
            os.truncate(self.index, size)
            self.assertEqual(self.ask(), before)

    def test_written_over_and_deleted(self) -> None:
        before = self.ask()
        size = self.index.stat().st_size
        with open(self.index, "r+b") as file:
            file.write(os.urandom(size))
        self.assertEqual(self.ask(), before)
        self.index.unlink()
        self.assertEqual(self.ask(), before)


class MadeFiles(HerdCase):
    def test_are_for_their_owner_alone(self) -> None:
        herd = Herd(("A", "B"), (("A", "B"),))
        made = herd.folder / "made"
        herd.settings["logging"] = {"file": str(made / "log" / "own.log"), "traffic_dir": str(made / "traffic")}
        herd.settings["journal"] = {"directory": str(made / "journal")}
        for server in herd.servers.values():
            server.prefix = ("sh", "-c", 'umask 000; exec "$@"', "sh")
        self.run_herd(herd)
        exchange(herd["A"].clients, iamat("private"))
        for server in herd.servers.values():
            server.stop()
        self.assertGreater(len(list(made.rglob("*"))), 10)
        for path in (made, *made.rglob("*")):
            others = stat.S_IMODE(path.stat().st_mode) & 0o077
            self.assertEqual(others, 0, f"{path}: {path.stat().st_mode:o}")

    def test_a_journal_in_a_directory_of_another_user_is_refused(self) -> None:
        if os.geteuid() != 0:
            self.skipTest("needs root to give a directory away")
        herd = self.run_herd(single())
        herd["Goloman"].stop()
        journal = herd.folder / "journal"
        (journal / "Goloman").mkdir(parents=True)
        os.chown(journal / "Goloman", NOBODY, NOBODY)
        done = subprocess.run(
            [BINARY, "--config", herd.config, "serve", "Goloman", "--journal", journal],
            env=herd.environment, capture_output=True, text=True, timeout=DEADLINE, check=False,
        )  # fmt: skip
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("belongs to another user", done.stderr)


class Secrets(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.config = self.folder / "herd.toml"
        self.shared = self.folder / "shared"
        self.shared.mkdir()
        self.shared.chmod(0o1777)
        self.secret = self.shared / "herd.secret"
        self.name_secret(self.secret)

    def name_secret(self, path: Path) -> None:
        self.config.write_text(f'[secret]\nfile = "{path}"\n', encoding="utf-8")

    def herd(self, *command: str, before: str = "") -> subprocess.CompletedProcess[str]:
        """`before` is done by the shell that becomes herd."""
        environment = {name: value for name, value in os.environ.items() if name != "HERD_SECRET"}
        return subprocess.run(
            ["sh", "-c", before + '\nexec "$@"', "sh", str(BINARY), "--config", str(self.config), *command],
            env=environment, capture_output=True, text=True, timeout=DEADLINE, check=False,
        )  # fmt: skip

    def refused(self, words: str) -> None:
        for command, code in ((("serve", "Goloman"), 2), (("secret",), 1)):
            done = self.herd(*command)
            self.assertEqual(done.returncode, code, done)
            self.assertRegex(done.stderr, words)

    def test_another_users_file_is_not_overwritten(self) -> None:
        precious = self.folder / "precious"
        precious.write_text("of great value", encoding="utf-8")
        done = self.herd("secret", before=f'ln -s {precious} "{self.secret}.$$"')
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual(precious.read_text(encoding="utf-8"), "of great value")
        self.assertFalse(self.secret.is_symlink())
        self.assertEqual(stat.S_IMODE(self.secret.stat().st_mode), 0o600)

    def test_a_planted_link_is_not_followed(self) -> None:
        elsewhere = self.folder / "elsewhere"
        self.secret.symlink_to(elsewhere)
        self.assertEqual(self.herd("secret").returncode, 1)
        self.assertFalse(elsewhere.exists())
        if os.geteuid() != 0:
            return
        elsewhere.write_text("a secret of somebody else\n", encoding="utf-8")
        elsewhere.chmod(0o600)
        os.lchown(self.secret, NOBODY, NOBODY)
        self.refused("another user|ermission denied")

    def test_what_others_can_read_is_refused(self) -> None:
        self.assertEqual(self.herd("secret").returncode, 0)
        self.assertIn("there already", self.herd("secret").stderr)
        for mode in (0o644, 0o640, 0o620):
            self.secret.chmod(mode)
            self.refused(f"chmod 600 {self.secret}")

    def test_what_is_no_secret_is_refused(self) -> None:
        self.secret.touch(0o600)
        self.refused("is empty")
        self.secret.unlink()
        self.secret.mkdir()
        self.refused("is a directory")
        self.secret.rmdir()
        os.mkfifo(self.secret, 0o600)
        self.refused("not a regular file")
        for device in (NULL, ZERO):
            self.secret.unlink()
            make_device(self.secret, device)
            self.refused("not a regular file")

    def test_a_key_that_others_can_read_is_refused(self) -> None:
        key = self.folder / "key"
        key.write_text("AIza-Sy_1\n", encoding="utf-8")
        key.chmod(0o644)
        self.config.write_text(
            'links = []\n[places]\nprovider = "google"\n'
            f'[places.google]\nkey_file = "{key}"\n', encoding="utf-8",
        )  # fmt: skip
        done = self.herd("serve", "Goloman", "--clients", "127.0.0.1:0", "--admin", "127.0.0.1:0")
        self.assertEqual(done.returncode, 1, done)
        self.assertIn(f"chmod 600 {key}", done.stderr)


class Imports(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.output = self.folder / "out"
        self.output.mkdir()

    def source(self, count: int) -> Path:
        file = self.folder / "places.csv"
        rows = (f"a place with a long name {i},{i % 90},{i % 180}\n" for i in range(count))
        file.write_text("name,lat,lon\n" + "".join(rows), encoding="utf-8")
        return file

    def test_ctrl_c_leaves_nothing_behind(self) -> None:
        source = self.source(600_000)
        interrupted = False
        while not interrupted:
            process = subprocess.Popen(
                [BINARY, "places", "import", source, "-o", self.output / "index"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip

            def writes(pid: int = process.pid) -> bool:
                with contextlib.suppress(OSError):
                    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
                        name = os.readlink(descriptor)
                        if name.startswith(f"{self.output}/"):
                            return True
                return False

            end = time.monotonic() + DEADLINE
            while not writes() and process.poll() is None and time.monotonic() < end:
                pass
            process.send_signal(signal.SIGINT)
            # Too late when it was quicker: then once more.
            interrupted = process.wait(DEADLINE) == -signal.SIGINT
            if not interrupted:
                (self.output / "index").unlink()
        self.assertEqual(list(self.output.iterdir()), [])

    def test_only_regular_files_are_written(self) -> None:
        source = self.source(10)
        precious = self.folder / "precious"
        precious.write_text("of great value", encoding="utf-8")
        link, fifo, device = (self.output / name for name in ("link", "fifo", "device"))
        link.symlink_to(precious)
        os.mkfifo(fifo)
        make_device(device, NULL)
        for target in (link, fifo, device, self.output):
            with self.subTest(target):
                done = subprocess.run(
                    [BINARY, "places", "import", source, "-o", target],
                    capture_output=True, text=True, timeout=DEADLINE, check=False,
                )  # fmt: skip
                self.assertEqual(done.returncode, 1, done)
                self.assertIn(f"{target}: cannot be written", done.stderr)
        self.assertEqual(precious.read_text(encoding="utf-8"), "of great value")
        self.assertTrue(link.is_symlink())
        self.assertEqual({path.name for path in self.output.iterdir()}, {"link", "fifo", "device"})


class AbsurdConfiguration(unittest.TestCase):
    def check(self, text: str) -> str:
        """`check-config` refuses it with exit code 2."""
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(text)
            file.flush()
            done = subprocess.run(
                [BINARY, "check-config", file.name], capture_output=True, text=True, timeout=DEADLINE, check=False
            )
        self.assertEqual(done.returncode, 2, done.stderr[:500])
        return done.stderr + done.stdout

    def test_trees_that_are_too_deep(self) -> None:
        self.assertIn("more than 16 parts", self.check("a." * 50_000 + "a = 1"))
        self.assertIn("more than 16 parts", self.check("[" + "a." * 50_000 + "a]"))
        self.assertIn("more than 16 deep", self.check("links = " + "[" * 50_000))
        self.assertIn("more than 16 deep", self.check("a = " + "{a = " * 50_000))

    def test_a_name_that_leads_elsewhere(self) -> None:
        for name in ("..", ".", ".hidden", "-rf", "a/b", "", "x" * 65):
            text = f'links = []\n[[server]]\nname = "{name}"\nclients = "127.0.0.1:12000"\n'
            self.assertIn("allowed: 1 to 64 of A-Z", self.check(text))
            self.assertIn("allowed: 1 to 64 of A-Z", self.check(f'herd = "{name}"\n'))

    def test_faults_without_end(self) -> None:
        """A file of faults is refused in seconds, and not with a novel."""
        start = time.monotonic()
        text = self.check("".join(f"a{i} = 1\n" for i in range(200_000)))
        self.assertLess(time.monotonic() - start, 10 * SLOWNESS)
        self.assertLess(len(text.splitlines()), 200)


if __name__ == "__main__":
    unittest.main()
