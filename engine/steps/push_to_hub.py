"""Kind `push_to_hub`: upload the folder of a data set to the Hugging Face Hub."""

from __future__ import annotations

import contextlib
import glob
import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING

from engine.contracts.hub import HubSettings, PublishedRow
from engine.errors import ExportError
from engine.files.whole_folder import files_in
from engine.runtime.spec import ItemPayload
from engine.runtime.step import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from huggingface_hub import HfApi

    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["PushToHub"]

MOST_FILES, MOST_BYTES = 500, 1 << 30
"""Of one upload: after each it is known how much is done, and a job that is resumed passes over what is there."""
LOOK_EVERY_S = 1.0


class PushToHub(Step[HubSettings, ItemPayload]):
    """Uploads the one data set of its job. What is there already is not sent again."""

    def process(self, _item: Item[ItemPayload], context: StepContext) -> None:
        """Make the repository, upload, set the tag. Raises `ExportError`."""
        from huggingface_hub import HfApi, get_token
        from huggingface_hub.utils.tqdm import disable_progress_bars

        folder = Path(self.settings.folder)
        files = list(files_in(folder))
        if not files:
            raise ExportError(f"{folder} is not there any more", remedy="Repeat the export, then publish that.")
        if get_token() is None:
            raise ExportError(
                "nobody is logged in to the Hugging Face Hub here", remedy="Log in once with `hf auth login`."
            )
        disable_progress_bars()
        api, repo = HfApi(), self.settings.repo
        private = not self.settings.public
        explained(lambda: api.create_repo(repo, repo_type="dataset", private=private, exist_ok=True), repo)
        total, done = sum(path.stat().st_size for path in files) or 1, 0
        for batch in _batches(files):
            names = [glob.escape(path.relative_to(folder).as_posix()) for path in batch]
            _watched(lambda names=names: self._upload(api, folder, names), repo, context, done / total)  # type: ignore[misc]
            done += sum(path.stat().st_size for path in batch)
        if self.settings.tag is not None:
            self._tag(api, self.settings.tag)
        context.output.add(PublishedRow, [PublishedRow(f"{api.endpoint}/datasets/{repo}")])

    def _upload(self, api: HfApi, folder: Path, names: list[str]) -> None:
        api.upload_folder(
            repo_id=self.settings.repo,
            repo_type="dataset",
            folder_path=folder,
            allow_patterns=names,
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


def _batches(files: Iterable[Path]) -> Iterator[list[Path]]:
    batch: list[Path] = []
    size = 0
    for path in files:
        bytes_of_it = path.stat().st_size
        if batch and (len(batch) >= MOST_FILES or size + bytes_of_it > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(path)
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


def explained(call: Callable[[], object], repo: str) -> None:
    """Call the Hub. Raises `ExportError` with what its refusal means."""
    from httpx import HTTPError
    from huggingface_hub import errors

    try:
        call()
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
