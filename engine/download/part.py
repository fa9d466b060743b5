"""A partial download: its bytes so far, and which version of the file they belong to."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, BinaryIO

from engine.errors import FormatError
from engine.files.read_json import read_json
from engine.files.replace_whole import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Part"]

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)")
_UNSATISFIED = re.compile(r"bytes \*/([0-9]{1,18})")
_LENGTH = re.compile(r"[0-9]{1,18}")


class Part:
    """`NAME.part` beside its target, with `NAME.part.json` holding address, validators and full length."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(target.name + ".part")
        self._note_path = target.with_name(target.name + ".part.json")

    @property
    def size_bytes(self) -> int:
        return self.path.stat().st_size if self.path.is_file() else 0

    def resume_headers(self, url: str) -> dict[str, str]:
        """Request headers for the rest of the file; empty where it can't be resumed safely."""
        note = self._note()
        if not self.size_bytes or note.get("url") != url:
            return {}
        validator = note.get("validator")
        if not validator and note.get("total_bytes") is None:
            return {}
        headers = {"Range": f"bytes={self.size_bytes}-"}
        if validator:
            headers["If-Range"] = str(validator)
        return headers

    def is_all_of(self, content_range: str) -> bool:
        """Whether a 416 answer means that there is nothing left to send."""
        match = _UNSATISFIED.fullmatch(content_range.strip())
        return match is not None and int(match[1]) == self.size_bytes == self._note().get("total_bytes")

    def continues_with(self, headers: Mapping[str, str]) -> bool:
        """Whether a 206 answer continues exactly where this part ends, in the same version of the file."""
        match = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", "").strip())
        if match is None or int(match[1]) != self.size_bytes:
            return False
        note = self._note()
        total = None if match[3] == "*" else int(match[3])
        if total is not None and note.get("total_bytes") not in (None, total):
            return False
        validator = _validator(headers)
        return not validator or not note.get("validator") or validator == note["validator"]

    def begin(self, url: str, headers: Mapping[str, str], *, resumed: bool) -> int | None:
        """Prepare for the body of a response; returns the length of the whole file, if the server states it."""
        if resumed:
            match = _CONTENT_RANGE.fullmatch(headers["Content-Range"].strip())
            return None if match is None or match[3] == "*" else int(match[3])
        length = headers.get("Content-Length", "")
        total_bytes = int(length) if _LENGTH.fullmatch(length) else None
        # Emptied before the note is renewed: a note must never describe another version's bytes.
        self.path.write_bytes(b"")
        note = {"url": url, "validator": _validator(headers), "total_bytes": total_bytes}
        write_whole(self._note_path, json.dumps(note), durable=False)
        return total_bytes

    def open(self) -> BinaryIO:
        return self.path.open("ab")

    def publish(self) -> None:
        """Give the finished file its name."""
        self.path.replace(self.target)
        self._note_path.unlink(missing_ok=True)

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self._note_path.unlink(missing_ok=True)

    def _note(self) -> dict[str, Any]:
        try:
            note = read_json(self._note_path, max_bytes=65_536)
        except FormatError:
            return {}
        return note if isinstance(note, dict) else {}


def _validator(headers: Mapping[str, str]) -> str:
    """The validator for If-Range: a strong entity tag, else the date (RFC 9110, 13.1.5)."""
    tag = headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else headers.get("Last-Modified", "")
