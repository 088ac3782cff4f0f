"""The pseudonym key and the keys of children, workers and families made with it: HMAC-SHA-256 over the id, 128 bits kept.

The key never enters dbt, profiles, logs or backups; its fingerprint is in the ledger, so that a changed key is refused
before every child becomes a new one.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable

from orchestration.ledger import Ledger
from orchestration.settings import Settings

KEY_VARIABLE = "QAPM_CHILD_KEY"
FINGERPRINT_FACT = "child_key_fingerprint"


class KeyProblem(RuntimeError):
    """The key is missing, unreadable or not the one the ledger knows."""


def new_key(settings: Settings) -> str:
    """Make the key file (0600) and return its fingerprint. Raises KeyProblem when there is one already."""
    path = settings.keys / "child.key"
    if path.exists():
        raise KeyProblem(
            f"there is a key already ({path}); a new one would make every child a new child. Move it away first"
        )
    settings.keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32) + "\n")
    return fingerprint(read_key(settings))


def read_key(settings: Settings) -> bytes:
    """The 32 bytes of the key, from QAPM_CHILD_KEY (hexadecimal) or the key file. Raises KeyProblem."""
    path = settings.keys / "child.key"
    text = os.environ.get(KEY_VARIABLE) or (path.read_text(encoding="ascii") if path.is_file() else "")
    if not text.strip():
        raise KeyProblem(f"no pseudonym key: run `qapm key new`, or set {KEY_VARIABLE}")
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != 32:
        raise KeyProblem("the pseudonym key is not 64 hexadecimal characters: restore it from where it is kept")
    return key


def fingerprint(key: bytes) -> str:
    """A short hash that tells keys apart without giving one away."""
    return hashlib.sha256(b"qapm key fingerprint|" + key).hexdigest()[:16]


def check_key(settings: Settings, ledger: Ledger) -> bytes:
    """The key, after its fingerprint is found equal to the ledger's (recorded at first use). Raises KeyProblem."""
    key = read_key(settings)
    known, mine = ledger.fact(FINGERPRINT_FACT), fingerprint(key)
    if known is None:
        ledger.set_fact(FINGERPRINT_FACT, mine)
    elif known != mine:
        raise KeyProblem(
            f"the pseudonym key has changed (fingerprint {mine}, known {known}): restore the old key, or every child becomes new"
        )
    return key


def subject_keys(kind: str, ids: Iterable[str], key: bytes) -> list[str]:
    """The key of each id of one kind of subject (child, worker, family ...), in the same order: 32 hexadecimal characters.

    The kind is part of what is hashed: a worker and a child with the same number have different keys.
    """
    begun = hmac.new(key, kind.encode() + b"|", hashlib.sha256)
    made = []
    for text in ids:
        one = begun.copy()
        one.update(text.encode())
        made.append(one.hexdigest()[:32])
    return made
