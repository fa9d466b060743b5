"""Errors with messages for people: what happened, to which file or value, and the remedy.

    HandpickedError
    ├── EngineError
    │   ├── VideoError        a video file that can't be opened, decoded or written
    │   ├── SourceError       an annotation file that can't be read at all
    │   ├── FormatError       content from outside that is damaged, hostile or too large to be read
    │   ├── DownloadError     a transfer that did not complete
    │   ├── SettingsError     a settings file with a wrong value or key
    │   ├── RewardError       a reward that can't be trained, read or applied to these clips
    │   ├── ExportError       a list, a clip or a bundle that can't be written or read back
    │   │   └── MissingFolderError  the folder that it would be written into does not exist
    │   ├── TooLittleData     too little data for the requested number: a finding, not a fault
    │   ├── SyncError         a transfer to or from S3 that did not complete
    │   └── JobError          a job that can't be started, split, resumed or gone on with
    └── StorageError          (in storage/errors.py)

Anything else that escapes is a defect of ours and is reported as such, with its traceback in the job's log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "DownloadError",
    "EngineError",
    "ExportError",
    "FormatError",
    "HandpickedError",
    "JobError",
    "MissingFolderError",
    "RewardError",
    "SettingsError",
    "SourceError",
    "SyncError",
    "TooLittleData",
    "VideoError",
]


class HandpickedError(Exception):
    """An expected failure. `str()` is a sentence for a person; `remedy` says what to do, or is empty."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        self.message = message
        self.remedy = remedy
        # A message may end in a file name or a library's message, without a full stop.
        end = "." if message and remedy and message[-1] not in ".!?:" else ""
        super().__init__(f"{message}{end} {remedy}".strip())


class EngineError(HandpickedError):
    """The engine could not do what was asked."""


class VideoError(EngineError):
    """A video file that can't be opened, decoded or written. `path` is its path or place, as people read it."""

    def __init__(self, path: object, reason: str, *, remedy: str = "") -> None:
        self.path = str(path)
        self.reason = reason
        super().__init__(f"{self.path!r}: {reason}", remedy=remedy)


class SourceError(EngineError):
    """An annotation file that can't be read at all. A single bad row is a `Problem`, not an error."""


class FormatError(EngineError):
    """Content from outside that is damaged, hostile or too large to be read.

    Its message is the reason alone; the caller, who knows the file, adds the rest: "{path} is no bundle: {reason}".
    """


class DownloadError(EngineError):
    """A transfer that did not complete."""


class SettingsError(EngineError):
    """A settings file with a wrong value or key; the message names file and line."""


class ExportError(EngineError):
    """A list, a clip or a bundle that can't be written or read back."""


class MissingFolderError(ExportError):
    """The folder that something would be written into does not exist: it may be mistyped, so it is asked about."""

    def __init__(self, path: Path, *, nearest: Path, likely: Path | None) -> None:
        self.path = path
        """The file or folder that was to be written."""
        self.nearest = nearest
        """The innermost folder above it that exists."""
        self.likely = likely
        """The same path with the name of a folder that exists, where one is nearly the same."""
        meant = f"Did you mean {likely}? " if likely else ""
        super().__init__(
            f"there is no folder {path.parent}; what exists of it is {nearest}",
            remedy=f"{meant}Correct the path, or have the folder made (--make-folders).",
        )


class SyncError(EngineError):
    """A transfer to or from S3 that did not complete."""


class JobError(EngineError):
    """A job that can't be started, split, resumed or gone on with. Raised by a step, it ends the job there."""


class RewardError(EngineError):
    """A reward that can't be trained, read or applied to these clips."""


class TooLittleData(EngineError):  # noqa: N818 - a finding, not an error
    """Too little data for the requested number: a valid result of a measurement, not a fault.

    It is recognised by its first words, because a job's failures are stored as text.
    """

    FIRST_WORDS = "This data cannot support a ΔM: "

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(self.FIRST_WORDS + message, remedy=remedy)
