"""Runs the program's subcommands as a person in a shell does."""

from __future__ import annotations

import subprocess

from herd_process import BINARY
from waiting import DEADLINE


def herd(*arguments: object, exit_code: int = 0) -> subprocess.CompletedProcess[str]:
    """Runs `herd ARGUMENTS` to its end; AssertionError when it ends with another exit code."""
    done = subprocess.run(
        [str(BINARY), *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=6 * DEADLINE,
        check=False,
    )
    output = f"{done.stdout}\n{done.stderr}"
    assert done.returncode == exit_code, f"herd {arguments} ended with {done.returncode}:\n{output}"
    return done
