"""Seals: digests that show afterwards whether anything of a run was changed.

Where `STORMDRILL_SEAL_KEY` is set they are keyed (HMAC-SHA256): nobody without the key can make one. Without a key they are plain
SHA-256: they show every accident and every change that does not recompute them, and nothing against somebody who does.
"""

import hmac
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt

from scenarios.run.event_kinds import RecordsSeal
from scenarios.safe_reading import reading

KEY_VARIABLE = "STORMDRILL_SEAL_KEY"

BLOCK_BYTES = 1 << 22
"""Records are digested block by block, so that a change is found where it is."""

_LENGTH = 32
_THREADS = 4


def seal(*parts: bytes) -> str:
    """The seal of some bytes, 32 hexadecimal digits: keyed where there is a key."""
    key = os.environ.get(KEY_VARIABLE, "").encode()
    told = b"".join(len(part).to_bytes(8, "little") + part for part in parts)
    return (hmac.new(key, told, sha256) if key else sha256(told)).hexdigest()[:_LENGTH]


def seal_file(path: Path, most_bytes: int) -> str:
    """`seal` of all that a plain file holds, of which a piece is in memory at a time. Raises Unreadable."""
    key = os.environ.get(KEY_VARIABLE, "").encode()
    digest = hmac.new(key, digestmod=sha256) if key else sha256()
    with reading(path, most_bytes) as file:
        digest.update(os.fstat(file.fileno()).st_size.to_bytes(8, "little"))
        while piece := file.read(BLOCK_BYTES):
            digest.update(piece)
    return digest.hexdigest()[:_LENGTH]


def is_keyed() -> bool:
    """Whether there is a key."""
    return bool(os.environ.get(KEY_VARIABLE))


def origin(identity: str, writer: str) -> str:
    """What a writer's chain of events begins with: its run, and itself."""
    return seal(b"events", _bytes(identity), _bytes(writer))


def _bytes(name: str) -> bytes:
    """Of a name that may be a file's, and then no text."""
    return name.encode("utf-8", "surrogatepass")


def seal_records(path: Path, itemsize: int) -> RecordsSeal:
    """The seal of a finished file of records. Raises OSError."""
    return seal_of(np.fromfile(path, np.uint8), itemsize)


def seal_of(content: "npt.NDArray[np.uint8]", itemsize: int) -> RecordsSeal:
    """The seal of a file's bytes; blocks are digested side by side."""
    blocks = [content[start : start + BLOCK_BYTES] for start in range(0, len(content), BLOCK_BYTES)]
    with ThreadPoolExecutor(_THREADS) as threads:
        digests = list(threads.map(_digest, blocks))
    return RecordsSeal(bytes=len(content), records=len(content) // itemsize, blocks=digests)


def difference(sealed: RecordsSeal, found: RecordsSeal, itemsize: int) -> str:
    """What became of a file since it was sealed; empty where nothing did."""
    if found.bytes != sealed.bytes:
        return f"has {found.records:,} records ({found.bytes:,} bytes), {sealed.records:,} were sealed ({sealed.bytes:,} bytes)"
    changed = [number for number, (was, now) in enumerate(zip(sealed.blocks, found.blocks, strict=False)) if was != now]
    if not changed and len(sealed.blocks) == len(found.blocks):
        return ""
    number = changed[0] if changed else min(len(sealed.blocks), len(found.blocks))
    first, last = number * BLOCK_BYTES // itemsize, min((number + 1) * BLOCK_BYTES, found.bytes) // itemsize
    return f"was changed between records {first:,} and {last:,}" + _more(changed)


def _more(changed: Sequence[int]) -> str:
    return f", and in {len(changed) - 1} more places" if len(changed) > 1 else ""


def _digest(block: "npt.NDArray[np.uint8]") -> str:
    return sha256(block.data).hexdigest()[:_LENGTH]
