"""The pages of the app, in the order of the work."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ARRIVED", "GROUPS", "PAGES", "PageEntry", "group_titles", "page_entry", "page_path"]

ARRIVED = "arrived-from-another-page"
"""Session key: whether this run shows another page than the run before."""


@dataclass(frozen=True, kw_only=True)
class PageEntry:
    """One page: its file in `pages/`, how the sidebar shows it, and what `?` says on it."""

    file: str
    title: str
    icon: str
    about: str
    """One sentence: what the page is for."""
    keys: tuple[tuple[str, str], ...] = ()
    """Keys that work on this page alone, and what each does."""

    @property
    def path(self) -> str:
        """As `st.Page` and `st.switch_page` want it, from the router."""
        return f"../pages/{self.file}"

    @property
    def url_path(self) -> str:
        """The page's place in the address."""
        return self.title.lower().replace(" & ", "-").replace(" ", "-")


GROUPS: dict[str, tuple[PageEntry, ...]] = {
    "Data": (
        PageEntry(
            file="overview.py",
            title="Overview",
            icon=":material/space_dashboard:",
            about="What the workspace holds, and the next step.",
        ),
        PageEntry(
            file="import_videos.py",
            title="Import",
            icon=":material/video_call:",
            about="Videos, annotations and bundles come in here.",
        ),
        PageEntry(
            file="videos.py",
            title="Videos",
            icon=":material/video_library:",
            about="All videos. An open one is cut into clips by hand with the keys of its player.",
            keys=(("I, O", "first and last frame of a clip"), ("Enter", "make it"), ("Space", "play or pause")),
        ),
        PageEntry(
            file="library.py",
            title="Library",
            icon=":material/photo_library:",
            about="All clips: search, filter, keep and drop, compare.",
            keys=(
                ("← → ↑ ↓", "move the mark"),
                ("Enter", "open the clip"),
                ("Shift, Ctrl", "select several"),
                ("Ctrl A", "select the view"),
                ("K, D, T", "keep, drop, tag"),
                ("Z", "undo"),
                ("F", "filters"),
                ("M", "map beside the clips"),
                ("- =", "smaller and larger"),
                ("/", "search"),
                ("Esc", "back"),
            ),
        ),
        PageEntry(
            file="audit.py",
            title="Audit",
            icon=":material/troubleshoot:",
            about="What is wrong with the videos, the annotations and the clips, before anybody labels.",
        ),
    ),
    "Label": (
        PageEntry(
            file="label.py",
            title="Label",
            icon=":material/compare:",
            about="Two clips at a time: which would you rather have a robot learn from?",
            keys=(("← →", "left or right is better"), ("↑, T", "tie"), ("↓, S", "skip"), ("Z", "undo")),
        ),
    ),
    "Reward": (
        PageEntry(
            file="train.py",
            title="Train",
            icon=":material/model_training:",
            about="A reward learns from the labels, and is judged on videos that it never saw.",
        ),
        PageEntry(
            file="scores.py",
            title="Scores",
            icon=":material/leaderboard:",
            about="What the reward says of every clip.",
        ),
        PageEntry(
            file="validate.py",
            title="Validate",
            icon=":material/fact_check:",
            about="Whether clips with a higher reward teach a behaviour-cloning model more.",
        ),
        PageEntry(
            file="ablations.py",
            title="Ablations",
            icon=":material/content_cut:",
            about="How much worse the reward is without groups of features.",
        ),
        PageEntry(
            file="export_sync.py",
            title="Export & Sync",
            icon=":material/ios_share:",
            about="The best clips as a list, as files, or as a bundle; a bucket that several share.",
        ),
    ),
    "System": (
        PageEntry(
            file="jobs.py",
            title="Jobs",
            icon=":material/manufacturing:",
            about="What is running, what waits, and what came of it.",
        ),
        PageEntry(
            file="settings.py",
            title="Settings",
            icon=":material/tune:",
            about="Every setting of this workspace, with its default.",
        ),
    ),
}
"""The pages by group, as the sidebar shows them; the last group stands at its foot."""

PAGES = tuple(entry for entries in GROUPS.values() for entry in entries)


def page_entry(file: str) -> PageEntry:
    """The page of a file in `pages/`."""
    return next(entry for entry in PAGES if entry.file == file)


def page_path(file: str) -> str | None:
    """The path of a page for `st.switch_page`; None where the app has no such page."""
    return next((entry.path for entry in PAGES if entry.file == file), None)


def group_titles() -> str:
    """Style sheet that writes each group's name above its first page in the sidebar, and puts the last group at its
    foot. Streamlit's own sections put headings into a list where none may stand (axe-core: `list`)."""
    rules, place = [], 1
    for group, entries in GROUPS.items():
        link = f'[data-testid="stSidebarNavItems"] > :nth-child({place})'
        rules.append(f'{link}::before {{ content: "{group}" / ""; }}')
        rules.append(f"{link} {{ margin-top: {'auto' if place + len(entries) > len(PAGES) else '16px'}; }}")
        place += len(entries)
    return "\n".join(rules)
