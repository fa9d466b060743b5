"""The installed command as a process: where it listens, whom it answers, what it says."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from app.media import THUMBNAIL, media_url, source_url
from app.server_options import FILE, server_options
from app.workflows.importing import prepare_import
from app.workflows.jobs.supervisor import Supervisor
from engine.clipping.settings import ClippingSettings
from storage import Workspace
from tests.served_app import COMMAND, ROOT, Served, bare_environment, free_port, served
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROXY = "media.example.org"
WORKSPACE = 'it\'s #1, 100%25 "fine" zażółć'
"""A folder's name that is no plain text in an address, in SQL or in a shell."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def addresses(folder: Path) -> dict[str, str]:
    """One address of every kind that the app serves, in a workspace with one video."""
    write_video(folder / "kitchen.mp4", 30)
    with Workspace(folder / WORKSPACE) as workspace:
        supervisor = Supervisor(workspace)
        request = prepare_import([folder / "kitchen.mp4"], source="folder", clips="whole", clipping=ClippingSettings())
        supervisor.submit("Import", request.spec)
        assert supervisor.wait_idle(120)
        supervisor.close()
        (clip_id,) = workspace.clips.ids()
        thumbnail = workspace.media.get(clip_id, "thumbnail")
        assert thumbnail is not None
        return {
            "page": "/",
            "deeper page": "/library",
            "first page by name": "/overview",
            "health": "/_stcore/health",
            "front end": "/_stcore/host-config",
            "upload": "/_stcore/upload_file/session/file",
            "component": "/_stcore/bidi-components/none/none.js",
            "media": media_url(thumbnail.file),
            "source": source_url(workspace.videos.find()[0].video_id),
            "thumbnail": f"{THUMBNAIL}/{clip_id}",
        }


@pytest.fixture(scope="module")
def app(folder: Path, addresses: dict[str, str]) -> Iterator[Served]:
    """`handpicked app`, started in an empty folder on a machine that never ran Streamlit, behind a proxy's name."""
    assert addresses
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    command = [COMMAND, "--workspace", str(folder / WORKSPACE), "app", "--port", str(free_port()), "--host", PROXY]
    environment = bare_environment(folder / "home")
    with served([*command, "--no-browser"], folder / "log", cwd=elsewhere, environment=environment) as running:
        yield running


def test_it_listens_on_loopback_alone(app: Served) -> None:
    assert app.listens_on() == {("127.0.0.1", app.port)}


def test_it_says_three_lines(app: Served, folder: Path) -> None:
    assert app.log().splitlines() == [
        f"Handpicked: {app.url}",
        f"Workspace:  {folder / WORKSPACE}",
        "Ctrl-C ends it.",
    ]


def test_its_own_pages_get_everything(app: Served, addresses: dict[str, str]) -> None:
    for kind in ("page", "deeper page", "health", "front end", "media", "source", "thumbnail"):
        assert app.answer(addresses[kind])[0] == 200, kind
        assert (
            app.answer(addresses[kind], Host=f"localhost:{app.port}", Origin=f"http://localhost:{app.port}")[0] == 200
        )
    assert app.shakes_hands(Origin=app.url) == 101
    assert app.shakes_hands() == 101  # curl and scripts send no origin


def test_another_name_gets_nothing(app: Served, addresses: dict[str, str]) -> None:
    """A page of evil.example whose name points here by now."""
    for kind, address in addresses.items():
        for origin in ({}, {"Origin": "http://evil.example"}):
            status, body = app.answer(address, Host="evil.example", **origin)
            assert (status, b"on this machine only" in body) == (403, True), kind
    assert app.shakes_hands(Host="evil.example") == 403
    assert app.shakes_hands(Host="evil.example", Origin="http://evil.example") == 403


def test_a_page_of_another_site_gets_nothing(app: Served, addresses: dict[str, str]) -> None:
    for kind, address in addresses.items():
        for origin in ("http://evil.example", "null", "http://localhost:1"):
            assert app.answer(address, Origin=origin)[0] == 403, kind
        assert app.answer(address, method="PUT", Origin="http://evil.example")[0] == 403, kind
    assert app.shakes_hands(Origin="http://evil.example") == 403


