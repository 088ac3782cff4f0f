"""Limits of this process and of files, and fault points: with `locks`, the only module that knows POSIX from Windows."""

from __future__ import annotations

import os
import signal
from pathlib import Path


def user_name() -> str:
    """Who runs this process, from the system and not from an environment variable anyone can set."""
    try:
        import pwd
    except ImportError:
        return os.getlogin()
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def limit_memory(megabytes: int) -> None:
    """Limit the address space of this process, to the system's own limit if that is lower. Not limited on Windows."""
    try:
        import resource
    except ImportError:
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    size = megabytes * 1024 * 1024
    size = size if hard == resource.RLIM_INFINITY else min(size, hard)
    resource.setrlimit(resource.RLIMIT_AS, (size, hard))


def limit_cpu(seconds: int) -> None:
    """Allow this process `seconds` more of CPU time from now; then the system ends it."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + seconds
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, so that a rename in it survives a power cut. Nothing to do on Windows."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    """Flush a file's bytes to disk."""
    with path.open("rb") as handle:
        os.fsync(handle.fileno())


def private_umask() -> None:
    """New files are for their owner only: the zones hold children's records."""
    os.umask(0o077)


def fault_point(name: str) -> None:
    """Kill this process here when QAPM_FAULT_AT names this point. Used by the fault tests only."""
    if os.environ.get("QAPM_FAULT_AT") == name:
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
