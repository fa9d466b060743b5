"""The form for a shared bucket: connection test, comparison with the bucket, push and pull."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.feedback import remark, show_error
from app.components.states.done import done_state
from app.components.states.loading import loading
from app.markdown_text import code, plain
from app.text import named, plural, size
from app.workflows.sharing.pull import pulled_bundles
from app.workflows.sharing.receive import prepare_bundle
from app.workflows.sharing.sync import kinds_of, look, open_target, pull_spec, push_spec, target_of
from engine.errors import HandpickedError
from engine.settings.sync import SyncSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.services import Services
    from app.workflows.sharing.sync import Shared
    from engine.runtime.spec import JobSpec
    from storage.s3.target import Target

__all__ = ["sync_box"]

WHAT = {"all": "Everything", "videos": "Videos", "clips": "Cut clips", "labels": "Labels"}
SHOWN = 500


def sync_box(services: Services) -> None:
    """Draw the form. The id of a job that it starts is kept in the session under `sync-job`."""
    remembered = services.workspace.settings.load(SyncSettings)
    with st.container(border=True, key="sync-place"):
        address, endpoint = st.columns([3, 2], gap="medium")
        place = address.text_input(
            "Bucket and prefix", remembered.target, placeholder="s3://our-clips/kitchen", key="sync-target"
        )
        server = endpoint.text_input(
            "Endpoint",
            remembered.endpoint_url,
            placeholder="empty for Amazon S3",
            key="sync-endpoint",
            help="The address of an S3 server that is not Amazon's, such as http://localhost:8333.",
        )
        chosen = st.segmented_control(
            "What travels", list(WHAT), format_func=named(WHAT), default="all", required=True, key="sync-what"
        )
        what = chosen or "all"
        st.caption(
            "Credentials come from where every AWS tool finds them (environment, profile, role); none is kept. "
            "Only content that is new travels, and nothing is deleted unless asked."
        )
        with st.container(horizontal=True):
            tested = st.button("Test the connection", icon=":material/lan:")
            compared = st.button("What differs", icon=":material/difference:", type="primary")
    if tested or compared:
        st.session_state.pop("sync-seen", None)
        find_out(services, place.strip(), server.strip(), what, compare=compared)
    shared: Shared | None = st.session_state.get("sync-seen")
    if shared is not None and (str(shared.push.target), shared.push.target.endpoint_url or "") == (
        place.strip().rstrip("/"),
        server.strip().rstrip("/"),
    ):
        differences(services, shared, what)
    bundles(services)


def find_out(services: Services, place: str, server: str, what: str, *, compare: bool) -> None:
    """Connect to the bucket, and save its address once it answers."""
    try:
        target = target_of(services.workspace, place, server or None)
        with loading("Asking the server"):
            if compare:
                st.session_state["sync-seen"] = look(services.workspace, target, kinds_of(what))
            else:
                open_target(target)
        remember(services, target)
    except HandpickedError as error:
        show_error(error)
    else:
        if not compare:
            done_state(f"{plain(str(target))} answers, and these credentials may read it.", key="sync-answers")


def remember(services: Services, target: Target) -> None:
    """Save the address in sync.yaml."""
    files = services.workspace.settings
    known = files.load(SyncSettings)
    now = known.model_copy(update={"target": str(target), "endpoint_url": target.endpoint_url or ""})
    if now != known:
        files.save(now, seen=known)


def differences(services: Services, shared: Shared, what: str) -> None:
    """What a push and a pull would do, and their buttons."""
    offered = f"On offer from {plural(shared.people, 'workspace')}." if shared.people else "Nobody offers anything yet."
    st.caption(f"{plain(str(shared.push.target))}: {offered}")
    out, into = st.columns(2, gap="medium")
    push, pull = shared.push, shared.pull
    with out.container(border=True, height="stretch"):
        st.markdown(f"**To push: {plural(len(push.plan.send), 'file')}, {size(push.plan.send_bytes)}**")
        st.caption(f"{len(push.plan.unchanged):,} are there already.")
        listing([(offer.kind, offer.entry.name, offer.entry.size_bytes) for offer in push.plan.send], "push")
        if push.plan.missing:
            names = ", ".join(plain(str(offer.place)) for offer in push.plan.missing[:5])
            remark(f"Not there to be sent: {names}", ":material/link_off:")
        for problem in push.problems:
            remark(plain(problem), ":material/warning:")
        delete = st.toggle("Take away what nobody offers now", key="sync-push-delete", help=PUSH_DELETE)
        if st.button("Push", type="primary", icon=":material/cloud_upload:", disabled=push.nothing and not delete):
            start(services, f"Push to {push.target}", lambda: push_spec(services.workspace, push, delete=delete))
    with into.container(border=True, height="stretch"):
        st.markdown(f"**To pull: {plural(len(pull.fetch), 'file')}, {size(pull.fetch_bytes)}**")
        more = f" {plural(pull.new_clips, 'clip')} of videos that are here." if pull.new_clips else ""
        st.caption(f"{pull.unchanged:,} are here already.{more}")
        listing([(wanted.kind, wanted.entry.name, wanted.entry.size_bytes) for wanted in pull.fetch], "pull")
        for problem in pull.problems:
            remark(plain(problem), ":material/warning:")
        gone = len(pull.gone)
        delete = gone > 0 and st.toggle(
            f"Delete {plural(gone, 'file')} of earlier pulls that nobody offers any more", key="sync-pull-delete"
        )
        if st.button("Pull", type="primary", icon=":material/cloud_download:", disabled=pull.nothing and not delete):
            start(services, f"Pull from {pull.target}", lambda: pull_spec(services.workspace, pull, delete=delete))


PUSH_DELETE = (
    "Deletes from the bucket what this workspace offered before and neither it nor anybody else offers now. "
    "Without it, everything that was ever pushed stays."
)


def listing(rows: Iterable[tuple[str, str, int]], key: str) -> None:
    """List the files that would be transferred."""
    frame = pd.DataFrame([{"what": kind, "name": name, "size": size(count)} for kind, name, count in rows][:SHOWN])
    if len(frame):
        st.dataframe(frame, hide_index=True, height=min(250, 36 * (len(frame) + 1)), key=f"sync-{key}-files")


def start(services: Services, title: str, make: Callable[[], JobSpec | None]) -> None:
    """Queue the job; what needs no job is done at once."""

    def submit() -> int | None:
        spec = make()
        return services.supervisor.submit(title, spec) if spec is not None else None

    def begun(job_id: int | None) -> None:
        st.session_state.pop("sync-seen", None)
        if job_id is not None:
            st.session_state["sync-job"] = job_id
        how = "begun." if job_id is not None else "done, no file had to travel."
        st.session_state["sync-said"] = f"{title}: {how}"

    try:
        uninterrupted(submit, begun)()
    except HandpickedError as error:
        show_error(error)
    else:
        st.rerun()


def bundles(services: Services) -> None:
    """Pulled bundles of cut clips, with a button to import each."""
    found = pulled_bundles(services.workspace)
    if not found:
        return
    st.subheader("Cut clips that came")
    for folder in found:
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"bundle-{folder.name}"):
            st.markdown(code(folder.name), width="stretch")
            if st.button("Import", icon=":material/video_call:", key=f"import-{folder.name}"):
                start(services, "Import bundle", lambda: prepare_bundle(services.workspace, folder).spec)  # noqa: B023
