"""Kind `push_to_hub`: upload the folder of a data set to the Hugging Face Hub."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from engine.contracts.hub import HubSettings, PublishedSetRow
from engine.errors import ExportError
from engine.export.formats.card import MOST_IN_A_FOLDER
from engine.files.whole_folder import files_in
from engine.runtime.spec import ItemPayload
from engine.runtime.step import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from huggingface_hub import HfApi

    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["PushToHub"]

MOST_FILES, MOST_BYTES = 500, 1 << 30
"""Of one upload: after each it is known how much is done, and a job that is resumed passes over what is there."""
LOOK_EVERY_S = 1.0
DATA_ENDINGS = (".csv", ".json", ".jsonl", ".mp4", ".parquet", ".tar")
NOT_FOR_THE_HUB = (".git", ".cache")
"""Folders that git and `huggingface_hub` keep for themselves."""

T = TypeVar("T")


class PushToHub(Step[HubSettings, ItemPayload]):
    """Uploads the one data set of its job. What is there already is not sent again."""

    def process(self, _item: Item[ItemPayload], context: StepContext) -> None:
        """Make the repository, upload, set the tag. Raises `ExportError`."""
        from huggingface_hub import HfApi, get_token
        from huggingface_hub.utils.tqdm import disable_progress_bars

        folder = Path(self.settings.folder)
        found = ((path.relative_to(folder), path) for path in files_in(folder))
        files = {inside.as_posix(): path for inside, path in found if inside.parts[0] not in NOT_FOR_THE_HUB}
        if not files:
            raise ExportError(f"{folder} is not there any more", remedy="Repeat the export, then publish that.")
        check_folders(files)
        if get_token() is None:
            raise ExportError(
                "nobody is logged in to the Hugging Face Hub here", remedy="Log in once with `hf auth login`."
            )
        disable_progress_bars()
        api, repo = HfApi(), self.settings.repo
        private = not self.settings.public
        explained(lambda: api.create_repo(repo, repo_type="dataset", private=private, exist_ok=True), repo)
        self._check_repository(api, files)
        total, done = sum(path.stat().st_size for path in files.values()) or 1, 0
        for batch in _batches(files):
            _watched(lambda batch=batch: self._upload(api, batch), repo, context, done / total)  # type: ignore[misc]
            done += sum(path.stat().st_size for path in batch.values())
        if self.settings.tag is not None:
            self._tag(api, self.settings.tag)
        context.output.add(PublishedSetRow, [PublishedSetRow(f"{api.endpoint}/datasets/{repo}")])

    def _check_repository(self, api: HfApi, files: Mapping[str, Path]) -> None:
        """Raise `ExportError` for a repository that everyone sees where that was not asked for, and for one with data
        that readers would take for a part of this."""
        repo = self.settings.repo
        if not self.settings.public and not explained(lambda: api.dataset_info(repo), repo).private:
            raise ExportError(
                f"{repo} is there already, and everyone can see it",
                remedy="Name another repository, or say that these clips may be public (--public).",
            )
        there = explained(lambda: api.list_repo_files(repo, repo_type="dataset"), repo)
        others = sorted(name for name in there if name not in files and name.lower().endswith(DATA_ENDINGS))
        if others:
            raise ExportError(
                f"{repo} holds data files that are not of this export ({len(others):,}), such as {others[0]!r}: "
                "readers would take them for a part of it",
                remedy="Delete them there, or name a new repository.",
            )

    def _upload(self, api: HfApi, batch: Mapping[str, Path]) -> None:
        from huggingface_hub import CommitOperationAdd

        api.create_commit(
            self.settings.repo,
            [CommitOperationAdd(path_in_repo=name, path_or_fileobj=path) for name, path in batch.items()],
            repo_type="dataset",
            commit_message=f"Add export {self.settings.export_id} of Handpicked",
        )

    def _tag(self, api: HfApi, tag: str) -> None:
        """Set the tag to what was uploaded last: readers take what it points to."""
        from huggingface_hub.errors import RevisionNotFoundError

        repo = self.settings.repo

        def set_again() -> None:
            with contextlib.suppress(RevisionNotFoundError):
                api.delete_tag(repo, tag=tag, repo_type="dataset")
            api.create_tag(repo, tag=tag, repo_type="dataset")

        explained(set_again, repo)


def check_folders(files: Iterable[str]) -> None:
    """Raise `ExportError` where the Hub would refuse what a folder holds."""
    counted = Counter(name.rpartition("/")[0] for name in files)
    folder, most = counted.most_common(1)[0]
    if most > MOST_IN_A_FOLDER:
        raise ExportError(
            f"the folder {folder or '.'!r} of the data set holds {most:,} files, and the Hugging Face Hub takes at "
            f"most {MOST_IN_A_FOLDER:,} in one",
            remedy="Export it as webdataset, whose files hold many clips each, and publish that.",
        )


def _batches(files: Mapping[str, Path]) -> Iterator[dict[str, Path]]:
    batch: dict[str, Path] = {}
    size = 0
    for name, path in files.items():
        bytes_of_it = path.stat().st_size
        if batch and (len(batch) >= MOST_FILES or size + bytes_of_it > MOST_BYTES):
            yield batch
            batch, size = {}, 0
        batch[name] = path
        size += bytes_of_it
    yield batch


def _watched(upload: Callable[[], None], repo: str, context: StepContext, share: float) -> None:
    """Upload while reporting that work goes on; a cancel is noticed at once, and ends the worker within a second."""
    began = time.monotonic()
    pool = ThreadPoolExecutor(1, thread_name_prefix="upload")
    try:
        future = pool.submit(upload)
        while not future.done():
            context.progress(share, f"uploading for {time.monotonic() - began:.0f} s")
            wait([future], LOOK_EVERY_S)
        explained(future.result, repo)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def explained(call: Callable[[], T], repo: str) -> T:
    """Call the Hub. Raises `ExportError` with what its refusal means."""
    from httpx2 import HTTPError  # of huggingface_hub; httpx has errors of its own
    from huggingface_hub import errors

    try:
        return call()
    except errors.HfHubHTTPError as error:
        raise _refusal(error.response.status_code, str(error.server_message or error), repo) from error
    except errors.HFValidationError as error:
        raise ExportError(f"{repo!r} is no name of a repository: {error}", remedy="Give it as ORG/NAME.") from error
    except (HTTPError, ConnectionError) as error:
        raise ExportError(
            f"the Hugging Face Hub can't be reached: {error}",
            remedy="Check the network, then resume the job: what is there already is not sent again.",
        ) from error


def _refusal(status: int, said: str, repo: str) -> ExportError:
    if status == 401:
        return ExportError(
            "the Hugging Face Hub does not accept the login of this machine",
            remedy="Log in again with `hf auth login`.",
        )
    if status in (403, 404):
        return ExportError(
            f"this login may not write to {repo}: {said}",
            remedy="Take a token that may write, or a repository of your own or of an organisation that you belong to.",
        )
    return ExportError(f"the Hugging Face Hub refused {repo} ({status}): {said}", remedy="Resume the job later.")
