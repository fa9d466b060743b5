"""Finds and downloads the weights of open_clip's models. Loads no torch, because the app uses it too.

Search order: the file named in the settings, the caller's folders (the workspace's first) and the user's cache as
`<model>-<pretrained>.safetensors` (or `.bin`, `.pt`), the model hub's own cache, and last the hub.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import DownloadError, EngineError
from engine.files.replace_whole import copy_whole
from engine.files.typed_path import typed_path
from engine.weights import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["clip_file_name", "fetch_clip", "find_clip", "where_clip_goes"]

_SUFFIXES = (".safetensors", ".bin", ".pt")
_HUB = {("ViT-B-32", "laion2b_s34b_b79k"): "laion/CLIP-ViT-B-32-laion2B-s34B-b79K"}
"""Hub repositories of some models. open_clip has those of all, but loads torch."""
_HUB_FILES = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
_REACH_TIMEOUT_S = 3.0


def clip_file_name(model: str, pretrained: str) -> str:
    """The file name of the weights of a model and its `pretrained` tag, without suffix."""
    return f"{model}-{pretrained}".replace("/", "_")


def find_clip(model: str, pretrained: str, weights_file: str = "", folders: Sequence[Path] = ()) -> Path | None:
    """The weights on this machine, or None.

    Raises EngineError where the settings name a missing file.
    """
    if weights_file:
        path = typed_path(weights_file)
        if not path.is_file():
            raise EngineError(
                f"{weights_file!r}: the embedding's weights are not there.",
                remedy="Correct the path in the settings of `embedding`, or leave it empty.",
            )
        return path
    for folder in [*folders, cache_folder()]:
        for suffix in _SUFFIXES:
            path = folder / f"{clip_file_name(model, pretrained)}{suffix}"
            if path.is_file():
                return path
    return _in_hub_cache(model, pretrained)


def where_clip_goes(model: str, pretrained: str, folders: Sequence[Path] = ()) -> Path:
    """The path where a person can put the weights."""
    return [*folders, cache_folder()][0] / f"{clip_file_name(model, pretrained)}.safetensors"


def fetch_clip(model: str, pretrained: str, say: Callable[[str], None] = lambda _note: None) -> Path:
    """Fetch the weights from the model hub into the user's cache, reporting progress to `say`.

    Fails within seconds where the hub is out of reach. Raises DownloadError where the download fails.
    """
    import httpx
    import huggingface_hub
    from httpx2 import HTTPError  # of huggingface_hub; httpx has errors of its own
    from huggingface_hub.constants import ENDPOINT

    # The table first: loading open_clip takes seconds, for nothing where the hub is out of reach.
    repository = _HUB.get((model, pretrained)) or _repository(model, pretrained)
    try:
        httpx.head(ENDPOINT, timeout=_REACH_TIMEOUT_S)
    except httpx.HTTPError as error:
        raise DownloadError(f"The model hub is out of reach ({error}).") from error
    reason = ""
    for name in _HUB_FILES:
        try:
            bars = _progress_bar(say, f"{model}/{pretrained}")
            got = Path(
                huggingface_hub.hf_hub_download(repository, name, etag_timeout=_REACH_TIMEOUT_S, tqdm_class=bars)
            )
        except (OSError, ValueError, HTTPError) as error:
            reason = reason or str(error)
            continue
        target = (cache_folder() / clip_file_name(model, pretrained)).with_name(
            f"{clip_file_name(model, pretrained)}{got.suffix}"
        )
        target.parent.mkdir(parents=True, exist_ok=True)
        _link(got.resolve(), target)
        return target
    raise DownloadError(f"The model hub has no weights of {model}/{pretrained} for us ({reason}).")


def _progress_bar(say: Callable[[str], None], what: str) -> Any:
    """A progress bar class for the hub client that calls `say` instead of drawing itself."""
    from tqdm import tqdm  # type: ignore[import-untyped]

    class ProgressBar(tqdm):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            options.pop("name", None)  # the hub client's own, which a plain bar does not know
            super().__init__(*arguments, **{**options, "disable": False, "file": _NullFile()})

        def display(self, *_arguments: Any, **_options: Any) -> None:
            of = f" of {self.total / 1e6:.0f}" if self.total else ""
            say(f"fetching the weights of {what}: {self.n / 1e6:.0f}{of} MB")

    return ProgressBar


class _NullFile:
    """A file object that discards what the progress bar writes."""

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        """Do nothing: nothing is buffered."""


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        target.symlink_to(source)
    except OSError:  # a file system without links
        copy_whole(source, target)


def _repository(model: str, pretrained: str) -> str:
    import open_clip

    known = open_clip.get_pretrained_cfg(model, pretrained).get("hf_hub", "")
    if not known:
        raise DownloadError(f"open_clip knows no weights on the hub for {model}/{pretrained}.")
    return "/".join(str(known).strip("/").split("/")[:2])


def _in_hub_cache(model: str, pretrained: str) -> Path | None:
    repository = _HUB.get((model, pretrained))
    if repository is None:
        return None
    from huggingface_hub import try_to_load_from_cache

    for name in _HUB_FILES:
        path = try_to_load_from_cache(repository, name)
        if isinstance(path, str):
            return Path(path)
    return None
