"""The pages of the app, in the order of the work."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ARRIVED", "PAGES", "PageEntry"]

ARRIVED = "arrived-from-another-page"
"""Session key: whether this run shows another page than the run before."""


@dataclass(frozen=True)
class PageEntry:
    """One page: its file in `pages/`, and how the sidebar shows it."""

    file: str
    title: str
    icon: str

    @property
    def path(self) -> str:
        """As `st.Page` and `st.switch_page` want it, from the router."""
        return f"../pages/{self.file}"

    @property
    def url_path(self) -> str:
        """The page's place in the address."""
        return self.title.lower().replace(" & ", "-").replace(" ", "-")


PAGES = (
    PageEntry("overview.py", "Overview", ":material/space_dashboard:"),
    PageEntry("import_videos.py", "Import", ":material/video_call:"),
    PageEntry("videos.py", "Videos", ":material/video_library:"),
    PageEntry("library.py", "Library", ":material/photo_library:"),
    PageEntry("label.py", "Label", ":material/compare:"),
    PageEntry("train.py", "Train", ":material/model_training:"),
    PageEntry("scores.py", "Scores", ":material/leaderboard:"),
    PageEntry("validate.py", "Validate", ":material/fact_check:"),
    PageEntry("ablations.py", "Ablations", ":material/content_cut:"),
    PageEntry("export_sync.py", "Export & Sync", ":material/ios_share:"),
    PageEntry("jobs.py", "Jobs", ":material/manufacturing:"),
    PageEntry("settings.py", "Settings", ":material/tune:"),
)


def page_path(file: str) -> str | None:
    """The path of a page for `st.switch_page`; None where the app has no such page."""
    return next((entry.path for entry in PAGES if entry.file == file), None)
