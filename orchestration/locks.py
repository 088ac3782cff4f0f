"""The one-writer lock: whoever writes the store, the warehouse or a release holds it. Gone with the process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


class LockHeld(RuntimeError):
    """Another run is writing. The command line ends with code 75."""


@contextmanager
def one_writer(root: Path, wait_seconds: float = 5.0) -> Iterator[None]:
    """Hold the lock of a data folder; entering again in the same process is allowed.

    Raises LockHeld when another process still holds it after `wait_seconds`.
    """
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(root / ".writer.lock", is_singleton=True)
    try:
        with lock.acquire(timeout=wait_seconds):
            yield
    except Timeout:
        message = f"another run is writing in {root}: wait until it has ended, then run this again"
        raise LockHeld(message) from None