def test_a_proxys_name_gets_everything_once_it_was_given(app: Served, addresses: dict[str, str]) -> None:
    for kind in ("page", "media", "source", "thumbnail"):
        assert app.answer(addresses[kind], Host=PROXY, Origin=f"https://{PROXY}")[0] == 200, kind
    assert app.shakes_hands(Host=PROXY, Origin=f"https://{PROXY}") == 101
    assert app.shakes_hands(Origin=f"https://{PROXY}") == 101  # where the proxy keeps its name to itself


def test_the_first_page_has_a_name_too(app: Served) -> None:
    """Streamlit showed "Page not found" there."""
    import httpx

    answer = httpx.get(f"{app.url}/overview?tag=keep")
    assert (answer.status_code, answer.headers["location"]) == (307, "/?tag=keep")


def test_a_name_that_is_an_address_is_refused(tmp_path: Path) -> None:
    done = subprocess.run([COMMAND, "app", "--host", "https://x/"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "without http://" in " ".join(done.stderr.split())


def test_an_address_of_every_interface_is_refused() -> None:
    done = subprocess.run([COMMAND, "app", "--host", "0.0.0.0"], capture_output=True, text=True, check=False)  # noqa: S104
    assert done.returncode == 2
    assert "is no name: the app listens" in done.stderr


def test_an_app_on_a_workspace_that_another_process_holds_says_so(tmp_path: Path) -> None:
    with Workspace(tmp_path / "workspace"):
        command = [COMMAND, "--workspace", str(tmp_path / "workspace"), "app", "--port", str(free_port())]
        environment = bare_environment(tmp_path / "home")
        with served([*command, "--no-browser"], tmp_path / "log", cwd=tmp_path, environment=environment) as app:
            assert "The workspace can't be opened: " in app.log()
            assert "is open in process" in app.log()


def make_run_command(port: int, workspace: Path) -> str:
    """What `make run` runs after the set-up, as the Makefile has it."""
    here = f"BIN={COMMAND.rpartition('/')[0]}"
    command = ["make", "--dry-run", "--no-print-directory", "--old-file=setup"]
    command += ["run", here, f"WORKSPACE={workspace}", f"PORT={port}"]
    # Not as a part of the `make test` that may be running this: that one's flags are not ours.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def test_make_run_starts_on_a_bare_machine_without_a_terminal_and_with_its_port_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = make_run_command(port, tmp_path / "workspace")
        environment = bare_environment(tmp_path / "home")
        with served(["sh", "-c", f"exec {command}"], tmp_path / "log", cwd=ROOT, environment=environment) as app:
            assert app.port > port
            assert app.listens_on() == {("127.0.0.1", app.port)}
            assert f"Port {port} is taken" in app.log()
            assert app.answer("/_stcore/health")[0] == 200
            assert not (tmp_path / "home" / ".streamlit").exists()


def test_streamlit_run_listens_on_loopback_from_any_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app" / "main.py")]
    environment = bare_environment(tmp_path / "home", HANDPICKED_WORKSPACE=str(tmp_path / "workspace"))
    with served(command, tmp_path / "log", cwd=tmp_path, environment=environment) as app:
        assert app.listens_on() == {("127.0.0.1", app.port)}
        assert app.answer("/", Host="evil.example")[0] == 403
        assert "mail" not in app.log().lower()


def test_one_file_holds_the_options() -> None:
    assert (ROOT / ".streamlit" / "config.toml").samefile(FILE)
    options = server_options(9000)
    assert options["server.address"] == "127.0.0.1"
    assert options["server.port"] == 9000
    assert options["browser.gatherUsageStats"] is False
    assert options["client.toolbarMode"] == "viewer"
    theme = tomllib.loads(FILE.read_text(encoding="utf-8"))["theme"]
    assert options["theme.dark.sidebar.backgroundColor"] == theme["dark"]["sidebar"]["backgroundColor"]


def test_streamlit_knows_every_option() -> None:
    from streamlit import config

    assert set(server_options(9000)) <= set(config.get_config_options())
