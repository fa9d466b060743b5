"""Kind `download`: fetch videos of a data set. What was begun before is resumed, what is there is left as it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.contracts.sources import DownloadPayload, DownloadRow, DownloadSettings
from engine.download import ego4d
from engine.download.http import download_all
from engine.errors import DownloadError
from engine.runtime.step import Step

if TYPE_CHECKING:
    from engine.download.types import DownloadReport, Progress
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["DownloadVideo"]


class DownloadVideo(Step[DownloadSettings, DownloadPayload]):
    """Fetches one file from the web, or videos of Ego4D by their own command."""

    def process(self, item: Item[DownloadPayload], context: StepContext) -> None:
        """Fetch, and make one row a file. Raises `DownloadError` where nothing came."""
        folder = Path(self.settings.folder)

        def tell(progress: Progress) -> None:
            if not context.is_cancelled():  # called from other threads: only the loop below may raise
                context.progress(*described(progress))

        transfer, cancelled = item.payload.transfer, context.is_cancelled
        if transfer is None:
            report = ego4d.download(item.payload.uids or (), folder, on_progress=tell, is_cancelled=cancelled)
        else:
            report = download_all([transfer], folder, workers=1, on_progress=tell, is_cancelled=cancelled)
        context.progress(1.0)  # a cancel ends the item here: what is half there is no result
        refuse_nothing(report, context)
        context.output.add(DownloadRow, [DownloadRow(item.key, str(file.path)) for file in report.finished])


def described(progress: Progress) -> tuple[float, str]:
    """`(fraction, note)` of a transfer."""
    done = f"{progress.bytes_done / 1e6:,.0f}"
    if progress.bytes_total:
        rate = f"{progress.rate_bytes_s / 1e6:.1f} MB/s"
        note = f"{done} of {progress.bytes_total / 1e6:,.0f} MB, {rate}"
        return progress.bytes_done / progress.bytes_total, note
    return progress.fraction or 0.0, f"{done} MB" if progress.bytes_done else ""


def refuse_nothing(report: DownloadReport, context: StepContext) -> None:
    """Raise where nothing came; warn of what is lacking where some of it did."""
    if report.failed and not report.finished:
        raise DownloadError("; ".join(failed.reason for failed in report.failed))
    for failed in report.failed:
        context.warn(f"{failed.name}: {failed.reason}")
