"""Real servers as child processes, with a configuration of their own in a temporary folder.

What a server writes to standard error is kept and looked at when it ends: a report of a sanitizer,
the herd's secret, or an exit code other than 0 after SIGTERM fails the test.
"""

from __future__ import annotations

import os
import re
import secrets
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ports import free_port
from waiting import DEADLINE, SLOWNESS, wait_until

REPOSITORY = Path(__file__).resolve().parent.parent
BINARY = Path(os.environ.get("HERD_BINARY", REPOSITORY / "build" / "release" / "herd")).resolve()
SHARED_DATA = Path(os.environ.get("HERD_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))

Address = tuple[str, int]
Links = Iterable[tuple[str, str]]

FIVE = ("Goloman", "Hands", "Holiday", "Welsh", "Wilkes")
FIVE_LINKS = (
    ("Goloman", "Hands"),
    ("Goloman", "Holiday"),
    ("Goloman", "Wilkes"),
    ("Hands", "Wilkes"),
    ("Holiday", "Welsh"),
    ("Holiday", "Wilkes"),
)

SANITIZER_REPORT = re.compile(
    r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|LeakSanitizer:|Assertion .* failed"
)


class StartFailed(AssertionError):
    """A server ended instead of becoming ready."""

    def __init__(self, name: str, exit_code: int | None, stderr: str) -> None:
        super().__init__(f"{name} did not start: exit code {exit_code}\n{stderr}")
        self.exit_code = exit_code
        self.stderr = stderr


def toml_value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def toml_tables(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """{"places.google": {"key_env": "KEY"}} as TOML."""
    lines = []
    for name, table in tables.items():
        lines.append(f"\n[{name}]")
        lines += [f"{key} = {toml_value(value)}" for key, value in table.items()]
    return "\n".join(lines) + "\n"


class Server:
    """One server of a herd; start, stop, kill, pause and resume it as often as needed."""

    def __init__(self, name: str, config: Path, folder: Path, environment: Mapping[str, str]) -> None:
        self.name = name
        self.config = config
        self.log_file = folder / f"{name}.log"
        self.environment = dict(environment)
        self.prefix: tuple[str, ...] = ()  # a command that runs the server's
        self.patience = DEADLINE  # seconds within which it starts, and ends
        self.clients: Address = ("", 0)
        self.process: subprocess.Popen[bytes] | None = None
        self.ready_fd = -1
        self.log_length_at_launch = 0

    @property
    def pid(self) -> int:
        assert self.process is not None, f"{self.name} does not run"
        return self.process.pid

    def log(self) -> str:
        """All that the server wrote to standard error, over all its starts."""
        if not self.log_file.exists():
            return ""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def start(self, *options: str) -> None:
        """Starts it and returns when it listens; StartFailed when it ends instead."""
        self.launch(*options)
        self.wait_until_ready()

    def launch(self, *options: str) -> None:
        """Starts it without waiting; `wait_until_ready` must follow."""
        assert self.process is None, f"{self.name} runs already"
        self.log_length_at_launch = len(self.log())
        self.ready_fd, ready_write = os.pipe()
        command = [str(BINARY), "--config", str(self.config), "serve", self.name]
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, *command, "--ready-fd", str(ready_write), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                pass_fds=(ready_write,),
            )
        os.close(ready_write)

    def wait_until_ready(self) -> None:
        assert self.process is not None
        line = _read_line(self.ready_fd, self.patience)
        os.close(self.ready_fd)
        found = re.fullmatch(r"ready clients=(.+):(\d+) peers=(.*) admin=(.*)\n", line)
        if found is not None:
            self.clients = (found[1].strip("[]"), int(found[2]))
            return
        process, self.process = self.process, None
        try:
            process.wait(self.patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        raise StartFailed(self.name, process.returncode, line + self.log()[self.log_length_at_launch :])

    def stop(self) -> None:
        """SIGTERM; AssertionError unless it then ends by itself with exit code 0."""
        self.terminate()
        self.wait_for_exit()

    def terminate(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)

    def wait_for_exit(self) -> None:
        assert self.process is not None
        try:
            code = self.process.wait(self.patience)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end after SIGTERM\n{self.tail()}") from None
        self.process = None
        assert code == 0, f"{self.name} ended with {code} after SIGTERM\n{self.tail()}"

    def kill(self) -> None:
        """SIGKILL: it says nothing to anyone."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None

    def pause(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def cpu_seconds(self) -> tuple[float, float]:
        """How long its threads have computed so far, and how long they have waited for a processor."""
        computed, waited = 0, 0
        for thread in Path(f"/proc/{self.pid}/task").iterdir():
            fields = (thread / "schedstat").read_text(encoding="ascii").split()
            computed += int(fields[0])
            waited += int(fields[1])
        return computed / 1e9, waited / 1e9

    def resident_bytes(self) -> int:
        """The memory of the process that is in RAM."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024  # type: ignore[index]

    def wait_for_log(self, pattern: str, since: int = 0) -> str:
        """Waits until the log from character `since` on has a line that matches; returns the line."""

        def matching_line() -> str | None:
            found = re.search(f".*(?:{pattern}).*", self.log()[since:], re.IGNORECASE)
            return found[0] if found else None

        return wait_until(matching_line, f"a line matching /{pattern}/ in the log of {self.name}")

    def tail(self, lines: int = 25) -> str:
        ending = self.log().splitlines()[-lines:]
        return "\n".join([f"--- last lines of {self.name}'s log", *ending])


def _read_line(descriptor: int, timeout: float) -> str:
    """Reads the first line (`linked` may come right behind it); what came so far when no LF comes in time."""
    text = b""
    end = time.monotonic() + timeout
    while b"\n" not in text:
        readable, _, _ = select.select([descriptor], [], [], max(0.0, end - time.monotonic()))
        if not readable:
            break
        chunk = os.read(descriptor, 4096)
        if not chunk:
            break
        text += chunk
    first, end_of_line, _ = text.partition(b"\n")
    return (first + end_of_line).decode()


class Herd:
    """Servers that share a configuration. A context manager: started on entry, checked on exit."""

    def __init__(
        self,
        names: Iterable[str] = FIVE,
        links: Links = FIVE_LINKS,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        threads: int = 1,
        herd: str = "test",
        host: str = "127.0.0.1",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.names = tuple(names)
        self.links = tuple(links)
        self.threads = threads
        self.herd = herd
        self.host = host
        self.settings: dict[str, dict[str, Any]] = {
            # Quick, so that what depends on them need not be waited for.
            "link": {
                "heartbeat_ms": 100,
                "silence_ms": int(1000 * SLOWNESS),
                "dial_timeout_ms": int(1000 * SLOWNESS),
                "retry_delay_ms_min": 20,
                "retry_delay_ms_max": 200,
            },
            "places": {"provider": "none"},
        }
        for name, table in (settings or {}).items():
            self.settings.setdefault(name, {}).update(table)
        self.secret = secrets.token_hex(16)
        self.environment = {**os.environ, "HERD_SECRET": self.secret, **(environment or {})}
        self.folder = Path(tempfile.mkdtemp(prefix="herd-test-"))
        self.config = self.folder / "herd.toml"
        self.client_ports: dict[str, int] = {}
        self.peer_ports: dict[str, int] = {}
        self.admin_ports: dict[str, int] = {}
        self.servers = {
            name: Server(name, self.config, self.folder, self.environment) for name in self.names
        }

    def __getitem__(self, name: str) -> Server:
        return self.servers[name]

    def choose_ports(self) -> None:
        self.client_ports = {name: free_port() for name in self.names}
        self.peer_ports = {name: free_port() for name in self.names}
        self.admin_ports = {name: free_port() for name in self.names}
        self.config.write_text(self.config_text(), encoding="utf-8")

    def addresses(self, name: str) -> dict[str, str]:
        """Where a server listens, as its entry in the configuration says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return {
            "clients": f"{host}:{self.client_ports[name]}",
            "peers": f"{host}:{self.peer_ports[name]}",
            "admin": f"{host}:{self.admin_ports[name]}",
        }

    def config_text(self) -> str:
        lines = [
            f"herd = {toml_value(self.herd)}",
            f"threads = {self.threads}",
            f"links = {toml_value(self.links)}",
        ]
        for name in self.names:
            lines += [
                "\n[[server]]",
                f"name = {toml_value(name)}",
                *(f"{what} = {toml_value(where)}" for what, where in self.addresses(name).items()),
            ]
        return "\n".join(lines) + "\n" + toml_tables(self.settings)

    def start(self) -> None:
        """Starts all; with other ports once more when somebody else was quicker to take one."""
        for attempts_left in (2, 1, 0):
            self.choose_ports()
            try:
                for server in self.servers.values():
                    server.launch()
                for server in self.servers.values():
                    server.wait_until_ready()
                return
            except StartFailed as failed:
                self.kill_all()
                if attempts_left == 0 or "in use" not in failed.stderr:
                    raise

    def kill_all(self) -> None:
        for server in self.servers.values():
            if server.process is not None:
                server.kill()

    def close(self) -> None:
        """Ends all that run, checks how they ended and what they logged, and removes the folder."""
        faults = []
        running = [server for server in self.servers.values() if server.process is not None]
        for server in running:
            server.resume()
            server.terminate()
        for server in running:
            try:
                server.wait_for_exit()
            except AssertionError as fault:
                faults.append(str(fault))
        for file in sorted(self.folder.rglob("*")):
            if not file.is_file():
                continue
            text = file.read_text(encoding="utf-8", errors="replace")
            if self.secret in text:
                faults.append(f"the herd's secret stands in {file.name}")
            report = SANITIZER_REPORT.search(text)
            if report:
                faults.append(f"{file.name} has a sanitizer's report:\n{text[report.start():][:6000]}")
        shutil.rmtree(self.folder)
        assert not faults, "\n".join(faults)

    def __enter__(self) -> Herd:
        try:
            self.start()
        except BaseException:
            self.kill_all()
            shutil.rmtree(self.folder)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def tails(self) -> str:
        """The last lines of every server's log, for the message of a failed test."""
        return "\n".join(server.tail() for server in self.servers.values())


def single(
    settings: Mapping[str, Mapping[str, Any]] | None = None, *, name: str = "Goloman", **options: Any
) -> Herd:
    """A herd of one server without neighbours."""
    return Herd((name,), (), settings, **options)
